"""The races that broke the system which this one replaces, by clients of their own on one PostgreSQL.

LEDGER_ROUNDS says how often each is run.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from metaextract_billing.adapters.storage import postgres
from metaextract_billing.application.adopting import AdoptOrder
from metaextract_billing.application.audit import AuditLedger
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.holds import HoldRequest
from metaextract_billing.application.purchase_messages import ReceiveWebhook
from metaextract_billing.application.quotes import StatedFile
from metaextract_billing.domain.chain import Kind
from metaextract_billing.domain.holds import QuotedFile, State
from metaextract_billing.domain.models import Dimensions, Operations
from metaextract_billing.domain.payment_service import Envelope, Message
from metaextract_billing.domain.ports import Store
from metaextract_billing.domain.purchases import Order, PaymentFacts
from metaextract_billing.domain.records import Change, Changes
from metaextract_common.errors import ServiceError

ROUNDS = int(os.environ.get("LEDGER_ROUNDS", "10"))
CLIENTS_COUNT = 6
EMBEDDING = Operations(embedding=True)
PLAIN = HoldRequest(None, 1000, EMBEDDING, None)
"""Costs 4 credits."""
SMALL = Dimensions(10, 10)

pytestmark = pytest.mark.timeout(300 + 10 * ROUNDS)


class Succeeded:
    """Implements `domain.payment_service.Webhooks`: a message says that the payment in its body was made."""

    def opened(self, envelope: Envelope, now: datetime) -> Message:
        payment = envelope.body.decode()
        facts = PaymentFacts(payment, True, "succeeded", f"order of {payment}", None, 400, "USD", ("pdt",))
        return Message(envelope.id, "payment.succeeded", now, facts)


@pytest.fixture
async def stores(billing_database: str) -> AsyncIterator[list[Store]]:
    """Yield stores, each with connections of its own; audit the whole ledger at the end."""
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(postgres.connected(billing_database, connections_count_max=2))
            for _ in range(CLIENTS_COUNT)
        ]
        yield opened
        report = await AuditLedger(opened[0])()
        assert report.violations == ()
        assert report.transfers_count >= ROUNDS or report.accounts_count >= ROUNDS


@pytest.fixture
def clients(stores: list[Store], make_billing, clock) -> list[Any]:
    """Processes of billing that know nothing of each other."""
    return [type(make_billing())(store, clock) for store in stores]


async def at_once(calls: Iterable[Awaitable[Any]]) -> SimpleNamespace:
    """Let calls happen at once; return what was answered, and how often each reason was raised."""
    ended = await asyncio.gather(*calls, return_exceptions=True)
    for one in ended:
        if isinstance(one, BaseException) and not isinstance(one, ServiceError):
            raise one
    answers = [one for one in ended if not isinstance(one, ServiceError)]
    refusals = Counter(one.reason for one in ended if isinstance(one, ServiceError))
    return SimpleNamespace(answers=answers, refusals=refusals)


async def journal(store: Store, owner: str) -> Counter[Kind]:
    """Return how many transfers of each kind an account has."""
    return Counter([transfer.kind async for transfer in store.transfers(owner)])


Round = Callable[[int], Awaitable[None]]


async def rounds(run: Round) -> None:
    for n in range(ROUNDS):
        await run(n)


async def test_three_releases_of_one_hold_give_it_back_once(clients, stores) -> None:
    async def one_round(n: int) -> None:
        owner = f"a{n}"
        await clients[n % 6].grant_credits(owner, "g", 10)
        hold = await clients[n % 5].create_hold(owner, "r", PLAIN)

        ended = await at_once(client.release_hold(hold.name) for client in clients[:3])

        assert [one.state for one in ended.answers] == [State.RELEASED] * 3
        assert await clients[4].credits(owner) == (10, 0)
        assert (await journal(stores[0], owner))[Kind.RELEASE] == 1

    await rounds(one_round)


async def test_a_capture_and_a_release_together_do_one_of_both(clients, stores) -> None:
    won: Counter[State] = Counter()

    async def one_round(n: int) -> None:
        owner = f"a{n}"
        await clients[4].grant_credits(owner, "g", 10)
        hold = await clients[5].create_hold(owner, "r", PLAIN)
        calls = [
            clients[0].capture_hold(hold.name, EMBEDDING, 1000, SMALL),
            clients[1].release_hold(hold.name),
        ]

        ended = await at_once(calls if n % 2 else calls[::-1])

        [answer] = ended.answers
        assert ended.refusals == {"HOLD_ALREADY_RESOLVED": 1}
        assert await clients[2].credits(owner) == (6 if answer.state is State.CAPTURED else 10, 0)
        kinds = await journal(stores[0], owner)
        assert kinds[Kind.USAGE] + kinds[Kind.RELEASE] == 1
        won[answer.state] += 1

    await rounds(one_round)
    print(f"captures and releases: {dict(won)}")  # noqa: T201 - shown by `pytest -s`


async def test_three_claims_of_one_account_move_its_credits_once(clients, stores) -> None:
    async def one_round(n: int) -> None:
        source, target = f"session {n}", f"user {n}"
        await clients[3].grant_credits(source, "g", 25)

        ended = await at_once(
            client.claim_credits(source, target, f"c{m}") for m, client in enumerate(clients[:3])
        )

        assert sorted(ended.answers) == [0, 0, 25]
        assert await clients[3].credits(source) == (0, 0)
        assert await clients[4].credits(target) == (25, 0)

    await rounds(one_round)


async def test_one_payment_told_three_times_brings_its_credits_once(clients, stores, clock) -> None:
    async def one_round(n: int) -> None:
        owner, payment = f"a{n}", f"payment {n}"
        order = Order(f"order of {payment}", owner, "starter", 100, 400, "USD", clock(), product="pdt")
        await stores[3].commit(Changes((Change(None, order),)))
        messages = [f"m{n}", f"m{n}", f"again {n}"]  # one message twice, and another one of the same

        ended = await at_once(
            ReceiveWebhook(Desk(store), clock, Succeeded(), AdoptOrder(store, clock, {}))(
                Envelope(payment.encode(), id_, "", "")
            )
            for store, id_ in zip(stores, messages, strict=False)
        )

        assert sorted(one.duplicate for one in ended.answers) == [False, False, True]
        assert await clients[3].credits(owner) == (100, 0)
        assert await journal(stores[0], owner) == {Kind.PURCHASE: 1}

    await rounds(one_round)


async def test_six_first_uses_of_an_owner_make_one_account(clients, stores) -> None:
    async def one_round(n: int) -> None:
        owner = f"a{n}"

        ended = await at_once(client.grant_credits(owner, f"g{m}", 1) for m, client in enumerate(clients))

        assert sorted(ended.answers) == [1, 2, 3, 4, 5, 6]
        assert await clients[n % 6].credits(owner) == (6, 0)

    await rounds(one_round)
    owners = [account.owner async for account, _, _ in stores[0].books()]
    assert len(owners) == len(set(owners)) == ROUNDS


async def test_one_key_of_two_bodies_is_good_for_one_of_them(clients, stores) -> None:
    async def one_round(n: int) -> None:
        owner = f"a{n}"
        await clients[5].grant_credits(owner, "g", 10)
        other = HoldRequest(None, 1001, EMBEDDING, None)

        ended = await at_once(
            client.create_hold(owner, "r", other if m % 2 else PLAIN) for m, client in enumerate(clients[:4])
        )

        assert len({hold.name for hold in ended.answers}) == 1
        assert (len(ended.answers), ended.refusals) == (2, {"IDEMPOTENCY_KEY_REUSED": 2})
        assert await clients[4].credits(owner) == (6, 4)

    await rounds(one_round)


async def test_the_last_free_check_is_given_to_one_of_two(clients, stores) -> None:
    async def one_round(n: int) -> None:
        request = HoldRequest(f"device {n}", 1000, EMBEDDING, None)
        first = await clients[2].create_hold(f"a{n}", "r", request)
        await clients[3].capture_hold(first.name, EMBEDDING, 1000, SMALL)

        ended = await at_once(
            client.create_hold(f"b{n} {m}", "r", request) for m, client in enumerate(clients[:2])
        )

        assert [hold.free_checks_used for hold in ended.answers] == [2]
        assert ended.refusals == {"FREE_CHECKS_EXHAUSTED": 1}

    await rounds(one_round)


async def test_a_quoted_price_is_used_by_one_of_two(clients, stores) -> None:
    async def one_round(n: int) -> None:
        owner = f"a{n}"
        await clients[2].grant_credits(owner, "g", 100)
        quote = await clients[3].create_quote(owner, [StatedFile("f", 1000, SMALL)], EMBEDDING)
        request = HoldRequest(None, 1000, EMBEDDING, QuotedFile(quote.name, "f"))

        ended = await at_once(
            client.create_hold(owner, f"r{m}", request) for m, client in enumerate(clients[:2])
        )

        assert (len(ended.answers), ended.refusals) == (1, {"QUOTE_FILE_UNUSABLE": 1})
        assert await clients[4].credits(owner) == (96, 4)

    await rounds(one_round)
