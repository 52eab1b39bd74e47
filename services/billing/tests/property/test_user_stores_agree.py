"""Whatever is asked of stores of users, in whatever order, those over SQL answer as that in memory does."""

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from metaextract_billing.adapters.storage import postgres, sqlite, sqlite_file
from metaextract_billing.adapters.storage.users_memory import MemoryUsers
from metaextract_billing.adapters.storage.users_sql import SqlUsers
from metaextract_billing.adapters.storage.users_sqlite import SqliteEngine
from metaextract_billing.domain.ports import ConflictError
from metaextract_billing.domain.user_ports import Allowed, TakenError, UserChange, UserStore
from metaextract_billing.domain.users import ApiKey, Identity, OneTimeToken, Purpose, Role, Session, User
from metaextract_common.storage.sqlite import migrate
from metaextract_testing.postgres import PostgresServer

BEGIN = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA"

names = st.sampled_from(("alice", "ALICE", "bob", "\uff42ob", "carol"))
emails = st.sampled_from((None, "alice@example.org", "Alice@Example.org", "bob@example.org"))
identities = st.sampled_from((None, Identity("i", "1"), Identity("i", "2"), Identity("j", "1")))
digests = st.sampled_from(("a" * 64, "b" * 64, "c" * 64))
keys = st.sampled_from(("0" * 64, "1" * 64))
ids = st.sampled_from(("1", "2", "3"))
purposes = st.sampled_from(Purpose)


class UserStoresMachine(RuleBasedStateMachine):
    """Subclasses say which store is compared with the one in memory."""

    @staticmethod
    def open_store() -> AbstractAsyncContextManager[UserStore]:
        raise NotImplementedError

    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.opened = self.open_store()
        self.stores = [MemoryUsers(), self.runner.run(self.opened.__aenter__())]
        self.time = BEGIN
        self.numbers = itertools.count(1)
        self.known: list[User] = []
        self.sessions: set[str] = set()
        self.api_keys: set[str] = set()
        self.tokens: set[str] = set()

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.runner.run(self.opened.__aexit__(None, None, None))
            self.runner.close()

    def agreed(self, method: str, *arguments: object) -> object:
        """Ask both stores the same; return the answer, or the error, of both."""
        outcomes = []
        for store in self.stores:
            try:
                outcomes.append(self.runner.run(getattr(store, method)(*arguments)))
            except ConflictError:
                outcomes.append("conflict")
            except TakenError as error:
                outcomes.append(f"taken: {error.what}")
        in_memory, other = (list(one) if isinstance(one, list) else one for one in outcomes)
        assert in_memory == other, method
        return in_memory

    @rule(name=names, email=emails, identity=identities)
    def add(self, name: str, email: str | None, identity: Identity | None) -> None:
        user = User(f"{next(self.numbers)}", name, self.time, email, password_hash=HASH)
        if self.agreed("add", user, identity) is None:
            self.known.append(replace(user, version=1))

    @rule(
        data=st.data(),
        digest=st.none() | digests,
        identity=identities,
        ends_sessions=st.booleans(),
        ends_access=st.booleans(),
        stale=st.sampled_from((False, False, False, True)),
    )
    def change(
        self,
        data: st.DataObject,
        digest: str | None,
        identity: Identity | None,
        ends_sessions: bool,
        ends_access: bool,
        stale: bool,
    ) -> None:
        if not self.known:
            return
        number = data.draw(st.integers(0, len(self.known) - 1))
        user = self.known[number]
        changed = data.draw(
            st.sampled_from(
                (user.with_password(HASH + "x"), user.with_email_verified(), user.with_role(Role.ADMIN))
            )
        )
        changed = replace(changed, version=changed.version - stale)
        change = UserChange(changed, digest, identity, ends_sessions, ends_access)
        if identity is not None and ends_access:
            return  # nobody does both at once
        if self.agreed("change", change) is None:
            self.known[number] = replace(changed, version=changed.version + 1)
            self.tokens -= {digest}

    @rule(id_=ids, email=emails, identity=identities)
    def look_up(self, id_: str, email: str | None, identity: Identity | None) -> None:
        self.agreed("user", id_)
        self.agreed("user_with_email", email or "")
        self.agreed("user_with_identity", identity or Identity("", ""))
        self.agreed("api_keys", id_)

    @rule(
        keys=st.lists(keys, min_size=1, unique=True), count_max=st.integers(1, 3), minutes=st.integers(1, 3)
    )
    def take_try(self, keys: list[str], count_max: int, minutes: int) -> None:
        allowed = [Allowed(key, count_max) for key in keys]
        self.agreed("take_try", allowed, self.time, self.time + minutes * MINUTE)

    @rule(given=st.lists(keys, unique=True), forgotten=st.lists(keys, unique=True))
    def give_back(self, given: list[str], forgotten: list[str]) -> None:
        self.agreed("give_back_try", given, forgotten)

    @rule(data=st.data(), id_=ids, digest=digests, minutes=st.integers(1, 3))
    def add_session(self, data: st.DataObject, id_: str, digest: str, minutes: int) -> None:
        if self.known and id_ not in self.sessions:
            self.sessions.add(id_)
            user = data.draw(st.sampled_from(self.known))
            session = Session(id_, user.id, digest, self.time, self.time + minutes * MINUTE)
            self.agreed("add_session", session)

    @rule(id_=ids, digest=digests, new_digest=digests, minutes=st.integers(0, 2))
    def rotate(self, id_: str, digest: str, new_digest: str, minutes: int) -> None:
        self.agreed("rotate_session", id_, digest, new_digest, self.time, self.time - minutes * MINUTE)

    @rule(id_=ids)
    def end_session(self, id_: str) -> None:
        self.agreed("end_session", id_)

    @rule(data=st.data(), id_=ids, count_max=st.integers(1, 2))
    def add_api_key(self, data: st.DataObject, id_: str, count_max: int) -> None:
        if self.known and id_ not in self.api_keys:
            user = data.draw(st.sampled_from(self.known))
            key = ApiKey(id_, user.id, "title", "0" * 64, self.time, self.time + MINUTE)
            if self.agreed("add_api_key", key, count_max):
                self.api_keys.add(id_)

    @rule(user=ids, id_=ids)
    def use_and_revoke(self, user: str, id_: str) -> None:
        self.agreed("api_key", id_)
        self.agreed("use_api_key", id_, self.time)
        self.agreed("api_key", id_)
        self.agreed("revoke_api_key", user, id_)

    @rule(data=st.data(), digest=digests, purpose=purposes, minutes=st.integers(1, 3))
    def add_token(self, data: st.DataObject, digest: str, purpose: Purpose, minutes: int) -> None:
        if self.known and digest not in self.tokens:
            self.tokens.add(digest)
            user = data.draw(st.sampled_from(self.known))
            token = OneTimeToken(digest, user.id, purpose, self.time, self.time + minutes * MINUTE)
            self.agreed("add_token", token)

    @rule(digest=digests, purpose=purposes)
    def find_by_token(self, digest: str, purpose: Purpose) -> None:
        self.agreed("user_with_token", digest, purpose, self.time)

    @rule(minutes=st.integers(1, 2))
    def pass_time(self, minutes: int) -> None:
        self.time += minutes * MINUTE

    @rule()
    def forget(self) -> None:
        self.agreed("forget_expired", self.time)


@asynccontextmanager
async def in_file(database: Path) -> AsyncIterator[UserStore]:
    async with sqlite_file.opened(database) as file:
        yield SqlUsers(SqliteEngine(file))


@asynccontextmanager
async def in_postgres(server: PostgresServer, template: str) -> AsyncIterator[UserStore]:
    with server.database(template) as name:
        async with postgres.connected(server.url(name)) as store:
            yield store.users


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("engine", "examples_count"), [("sqlite", 40), ("postgres", 10)])
def test_stores_over_sql_answer_as_the_one_in_memory_does(
    engine: str, examples_count: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    numbers = itertools.count()
    empty = tmp_path / "empty.sqlite"
    asyncio.run(migrate(empty, sqlite.MIGRATIONS))

    class Machine(UserStoresMachine):
        @staticmethod
        def open_store() -> AbstractAsyncContextManager[UserStore]:
            if engine == "sqlite":
                return in_file(Path(shutil.copy(empty, tmp_path / f"{next(numbers)}.sqlite")))
            return in_postgres(
                request.getfixturevalue("postgres_server"), request.getfixturevalue("billing_template")
            )

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=int(os.environ.get("USERS_EXAMPLES", examples_count)),
            stateful_step_count=50,
            deadline=None,
            derandomize="USERS_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )
