"""Rows <-> what is kept of users. Times in rows are text (SQLite) or times (PostgreSQL)."""

from datetime import UTC, datetime

from metaextract_billing.adapters.storage.row_values import Row
from metaextract_billing.domain.users import (
    ApiKey,
    Identity,
    OneTimeToken,
    Role,
    Session,
    User,
    email_key,
    username_key,
)


def from_user(user: User) -> Row:
    """Render a user."""
    return {
        "id": user.id,
        "username": user.username,
        "username_key": username_key(user.username),
        "email": user.email,
        "email_key": None if user.email is None else email_key(user.email),
        "created_at": user.create_time,
        **changing(user),
    }


def changing(user: User) -> Row:
    """Render what of a user can change."""
    return {
        "email_verified": user.email_verified,
        "password": user.password_hash,
        "roles": ",".join(sorted(user.roles)),
    }


def to_user(row: Row) -> User:
    """Read a user."""
    return User(
        row["id"],
        row["username"],
        to_time(row["created_at"]),
        row["email"],
        bool(row["email_verified"]),
        row["password"],
        frozenset(Role(role) for role in row["roles"].split(",") if role),
        row["version"],
    )


def from_identity(identity: Identity, user: User) -> Row:
    """Render whom an identity is joined to."""
    return {"issuer": identity.issuer, "subject": identity.subject, "user_id": user.id}


def from_session(session: Session) -> Row:
    """Render a session."""
    return {
        "id": session.id,
        "user_id": session.user,
        "token_digest": session.token_digest,
        "created_at": session.create_time,
        "expires_at": session.expire_time,
    }


def to_session(row: Row) -> Session:
    """Read a session."""
    created, expires = to_time(row["created_at"]), to_time(row["expires_at"])
    rotated = row["rotated_at"] and to_time(row["rotated_at"])
    return Session(row["id"], row["user_id"], row["token_digest"], created, expires, rotated)


def from_api_key(key: ApiKey) -> Row:
    """Render a new API key."""
    return {
        "id": key.id,
        "user_id": key.user,
        "title": key.title,
        "secret_digest": key.secret_digest,
        "created_at": key.create_time,
        "expires_at": key.expire_time,
    }


def to_api_key(row: Row) -> ApiKey:
    """Read an API key."""
    return ApiKey(
        row["id"],
        row["user_id"],
        row["title"],
        row["secret_digest"],
        to_time(row["created_at"]),
        row["expires_at"] and to_time(row["expires_at"]),
        row["last_used_at"] and to_time(row["last_used_at"]),
    )


def from_token(token: OneTimeToken) -> Row:
    """Render a one-time token."""
    return {
        "digest": token.digest,
        "user_id": token.user,
        "purpose": token.purpose.value,
        "created_at": token.create_time,
        "expires_at": token.expire_time,
    }


def to_time(value: str | datetime) -> datetime:
    """Read a time as either store gives it."""
    return (value if isinstance(value, datetime) else datetime.fromisoformat(value)).astimezone(UTC)
