"""The payments module of the original: what was anybody's belongs to its owner (§1.10; §10.C, 23)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.types import ASGIApp

from metaextract_common.errors import Kind, ServiceError, service_unreachable
from metaextract_gateway.adapters.http.app import build_app
from metaextract_gateway.adapters.http.auth.callers import account_of
from metaextract_gateway.adapters.http.legacy import core
from metaextract_gateway.adapters.http.legacy import credits as credits_
from metaextract_gateway.adapters.http.legacy.sessions import Sessions
from metaextract_gateway.domain.identity import ANYBODY, Caller, Role
from metaextract_gateway.domain.money import (
    Balance,
    Catalogue,
    Movement,
    Order,
    Pack,
    Payment,
    Refund,
    Webhook,
)

NOW = datetime(2026, 11, 22, 22, 41, 38, 910_000, UTC)
USER = Caller(user="5f0c29f4-5f0c-4f0c-8f0c-5f0c29f45f0c")
ADMIN = Caller(user=USER.user, roles=frozenset({Role.ADMIN}))
BALANCE_ID = "fad07b10-b8d3-4647-b5bf-439111467d0a"
OTHER_BALANCE_ID = "0e07b1c4-0000-4647-b5bf-439111467d0a"
REQUIRED = {"error": "Authentication required"}
NOT_CONFIGURED = {
    "error": "Payment system not configured",
    "message": "Please add DODO_PAYMENTS_API_KEY to enable payments",
}
SIGN_IN = "Please sign in to purchase credits so they are available across devices."
PACK = Pack("starter", "Starter Pack", "25 image analyses", 100, 400, "USD", "pdt_images_mvp_starter")


class Books:
    """A billing in memory, which notes what is asked of it."""

    def __init__(self) -> None:
        self.payable = False
        self.asked: list[str] = []
        self.granted: list[tuple[str, int]] = []
        self.error: ServiceError | None = None
        self.movements_ = [
            Movement(7, "usage", -4, NOW, "pay_1"),  # of the lot that was spent
            Movement(1, "purchase", 100, NOW - timedelta(days=1), "pay_1"),
        ]

    async def balance(self, account: str) -> Balance:
        self._note(account)
        return Balance(BALANCE_ID, 96)

    async def movements(self, account: str, count_max: int) -> list[Movement]:
        self._note(account)
        return self.movements_[:count_max]

    async def grant(self, account: str, request_id: str, credits_: int) -> None:
        self._note(account)
        self.granted.append((account, credits_))

    async def claim(self, source: str, target: str, request_id: str) -> int:
        raise NotImplementedError

    async def catalogue(self) -> Catalogue:
        self._note("catalogue")
        return Catalogue((PACK,), self.payable)

    async def order(self, account: str, request_id: str, pack: str, *, email: str, return_url: str) -> Order:
        self._note(account)
        return Order("https://pay.test/1", "cks_1")

    async def receive(self, webhook: Webhook) -> bool:
        raise NotImplementedError

    async def confirm(self, payment: str) -> Payment:
        raise NotImplementedError

    async def refund(self, payment: str) -> Refund:
        self._note(payment)
        week = timedelta(days=7)
        return Refund(True, 100, 100, NOW, True, True, timedelta(days=2, hours=3), week)

    def _note(self, what: str) -> None:
        if self.error is not None:
            raise self.error
        self.asked.append(what)


@pytest.fixture
def books() -> Books:
    return Books()


Client = Callable[..., httpx.AsyncClient]


@pytest.fixture
def client(books: Books, called_by: Callable[[ASGIApp, Caller], ASGIApp]) -> Client:
    def opened(caller: Caller = ANYBODY, *, metered: bool = True) -> httpx.AsyncClient:
        who = Sessions(account_of)
        routes = [
            *core.routes(books, books, books, who, metered=metered),
            *credits_.routes(books, books, who),
        ]
        app = called_by(build_app(routes), caller)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here")

    return opened


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/credits/claim"),
        ("GET", f"/api/credits/transactions?balanceId={BALANCE_ID}"),
        ("GET", f"/api/images_mvp/credits/transactions?balanceId={BALANCE_ID}"),
        ("POST", "/api/credits/use"),
        ("GET", f"/api/subscription/status?userId={USER.user}"),
        ("POST", "/api/subscription/cancel"),
        ("GET", "/api/credits/trends"),
        ("GET", "/api/user/extractions"),
        ("GET", "/api/analytics/range"),
        ("GET", "/api/analytics/export"),
        ("GET", "/api/user/alerts"),
        ("POST", "/api/user/alerts"),
        ("GET", "/api/user/alerts/check"),
    ],
)
async def test_nobody_in_particular_gets_nothing(
    client: Client, books: Books, method: str, path: str
) -> None:
    async with client() as http:
        body = {"balanceId": BALANCE_ID, "amount": 5, "userId": USER.user}
        answer = await http.request(method, path, json=body if method == "POST" else None)

    assert (answer.status_code, answer.json()) == (401, REQUIRED)
    assert books.asked == []


async def test_a_balance_id_alone_opens_nothing(client: Client) -> None:
    async with client(USER) as http:
        own = await http.get("/api/credits/transactions", params={"balanceId": BALANCE_ID})
        other = await http.get("/api/credits/transactions", params={"balanceId": OTHER_BALANCE_ID})

    assert own.status_code == 200
    assert (other.status_code, other.json()) == (403, {"error": "Access denied", "code": "FORBIDDEN"})


async def test_whoever_knows_a_session_sees_its_transactions(client: Client, books: Books) -> None:
    async with client() as http:
        answer = await http.get("/api/images_mvp/credits/transactions", params={"sessionId": "s1"})

    usage, purchase = answer.json()["transactions"]
    assert set(books.asked) == {"session:s1"}
    assert usage["id"] != purchase["id"]
    assert purchase == {
        "id": purchase["id"],
        "balanceId": BALANCE_ID,
        "type": "purchase",
        "amount": 100,
        "description": "Purchase",
        "fileType": None,
        "dodoPaymentId": "pay_1",
        "createdAt": "2026-11-21T22:41:38.910Z",
    }
    assert (usage["type"], usage["amount"], usage["dodoPaymentId"]) == ("usage", -4, None)


@pytest.mark.parametrize("module", ["/api", "/api/images_mvp"])
async def test_who_names_neither_balance_nor_session_has_no_transactions(
    client: Client, books: Books, module: str
) -> None:
    async with client() as http:
        answer = await http.get(f"{module}/credits/transactions")

    assert (answer.status_code, answer.json()) == (200, {"transactions": []})
    assert books.asked == []


async def test_transactions_that_cannot_be_had_are_a_500(client: Client, books: Books) -> None:
    books.error = service_unreachable("ListTransfers")
    async with client(USER) as http:
        answer = await http.get("/api/credits/transactions")

    assert (answer.status_code, answer.json()) == (500, {"error": "Failed to get transactions"})


async def test_credits_are_spent_by_extractions_only(client: Client, books: Books) -> None:
    async with client(USER) as http:
        answer = await http.post("/api/credits/use", json={"balanceId": BALANCE_ID, "amount": 5})

    assert answer.status_code == 403
    assert books.asked == []


@pytest.mark.parametrize("body", [{}, {"balanceId": BALANCE_ID}, {"balanceId": BALANCE_ID, "amount": 0}])
async def test_a_use_of_nothing_is_told_as_the_original_did(client: Client, body: dict[str, object]) -> None:
    async with client() as http:
        answer = await http.post("/api/credits/use", json=body)
        unread = await http.post(
            "/api/credits/use", content="{", headers={"Content-Type": "application/json"}
        )

    assert (answer.status_code, answer.json()) == (400, {"error": "Balance ID and amount required"})
    assert (unread.status_code, list(unread.json())) == (400, ["message"])


async def test_the_subscription_of_nobody_is_none(client: Client) -> None:
    async with client() as http:
        answer = await http.get("/api/subscription/status")

    assert (answer.status_code, answer.json()) == (200, {"tier": "enterprise", "status": "none"})


async def test_a_subscription_is_told_to_its_user_alone(client: Client) -> None:
    path = "/api/subscription/status"
    async with client(USER) as http:
        own = await http.get(path, params={"userId": USER.user})
        unnamed = await http.get(path)
        other = await http.get(path, params={"userId": "somebody-else"})
        cancelled = await http.post("/api/subscription/cancel", json={"userId": "somebody-else"})

    assert own.json() == {"tier": "enterprise", "status": "none", "subscriptionId": None} == unnamed.json()
    assert other.status_code == 403
    assert (cancelled.status_code, cancelled.json()) == (400, {"error": "No active subscription"})


async def test_a_user_buys_for_their_own_account(client: Client, books: Books) -> None:
    books.payable = True
    async with client(USER) as http:
        answer = await http.post("/api/credits/purchase", json={"pack": "starter", "sessionId": "s1"})

    assert answer.json() == {"checkout_url": "https://pay.test/1", "session_id": "cks_1"}
    assert books.asked[-1] == f"user:{USER.user}"


async def test_the_payments_module_checks_in_the_order_of_the_original(client: Client, books: Books) -> None:
    async def asked(**body: str) -> tuple[int, dict[str, str]]:
        answer = await http.post("/api/credits/purchase", json=body)
        return answer.status_code, answer.json()

    async with client() as http:
        unpayable = await asked(pack="gold")
        books.payable = True
        unknown = await asked(pack="gold")
        unsigned = await asked(pack="starter", sessionId="s1")

    assert unpayable == (503, NOT_CONFIGURED)
    assert unknown == (400, {"error": "Invalid credit pack"})
    assert unsigned == (401, REQUIRED | {"message": SIGN_IN})


async def test_the_balance_of_somebody_without_a_session_begins_one(client: Client, books: Books) -> None:
    async with client() as http:
        first = await http.get("/api/credits/balance")
        session = first.cookies["metaextract_session_id"]
        second = await http.get("/api/credits/balance")

    assert first.json() == second.json() == {"credits": 96, "balanceId": BALANCE_ID}
    assert books.asked == [f"session:{session}"] * 2
    assert "set-cookie" not in second.headers


@pytest.mark.parametrize(
    ("tier", "error"),
    [
        ("professional", "Product not configured for tier: professional"),
        ("Premium", "Product not configured for tier: forensic"),
        ("gold", "Invalid tier"),
        (None, "Invalid tier"),
    ],
)
async def test_no_subscription_is_sold(client: Client, books: Books, tier: object, error: str) -> None:
    books.payable = True
    async with client() as http:
        answer = await http.post("/api/checkout/create-session", json={"tier": tier})
        books.payable = False
        unpayable = await http.post("/api/checkout/create-session", json={"tier": tier})

    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert (unpayable.status_code, unpayable.json()) == (503, NOT_CONFIGURED)


async def test_the_packs_are_those_that_are_sold(client: Client) -> None:
    async with client() as http:
        document = (await http.get("/api/credits/packs")).json()

    assert document["packs"]["starter"]["credits"] == 100
    assert document["costs"] == {
        "standard_image": 4,
        "raw_image": 4,
        "video": None,
        "audio": None,
        "pdf": None,
    }


async def test_only_an_administrator_asks_whether_a_payment_may_be_refunded(
    client: Client, books: Books
) -> None:
    path = "/api/admin/credits/refund-eligibility?paymentId=pay_1"
    answers = []
    for caller in (ANYBODY, USER, ADMIN):
        async with client(caller) as http:
            answers.append(await http.get(path))

    assert [answer.status_code for answer in answers] == [401, 403, 200]
    assert answers[-1].json() == {
        "eligible": True,
        "policy": {"window_days": 7, "unused_only": True},
        "details": {
            "amount": 100,
            "remaining": 100,
            "createdAt": "2026-11-22T22:41:38.910Z",
            "withinWindow": True,
            "unused": True,
            "ageDays": 2.125,
        },
    }
    assert answers[0].json() == {"error": "Unauthorized", "message": "Admin authentication required"}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_strangers_do_not_learn_what_there_is_for_administrators(client: Client, method: str) -> None:
    answers = []
    for caller in (ANYBODY, USER, ADMIN):
        async with client(caller) as http:
            answers.append(await http.request(method, "/api/admin/no-such-thing"))

    assert [answer.status_code for answer in answers] == [401, 403, 404]


async def test_a_payment_that_nobody_knows_is_not_found(client: Client, books: Books) -> None:
    books.error = ServiceError(Kind.NOT_FOUND, "billing.metaextract", "PAYMENT_NOT_FOUND", "No.")
    async with client(ADMIN) as http:
        unknown = await http.get("/api/admin/credits/refund-eligibility?paymentId=pay_2")
        unnamed = await http.get("/api/admin/credits/refund-eligibility")

    assert (unknown.status_code, unknown.json()) == (404, {"error": "Purchase not found"})
    assert unnamed.status_code == 400


@pytest.mark.parametrize("path", ["/api/dev/credits/grant", "/api/dev/images_mvp/credits/grant"])
async def test_credits_come_out_of_nothing_only_where_nothing_is_charged(
    client: Client, books: Books, path: str
) -> None:
    async with client(metered=True) as http:
        metered = await http.post(path, json={"sessionId": "s1"})
    async with client(metered=False) as http:
        granted = await http.post(path, json={"sessionId": "s1"})
        wrong = [
            await http.post(path, json={"sessionId": "s1", "credits": wanted})
            for wanted in (-5, 0, 1.5, True, "many", 10**7)
        ]
        unnamed = await http.post(path, json={"credits": "5"})

    assert (metered.status_code, metered.json()) == (404, {"error": "Not found"})
    assert granted.json() == {"ok": True, "balanceId": BALANCE_ID, "credits": 96}
    session = unnamed.cookies["metaextract_session_id"]
    assert books.granted == [("session:s1", 100), (f"session:{session}", 5)]
    told = [(one.status_code, one.json()) for one in wrong]
    assert told == [(400, {"error": "credits must be a positive number"})] * 6


@pytest.mark.parametrize("metered", [True, False])
async def test_credits_are_added_by_nobody(client: Client, books: Books, metered: bool) -> None:
    async with client(ADMIN, metered=metered) as http:
        answer = await http.post("/api/credits/add", json={"balanceId": BALANCE_ID, "credits": 5})

    assert (answer.status_code, answer.json()) == (404, {"error": "Not found"})
    assert books.granted == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/nothing?x=1"),
        ("GET", "/api/credits/use"),
        ("GET", "/api/credits/add"),
        ("DELETE", "/api/images_mvp/credits/packs"),
        ("GET", "/api/monitoring/dashboard"),
        ("GET", "/api/health/disk"),
    ],
)
async def test_what_is_not_there_names_what_is(client: Client, method: str, path: str) -> None:
    async with client() as http:
        answer = await http.request(method, path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    document = answer.json()
    assert document.keys() == {"error", "message", "availableEndpoints"}
    assert document["error"] == "API endpoint not found"
    assert document["message"] == f"The endpoint {path} does not exist"
    assert len(document["availableEndpoints"]) == 7


async def test_users_find_nothing_where_there_is_no_engine(client: Client) -> None:
    async with client(USER) as http:
        answer = await http.get("/api/credits/trends")

    assert answer.status_code == 404
