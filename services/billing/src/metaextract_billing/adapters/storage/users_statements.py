"""The statements of users, as SQLite and PostgreSQL both understand them; what they change they return."""

from typing import Final

ADD_USER: Final = """
INSERT INTO users (
    id, username, username_key, email, email_key, email_verified, password, roles, created_at, version
) VALUES (
    :id, :username, :username_key, :email, :email_key, :email_verified, :password, :roles, :created_at, 1
)
ON CONFLICT DO NOTHING RETURNING id"""

HAS_EMAIL: Final = "SELECT id FROM users WHERE email_key = :email_key"

ADD_IDENTITY: Final = """
INSERT INTO user_identities (issuer, subject, user_id) VALUES (:issuer, :subject, :user_id)
ON CONFLICT DO NOTHING RETURNING user_id"""

USER: Final = "SELECT * FROM users WHERE id = :id"

USER_WITH_EMAIL: Final = "SELECT * FROM users WHERE email_key = :email_key"

USER_WITH_IDENTITY: Final = """
SELECT users.* FROM user_identities JOIN users ON users.id = user_identities.user_id
WHERE issuer = :issuer AND subject = :subject"""

CHANGE_USER: Final = """
UPDATE users SET password = :password, email_verified = :email_verified, roles = :roles, version = version + 1
WHERE id = :id AND version = :version RETURNING id"""

LOCK_USER: Final = "UPDATE users SET version = version WHERE id = :id RETURNING id"

USE_ONE_TIME: Final = (
    "DELETE FROM one_time_tokens WHERE digest = :digest AND user_id = :user_id RETURNING digest"
)

END_SESSIONS: Final = "DELETE FROM user_sessions WHERE user_id = :id RETURNING id"
END_RESETS: Final = """
DELETE FROM one_time_tokens WHERE user_id = :id AND purpose = 'password' RETURNING digest"""
UNJOIN_IDENTITIES: Final = "DELETE FROM user_identities WHERE user_id = :id RETURNING issuer"
REVOKE_API_KEYS: Final = "DELETE FROM api_keys WHERE user_id = :id RETURNING id"

TAKE_TRY: Final = """
INSERT INTO tries (key, count, expires_at) VALUES (:key, 1, :until)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN tries.expires_at <= :now THEN 1 ELSE tries.count + 1 END,
    expires_at = CASE WHEN tries.expires_at <= :now THEN excluded.expires_at ELSE tries.expires_at END
WHERE tries.expires_at <= :now OR tries.count < :count_max
RETURNING key"""
TRIES_END: Final = "SELECT expires_at FROM tries WHERE key = :key"
GIVE_BACK_TRY: Final = "UPDATE tries SET count = count - 1 WHERE key = :key AND count > 0 RETURNING key"
FORGET_TRIES: Final = "DELETE FROM tries WHERE key = :key RETURNING key"

ADD_SESSION: Final = """
INSERT INTO user_sessions (id, user_id, token_digest, created_at, expires_at)
VALUES (:id, :user_id, :token_digest, :created_at, :expires_at) RETURNING id"""
ROTATE_SESSION: Final = """
UPDATE user_sessions SET token_digest = :new_digest, rotated_at = :now
WHERE id = :id AND token_digest = :token_digest AND expires_at > :now RETURNING *"""
ROTATED_SESSION: Final = """
SELECT * FROM user_sessions
WHERE id = :id AND token_digest = :new_digest AND rotated_at > :repeated_since AND expires_at > :now"""
END_STOLEN_SESSION: Final = """
DELETE FROM user_sessions WHERE id = :id AND token_digest <> :token_digest RETURNING id"""
END_SESSION: Final = "DELETE FROM user_sessions WHERE id = :id RETURNING id"

API_KEYS_COUNT: Final = "SELECT count(*) AS count FROM api_keys WHERE user_id = :id"
ADD_API_KEY: Final = """
INSERT INTO api_keys (id, user_id, title, secret_digest, created_at, expires_at)
VALUES (:id, :user_id, :title, :secret_digest, :created_at, :expires_at) RETURNING id"""
API_KEYS: Final = "SELECT * FROM api_keys WHERE user_id = :id ORDER BY created_at, id"
API_KEY: Final = "SELECT * FROM api_keys WHERE id = :id"
USE_API_KEY: Final = "UPDATE api_keys SET last_used_at = :now WHERE id = :id RETURNING id"
REVOKE_API_KEY: Final = "DELETE FROM api_keys WHERE user_id = :user_id AND id = :id RETURNING id"

ADD_ONE_TIME: Final = """
INSERT INTO one_time_tokens (digest, user_id, purpose, created_at, expires_at)
VALUES (:digest, :user_id, :purpose, :created_at, :expires_at) RETURNING digest"""
USER_WITH_ONE_TIME: Final = """
SELECT users.* FROM one_time_tokens JOIN users ON users.id = one_time_tokens.user_id
WHERE digest = :digest AND purpose = :purpose AND expires_at > :now"""

FORGET_EXPIRED: Final = tuple(
    f"DELETE FROM {table} WHERE expires_at <= :now"  # noqa: S608 - our names
    for table in ("user_sessions", "one_time_tokens", "tries")
)
