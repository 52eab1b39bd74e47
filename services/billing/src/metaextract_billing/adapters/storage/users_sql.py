"""The store of users over SQL: what is done within each transaction, once for SQLite and PostgreSQL.

A piece of work is a generator that yields statements and is sent their rows. It knows nothing of threads or
event loops, so that the two engines, which differ in these, differ in nothing else (`Engine`).
"""

from collections.abc import Generator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar

from metaextract_billing.adapters.storage import users_statements as sql
from metaextract_billing.adapters.storage.row_values import Row
from metaextract_billing.adapters.storage.users_rows import (
    changing,
    from_api_key,
    from_identity,
    from_session,
    from_token,
    from_user,
    to_api_key,
    to_session,
    to_time,
    to_user,
)
from metaextract_billing.domain.ports import ConflictError
from metaextract_billing.domain.user_ports import Allowed, TakenError, Unique, UserChange
from metaextract_billing.domain.users import (
    ApiKey,
    Identity,
    OneTimeToken,
    Purpose,
    Session,
    User,
    email_key,
)

T = TypeVar("T")
Statement: TypeAlias = tuple[str, Mapping[str, object]]
Work: TypeAlias = Generator[Statement, list[Row], T]


class TriedOftenError(Exception):
    """Something was tried as often as it may be; undoes the transaction in which it was counted."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class Engine(Protocol):
    """Runs work. Raises what the work raises, and LEDGER_UNAVAILABLE."""

    async def read(self, statement: str, **values: object) -> list[Row]:
        """Return the rows of one statement that changes nothing."""
        ...

    async def write(self, work: Work[T]) -> T:
        """Do all of the work, or nothing if it raises."""
        ...


class SqlUsers:
    """Implements `domain.user_ports.UserStore`. Borrows its engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(self, user: User, identity: Identity | None = None) -> None:
        """Insert the user."""
        await self._engine.write(_add(user, identity))

    async def user(self, id_: str) -> User | None:
        """Look the user up."""
        return _user(await self._engine.read(sql.USER, id=id_))

    async def user_with_email(self, email: str) -> User | None:
        """Look the user up."""
        return _user(await self._engine.read(sql.USER_WITH_EMAIL, email_key=email_key(email)))

    async def user_with_identity(self, identity: Identity) -> User | None:
        """Look the user up."""
        rows = await self._engine.read(
            sql.USER_WITH_IDENTITY, issuer=identity.issuer, subject=identity.subject
        )
        return _user(rows)

    async def change(self, change: UserChange) -> None:
        """Update the user and what belongs to them."""
        await self._engine.write(_change(change))

    async def take_try(self, allowed: Sequence[Allowed], now: datetime, until: datetime) -> datetime | None:
        """Count, or undo what was counted."""
        try:
            await self._engine.write(_take_try(allowed, now, until))
        except TriedOftenError as error:
            return error.until
        return None

    async def give_back_try(self, keys: Sequence[str], forgotten: Sequence[str]) -> None:
        """Count down."""
        forget = [(sql.FORGET_TRIES, {"key": key}) for key in forgotten]
        await self._engine.write(_all(forget + [(sql.GIVE_BACK_TRY, {"key": key}) for key in keys]))

    async def add_session(self, session: Session) -> None:
        """Insert the session."""
        await self._engine.write(_all([(sql.ADD_SESSION, from_session(session))]))

    async def rotate_session(
        self, id_: str, token_digest: str, new_digest: str, now: datetime, repeated_since: datetime
    ) -> tuple[User, Session] | None:
        """Update the session, or delete it."""
        return await self._engine.write(_rotate_session(id_, token_digest, new_digest, now, repeated_since))

    async def end_session(self, id_: str) -> None:
        """Delete the session."""
        await self._engine.write(_all([(sql.END_SESSION, {"id": id_})]))

    async def add_api_key(self, key: ApiKey, count_max: int) -> bool:
        """Insert the key."""
        return await self._engine.write(_add_api_key(key, count_max))

    async def api_keys(self, user: str) -> Sequence[ApiKey]:
        """Look the keys up."""
        return [to_api_key(row) for row in await self._engine.read(sql.API_KEYS, id=user)]

    async def api_key(self, id_: str) -> tuple[User, ApiKey] | None:
        """Look the key up, and whose it is."""
        keys = [to_api_key(row) for row in await self._engine.read(sql.API_KEY, id=id_)]
        user = await self.user(keys[0].user) if keys else None
        return (user, keys[0]) if user else None

    async def use_api_key(self, id_: str, now: datetime) -> None:
        """Update the key."""
        await self._engine.write(_all([(sql.USE_API_KEY, {"id": id_, "now": now})]))

    async def revoke_api_key(self, user: str, id_: str) -> bool:
        """Delete the key."""
        return await self._engine.write(_all([(sql.REVOKE_API_KEY, {"user_id": user, "id": id_})])) > 0

    async def add_token(self, token: OneTimeToken) -> None:
        """Insert the token."""
        await self._engine.write(_all([(sql.ADD_ONE_TIME, from_token(token))]))

    async def user_with_token(self, digest: str, purpose: Purpose, now: datetime) -> User | None:
        """Look the user up."""
        return _user(
            await self._engine.read(sql.USER_WITH_ONE_TIME, digest=digest, purpose=purpose.value, now=now)
        )

    async def forget_expired(self, now: datetime) -> None:
        """Delete what has expired."""
        await self._engine.write(_all([(statement, {"now": now}) for statement in sql.FORGET_EXPIRED]))


def _user(rows: list[Row]) -> User | None:
    return to_user(rows[0]) if rows else None


def _all(statements: Sequence[Statement]) -> Work[int]:
    """Do one after the other; return how many rows they gave."""
    count = 0
    for statement in statements:
        count += len((yield statement))
    return count


def _add(user: User, identity: Identity | None) -> Work[None]:
    row = from_user(user)
    if not (yield sql.ADD_USER, row):
        taken = yield sql.HAS_EMAIL, {"email_key": row["email_key"]}
        raise TakenError(Unique.EMAIL if taken else Unique.USERNAME)
    if identity is not None:
        yield from _join(identity, user)


def _join(identity: Identity, user: User) -> Work[None]:
    if not (yield sql.ADD_IDENTITY, from_identity(identity, user)):
        raise TakenError(Unique.IDENTITY)


def _change(change: UserChange) -> Work[None]:
    user = change.user
    by_id = {"id": user.id}
    if not (yield sql.CHANGE_USER, {**by_id, "version": user.version, **changing(user)}):
        raise ConflictError
    if change.token and not (yield sql.USE_ONE_TIME, {"digest": change.token, "user_id": user.id}):
        raise ConflictError
    if change.ends_sessions:
        yield sql.END_SESSIONS, by_id
        yield sql.END_RESETS, by_id
    if change.ends_access:
        yield sql.UNJOIN_IDENTITIES, by_id
        yield sql.REVOKE_API_KEYS, by_id
    if change.identity is not None:
        yield from _join(change.identity, user)


def _take_try(allowed: Sequence[Allowed], now: datetime, until: datetime) -> Work[None]:
    for one in allowed:
        values = {"key": one.key, "count_max": one.count_max, "now": now, "until": until}
        if not (yield sql.TAKE_TRY, values):
            [row] = yield sql.TRIES_END, {"key": one.key}
            raise TriedOftenError(to_time(row["expires_at"]))


def _rotate_session(
    id_: str, token_digest: str, new_digest: str, now: datetime, repeated_since: datetime
) -> Work[tuple[User, Session] | None]:
    by_token = {"id": id_, "token_digest": token_digest}
    rotated = {"id": id_, "new_digest": new_digest, "now": now}
    rows = yield sql.ROTATE_SESSION, {**rotated, "token_digest": token_digest}
    rows = rows or (yield sql.ROTATED_SESSION, {**rotated, "repeated_since": repeated_since})
    if not rows:
        yield sql.END_STOLEN_SESSION, by_token
        return None
    session = to_session(rows[0])
    [user] = yield sql.USER, {"id": session.user}
    return to_user(user), session


def _add_api_key(key: ApiKey, count_max: int) -> Work[bool]:
    yield sql.LOCK_USER, {"id": key.user}  # so that nobody adds another one between counting and adding
    [counted] = yield sql.API_KEYS_COUNT, {"id": key.user}
    if counted["count"] >= count_max:
        return False
    yield sql.ADD_API_KEY, from_api_key(key)
    return True
