"""Every store there is, and purchases in it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path

import pytest

from metaextract_billing.adapters.storage import postgres, sqlite
from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.adapters.storage.users_memory import MemoryUsers
from metaextract_billing.application.adopting import AdoptOrder
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.purchase_messages import Received, ReceiveWebhook
from metaextract_billing.domain.payment_service import Envelope, Message
from metaextract_billing.domain.ports import Store
from metaextract_billing.domain.purchases import Order, PaymentFacts
from metaextract_billing.domain.records import Change, Changes
from metaextract_billing.domain.user_ports import UserStore

Hear = Callable[..., Awaitable[Received]]
Buy = Callable[[Store, str, str], Awaitable[None]]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "billing.sqlite"


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, database: Path) -> AsyncIterator[Store]:
    match request.param:
        case "memory":
            yield MemoryStore()
        case "sqlite":
            async with sqlite.opened(database) as opened:
                yield opened
        case "postgres":
            url = request.getfixturevalue("billing_database")
            async with postgres.connected(url) as connected:
                yield connected


class OneMessage:
    """Implements `domain.payment_service.Webhooks`: whatever comes says the same."""

    def __init__(self, facts: PaymentFacts) -> None:
        self._facts = facts

    def opened(self, envelope: Envelope, now: datetime) -> Message:
        return Message(envelope.id, "payment", now, self._facts)


@pytest.fixture
def hear(clock) -> Hear:
    """Return a function that lets another process of billing take a message in."""

    async def hear(store: Store, id_: str, facts: PaymentFacts) -> Received:
        receive = ReceiveWebhook(Desk(store), clock, OneMessage(facts), AdoptOrder(store, clock, {}))
        return await receive(Envelope(b"", id_, "", ""))

    return hear


@pytest.fixture
def buy(clock, hear: Hear) -> Buy:
    """Return a function that lets somebody buy 100 credits with a payment of 400 cents."""

    async def buy(store: Store, owner: str, payment: str) -> None:
        order = Order(f"order of {payment}", owner, "starter", 100, 400, "USD", clock(), product="pdt")
        await store.commit(Changes((Change(None, order),)))
        paid = PaymentFacts(payment, True, "succeeded", order.id, None, 400, "USD", ("pdt",))
        await hear(store, f"success of {payment}", paid)

    return buy


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def users(request: pytest.FixtureRequest, database: Path) -> AsyncIterator[UserStore]:
    match request.param:
        case "memory":
            yield MemoryUsers()
        case "sqlite":
            async with sqlite.opened(database) as opened:
                yield opened.users
        case "postgres":
            url = request.getfixturevalue("billing_database")
            async with postgres.connected(url) as connected:
                yield connected.users
