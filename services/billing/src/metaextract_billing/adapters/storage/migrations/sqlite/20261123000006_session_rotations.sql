-- migrate:up

-- When the newest refresh token was made; NULL for the first one. For some seconds the one before is answered
-- with the newest again.
ALTER TABLE user_sessions ADD COLUMN rotated_at TEXT;

-- migrate:down
