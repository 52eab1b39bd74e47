-- migrate:up

-- When the newest refresh token was made; NULL for the first one. For some seconds the one before is answered
-- with the newest again.
SET lock_timeout = '2s';
ALTER TABLE user_sessions ADD COLUMN rotated_at timestamptz;

-- migrate:down
