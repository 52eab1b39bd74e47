"""Packs, balance, purchase and claim in the legacy shapes (§1.7)."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from metaextract_common.errors import Kind, ServiceError, invalid_request, service_unreachable
from metaextract_gateway.adapters.http.app import build_app
from metaextract_gateway.adapters.http.legacy import credits as credits_
from metaextract_gateway.adapters.http.legacy.sessions import Sessions
from metaextract_gateway.domain.money import Balance, Catalogue, Order, Pack, Payment, Webhook

STARTER = Pack("starter", "Starter Pack", "25 image analyses", 100, 400, "USD", "pdt_images_mvp_starter")
PRO = Pack("pro", "Pro Pack", "100 image analyses", 400, 1200, "USD", "pdt_images_mvp_pro")
BALANCE_ID = "fad07b10-b8d3-4647-b5bf-439111467d0a"


def refusal(reason: str, kind: Kind = Kind.PRECONDITION, **metadata: str) -> ServiceError:
    return ServiceError(kind, "billing.metaextract", reason, "Told to people.", metadata)


class Shop:
    """A billing in memory: what it sells, what it holds, and what it was asked."""

    def __init__(self) -> None:
        self.catalogue_ = Catalogue((STARTER, PRO), payable=True)
        self.credits = {"session:s1": 7}
        self.orders: list[tuple[str, str, str, str, str]] = []
        self.claims: list[tuple[str, str, str]] = []
        self.error: ServiceError | None = None

    async def catalogue(self) -> Catalogue:
        return self.catalogue_

    async def balance(self, account: str) -> Balance:
        if self.error is not None:
            raise self.error
        return Balance(BALANCE_ID, self.credits.get(account, 0))

    async def claim(self, source: str, target: str, request_id: str) -> int:
        if self.error is not None:
            raise self.error
        self.claims.append((source, target, request_id))
        return self.credits.pop(source, 0)

    async def order(self, account: str, request_id: str, pack: str, *, email: str, return_url: str) -> Order:
        if self.error is not None:
            raise self.error
        self.orders.append((account, request_id, pack, email, return_url))
        return Order("https://pay.test/1", "cks_1")

    async def receive(self, webhook: Webhook) -> bool:
        raise NotImplementedError

    async def confirm(self, payment: str) -> Payment:
        raise NotImplementedError


@pytest.fixture
def shop() -> Shop:
    return Shop()


def client(shop: Shop, *, user: str = "", public_url: str = "") -> httpx.AsyncClient:
    who = Sessions(lambda _request: user)
    app = build_app(credits_.routes(shop, shop, who, public_url=public_url))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here")


@pytest.fixture
async def http(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with client(shop) as http:
        yield http


async def bought(http: httpx.AsyncClient, body: object, **options: Any) -> httpx.Response:
    return await http.post("/api/images_mvp/credits/purchase", json=body, **options)


async def test_packs_are_as_recorded(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/images_mvp/credits/packs")

    assert answer.status_code == 200
    assert answer.json() == {
        "packs": {
            "starter": {
                "credits": 100,
                "price": 400,
                "priceDisplay": "$4.00",
                "name": "Starter Pack",
                "description": "25 image analyses",
                "productId": "pdt_images_mvp_starter",
            },
            "pro": {
                "credits": 400,
                "price": 1200,
                "priceDisplay": "$12.00",
                "name": "Pro Pack",
                "description": "100 image analyses",
                "productId": "pdt_images_mvp_pro",
            },
        },
        "description": "Credits for using the Images Metadata tool.",
    }


async def test_a_balance_without_a_session_is_none(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/images_mvp/credits/balance")

    assert (answer.status_code, answer.json()) == (200, {"credits": 0, "balanceId": None})


@pytest.mark.parametrize(
    ("query", "cookie", "credits_"),
    [("s1", "", 7), ("", "s1", 7), ("s2", "s1", 0), ("user:s1", "", 0), ("session:s1", "", 0)],
)
async def test_a_balance_is_that_of_the_session(
    http: httpx.AsyncClient, query: str, cookie: str, credits_: int
) -> None:
    if cookie:
        http.cookies.set("metaextract_session_id", cookie)

    answer = await http.get("/api/images_mvp/credits/balance", params={"sessionId": query})

    assert answer.json() == {"credits": credits_, "balanceId": BALANCE_ID}


async def test_a_balance_that_cannot_be_read_is_a_500(http: httpx.AsyncClient, shop: Shop) -> None:
    shop.error = service_unreachable("GetBalance")

    answer = await http.get("/api/images_mvp/credits/balance?sessionId=s1")

    assert (answer.status_code, answer.json()) == (500, {"error": "Failed to get credit balance"})


async def test_a_purchase_leads_to_the_checkout_and_back(http: httpx.AsyncClient, shop: Shop) -> None:
    answer = await bought(http, {"pack": "starter", "sessionId": "s1", "email": " a@b.test "})

    assert answer.status_code == 200
    assert answer.json() == {"checkout_url": "https://pay.test/1", "session_id": "cks_1"}
    back = f"http://here/images_mvp/credits/success?pack=starter&balanceId={BALANCE_ID}"
    assert shop.orders == [("session:s1", "", "starter", "a@b.test", back)]


async def test_the_way_back_is_where_people_reach_the_server(shop: Shop) -> None:
    async with client(shop, public_url="https://meta.test") as http:
        await bought(http, {"pack": "pro", "sessionId": "s1"})

    assert shop.orders[0][-1].startswith("https://meta.test/images_mvp/credits/success?pack=pro&")


async def test_an_order_is_named_by_the_key_of_its_request_alone(http: httpx.AsyncClient, shop: Shop) -> None:
    await bought(http, {"pack": "starter", "sessionId": "s1"})
    await bought(http, {"pack": "starter", "sessionId": "s1"}, headers={"Idempotency-Key": " k1 "})

    assert [order[1] for order in shop.orders] == ["", "k1"]


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        ({"pack": "huge", "sessionId": "s1"}, 400, {"error": "Invalid credit pack"}),
        ({"sessionId": "s1"}, 400, {"error": "Invalid credit pack"}),
        ({"pack": ["starter"], "sessionId": "s1"}, 400, {"error": "Invalid credit pack"}),
        ({"pack": "starter"}, 400, {"error": "Session ID required"}),
    ],
)
async def test_an_order_that_names_too_little_is_refused(
    http: httpx.AsyncClient, body: dict[str, Any], status: int, answer: dict[str, str]
) -> None:
    refused = await bought(http, body)

    assert (refused.status_code, refused.json()) == (status, answer)


async def test_without_a_payment_service_nothing_is_ordered(http: httpx.AsyncClient, shop: Shop) -> None:
    shop.catalogue_ = Catalogue((STARTER, PRO), payable=False)

    answer = await bought(http, {"pack": "starter", "sessionId": "s1"})

    assert answer.status_code == 503
    error = answer.json()["error"]
    assert re.fullmatch(r"REQ-\d{13}-[0-9a-z]{9}", error.pop("requestId"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", error.pop("timestamp"))
    assert error == {
        "code": "SERVICE_UNAVAILABLE",
        "message": "Payment system not configured. Please add DODO_PAYMENTS_API_KEY to enable payments",
        "status": 503,
    }
    assert not shop.orders


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (refusal("PACK_NOT_FOR_SALE"), 500, "Product configuration missing"),
        (refusal("PACK_UNKNOWN", Kind.NOT_FOUND), 400, "Invalid credit pack"),
        (refusal("PAYMENT_SERVICE_REFUSED", status="422"), 500, "Failed to create checkout session"),
        (refusal("PAYMENT_SERVICE_UNAVAILABLE", Kind.UNAVAILABLE), 500, "Failed to create checkout session"),
        (refusal("LEDGER_UNAVAILABLE", Kind.UNAVAILABLE), 500, "Failed to create checkout session"),
        (invalid_request("email", "value must be a valid email address"), 400, "Invalid email"),
    ],
)
async def test_an_order_that_cannot_be_made_says_why(
    http: httpx.AsyncClient, shop: Shop, error: ServiceError, status: int, message: str
) -> None:
    shop.error = error

    answer = await bought(http, {"pack": "starter", "sessionId": "s1"})

    assert (answer.status_code, answer.json()["error"]) == (status, message)
    assert ("details" in answer.json()) is (message == "Failed to create checkout session")


async def test_nobody_claims_without_signing_in(http: httpx.AsyncClient, shop: Shop) -> None:
    answer = await http.post("/api/images_mvp/credits/claim", json={"sessionId": "s1"})

    assert answer.status_code == 401
    assert answer.json() == {"error": "Authentication required", "code": "AUTH_REQUIRED"}
    module = await http.post("/api/credits/claim", json={"sessionId": "s1"})
    assert (module.status_code, module.json()) == (401, {"error": "Authentication required"})
    assert not shop.claims


async def test_whoever_is_signed_in_claims_a_session_and_no_account(shop: Shop) -> None:
    async with client(shop, user="user:7") as http:
        answer = await http.post("/api/images_mvp/credits/claim", json={"sessionId": "s1"})
        again = await http.post("/api/images_mvp/credits/claim", json={"sessionId": "user:8"})
        nothing = await http.post("/api/images_mvp/credits/claim")
        kept = await http.post("/api/images_mvp/credits/claim")

    assert [one.headers.get_list("set-cookie") for one in (answer, again, kept)] == [[], [], []]
    assert nothing.cookies["metaextract_session_id"] == shop.claims[-1][0].removeprefix("session:")
    assert [one.json() for one in (answer, again, nothing)] == [
        {"transferred": 7},
        {"transferred": 0},
        {"transferred": 0},
    ]
    assert [claim[:2] for claim in shop.claims[:2]] == [
        ("session:s1", "user:7"),
        ("session:user:8", "user:7"),
    ]


async def test_a_claim_that_fails_is_a_500(shop: Shop) -> None:
    shop.error = service_unreachable("ClaimCredits")
    async with client(shop, user="user:7") as http:
        answer = await http.post("/api/images_mvp/credits/claim", json={"sessionId": "s1"})

    assert (answer.status_code, answer.json()) == (500, {"error": "Failed to claim credits"})


async def test_whoever_is_signed_in_sees_and_fills_the_own_account(shop: Shop) -> None:
    shop.credits["user:7"] = 3
    async with client(shop, user="user:7") as http:
        balance = await http.get("/api/images_mvp/credits/balance?sessionId=s1")
        await bought(http, {"pack": "starter", "sessionId": "s1"})

    assert balance.json()["credits"] == 3
    assert shop.orders[0][0] == "user:7"
