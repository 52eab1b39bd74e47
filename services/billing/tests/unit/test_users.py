"""Users, without sockets and files: what time, identity providers and mail change."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from metaextract_billing.adapters.passwords import argon2
from metaextract_billing.adapters.storage.users_memory import MemoryUsers
from metaextract_billing.application.user_use_cases import UserUseCases, user_use_cases
from metaextract_billing.application.users import GrantRole
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.user_ports import Letter, Passwords, UserStore, Writing
from metaextract_billing.domain.users import Identity, Role, User
from metaextract_common.errors import ServiceError

EMAIL = "alice@example.org"
PASSWORD = "Correct-horse-1"
IDENTITY = Identity("https://issuer.test", "subject")


class Mailbox:
    """Implements `domain.user_ports.Mail`: letters are written when a test asks for them."""

    def __init__(self) -> None:
        self._waiting: list[Writing] = []

    def post(self, writing: Writing) -> None:
        self._waiting.append(writing)

    async def letters(self) -> list[Letter]:
        written = [await writing() for writing in self._waiting]
        self._waiting.clear()
        return [letter for letter in written if letter]

    async def token(self) -> str:
        [letter] = await self.letters()
        return letter.text.partition("token=")[2].partition("\n")[0]


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    async with argon2.opened(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)) as opened:
        yield opened


@pytest.fixture
def store() -> MemoryUsers:
    return MemoryUsers()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


def made(store: UserStore, clock, passwords: Passwords, mailbox: Mailbox) -> UserUseCases:
    lifetime = timedelta(days=30)
    identities = Identities(b"k" * 32)
    return user_use_cases(
        store, clock, passwords, mailbox, identities, session_lifetime=lifetime, site="https://site.test"
    )


@pytest.fixture
def users(store: MemoryUsers, clock, passwords: Passwords, mailbox: Mailbox) -> UserUseCases:
    return made(store, clock, passwords, mailbox)


@pytest.fixture
async def alice(users: UserUseCases) -> User:
    return await users.create_user(EMAIL, "alice", PASSWORD)


async def verified(users: UserUseCases, user: User, mailbox: Mailbox) -> None:
    await users.request_email_verification(user.name)
    await users.verify_email(await mailbox.token())


async def reason(awaitable) -> str:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value.reason


async def test_a_lock_ends_fifteen_minutes_after_the_first_failure(users, alice: User, clock) -> None:
    for _ in range(5):
        assert await reason(users.verify_password(EMAIL, "wrong", "192.0.2.1")) == "CREDENTIALS_INVALID"
        clock.advance(timedelta(minutes=1))

    with pytest.raises(ServiceError) as caught:
        await users.verify_password(EMAIL, PASSWORD, "192.0.2.1")
    assert caught.value.retry_after_seconds == 10 * 60
    clock.advance(timedelta(minutes=10))
    assert (await users.verify_password(EMAIL, PASSWORD, "192.0.2.1")).id == alice.id


@pytest.mark.parametrize("address", [EMAIL, "nobody@example.org"])
async def test_an_address_is_locked_alike_whether_or_not_somebody_has_it(
    users, alice: User, address: str
) -> None:
    reasons = [await reason(users.verify_password(address, "wrong", "192.0.2.1")) for _ in range(7)]

    assert reasons == ["CREDENTIALS_INVALID"] * 5 + ["LOGIN_LOCKED"] * 2


async def test_a_locked_address_is_not_locked_for_others_networks(users, alice: User) -> None:
    for _ in range(6):
        await reason(users.verify_password(EMAIL, "wrong", "192.0.2.1"))

    assert (await users.verify_password(EMAIL, PASSWORD, "198.51.100.1")).id == alice.id


async def test_a_success_forgets_failures(users, alice: User) -> None:
    for _ in range(3):
        for _ in range(4):
            assert await reason(users.verify_password(EMAIL, "wrong", "192.0.2.1")) == "CREDENTIALS_INVALID"
        assert (await users.verify_password(EMAIL, PASSWORD, "192.0.2.1")).id == alice.id


async def test_a_password_cannot_be_guessed_by_changing_it(users, alice: User) -> None:
    for _ in range(5):
        changed = users.change_password(alice.name, "wrong", "Another-1", "192.0.2.1")
        assert await reason(changed) == "CREDENTIALS_INVALID"

    changed = users.change_password(alice.name, PASSWORD, "Another-1", "192.0.2.1")
    assert await reason(changed) == "LOGIN_LOCKED"


async def test_a_hash_with_old_parameters_is_made_anew_when_its_password_is_known(
    users, alice: User, store: MemoryUsers, clock, mailbox: Mailbox
) -> None:
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    async with argon2.opened(stronger) as passwords:
        later = made(store, clock, passwords, mailbox)
        await reason(later.verify_password(EMAIL, "wrong", ""))
        assert await store.user(alice.id) == await users.get_user(alice.name)
        await later.verify_password(EMAIL, PASSWORD, "")

    found = await store.user(alice.id)
    assert found is not None
    assert "m=16,t=2,p=1" in (found.password_hash or "")
    await users.verify_password(EMAIL, PASSWORD, "")


async def test_an_identity_comes_back_as_the_same_user(users) -> None:
    user, created = await users.sign_in_with_identity(IDENTITY, EMAIL, email_verified=True)
    assert (user.email, user.email_verified, user.roles, created) == (EMAIL, True, frozenset(), True)

    again, created = await users.sign_in_with_identity(IDENTITY, "another@example.org", email_verified=True)
    assert (again.id, created) == (user.id, False)
    other, created = await users.sign_in_with_identity(
        Identity("https://another.test", "subject"), None, email_verified=True
    )
    assert (other.id != user.id, other.email, other.email_verified, created) == (True, None, False, True)


@pytest.mark.parametrize("by_provider", [False, True])
@pytest.mark.parametrize("by_us", [False, True])
async def test_an_identity_joins_a_user_only_if_both_have_verified_the_address(
    users, alice: User, mailbox: Mailbox, by_provider: bool, by_us: bool
) -> None:
    if by_us:
        await verified(users, alice, mailbox)
    signing_in = users.sign_in_with_identity(IDENTITY, EMAIL.upper(), email_verified=by_provider)

    if not (by_provider and by_us):
        assert await reason(signing_in) == "EMAIL_TAKEN"
        return
    joined, created = await signing_in
    assert (joined.id, created) == (alice.id, False)
    assert (await users.sign_in_with_identity(IDENTITY, None, email_verified=False))[0].id == alice.id
    assert (await users.verify_password(EMAIL, PASSWORD, "")).id == alice.id


async def test_a_user_without_a_password_cannot_sign_in_or_change_it(users) -> None:
    user, _ = await users.sign_in_with_identity(IDENTITY, EMAIL, email_verified=True)
    nobody, _ = await users.sign_in_with_identity(Identity("i", "s"), None, email_verified=False)

    assert await reason(users.verify_password(EMAIL, "", "")) == "CREDENTIALS_INVALID"
    for one in (user, nobody):
        changed = users.change_password(one.name, "", "Another-1", "")
        assert await reason(changed) == "CREDENTIALS_INVALID"


async def test_whoever_owns_an_address_takes_it_from_whoever_registered_it(
    users, alice: User, mailbox: Mailbox
) -> None:
    token, _ = await users.start_session(alice.name)
    _, secret = await users.create_api_key(alice.name, "mine", None)

    users.request_password_reset(EMAIL)
    await users.confirm_password_reset(await mailbox.token(), "Another-1")

    assert await reason(users.verify_password(EMAIL, PASSWORD, "")) == "CREDENTIALS_INVALID"
    assert await reason(users.refresh_session(token)) == "REFRESH_TOKEN_INVALID"
    assert await reason(users.verify_api_key(secret)) == "API_KEY_INVALID"
    user = await users.verify_password(EMAIL, "Another-1", "")
    assert user.email_verified


async def test_an_address_that_was_proved_keeps_its_keys_when_its_password_is_reset(
    users, alice: User, mailbox: Mailbox
) -> None:
    await verified(users, alice, mailbox)
    token, _ = await users.start_session(alice.name)
    _, secret = await users.create_api_key(alice.name, "mine", None)

    users.request_password_reset(EMAIL)
    await users.confirm_password_reset(await mailbox.token(), "Another-1")

    assert await reason(users.refresh_session(token)) == "REFRESH_TOKEN_INVALID"
    assert (await users.verify_api_key(secret))[0].id == alice.id


async def test_a_one_time_token_is_good_for_an_hour_and_for_one_thing(
    users, alice: User, mailbox: Mailbox, clock
) -> None:
    users.request_password_reset(EMAIL)
    token = await mailbox.token()

    assert await reason(users.verify_email(token)) == "ONE_TIME_TOKEN_INVALID"
    clock.advance(timedelta(hours=1))
    assert await reason(users.confirm_password_reset(token, "Another-1")) == "ONE_TIME_TOKEN_INVALID"


async def test_a_new_password_makes_earlier_reset_letters_worthless(
    users, alice: User, mailbox: Mailbox
) -> None:
    users.request_password_reset(EMAIL)
    token = await mailbox.token()
    await users.change_password(alice.name, PASSWORD, "Another-1", "")

    assert await reason(users.confirm_password_reset(token, "A-third-1")) == "ONE_TIME_TOKEN_INVALID"


async def test_nobody_gets_more_than_three_letters_of_a_kind_an_hour(
    users, alice: User, mailbox: Mailbox, clock
) -> None:
    for _ in range(5):
        users.request_password_reset(EMAIL)
    assert len(await mailbox.letters()) == 3
    await users.request_email_verification(alice.name)
    assert len(await mailbox.letters()) == 1

    clock.advance(timedelta(hours=1))
    users.request_password_reset(EMAIL)
    assert len(await mailbox.letters()) == 1


async def test_letters_go_to_the_address_that_was_given_and_to_nobody_else(
    users, alice: User, mailbox: Mailbox
) -> None:
    users.request_password_reset(EMAIL.upper())
    users.request_password_reset("bob@example.org")

    [letter] = await mailbox.letters()
    assert letter.email == EMAIL
    assert "https://site.test/reset-password?token=" in letter.text


async def test_a_session_ends_by_time_however_often_it_was_refreshed(users, alice: User, clock) -> None:
    token, _ = await users.start_session(alice.name)
    clock.advance(timedelta(days=29))
    _, token, _ = await users.refresh_session(token)
    clock.advance(timedelta(days=1))

    assert await reason(users.refresh_session(token)) == "REFRESH_TOKEN_INVALID"


async def test_a_refresh_token_is_answered_alike_for_ten_seconds_and_then_ends_its_session(
    users, alice: User, clock
) -> None:
    token, _ = await users.start_session(alice.name)
    _, newest, _ = await users.refresh_session(token)
    clock.advance(timedelta(seconds=9))
    assert (await users.refresh_session(token))[1] == newest
    clock.advance(timedelta(seconds=1))

    assert await reason(users.refresh_session(token)) == "REFRESH_TOKEN_INVALID"
    assert await reason(users.refresh_session(newest)) == "REFRESH_TOKEN_INVALID"


async def test_whoever_stole_a_token_and_is_quick_is_found_out_by_the_next_refresh(
    users, alice: User, clock
) -> None:
    token, _ = await users.start_session(alice.name)
    _, of_alice, _ = await users.refresh_session(token)
    _, of_the_thief, _ = await users.refresh_session(token)
    clock.advance(timedelta(hours=1))
    _, next_of_alice, _ = await users.refresh_session(of_alice)
    clock.advance(timedelta(minutes=1))

    assert await reason(users.refresh_session(of_the_thief)) == "REFRESH_TOKEN_INVALID"
    assert await reason(users.refresh_session(next_of_alice)) == "REFRESH_TOKEN_INVALID"


async def test_a_session_that_was_ended_answers_no_token_again(users, alice: User) -> None:
    token, _ = await users.start_session(alice.name)
    _, newest, _ = await users.refresh_session(token)
    await users.end_session(newest)

    assert await reason(users.refresh_session(token)) == "REFRESH_TOKEN_INVALID"


async def test_a_key_is_good_until_it_expires_and_its_use_is_noted_once_an_hour(
    users, alice: User, clock
) -> None:
    made_at = clock()
    _, secret = await users.create_api_key(alice.name, "mine", made_at + timedelta(hours=3))

    async def noted_use():
        await users.verify_api_key(secret)
        [key] = await users.list_api_keys(alice.name)
        return key.last_use_time

    assert await noted_use() == made_at
    clock.advance(timedelta(minutes=59))
    assert await noted_use() == made_at
    clock.advance(timedelta(minutes=1))
    assert await noted_use() == made_at + timedelta(hours=1)
    clock.advance(timedelta(hours=2))
    assert await reason(users.verify_api_key(secret)) == "API_KEY_INVALID"


async def test_the_name_of_a_key_is_good_only_with_its_users(users, alice: User) -> None:
    bob = await users.create_user("bob@example.org", "bob", PASSWORD)
    key, secret = await users.create_api_key(alice.name, "mine", None)

    for user, name in [
        (bob.name, key.name),
        (bob.name, key.name.replace(alice.id, bob.id)),
        (alice.name, key.name.replace(alice.id, bob.id)),
    ]:
        assert await reason(users.revoke_api_key(user, name)) == "API_KEY_NOT_FOUND"
    assert (await users.verify_api_key(secret))[0].id == alice.id


async def test_what_is_not_there_is_not_found(users) -> None:
    assert await reason(users.start_session("users/x")) == "USER_NOT_FOUND"
    assert await reason(users.create_api_key("users/x", "t", None)) == "USER_NOT_FOUND"
    assert await reason(users.request_email_verification("users/x")) == "USER_NOT_FOUND"
    assert await reason(users.change_password("users/x", "a", "Another-1", "")) == "USER_NOT_FOUND"
    assert await reason(users.verify_api_key("mx_0_0")) == "API_KEY_INVALID"


async def test_a_role_is_granted_once_and_to_nobody_by_registering(
    users, alice: User, store: MemoryUsers
) -> None:
    grant = GrantRole(store)

    assert alice.roles == frozenset()
    granted = await grant(EMAIL.upper(), Role.ADMIN)
    assert granted is not None
    assert granted.roles == {Role.ADMIN}
    assert await grant(EMAIL, Role.ADMIN) == await users.get_user(alice.name)
    assert await grant("bob@example.org", Role.ADMIN) is None


async def test_no_secret_is_in_the_representation_of_anything(users, alice: User, store: MemoryUsers) -> None:
    found = await users.get_user(alice.name)
    key, secret = await users.create_api_key(alice.name, "mine", None)

    assert "argon2" not in repr(found)
    assert key.secret_digest not in repr(key)
    assert secret not in repr(key)
