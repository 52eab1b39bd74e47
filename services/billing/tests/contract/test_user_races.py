"""Users whom two processes of billing serve at once: whatever only one may have, one gets."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from metaextract_billing.adapters.mail.posting import NoMail
from metaextract_billing.adapters.passwords import argon2
from metaextract_billing.adapters.storage import postgres, sqlite
from metaextract_billing.adapters.storage.users_memory import MemoryUsers
from metaextract_billing.application.user_use_cases import UserUseCases, user_use_cases
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.user_ports import UserStore
from metaextract_billing.domain.users import API_KEYS_COUNT_MAX, Identity
from metaextract_common.errors import ServiceError

PASSWORD = "Correct-horse-1"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def stores(request: pytest.FixtureRequest, database: Path) -> AsyncIterator[list[UserStore]]:
    async with AsyncExitStack() as stack:
        match request.param:
            case "memory":
                yield [MemoryUsers()] * 2
            case "sqlite":
                files = [await stack.enter_async_context(sqlite.opened(database)) for _ in range(2)]
                yield [file.users for file in files]
            case "postgres":
                url = request.getfixturevalue("billing_database")
                pools = [await stack.enter_async_context(postgres.connected(url)) for _ in range(2)]
                yield [pool.users for pool in pools]


@pytest.fixture
async def replicas(stores: list[UserStore], clock) -> AsyncIterator[list[UserUseCases]]:
    async with argon2.opened(CHEAP) as passwords:
        yield [
            user_use_cases(
                store,
                clock,
                passwords,
                NoMail(),
                Identities(b"k" * 32),
                session_lifetime=timedelta(days=30),
                site="",
            )
            for store in stores
        ]


async def outcomes(calls: Sequence[Awaitable[object]]) -> Counter[str]:
    """Return how often which reason was given; "ok" where none was."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    unexpected = [
        one for one in results if isinstance(one, BaseException) and not isinstance(one, ServiceError)
    ]
    assert unexpected == []
    return Counter(one.reason if isinstance(one, ServiceError) else "ok" for one in results)


async def test_an_address_that_many_register_at_once_gets_one_user(replicas: list[UserUseCases]) -> None:
    calls = [
        replicas[n % 2].create_user(f"{'Alice' if n % 3 else 'aLICE'}@example.org", f"alice {n}", PASSWORD)
        for n in range(12)
    ]

    assert await outcomes(calls) == {"ok": 1, "EMAIL_TAKEN": 11}


async def test_a_username_that_many_want_at_once_gets_one_user(replicas: list[UserUseCases]) -> None:
    calls = [replicas[n % 2].create_user(f"{n}@example.org", "alice", PASSWORD) for n in range(12)]

    assert await outcomes(calls) == {"ok": 1, "USERNAME_TAKEN": 11}


async def test_wrong_passwords_at_once_are_five_tries_and_no_more(replicas: list[UserUseCases]) -> None:
    await replicas[0].create_user("alice@example.org", "alice", PASSWORD)
    calls = [
        replicas[n % 2].verify_password("alice@example.org", f"wrong {n}", "192.0.2.1") for n in range(20)
    ]

    assert await outcomes(calls) == {"CREDENTIALS_INVALID": 5, "LOGIN_LOCKED": 15}
    right = [replicas[0].verify_password("alice@example.org", PASSWORD, "192.0.2.200")]  # the same /24
    assert await outcomes(right) == {"LOGIN_LOCKED": 1}


async def test_wrong_passwords_from_everywhere_are_a_hundred_tries(
    replicas: list[UserUseCases], clock
) -> None:
    calls = [
        replicas[n % 2].verify_password("alice@example.org", "wrong", f"192.0.{n}.1") for n in range(105)
    ]

    assert await outcomes(calls) == {"CREDENTIALS_INVALID": 100, "LOGIN_LOCKED": 5}
    clock.advance(timedelta(minutes=15))
    again = [replicas[0].verify_password("alice@example.org", "wrong", "198.51.100.1")]
    assert await outcomes(again) == {"CREDENTIALS_INVALID": 1}


async def test_a_refresh_token_that_comes_many_times_at_once_is_answered_with_one_token(
    replicas: list[UserUseCases],
) -> None:
    user = await replicas[0].create_user("alice@example.org", "alice", PASSWORD)
    token, _ = await replicas[0].start_session(user.name)

    results = await asyncio.gather(*(replicas[n % 2].refresh_session(token) for n in range(12)))

    [(_, newest, _)] = {(user.id, newest, end) for user, newest, end in results}
    await replicas[1].refresh_session(newest)
    assert await outcomes([replicas[0].refresh_session(token)]) == {"REFRESH_TOKEN_INVALID": 1}
    assert await outcomes([replicas[0].refresh_session(newest)]) == {"REFRESH_TOKEN_INVALID": 1}


async def test_an_identity_that_signs_in_many_times_at_once_is_one_user(replicas: list[UserUseCases]) -> None:
    identity = Identity("https://issuer.test", "subject")
    results = await asyncio.gather(
        *(
            replicas[n % 2].sign_in_with_identity(identity, "alice@example.org", email_verified=True)
            for n in range(8)
        )
    )

    assert len({user.id for user, _ in results}) == 1
    assert sum(created for _, created in results) == 1


async def test_nobody_gets_more_api_keys_than_anybody_may_have(replicas: list[UserUseCases]) -> None:
    user = await replicas[0].create_user("alice@example.org", "alice", PASSWORD)
    calls = [replicas[n % 2].create_api_key(user.name, "key", None) for n in range(API_KEYS_COUNT_MAX + 5)]

    assert await outcomes(calls) == {"ok": API_KEYS_COUNT_MAX, "API_KEYS_TOO_MANY": 5}
    assert len(await replicas[0].list_api_keys(user.name)) == API_KEYS_COUNT_MAX


async def test_two_new_passwords_at_once_are_not_both_taken(replicas: list[UserUseCases]) -> None:
    user = await replicas[0].create_user("alice@example.org", "alice", PASSWORD)
    calls = [
        replicas[n % 2].change_password(user.name, PASSWORD, f"Another-{n}", f"192.0.{n}.1") for n in range(4)
    ]

    assert await outcomes(calls) == {"ok": 1, "CREDENTIALS_INVALID": 3}
