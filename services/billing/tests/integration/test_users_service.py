"""Users over a real socket and a real file, with real hashes and a real mail server."""

import asyncio
import email
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path

import pytest

from metaextract.billing.v1 import users_pb2 as pb
from metaextract.billing.v1.users_pb2_grpc import UsersServiceStub
from metaextract_billing.main import running
from metaextract_common.errors import Kind, ServiceError
from metaextract_common.rpc.client import open_channel

PASSWORD = "Correct-horse-1"
EMAIL = "Alice+canary@Example.org"


class MailServer:
    """As much of an SMTP server (RFC 5321) as taking letters in takes."""

    def __init__(self) -> None:
        self.letters: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 mail.test")
        recipient = ""
        while command := (await reader.readline()).decode().strip():
            if command.upper().startswith("RCPT"):
                recipient = command.partition("<")[2].partition(">")[0]
            if command.upper() == "DATA":
                say("354 go on")
                body = (await reader.readuntil(b"\r\n.\r\n")).decode()
                message = email.message_from_string(body, policy=policy.default)
                await self.letters.put((recipient, message.get_content()))
            say("221 bye" if command.upper() == "QUIT" else "250 ok")
            if command.upper() == "QUIT":
                break
        writer.close()

    async def token(self) -> str:
        """Wait for the next letter to Alice, and return the token in it."""
        recipient, text = await self.letters.get()
        assert recipient == EMAIL
        found = re.search(r"https://site\.test/[a-z-]+\?token=(\S+)", text)
        assert found is not None
        return found[1]


@pytest.fixture
async def mail_server() -> AsyncIterator[tuple[MailServer, str]]:
    mail = MailServer()
    server = await asyncio.start_server(mail.serve, "127.0.0.1", 0)
    async with server:
        yield mail, f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
def serve_users(make_settings):
    @asynccontextmanager
    async def serving(**changes: object):
        async with (
            running(make_settings(**changes)) as address,
            open_channel(address, timeout_seconds=60) as channel,
        ):
            yield UsersServiceStub(channel)

    return serving


@pytest.fixture
async def users(serve_users):
    async with serve_users() as stub:
        yield stub


async def refusal(awaitable) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value


async def registered(users, email: str = EMAIL, username: str = "alice") -> pb.User:
    request = pb.CreateUserRequest(email=email, username=username, password=PASSWORD)
    return (await users.CreateUser(request)).user


def sign_in(users, password: str = PASSWORD, **changes: str):
    values = {"email": EMAIL, "client_address": "192.0.2.7"} | changes
    return users.VerifyPassword(pb.VerifyPasswordRequest(password=password, **values))


async def test_somebody_registers_signs_in_and_has_no_role(users) -> None:
    user = await registered(users, username="  alice ")

    assert user.name.startswith("users/")
    assert user.account == f"user:{user.name.removeprefix('users/')}"
    assert (user.email, user.email_verified, user.username) == (EMAIL, False, "alice")
    assert list(user.roles) == []
    assert (await sign_in(users, email=EMAIL.upper())).user == user
    assert (await users.GetUser(pb.GetUserRequest(name=user.name))).user == user
    error = await refusal(users.GetUser(pb.GetUserRequest(name="users/nobody")))
    assert (error.kind, error.reason) == (Kind.NOT_FOUND, "USER_NOT_FOUND")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"username": "alice2"}, "EMAIL_TAKEN"),
        ({"email": "bob@example.org", "username": "ALICE"}, "USERNAME_TAKEN"),
        ({"email": "bob@example.org", "username": "bob", "password": "weak"}, "REGISTRATION_INVALID"),
        ({"email": "bob"}, "REGISTRATION_INVALID"),
        ({"username": " a "}, "REGISTRATION_INVALID"),
        ({"username": "a" * 51}, "REGISTRATION_INVALID"),
        ({"username": "a" * 1001}, "INVALID_REQUEST"),
    ],
)
async def test_what_nobody_can_register_with(users, changes: dict[str, str], reason: str) -> None:
    await registered(users)
    values = {"email": EMAIL, "username": "alice", "password": PASSWORD} | changes

    error = await refusal(users.CreateUser(pb.CreateUserRequest(**values)))

    assert error.reason == reason


async def test_wrong_passwords_and_unknown_addresses_are_told_alike(users) -> None:
    await registered(users)

    wrong = await refusal(sign_in(users, "Wrong-horse-1"))
    unknown = await refusal(sign_in(users, email="bob@example.org"))

    assert (wrong.kind, wrong.reason) == (Kind.UNAUTHENTICATED, "CREDENTIALS_INVALID")
    assert (wrong.reason, wrong.message, wrong.metadata) == (
        unknown.reason,
        unknown.message,
        unknown.metadata,
    )


async def test_five_wrong_passwords_lock_an_address_for_their_network(users) -> None:
    await registered(users)

    tries = [refusal(sign_in(users, "Wrong-horse-1")) for _ in range(7)]
    reasons = [error.reason for error in await asyncio.gather(*tries)]

    assert sorted(reasons) == ["CREDENTIALS_INVALID"] * 5 + ["LOGIN_LOCKED"] * 2
    error = await refusal(sign_in(users))
    assert (error.kind, error.reason) == (Kind.EXHAUSTED, "LOGIN_LOCKED")
    assert error.retry_after_seconds is not None
    assert 0 < error.retry_after_seconds <= 15 * 60
    assert error.metadata == {"retry_after_seconds": str(round(error.retry_after_seconds))}


async def test_a_session_goes_on_until_an_older_token_comes_again(users) -> None:
    user = await registered(users)
    started = await users.StartSession(pb.StartSessionRequest(user=user.name))
    days = started.expire_time.ToDatetime(UTC) - datetime.now(UTC)
    assert timedelta(days=6) < days <= timedelta(days=7)

    refreshed = await users.RefreshSession(pb.RefreshSessionRequest(refresh_token=started.refresh_token))
    assert refreshed.user == user
    assert refreshed.expire_time == started.expire_time
    assert refreshed.refresh_token != started.refresh_token
    await users.RefreshSession(pb.RefreshSessionRequest(refresh_token=refreshed.refresh_token))

    for token in (started.refresh_token, refreshed.refresh_token, "nonsense"):
        error = await refusal(users.RefreshSession(pb.RefreshSessionRequest(refresh_token=token)))
        assert (error.kind, error.reason) == (Kind.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID")


async def test_a_refresh_token_that_is_used_at_once_is_answered_alike(users) -> None:
    user = await registered(users)
    started = await users.StartSession(pb.StartSessionRequest(user=user.name))
    request = pb.RefreshSessionRequest(refresh_token=started.refresh_token)

    outcomes = await asyncio.gather(*(users.RefreshSession(request) for _ in range(8)))

    assert len({one.refresh_token for one in outcomes}) == 1
    await users.RefreshSession(pb.RefreshSessionRequest(refresh_token=outcomes[0].refresh_token))


async def test_whoever_signs_out_is_out(users) -> None:
    user = await registered(users)
    token = (await users.StartSession(pb.StartSessionRequest(user=user.name))).refresh_token

    for _ in range(2):
        await users.EndSession(pb.EndSessionRequest(refresh_token=token))

    error = await refusal(users.RefreshSession(pb.RefreshSessionRequest(refresh_token=token)))
    assert error.reason == "REFRESH_TOKEN_INVALID"


async def test_another_password_ends_sessions_and_needs_the_old_one(users) -> None:
    user = await registered(users)
    token = (await users.StartSession(pb.StartSessionRequest(user=user.name))).refresh_token
    change = pb.ChangePasswordRequest(user=user.name, old_password=PASSWORD, new_password="Another-1")

    wrong = pb.ChangePasswordRequest(user=user.name, old_password="Wrong-1", new_password="Another-1")
    assert (await refusal(users.ChangePassword(wrong))).reason == "CREDENTIALS_INVALID"
    assert (await users.ChangePassword(change)).user == user

    assert (await refusal(sign_in(users))).reason == "CREDENTIALS_INVALID"
    assert (await sign_in(users, "Another-1")).user == user
    error = await refusal(users.RefreshSession(pb.RefreshSessionRequest(refresh_token=token)))
    assert error.reason == "REFRESH_TOKEN_INVALID"


async def test_an_api_key_acts_for_its_user_until_it_is_revoked(users) -> None:
    user, other = await registered(users), await registered(users, "bob@example.org", "bob")
    made = await users.CreateApiKey(pb.CreateApiKeyRequest(user=user.name, title="script"))
    assert re.fullmatch(r"mx_[0-9a-f]{16}_[\w-]{43}", made.secret)
    assert made.api_key.name.startswith(f"{user.name}/apiKeys/")

    verified = await users.VerifyApiKey(pb.VerifyApiKeyRequest(secret=made.secret))
    assert (verified.user, verified.api_key) == (user, made.api_key)
    [listed] = (await users.ListApiKeys(pb.ListApiKeysRequest(user=user.name))).api_keys
    assert (listed.name, listed.title, listed.HasField("last_use_time")) == (
        made.api_key.name,
        "script",
        True,
    )

    by_another = pb.RevokeApiKeyRequest(user=other.name, name=made.api_key.name)
    assert (await refusal(users.RevokeApiKey(by_another))).reason == "API_KEY_NOT_FOUND"
    for secret in (made.secret[:-1], f"{made.secret}x", "mx__", made.secret.upper()):
        error = await refusal(users.VerifyApiKey(pb.VerifyApiKeyRequest(secret=secret)))
        assert (error.kind, error.reason) == (Kind.UNAUTHENTICATED, "API_KEY_INVALID")

    await users.RevokeApiKey(pb.RevokeApiKeyRequest(user=user.name, name=made.api_key.name))
    error = await refusal(users.VerifyApiKey(pb.VerifyApiKeyRequest(secret=made.secret)))
    assert error.reason == "API_KEY_INVALID"


async def test_without_a_mail_server_nothing_pretends_to_send_mail(users) -> None:
    user = await registered(users)

    reset = await refusal(users.RequestPasswordReset(pb.RequestPasswordResetRequest(email=EMAIL)))
    unknown = await refusal(
        users.RequestPasswordReset(pb.RequestPasswordResetRequest(email="nobody@example.org"))
    )
    verification = await refusal(
        users.RequestEmailVerification(pb.RequestEmailVerificationRequest(user=user.name))
    )

    assert {reset.reason, unknown.reason, verification.reason} == {"MAIL_NOT_CONFIGURED"}
    assert reset.kind is Kind.PRECONDITION


async def test_a_password_is_reset_and_an_address_verified_by_mail(serve_users, mail_server) -> None:
    mail, url = mail_server
    async with serve_users(
        smtp_url=url, mail_sender="MetaExtract <no@site.test>", site_url="https://site.test/"
    ) as users:
        user = await registered(users)
        # To nobody nothing is sent: the first letter that comes is the next one.
        await users.RequestPasswordReset(pb.RequestPasswordResetRequest(email="nobody@example.org"))
        await users.RequestPasswordReset(pb.RequestPasswordResetRequest(email=EMAIL.lower()))
        token = await mail.token()

        weak = pb.ConfirmPasswordResetRequest(token=token, new_password="weak")
        assert (await refusal(users.ConfirmPasswordReset(weak))).reason == "PASSWORD_WEAK"
        confirm = pb.ConfirmPasswordResetRequest(token=token, new_password="Another-1")
        assert (await users.ConfirmPasswordReset(confirm)).user.email_verified
        assert (await refusal(users.ConfirmPasswordReset(confirm))).reason == "ONE_TIME_TOKEN_INVALID"
        assert (await sign_in(users, "Another-1")).user.name == user.name

        request = pb.RequestEmailVerificationRequest(user=user.name)
        assert (await users.RequestEmailVerification(request)).already_verified


async def test_an_address_is_verified_once(serve_users, mail_server) -> None:
    mail, url = mail_server
    async with serve_users(smtp_url=url, mail_sender="no@site.test", site_url="https://site.test") as users:
        user = await registered(users)
        request = pb.RequestEmailVerificationRequest(user=user.name)
        assert not (await users.RequestEmailVerification(request)).already_verified

        verify = pb.VerifyEmailRequest(token=await mail.token())
        assert (await users.VerifyEmail(verify)).user.email_verified
        assert (await refusal(users.VerifyEmail(verify))).reason == "ONE_TIME_TOKEN_INVALID"


async def test_nothing_that_tells_who_somebody_is_is_logged(users, capfd) -> None:
    user = await registered(users)
    session = await users.StartSession(pb.StartSessionRequest(user=user.name))
    key = await users.CreateApiKey(pb.CreateApiKeyRequest(user=user.name, title="script"))
    await refusal(sign_in(users, "Canary-password-1"))
    await refusal(registered(users))
    await refusal(users.VerifyApiKey(pb.VerifyApiKeyRequest(secret=f"{key.secret}x")))

    out, err = capfd.readouterr()
    logged = out + err
    assert "UsersService/CreateUser" in logged
    for secret in ("canary", "Canary", PASSWORD, session.refresh_token, key.secret, "192.0.2.7", "alice"):
        assert secret not in logged


async def grant_admin(database: Path, email: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "metaextract_billing.users_admin", "grant-admin", email),
        env={**os.environ, "BILLING_DATABASE_PATH": str(database)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_a_command_beside_the_service_makes_somebody_an_admin(users, make_settings) -> None:
    user = await registered(users)
    database = make_settings().database_path

    code, out, _ = await grant_admin(database, EMAIL.lower())
    unknown, _, err = await grant_admin(database, "nobody@example.org")

    assert (code, unknown) == (0, 1)
    assert user.name in out
    assert "nobody@example.org" in err
    found = (await users.GetUser(pb.GetUserRequest(name=user.name))).user
    assert list(found.roles) == [pb.ROLE_ADMIN]


async def test_the_command_makes_no_database_where_none_is(tmp_path: Path) -> None:
    code, out, err = await grant_admin(tmp_path / "none.sqlite", EMAIL)

    assert (code, out) == (3, "")
    assert "does not exist" in err
    assert list(tmp_path.iterdir()) == []
