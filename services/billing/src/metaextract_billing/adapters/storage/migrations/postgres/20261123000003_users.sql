-- migrate:up

-- The tables are those of SQLite (see ../sqlite/20261123000003_users.sql, which says what they mean).

CREATE TABLE users (
    id text PRIMARY KEY,
    username text NOT NULL,
    username_key text NOT NULL UNIQUE,
    email text,
    email_key text UNIQUE,
    email_verified boolean NOT NULL DEFAULT false,
    password text CHECK (password LIKE '$argon2id$%'),
    roles text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    CHECK ((email IS NULL) = (email_key IS NULL))
);

CREATE TABLE user_identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id text NOT NULL REFERENCES users (id),
    PRIMARY KEY (issuer, subject)
);

CREATE INDEX user_identities_of_user ON user_identities (user_id);

CREATE TABLE user_sessions (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id),
    token_digest text NOT NULL CHECK (length(token_digest) = 64),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX user_sessions_of_user ON user_sessions (user_id);
CREATE INDEX user_sessions_by_expiry ON user_sessions (expires_at);

CREATE TABLE api_keys (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id),
    title text NOT NULL,
    secret_digest text NOT NULL CHECK (length(secret_digest) = 64),
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz
);

CREATE INDEX api_keys_of_user ON api_keys (user_id, created_at);

CREATE TABLE one_time_tokens (
    digest text PRIMARY KEY CHECK (length(digest) = 64),
    user_id text NOT NULL REFERENCES users (id),
    purpose text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX one_time_tokens_of_user ON one_time_tokens (user_id);
CREATE INDEX one_time_tokens_by_expiry ON one_time_tokens (expires_at);

CREATE TABLE tries (
    key text PRIMARY KEY CHECK (length(key) = 64),
    count bigint NOT NULL CHECK (count >= 0),
    expires_at timestamptz NOT NULL
);

CREATE INDEX tries_by_expiry ON tries (expires_at);

-- migrate:down
