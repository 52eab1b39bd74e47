"""Buying packs from the fake DodoPayments: the official SDK and signed webhooks, over real HTTP."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from metaextract_billing.adapters.dodo import service
from metaextract_billing.adapters.dodo.webhooks import DodoWebhooks
from metaextract_billing.adapters.storage import postgres, sqlite
from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.application.accounts import ClaimCredits, GetBalance, GrantCredits
from metaextract_billing.application.audit import AuditLedger
from metaextract_billing.application.book_keeping import account_of
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.purchase_use_cases import PurchaseUseCases, purchase_use_cases
from metaextract_billing.application.purchases import OrderState, PlacedOrder
from metaextract_billing.domain.holds import Access, Hold
from metaextract_billing.domain.models import Operations
from metaextract_billing.domain.payment_service import Envelope
from metaextract_billing.domain.ports import Store
from metaextract_billing.domain.purchases import Pack
from metaextract_billing.domain.records import AccountKey, Book
from metaextract_common.errors import ServiceError
from metaextract_testing.dodo import Behaviour, FakeDodo, fake_dodo
from metaextract_testing.dodo.serving import served

SECRET, ROTATED = (
    "whsec_" + base64.b64encode(text).decode()
    for text in (b"first secret 24 bytes...", b"second secret, 24 bytes.")
)
KEY = "sk_test"
RETURN_URL = "http://127.0.0.1:9/credits/success?pack=starter"
PACKS = {
    "starter": Pack("starter", "Starter Pack", "25 image analyses", 100, 400, "pdt_images_mvp_starter"),
    "pro": Pack("pro", "Pro Pack", "100 image analyses", 400, 1200, "pdt_images_mvp_pro"),
    "unsold": Pack("unsold", "Unsold", "", 1, 1, ""),
    "unheard": Pack("unheard", "Unheard", "", 1, 1, "pdt_nobody_knows"),
}


@dataclass
class Shop:
    """Billing's purchases, the fake payment service, and the way of webhooks between them."""

    use: PurchaseUseCases
    dodo: FakeDodo
    http: httpx.AsyncClient
    balance: GetBalance
    claim: ClaimCredits
    grant: GrantCredits
    time_passed: timedelta = timedelta()
    time_standing: datetime | None = None
    failing: int = 0

    def now(self) -> datetime:
        return (self.time_standing or datetime.now(UTC)) + self.time_passed

    async def order(self, pack: str = "starter", request: str = "r1", owner: str = "alice") -> PlacedOrder:
        return await self.use.create_order(owner, request, pack, email="a@example.com", return_url=RETURN_URL)

    async def pay(self, placed: PlacedOrder, status: str = "succeeded") -> httpx.URL:
        """Press a button on the checkout page; return where it leads."""
        assert placed.order.checkout_url is not None
        page = await self.http.get(placed.order.checkout_url)
        assert f'value="{status}"' in page.text
        answer = await self.http.post(placed.order.checkout_url, data={"status": status})
        assert answer.status_code == 303
        return httpx.URL(answer.headers["location"])

    async def bought(self, pack: str = "starter", request: str = "r1", owner: str = "alice") -> str:
        """Buy a pack; return the payment."""
        location = await self.pay(await self.order(pack, request, owner))
        await self.dodo.deliveries.settled()
        return location.params["payment_id"]

    async def post(self, path: str, **body: Any) -> Any:
        headers = {"authorization": f"Bearer {KEY}"}
        answer = await self.http.post(self.dodo.url + path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        await self.dodo.deliveries.settled()
        return answer.json()

    async def credits(self, owner: str = "alice") -> tuple[int, int]:
        balance = await self.balance(owner)
        return balance.credits_available, balance.credits_owed

    async def spend(self, owner: str, credits_spent: int) -> None:
        now = self.now()
        hold = Hold("holds/1", owner, "r", "", Operations(), now, now + timedelta(hours=1), Access.CREDITS)

        def decide(book: Book) -> None:
            account, held = account_of(book, owner, now).held(hold, credits_spent, now)
            account, done = account.captured(held, credits_spent, now)
            book.put(account)
            book.put(done)

        await self.balance.desk.carry_out([AccountKey(owner)], decide)

    async def webhook(self, request: Request) -> Response:
        """What the gateway does with a webhook."""
        if self.failing:
            self.failing -= 1
            return JSONResponse({"error": "Webhook processing failed"}, 500)
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        headers = [request.headers.get(name, "") for name in names]
        try:
            received = await self.use.receive_webhook(Envelope(await request.body(), *headers))
        except ServiceError as error:
            return JSONResponse({"error": error.reason}, 400)
        return JSONResponse({"received": True, "duplicate": received.duplicate})


@asynccontextmanager
async def shop_open(store: Store, **changes: Any) -> AsyncIterator[Shop]:
    shop: Shop
    secrets = changes.pop("known_secrets", [SECRET])

    async def webhook(request: Request) -> Response:
        return await shop.webhook(request)

    app = Starlette(routes=[Route("/webhook", webhook, methods=["POST"])])
    async with served(lambda _: app) as url, httpx.AsyncClient(timeout=60) as http:
        behaviour = replace(Behaviour(f"{url}/webhook", (SECRET,), api_key=KEY, pause_scale=0), **changes)
        async with fake_dodo(behaviour) as dodo, service.opened(KEY, "test_mode", dodo.url) as payments:
            desk = Desk(store)

            def now() -> datetime:
                return shop.now()

            use = purchase_use_cases(desk, store, now, PACKS, payments, DodoWebhooks(secrets), payable=True)
            balance, claim = GetBalance(desk, now, metered=True), ClaimCredits(desk, now)
            shop = Shop(use, dodo, http, balance, claim, GrantCredits(desk, now))
            yield shop
            assert (await AuditLedger(store)()).violations == ()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    match request.param:
        case "memory":
            yield MemoryStore()
        case "sqlite":
            async with sqlite.opened(tmp_path / "billing.sqlite") as opened:
                yield opened
        case "postgres":
            async with postgres.connected(request.getfixturevalue("billing_database")) as connected:
                yield connected


@pytest.fixture
async def shop(store: Store) -> AsyncIterator[Shop]:
    async with shop_open(store) as opened:
        yield opened


async def refusal(awaitable: Any) -> str:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value.reason


async def test_a_pack_is_ordered_paid_and_granted(shop: Shop) -> None:
    placed = await shop.order()
    assert placed.state is OrderState.PENDING
    session = shop.dodo.books.sessions[placed.order.checkout_session or ""]
    assert session["metadata"] == {
        "order_id": placed.order.id,
        "type": "credit_purchase",
        "product": "images_mvp",
        "pack": "starter",
        "credits": "100",
        "balance_id": (await shop.balance("alice")).id,
    }

    location = await shop.pay(placed)
    await shop.dodo.deliveries.settled()

    assert (location.params["pack"], location.params["status"]) == ("starter", "succeeded")
    assert await shop.credits() == (100, 0)
    paid = await shop.use.get_order("alice", f"orders/{placed.order.id}")
    assert (paid.state, paid.order.payment) == (OrderState.PAID, location.params["payment_id"])
    assert await refusal(shop.use.get_order("bob", f"orders/{placed.order.id}")) == "ORDER_NOT_FOUND"


async def test_a_failed_payment_grants_nothing_and_can_be_tried_again(shop: Shop) -> None:
    placed = await shop.order()
    failed = await shop.pay(placed, "failed")
    await shop.dodo.deliveries.settled()
    assert await shop.credits() == (0, 0)
    assert await refusal(shop.use.confirm_payment(failed.params["payment_id"])) == "PAYMENT_NOT_SUCCEEDED"

    await shop.pay(placed)
    await shop.dodo.deliveries.settled()

    assert await shop.credits() == (100, 0)


async def test_the_same_request_is_the_same_order_and_the_same_session_for_a_day(shop: Shop) -> None:
    first = await shop.order()
    assert await shop.order() == first
    assert len(shop.dodo.books.sessions) == 1
    assert await refusal(shop.order("pro")) == "IDEMPOTENCY_KEY_REUSED"

    shop.time_passed = timedelta(hours=24)
    later = await shop.order()

    assert later.order.id == first.order.id
    assert later.order.checkout_url != first.order.checkout_url
    assert len(shop.dodo.books.sessions) == 2
    other = await shop.order(owner="bob")
    assert other.order.id != first.order.id


async def test_ten_requests_at_once_make_one_order(shop: Shop) -> None:
    placed = await asyncio.gather(*(shop.order() for _ in range(10)))

    assert len({one.order.id for one in placed}) == 1
    assert len({one.order.checkout_session for one in placed}) == 1


@pytest.mark.parametrize("second", [0, 30, 59])
async def test_a_second_click_without_a_key_means_the_first_for_a_minute(shop: Shop, second: int) -> None:
    shop.time_standing = datetime.now(UTC).replace(second=second)
    first = await shop.order(request="")
    shop.time_passed = timedelta(seconds=59)
    again = await shop.order(request="")
    dearer = await shop.order("pro", request="")
    shop.time_passed = timedelta(seconds=61)
    later = await shop.order(request="")

    assert again.order == first.order
    assert len({first.order.id, dearer.order.id, later.order.id}) == 3


async def test_whoever_has_paid_without_a_key_can_buy_again_at_once(shop: Shop) -> None:
    shop.time_standing = datetime.now(UTC).replace(second=30)
    orders = {(await shop.order(request="")).order.id}
    for bought in range(1, 4):
        await shop.bought(request="")
        assert await shop.credits() == (100 * bought, 0)
        orders.add((await shop.order(request="")).order.id)

    assert len(orders) == 4


async def test_an_order_that_is_paid_gets_no_new_session(shop: Shop) -> None:
    await shop.bought()
    shop.time_passed = timedelta(days=3)

    again = await shop.order()

    assert again.state is OrderState.PAID
    assert len(shop.dodo.books.sessions) == 1


async def test_an_order_paid_in_two_sessions_is_granted_once(shop: Shop) -> None:
    first = await shop.order()
    shop.time_passed = timedelta(hours=24)
    second = await shop.order()
    shop.time_passed = timedelta()
    await shop.pay(first)
    await shop.dodo.deliveries.settled()
    twice = await shop.pay(second)
    await shop.dodo.deliveries.settled()

    assert await shop.credits() == (100, 0)
    parked = await shop.use.confirm_payment(twice.params["payment_id"])
    assert parked.parked == "order_already_paid"


async def test_confirming_a_payment_grants_it_before_its_webhook_comes_and_not_again(store: Store) -> None:
    async with shop_open(store, held=True) as shop:
        location = await shop.pay(await shop.order())
        assert await shop.credits() == (0, 0)
        id_ = location.params["payment_id"]

        payments = await asyncio.gather(*(shop.use.confirm_payment(id_) for _ in range(5)))
        assert {one.credits_granted for one in payments} == {100}
        assert await shop.credits() == (100, 0)

        await shop.dodo.deliveries.release()
        assert await shop.credits() == (100, 0)
        assert await refusal(shop.use.confirm_payment("pay_nobody")) == "PAYMENT_NOT_FOUND"


async def test_webhooks_are_sent_again_until_they_are_taken_in(shop: Shop) -> None:
    shop.failing = 3
    await shop.bought()

    [message] = shop.dodo.deliveries.messages
    assert message.statuses == [500, 500, 500, 200]
    assert await shop.credits() == (100, 0)


async def test_nobody_is_asked_more_than_eight_times(shop: Shop) -> None:
    shop.failing = 100
    await shop.bought()

    assert shop.dodo.deliveries.messages[0].statuses == [500] * 8
    assert await shop.credits() == (0, 0)


@pytest.mark.parametrize("seed", range(5))
async def test_webhooks_in_any_order_and_twice_end_in_the_same_balance(store: Store, seed: int) -> None:
    async with shop_open(store, held=True, copies_count=2, seed=seed) as shop:
        first = (await shop.pay(await shop.order())).params["payment_id"]
        second = (await shop.pay(await shop.order("pro", "r2"))).params["payment_id"]
        await shop.post("/refunds", payment_id=first, amount=100)
        lost = await shop.post("/fake/disputes", payment_id=first)
        await shop.post(f"/fake/disputes/{lost['dispute_id']}/lost")
        won = await shop.post("/fake/disputes", payment_id=second)
        await shop.post(f"/fake/disputes/{won['dispute_id']}/won")
        await shop.post("/refunds", payment_id=second, amount=300)

        sent = await shop.dodo.deliveries.release()

        assert [message.statuses[-1] for message in sent] == [200] * 16
        assert await shop.credits() == (300, 0)


async def test_duplicates_are_told_as_such(store: Store) -> None:
    async with shop_open(store, held=True) as shop:
        await shop.pay(await shop.order())
        [message] = shop.dodo.deliveries.messages
        answers = [await _sent(shop, message.id) for _ in range(2)]

    assert [answer["duplicate"] for answer in answers] == [False, True]


async def test_a_dispute_freezes_gives_back_and_takes(shop: Shop) -> None:
    payment = await shop.bought()
    name = f"orders/{(await shop.order()).order.id}"
    await shop.claim("alice", "bob", "claim")
    first = await shop.post("/fake/disputes", payment_id=payment)
    assert await shop.credits("bob") == (0, 0)
    assert (await shop.use.get_order("alice", name)).state is OrderState.DISPUTED

    await shop.post(f"/fake/disputes/{first['dispute_id']}/won")
    assert await shop.credits("bob") == (100, 0)

    second = await shop.post("/fake/disputes", payment_id=payment)
    await shop.post(f"/fake/disputes/{second['dispute_id']}/accepted")
    assert await shop.credits("bob") == (0, 0)
    assert (await shop.use.get_order("alice", name)).state is OrderState.REVERSED


async def test_a_lot_that_paid_a_debt_to_its_last_credit_can_still_be_disputed(shop: Shop) -> None:
    spent = await shop.bought()
    await shop.spend("alice", 100)
    await shop.post("/refunds", payment_id=spent)
    assert await shop.credits() == (0, 100)
    payment = await shop.bought(request="r2")
    assert await shop.credits() == (0, 0)

    won = await shop.post("/fake/disputes", payment_id=payment)
    assert await shop.credits() == (0, 100)
    await shop.post(f"/fake/disputes/{won['dispute_id']}/won")
    assert await shop.credits() == (0, 0)
    lost = await shop.post("/fake/disputes", payment_id=payment)
    await shop.post(f"/fake/disputes/{lost['dispute_id']}/lost")

    assert await shop.credits() == (0, 100)


async def test_a_claim_and_a_dispute_at_once_leave_nothing_to_spend(store: Store) -> None:
    async with shop_open(store, held=True) as shop:
        for number in range(10):
            owner, other = f"session:{number}", f"user:{number}"
            payment = (await shop.pay(await shop.order(owner=owner))).params["payment_id"]
            await shop.dodo.deliveries.release()
            await shop.post("/fake/disputes", payment_id=payment)

            await asyncio.gather(shop.claim(owner, other, "claim"), shop.dodo.deliveries.release())

            assert (await shop.credits(owner), await shop.credits(other)) == ((0, 0), (0, 0))


async def test_a_payment_gets_its_turn_on_an_account_that_everybody_uses(store: Store) -> None:
    async with shop_open(store, held=True) as shop:
        await shop.pay(await shop.order())
        grants = [shop.grant("alice", f"grant {number}", 1) for number in range(40)]

        await asyncio.gather(*grants[:20], shop.dodo.deliveries.release(), *grants[20:])

        assert await shop.credits() == (140, 0)
        assert shop.dodo.deliveries.messages[0].statuses == [200]


async def test_a_refund_is_allowed_for_seven_days_while_nothing_is_used(shop: Shop) -> None:
    payment = await shop.bought()
    check = await shop.use.check_refund(payment)
    assert (check.is_eligible, check.credits_granted, check.credits_remaining) == (True, 100, 100)

    await shop.claim("alice", "bob", "claim")
    assert (await shop.use.check_refund(payment)).is_eligible

    shop.time_passed = timedelta(days=7, minutes=1)
    late = await shop.use.check_refund(payment)
    assert (late.is_eligible, late.is_within_window, late.is_unused) == (False, False, True)

    shop.time_passed = timedelta()
    await shop.post("/refunds", payment_id=payment, amount=4)
    used = await shop.use.check_refund(payment)
    assert (used.is_eligible, used.is_unused, used.credits_remaining) == (False, False, 99)
    assert await refusal(shop.use.check_refund("pay_nobody")) == "PAYMENT_NOT_FOUND"


async def test_a_subscription_is_followed_and_cancelled(shop: Shop) -> None:
    begun = await shop.post("/fake/subscriptions", product_id="pdt_pro", metadata={"account": "alice"})
    id_ = begun["subscription_id"]
    known = await shop.use.get_subscription(id_, "alice")
    assert (known.status, known.product, known.owner) == ("active", "pdt_pro", "alice")
    assert known.period_end_time is not None

    assert await refusal(shop.use.cancel_subscription(id_, "bob")) == "SUBSCRIPTION_NOT_FOUND"
    cancelled = await shop.use.cancel_subscription(id_, "alice")
    await shop.dodo.deliveries.settled()

    assert cancelled.status == "cancelled"
    assert (await shop.use.get_subscription(id_, None)).status == "cancelled"
    assert shop.dodo.books.subscriptions[id_]["status"] == "cancelled"


async def test_what_cannot_be_sold_is_refused_with_its_reason(shop: Shop) -> None:
    assert await refusal(shop.order("none")) == "PACK_UNKNOWN"
    assert await refusal(shop.order("unsold")) == "PACK_NOT_FOR_SALE"
    assert await refusal(shop.order("unheard")) == "PAYMENT_SERVICE_REFUSED"


async def test_without_an_api_key_nothing_is_paid(store: Store) -> None:
    async with service.opened("", "test_mode", "") as payments:
        use = purchase_use_cases(
            Desk(store), store, lambda: datetime.now(UTC), PACKS, payments, DodoWebhooks([]), payable=False
        )
        order = use.create_order("alice", "r", "starter", email=None, return_url=RETURN_URL)
        assert await refusal(order) == "PAYMENTS_NOT_CONFIGURED"
        assert await refusal(use.confirm_payment("p")) == "PAYMENTS_NOT_CONFIGURED"
        assert (
            await refusal(use.receive_webhook(Envelope(b"{}", "i", "0", "v1,x"))) == "WEBHOOK_SECRET_MISSING"
        )


async def _sent(shop: Shop, id_: str) -> Any:
    message = next(one for one in shop.dodo.deliveries.messages if one.id == id_)
    body = message.body()
    headers = message.headers((SECRET,), body, datetime.now(UTC))
    url = shop.dodo.deliveries.behaviour.webhook_url
    return (await shop.http.post(url, content=body, headers=headers)).json()
