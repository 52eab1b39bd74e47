-- migrate:up

-- People who have an account. Of secrets there are only digests (SHA-256), of passwords slow hashes (Argon2id).
-- `email` and `username` are as they were given, their keys what only one may have. `roles` are separated by
-- commas. The credits of a user are those of the owner `user:<id>` in `credit_balances`.
CREATE TABLE users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL UNIQUE,
    email TEXT,
    email_key TEXT UNIQUE,
    email_verified INTEGER NOT NULL DEFAULT 0 CHECK (email_verified IN (0, 1)),
    password TEXT CHECK (password LIKE '$argon2id$%'),
    roles TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    CHECK ((email IS NULL) = (email_key IS NULL))
) STRICT;

-- Who a user is for an identity provider.
CREATE TABLE user_identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX user_identities_of_user ON user_identities (user_id);

-- Sign-ins that go on. `token_digest` is of the newest refresh token, the only one that is good.
CREATE TABLE user_sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    token_digest TEXT NOT NULL CHECK (length(token_digest) = 64),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX user_sessions_of_user ON user_sessions (user_id);
CREATE INDEX user_sessions_by_expiry ON user_sessions (expires_at);

-- `last_used_at` is written at most once an hour.
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    title TEXT NOT NULL,
    secret_digest TEXT NOT NULL CHECK (length(secret_digest) = 64),
    created_at TEXT NOT NULL,
    expires_at TEXT,
    last_used_at TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_of_user ON api_keys (user_id, created_at);

-- What was sent by mail, to be used once.
CREATE TABLE one_time_tokens (
    digest TEXT PRIMARY KEY CHECK (length(digest) = 64),
    user_id TEXT NOT NULL REFERENCES users (id),
    purpose TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX one_time_tokens_of_user ON one_time_tokens (user_id);
CREATE INDEX one_time_tokens_by_expiry ON one_time_tokens (expires_at);

-- How often something was tried that may be tried only so often, by a keyed digest of what and by whom.
CREATE TABLE tries (
    key TEXT PRIMARY KEY CHECK (length(key) = 64),
    count INTEGER NOT NULL CHECK (count >= 0),
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tries_by_expiry ON tries (expires_at);

-- migrate:down
