"""The gateway's view of users, against the users service as it runs: a real socket and a real file."""

import tempfile
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from metaextract.billing.v1 import users_pb2 as pb
from metaextract.billing.v1.users_pb2_grpc import UsersServiceStub
from metaextract_billing.main import running
from metaextract_billing.settings import Settings
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.client import open_channel
from metaextract_gateway.adapters.rpc.users import RpcUsers, _user
from metaextract_gateway.domain.identity import Identity, Role, User

PASSWORD = "Correct-horse-1"


@pytest.fixture
async def target() -> AsyncIterator[str]:
    # A socket's path may be 107 bytes long, so pytest's own folders are too deep.
    with tempfile.TemporaryDirectory(prefix="users-") as folder:
        database_path = Path(folder) / "billing.sqlite"
        settings = Settings(listen=f"unix:{folder}/s", database_path=database_path, drain_seconds=5)
        async with running(settings) as address:
            yield address


@pytest.fixture
async def users(target) -> AsyncIterator[RpcUsers]:
    async with open_channel(target, timeout_seconds=60) as channel:
        yield RpcUsers(channel)


async def registered(users: RpcUsers) -> User:
    name = f"p{uuid.uuid4().hex[:12]}"
    return await users.register(f"{name}@example.com", name, PASSWORD)


async def refusal(call) -> str:
    with pytest.raises(ServiceError) as refused:
        await call
    return refused.value.reason


async def test_a_user_is_found_by_id_and_password(users: RpcUsers) -> None:
    user = await registered(users)

    assert uuid.UUID(user.id).version == 4
    assert user.roles == frozenset()
    assert await users.user(user.id) == user
    assert await users.with_password(user.email, PASSWORD, "192.0.2.1") == user
    assert await refusal(users.with_password(user.email, "Wrong-horse-1", "")) == "CREDENTIALS_INVALID"
    assert await refusal(users.user(str(uuid.uuid4()))) == "USER_NOT_FOUND"
    assert await refusal(users.register(user.email, "another", PASSWORD)) == "EMAIL_TAKEN"


async def test_a_session_goes_on_with_each_refresh_token_once(users: RpcUsers) -> None:
    user = await registered(users)
    first = await users.start_session(user)
    second = await users.refresh_session(first.refresh_token)

    assert (first.user, second.user) == (user, user)
    assert second.refresh_token != first.refresh_token
    assert first.expire_time == second.expire_time > datetime.now(UTC)
    third = await users.refresh_session(second.refresh_token)
    assert await refusal(users.refresh_session(first.refresh_token)) == "REFRESH_TOKEN_INVALID"
    assert await refusal(users.refresh_session(third.refresh_token)) == "REFRESH_TOKEN_INVALID"


async def test_a_session_that_was_ended_is_over(users: RpcUsers) -> None:
    session = await users.start_session(await registered(users))

    await users.end_session(session.refresh_token)
    await users.end_session(session.refresh_token)

    assert await refusal(users.refresh_session(session.refresh_token)) == "REFRESH_TOKEN_INVALID"


async def test_an_identity_is_always_the_same_user(users: RpcUsers) -> None:
    identity = Identity("https://idp.test", "subject-1", "idp@example.com", email_verified=True)

    first = await users.with_identity(identity)

    assert first.email == "idp@example.com"
    assert await users.with_identity(identity) == first
    assert (await users.with_identity(Identity("https://idp.test", "subject-2"))).id != first.id


async def test_a_key_says_whose_it_is(users: RpcUsers, target: str) -> None:
    user = await registered(users)
    async with open_channel(target, timeout_seconds=60) as channel:
        request = pb.CreateApiKeyRequest(user=f"users/{user.id}", title="t")
        made = await UsersServiceStub(channel).CreateApiKey(request)

    assert await users.with_api_key(made.secret) == user
    assert await refusal(users.with_api_key("mx_nobody_knows")) == "API_KEY_INVALID"


async def test_without_mail_nothing_is_said_to_be_sent(users: RpcUsers) -> None:
    user = await registered(users)

    assert await refusal(users.request_password_reset(user.email)) == "MAIL_NOT_CONFIGURED"
    assert await refusal(users.request_email_verification(user.id)) == "MAIL_NOT_CONFIGURED"
    assert await refusal(users.verify_email("mxv_none")) == "ONE_TIME_TOKEN_INVALID"
    assert await refusal(users.reset_password("mxr_none", PASSWORD)) == "ONE_TIME_TOKEN_INVALID"


def test_a_role_of_a_newer_contract_gives_no_right() -> None:
    assert _user(pb.User(name="users/u", roles=[pb.ROLE_ADMIN, 999])).roles == {Role.ADMIN}
