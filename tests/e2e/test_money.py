"""Quotes, credits and purchases through the gateway, as a person with a browser meets them."""

import asyncio
import base64
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import grpc
import httpx
import pytest
import pytest_asyncio
from PIL import Image

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_testing.dodo import Behaviour, FakeDodo, fake_dodo
from metaextract_testing.factory import make
from metaextract_testing.fleet import Fleet, eventually, started

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECRET: Final = "whsec_" + base64.b64encode(b"a secret of the tests...").decode()
MVP: Final = "/api/images_mvp"


@dataclass(frozen=True)
class Shop:
    """A metered product, and the payment service it sells through."""

    fleet: Fleet
    dodo: FakeDodo


@dataclass(frozen=True)
class Picture:
    """A file as a browser sends it."""

    name: str
    media_type: str
    content: bytes

    def stated(self, id_: str, **stated: int) -> dict[str, Any]:
        """Describe it for a quote."""
        size_bytes = len(self.content)
        return {"id": id_, "name": self.name, "mime": self.media_type, "sizeBytes": size_bytes, **stated}


@asynccontextmanager
async def opened_shop(folder: Path) -> AsyncIterator[Shop]:
    behaviour = Behaviour(secrets=(SECRET,), pause_scale=0)
    async with fake_dodo(behaviour) as dodo:
        environment = {
            "BILLING_DODO_API_KEY": "a key of the tests",
            "BILLING_DODO_BASE_URL": dodo.url,
            "BILLING_DODO_WEBHOOK_SECRETS": SECRET,
            "GATEWAY_TRUSTED_PROXIES": "one",
        }
        with ExitStack() as stack:
            product = started(folder, "--metered", environment=environment)
            fleet = await asyncio.to_thread(stack.enter_context, product)
            dodo.deliveries.behaviour = replace(behaviour, webhook_url=f"{fleet.url}/api/webhooks/dodo")
            try:
                yield Shop(fleet, dodo)
            finally:
                await asyncio.to_thread(stack.close)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    async with opened_shop(tmp_path_factory.mktemp("shop")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def http(shop: Shop, network: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that was not here before."""
    async with httpx.AsyncClient(base_url=shop.fleet.url, headers=network, timeout=60) as client:
        yield client


@pytest.fixture
def grant(shop: Shop) -> Callable[[str, int], Any]:
    """Give credits to a session."""

    async def give(session: str, amount: int) -> None:
        async with grpc.aio.insecure_channel(shop.fleet.target("billing")) as channel:
            request = pb.GrantCreditsRequest(
                account=f"session:{session}", request_id=str(uuid.uuid4()), credits=amount
            )
            await BillingServiceStub(channel).GrantCredits(request)

    return give


def picture(seed: int) -> Picture:
    made = make("jpeg", seed=seed)
    return Picture(made.name, made.media_type, made.content)


def flat(width: int, height: int) -> Picture:
    """Return a picture of many pixels and few bytes."""
    file = BytesIO()
    Image.new("L", (width, height), 77).save(file, "PNG")
    return Picture("flat.png", "image/png", file.getvalue())


async def quoted(
    http: httpx.AsyncClient, *files: dict[str, Any], session: str = "", **ops: bool
) -> dict[str, Any]:
    params = {"sessionId": session} if session else {}
    answer = await http.post(f"{MVP}/quote", json={"files": files, "ops": ops}, params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def sent(http: httpx.AsyncClient, image: Picture, fields: Mapping[str, str]) -> httpx.Response:
    files = {"file": (image.name, image.content, image.media_type)}
    return await http.post(f"{MVP}/extract", files=files, data=dict(fields))


def claiming(quote: dict[str, Any], id_: str, **fields: str) -> dict[str, str]:
    """Return the fields by which an upload claims a quoted price."""
    return {"quote_id": quote["quoteId"], "client_file_id": id_, **fields}


async def balance(http: httpx.AsyncClient, session: str = "") -> int:
    params = {"sessionId": session} if session else {}
    answer = await http.get(f"{MVP}/credits/balance", params=params)
    return int(answer.json()["credits"])


async def test_a_person_checks_twice_for_nothing_then_buys_a_pack_and_pays_what_was_quoted(
    shop: Shop, http: httpx.AsyncClient
) -> None:
    delivered_before = len(shop.dodo.deliveries.messages)
    images = [picture(seed) for seed in range(4)]
    quote = await quoted(http, *(image.stated(f"f{at}") for at, image in enumerate(images)))
    assert quote["creditsTotal"] == 16

    checks = [await sent(http, images[at], claiming(quote, f"f{at}")) for at in range(3)]
    assert [check.status_code for check in checks] == [200, 200, 402]
    assert [check.json()["access"]["free_used"] for check in checks[:2]] == [1, 2]
    assert checks[0].json()["access"]["mode"] == "device_free"
    assert checks[0].json()["access"]["credits_required"] == 4
    assert checks[2].json()["error"]["code"] == "QUOTA_EXCEEDED"

    clicks = [await http.post(f"{MVP}/credits/purchase", json={"pack": "starter"}) for _ in range(2)]
    assert clicks[0].json() == clicks[1].json()
    paid = await http.post(clicks[0].json()["checkout_url"], data={"status": "succeeded"})
    assert paid.status_code == 303
    assert paid.headers["location"].startswith(f"{shop.fleet.url}/images_mvp/credits/success?pack=starter&")
    [message] = shop.dodo.deliveries.messages[delivered_before:]
    await eventually(lambda: message.statuses)
    assert message.statuses == [200]
    assert await balance(http) == 100

    page = await http.get(paid.headers["location"])
    confirmed = await http.post("/api/payments/confirm", json={"paymentId": message.subject["payment_id"]})
    assert "100 credits have been added" in page.text
    assert confirmed.json() == {"ok": True}
    assert await balance(http) == 100

    dear = await quoted(http, images[3].stated("f"), forensics=True)
    assert dear["creditsTotal"] == 8
    # The operations are those of the quote, also when the upload names none.
    done = await sent(http, images[3], claiming(dear, "f"))
    assert done.status_code == 200, done.text
    access = done.json()["access"]
    assert (access["mode"], access["credits_charged"], access["credits_required"]) == ("paid", 8, 8)
    assert done.json()["manipulation_detection"] is not None
    assert await balance(http) == 92


async def test_a_quoted_price_is_for_one_file_and_the_same_upload_is_paid_once(
    http: httpx.AsyncClient, grant: Callable, session: str
) -> None:
    await grant(session, 20)
    first, other = picture(1), picture(2)
    quote = await quoted(http, first.stated("f"), session=session)
    fields = claiming(quote, "f", session_id=session)

    once = await sent(http, first, fields)
    again = await sent(http, first, fields)
    reused = await sent(http, replace(other, content=other.content + b"\0"), fields)

    assert once.json()["access"]["credits_charged"] == again.json()["access"]["credits_charged"] == 4
    assert again.json()["exif"] == once.json()["exif"]
    assert (reused.status_code, reused.json()["code"]) == (400, "QUOTE_INVALID")
    assert await balance(http, session) == 16


async def test_a_client_that_never_saw_its_answer_does_not_use_a_second_free_check(
    http: httpx.AsyncClient, session: str
) -> None:
    quote = await quoted(http, picture(1).stated("f"), session=session)
    fields = claiming(quote, "f", session_id=session)

    first = await sent(http, picture(1), fields)
    http.cookies.clear()
    second = await sent(http, picture(1), fields)
    third = await sent(http, picture(2), {"session_id": session})

    assert [one.json()["access"]["free_used"] for one in (first, second, third)] == [1, 1, 2]


@pytest.mark.parametrize(("credits_", "status", "left"), [(5, 200, 0), (4, 400, 4)])
async def test_a_file_that_is_larger_than_was_said_is_paid_as_it_is_or_not_handed_out(
    http: httpx.AsyncClient, grant: Callable, session: str, credits_: int, status: int, left: int
) -> None:
    await grant(session, credits_)
    large = flat(5000, 3000)
    quote = await quoted(http, large.stated("f", width=10, height=10), session=session)
    assert quote["creditsTotal"] == 4

    answer = await sent(http, large, claiming(quote, "f", session_id=session))

    assert answer.status_code == status, answer.text
    assert status == 200 or answer.json()["code"] == "QUOTE_MISMATCH"
    assert await balance(http, session) == left


async def test_a_quote_that_nobody_knows_or_that_is_of_somebody_else_changes_nothing(
    http: httpx.AsyncClient, grant: Callable, session: str
) -> None:
    await grant(session, 8)
    foreign = await quoted(
        http, picture(1).stated("f", width=1, height=1), session=f"another-{session}", embedding=False
    )

    unknown = await sent(http, picture(1), claiming({"quoteId": str(uuid.uuid4())}, "f", session_id=session))
    taken = await sent(http, picture(2), claiming(foreign, "f", session_id=session))

    assert [one.json()["access"]["credits_charged"] for one in (unknown, taken)] == [4, 4]
    assert await balance(http, session) == 0


async def test_a_trial_is_a_limited_report_twice_for_each_address(http: httpx.AsyncClient) -> None:
    answers = [await sent(http, picture(seed), {"trial_email": " Foo@Example.com "}) for seed in range(3)]

    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    document = answers[0].json()
    assert document["access"] == {
        "trial_email_present": True,
        "trial_granted": True,
        "credits_charged": 0,
        "credits_required": 4,
        "mode": "trial_limited",
    }
    assert document["_trial_limited"] is True
    assert document["gps"] is None
    assert answers[2].json().get("access", {}).get("mode") != "trial_limited"


async def test_credits_of_a_session_are_not_reached_through_the_name_of_another(
    http: httpx.AsyncClient, grant: Callable, session: str
) -> None:
    await grant(session, 8)

    assert await balance(http, session) == 8
    assert [
        await balance(http, name) for name in (f"session:{session}", f"user:{session}", f"device:{session}")
    ] == [0, 0, 0]
    claimed = await http.post(f"{MVP}/credits/claim", json={"sessionId": session})
    assert claimed.status_code == 401
    assert await balance(http, session) == 8


async def test_a_forged_webhook_brings_nothing(http: httpx.AsyncClient) -> None:
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
    content = b'{"type": "payment.succeeded"}'

    unsigned = await http.post("/api/webhooks/dodo", content=content)
    old = await http.post("/api/webhooks/dodo", content=content, headers=headers)

    assert (unsigned.status_code, unsigned.json()) == (400, {"error": "Invalid webhook signature"})
    assert (old.status_code, old.json()) == (400, {"error": "Webhook timestamp expired"})


async def test_the_same_story_on_v1_with_a_session_in_a_header(
    shop: Shop, http: httpx.AsyncClient, session: str
) -> None:
    http.headers["X-Session-Id"] = session
    image = picture(1)
    wanted = {"files": [{"id": "f", "size_bytes": len(image.content)}], "operations": {"ocr": True}}
    quote = (await http.post("/v1/quotes", json=wanted)).json()
    assert (quote["account"], quote["credits_total"]) == (f"session:{session}", 6)

    keyed = {"Idempotency-Key": "first"}
    clicks = [
        await http.post("/v1/credits/orders", json={"pack": "starter"}, headers=keyed) for _ in range(2)
    ]
    assert [click.status_code for click in clicks] == [201, 201]
    assert clicks[0].json() == clicks[1].json()
    paid = await http.post(clicks[0].json()["checkout_url"], data={"status": "succeeded"})
    assert paid.headers["location"].startswith(f"{shop.fleet.url}/images_mvp/credits/success?pack=starter&")
    await http.get(paid.headers["location"])
    order = (await http.get(clicks[0].headers["location"])).json()
    assert (order["state"], order["credits"]) == ("STATE_PAID", 100)

    claim = {"quote": quote["name"], "quote_file": "f"}
    done = await http.post("/v1/extractions", params=claim, files={"file": (image.name, image.content)})
    again = await http.post("/v1/extractions", params=claim, files={"file": ("x.png", make("png").content)})
    assert done.status_code == 201, done.text
    assert (again.status_code, again.json()["reason"]) == (409, "QUOTE_FILE_UNUSABLE")
    assert (await http.get("/v1/credits")).json()["credits_available"] == "94"

    page = (await http.get("/v1/credits/transfers", params={"page_size": 1})).json()["transfers"]
    rest = await http.get("/v1/credits/transfers", params={"after_number": page[0]["number"]})
    assert (page[0]["kind"], page[0]["credits"]) == ("purchase", "100")
    assert [one["kind"] for one in rest.json()["transfers"]][-1] == "usage"
    others = await http.get("/v1/credits", headers={"X-Session-Id": "another"})
    assert others.json()["credits_available"] == "0"
