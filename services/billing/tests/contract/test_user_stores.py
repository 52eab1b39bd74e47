"""Every implementation of `domain.user_ports.UserStore`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from metaextract_billing.domain.ports import ConflictError
from metaextract_billing.domain.user_ports import Allowed, TakenError, Unique, UserChange, UserStore
from metaextract_billing.domain.users import ApiKey, Identity, OneTimeToken, Purpose, Role, Session, User

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA"
ALICE = User("1", "Alice", NOW, "Alice@Example.org", False, HASH)
BOB = User("2", "bob", NOW, None)
IDENTITY = Identity("https://issuer.test", "subject")
KEY = ApiKey("k1", "1", "script", "0" * 64, NOW, LATER)
SESSION = Session("s1", "1", "a" * 64, NOW, LATER)


def token(purpose: Purpose, digest: str = "d" * 64) -> OneTimeToken:
    return OneTimeToken(digest, "1", purpose, NOW, LATER)


async def stored(users: UserStore, user: User = ALICE) -> User:
    await users.add(user)
    return replace(user, version=1)


async def test_a_user_is_found_by_id_address_and_identity(users: UserStore) -> None:
    await users.add(ALICE, IDENTITY)
    alice = replace(ALICE, version=1)

    assert await users.user("1") == alice
    assert await users.user_with_email("aLICE@example.ORG") == alice
    assert await users.user_with_identity(IDENTITY) == alice
    assert await users.user("2") is None
    assert await users.user_with_email("bob@example.org") is None
    assert await users.user_with_identity(replace(IDENTITY, issuer="https://another.test")) is None


async def test_what_only_one_may_have_nobody_else_gets(users: UserStore) -> None:
    await users.add(ALICE, IDENTITY)
    taken = {
        Unique.EMAIL: (replace(BOB, email="ALICE@example.org"), None),
        Unique.USERNAME: (replace(BOB, username="\uff21LICE"), None),  # a wide A
        Unique.IDENTITY: (BOB, IDENTITY),
    }
    for what, (user, identity) in taken.items():
        with pytest.raises(TakenError) as caught:
            await users.add(user, identity)
        assert caught.value.what is what

    assert await users.user("2") is None


async def test_many_users_may_have_no_address(users: UserStore) -> None:
    await users.add(BOB)
    await users.add(replace(BOB, id="3", username="carol"))

    assert await users.user("3") == replace(BOB, id="3", username="carol", version=1)


async def test_a_change_is_made_from_the_newest_version_only(users: UserStore) -> None:
    alice = await stored(users)
    changed = alice.with_password(HASH + "x").with_email_verified().with_role(Role.ADMIN)

    await users.change(UserChange(changed))
    with pytest.raises(ConflictError):
        await users.change(UserChange(alice.with_password(HASH)))

    assert await users.user("1") == replace(changed, version=2)


async def test_another_password_ends_sessions_and_what_was_sent_to_reset_it(users: UserStore) -> None:
    alice = await stored(users)
    await users.add_session(SESSION)
    await users.add_token(token(Purpose.PASSWORD))
    await users.add_token(token(Purpose.EMAIL, "e" * 64))
    await users.add_api_key(KEY, 1)

    await users.change(UserChange(alice, ends_sessions=True))

    assert await users.rotate_session("s1", "a" * 64, "b" * 64, NOW, NOW) is None
    assert await users.user_with_token("d" * 64, Purpose.PASSWORD, NOW) is None
    assert await users.user_with_token("e" * 64, Purpose.EMAIL, NOW) is not None
    assert list(await users.api_keys("1")) == [KEY]


async def test_access_of_every_kind_can_be_ended(users: UserStore) -> None:
    await users.add(ALICE, IDENTITY)
    await users.add_api_key(KEY, 1)

    await users.change(UserChange(replace(ALICE, version=1), ends_access=True))

    assert await users.api_key("k1") is None
    assert await users.user_with_identity(IDENTITY) is None


async def test_an_identity_is_joined_once(users: UserStore) -> None:
    alice, bob = await stored(users), await stored(users, BOB)

    await users.change(UserChange(alice, identity=IDENTITY))
    with pytest.raises(TakenError):
        await users.change(UserChange(bob.with_role(Role.ADMIN), identity=IDENTITY))

    assert await users.user_with_identity(IDENTITY) == replace(alice, version=2)
    assert await users.user("2") == bob


async def test_a_token_is_used_once_for_what_it_was_sent_for_and_in_time(users: UserStore) -> None:
    alice = await stored(users)
    await users.add_token(token(Purpose.EMAIL))

    assert await users.user_with_token("d" * 64, Purpose.PASSWORD, NOW) is None
    assert await users.user_with_token("d" * 64, Purpose.EMAIL, LATER) is None
    assert await users.user_with_token("d" * 64, Purpose.EMAIL, NOW) == alice
    await users.change(UserChange(alice, "d" * 64))
    with pytest.raises(ConflictError):
        await users.change(UserChange(replace(alice, version=2).with_email_verified(), "d" * 64))

    assert await users.user("1") == replace(alice, version=2)


async def test_tries_are_counted_until_there_were_as_many_as_there_may_be(users: UserStore) -> None:
    near, anywhere = Allowed("0" * 64, 2), Allowed("1" * 64, 3)

    async def taken(*allowed: Allowed, now: datetime = NOW) -> datetime | None:
        return await users.take_try(allowed, now, now + timedelta(minutes=15))

    assert [await taken(near, anywhere) for _ in range(3)] == [None, None, LATER]
    # What was refused was not counted anywhere: one is left.
    assert [await taken(anywhere), await taken(anywhere)] == [None, LATER]
    assert await taken(near, anywhere, now=LATER - timedelta(seconds=1)) == LATER
    assert await taken(near, anywhere, now=LATER) is None


async def test_tries_are_given_back(users: UserStore) -> None:
    first, second = Allowed("0" * 64, 1), Allowed("1" * 64, 2)
    assert await users.take_try([first, second], NOW, LATER) is None
    assert await users.take_try([second], NOW, LATER) is None

    await users.give_back_try([second.key, "9" * 64], forgotten=[first.key])

    assert await users.take_try([first, second], NOW, LATER) is None
    assert await users.take_try([second], NOW, LATER) == LATER


async def test_a_session_goes_on_with_its_newest_token_and_ends_with_an_older_one(users: UserStore) -> None:
    alice = await stored(users)
    await users.add_session(SESSION)

    rotated = await users.rotate_session("s1", "a" * 64, "b" * 64, NOW, NOW)
    assert rotated == (alice, replace(SESSION, token_digest="b" * 64, rotate_time=NOW))
    assert await users.rotate_session("s1", "a" * 64, "c" * 64, NOW, NOW) is None
    assert await users.rotate_session("s1", "b" * 64, "c" * 64, NOW, NOW) is None


async def test_a_rotation_is_answered_again_for_some_time_and_until_the_next_one(users: UserStore) -> None:
    await stored(users)
    await users.add_session(SESSION)
    before = NOW - timedelta(seconds=1)

    first = await users.rotate_session("s1", "a" * 64, "b" * 64, NOW, before)
    again = await users.rotate_session("s1", "a" * 64, "b" * 64, NOW + timedelta(seconds=1), before)
    assert first == again is not None
    assert await users.rotate_session("s1", "b" * 64, "c" * 64, NOW, before) is not None
    assert await users.rotate_session("s1", "a" * 64, "b" * 64, NOW, before) is None
    assert await users.rotate_session("s1", "c" * 64, "d" * 64, NOW, before) is None


@pytest.mark.parametrize(("now", "repeated_since"), [(NOW, NOW), (LATER, NOW - timedelta(seconds=1))])
async def test_a_rotation_that_comes_again_too_late_ends_the_session(
    users: UserStore, now: datetime, repeated_since: datetime
) -> None:
    await stored(users)
    await users.add_session(SESSION)
    await users.rotate_session("s1", "a" * 64, "b" * 64, NOW, NOW)

    assert await users.rotate_session("s1", "a" * 64, "b" * 64, now, repeated_since) is None
    assert await users.rotate_session("s1", "b" * 64, "c" * 64, NOW, NOW) is None


async def test_a_session_ends_by_time_and_when_asked(users: UserStore) -> None:
    await stored(users)
    await users.add_session(SESSION)
    await users.add_session(replace(SESSION, id="s2"))

    assert await users.rotate_session("s1", "a" * 64, "b" * 64, LATER, NOW) is None
    await users.end_session("s2")
    assert await users.rotate_session("s2", "a" * 64, "b" * 64, NOW, NOW) is None
    assert await users.rotate_session("s3", "a" * 64, "b" * 64, NOW, NOW) is None


async def test_api_keys_are_kept_up_to_a_number_used_and_revoked(users: UserStore) -> None:
    alice = await stored(users)
    second = replace(KEY, id="k2", create_time=LATER, expire_time=None)

    assert [await users.add_api_key(key, 2) for key in (second, KEY, replace(KEY, id="k3"))] == [
        True,
        True,
        False,
    ]
    assert list(await users.api_keys("1")) == [KEY, second]
    await users.use_api_key("k1", LATER)
    assert await users.api_key("k1") == (alice, replace(KEY, last_use_time=LATER))
    assert await users.revoke_api_key("2", "k1") is False
    assert await users.revoke_api_key("1", "k1") is True
    assert await users.revoke_api_key("1", "k1") is False
    assert await users.api_key("k1") is None


async def test_what_has_expired_is_forgotten_and_nothing_else(users: UserStore) -> None:
    await stored(users)
    await users.add_session(SESSION)
    await users.add_session(replace(SESSION, id="s2", expire_time=LATER + timedelta(seconds=1)))
    await users.add_token(token(Purpose.EMAIL))
    await users.take_try([Allowed("0" * 64, 1)], NOW, LATER)
    await users.take_try([Allowed("1" * 64, 1)], NOW, LATER + timedelta(seconds=1))

    await users.forget_expired(LATER)

    # Asked as of a time before: what is there would be found.
    assert await users.rotate_session("s1", "a" * 64, "b" * 64, NOW, NOW) is None
    assert await users.rotate_session("s2", "a" * 64, "b" * 64, NOW, NOW) is not None
    assert await users.user_with_token("d" * 64, Purpose.EMAIL, NOW) is None
    assert await users.take_try([Allowed("0" * 64, 1)], NOW, LATER) is None
    assert await users.take_try([Allowed("1" * 64, 1)], NOW, LATER) == LATER + timedelta(seconds=1)
