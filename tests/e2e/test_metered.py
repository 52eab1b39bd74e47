"""With --metered, free checks, credits and rate limits hold."""

import sqlite3
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count

import grpc
import httpx
import pytest

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_testing.factory import make
from metaextract_testing.fleet import Fleet

SEEDS = count(31_000)


@pytest.fixture
def client(metered: Fleet, network: dict[str, str]) -> Iterator[httpx.Client]:
    """A browser that was not here before."""
    with httpx.Client(base_url=metered.url, headers=network, timeout=60) as opened:
        yield opened


def extract(client: httpx.Client, fmt: str = "jpeg", **fields: str) -> httpx.Response:
    """Send a picture that nobody has sent before."""
    image = make(fmt, seed=next(SEEDS))
    files = {"file": (image.name, image.content, image.media_type)}
    return client.post("/api/images_mvp/extract", files=files, data=fields)


@pytest.fixture
async def billing(metered: Fleet) -> AsyncIterator[BillingServiceStub]:
    async with grpc.aio.insecure_channel(metered.target("billing")) as channel:
        yield BillingServiceStub(channel)


@pytest.fixture
def grant(billing: BillingServiceStub) -> Callable[[str, int], Awaitable[None]]:
    """Give credits to a session."""

    async def give(session: str, amount: int) -> None:
        request_id = str(uuid.uuid4())
        account = f"session:{session}"
        await billing.GrantCredits(
            pb.GrantCreditsRequest(account=account, request_id=request_id, credits=amount)
        )

    return give


async def test_two_checks_are_free_then_credits_pay_then_nothing_does(
    client: httpx.Client, billing: BillingServiceStub, grant: Callable, session: str
) -> None:
    first, second, third = (extract(client) for _ in range(3))

    assert first.status_code == 200, first.text
    assert first.json()["access"]["mode"] == "device_free"
    assert first.json()["access"]["free_used"] == 1
    assert second.json()["access"]["free_used"] == 2
    assert third.status_code == 402
    assert third.json()["error"]["code"] == "QUOTA_EXCEEDED"
    assert first.headers["x-ratelimit-limit"] == "10"
    assert first.json()["gps"] is not None
    assert len(str(first.json()["gps"]["latitude"]).partition(".")[2]) <= 2

    await grant(session, 7)
    paid = extract(client, session_id=session)
    balance = await billing.GetBalance(pb.GetBalanceRequest(account=f"session:{session}"))
    assert paid.status_code == 200, paid.text
    assert paid.json()["access"]["mode"] == "paid"
    # The legacy asks for an embedding unless it is told not to.
    assert paid.json()["access"]["credits_charged"] == 4
    assert (balance.credits_available, balance.credits_held) == (3, 0)

    poor = extract(client, session_id=session)
    assert poor.status_code == 402
    assert poor.json()["error"]["message"] == "Insufficient credits: have 3, need 4"


@pytest.mark.parametrize(
    ("fmt", "fields", "delivered", "charged"),
    [
        ("jpeg", {}, {"embedding": True}, 4),
        ("jpeg", {"op_embedding": "0"}, {}, 1),
        ("jpeg", {"op_forensics": "1"}, {"embedding": True, "forensics": True}, 8),
        ("svg", {"op_forensics": "1"}, {"embedding": False, "forensics": True}, 5),
    ],
)
async def test_only_what_was_delivered_is_charged(
    client: httpx.Client,
    grant: Callable,
    session: str,
    fmt: str,
    fields: dict,
    delivered: dict,
    charged: int,
) -> None:
    for _ in range(2):  # the free checks
        extract(client)
    await grant(session, 20)

    paid = extract(client, fmt=fmt, session_id=session, **fields)

    assert paid.status_code == 200, paid.text
    document = paid.json()
    assert document["access"]["credits_charged"] == charged
    outcomes = {one["operation"]: one["delivered"] for one in document["extraction_info"]["operations"]}
    assert outcomes == delivered
    assert (document["manipulation_detection"] is not None) is ("forensics" in delivered)
    assert (document["perceptual_hashes"]["embedding"] is not None) is bool(delivered.get("embedding"))


async def test_a_program_that_pays_may_repeat_a_request_from_another_address(
    metered: Fleet, billing: BillingServiceStub, grant: Callable, session: str
) -> None:
    await grant(session, 7)
    image = make("jpeg", seed=next(SEEDS))
    headers = {"X-Session-Id": session, "Idempotency-Key": str(uuid.uuid4())}
    answers = []
    for address in ("10.250.0.1", "10.251.0.1"):
        async with httpx.AsyncClient(base_url=metered.url, timeout=60) as program:
            answers.append(
                await program.post(
                    "/api/images_mvp/extract",
                    files={"file": (image.name, image.content, image.media_type)},
                    headers={**headers, "X-Forwarded-For": address},
                )
            )

    assert [one.status_code for one in answers] == [200, 200], answers[1].text
    assert [one.json()["access"]["credits_charged"] for one in answers] == [4, 4]
    balance = await billing.GetBalance(pb.GetBalanceRequest(account=f"session:{session}"))
    assert (balance.credits_available, balance.credits_held) == (3, 0)


def test_of_eleven_uploads_in_a_minute_one_is_a_429(metered: Fleet, network: dict[str, str]) -> None:
    def upload(_: int) -> httpx.Response:
        with httpx.Client(base_url=metered.url, headers=network, timeout=60) as client:  # each a new device
            return extract(client, op_embedding="0")

    # At once: what they take must not add up to the minute.
    with ThreadPoolExecutor(11) as threads:
        answers = sorted(threads.map(upload, range(11)), key=lambda answer: answer.status_code)

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[-1].json()["error"] == "Too many requests"
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_a_forged_device_cookie_is_a_new_device(client: httpx.Client) -> None:
    forged = f"{uuid.uuid4()}.9999999999999.{'0' * 64}"
    client.cookies.set("metaextract_client", forged)

    answer = extract(client)

    assert answer.json()["access"]["free_used"] == 1
    assert answer.cookies["metaextract_client"] != forged


def test_health_says_that_it_is_metered_and_which_engines_run(metered: Fleet) -> None:
    health = httpx.get(f"{metered.url}/api/health", timeout=60).json()

    assert health["metered"] is True
    assert health["status"] == "ok"
    assert health["service"] == "MetaExtract Images MVP API"
    major, minor = health["engines"]["exiftool"].split(".")
    assert (int(major), int(minor)) >= (13, 50)


def test_while_the_ledger_cannot_be_written_nothing_is_given_and_then_it_is(
    metered: Fleet, client: httpx.Client
) -> None:
    with closing(sqlite3.connect(metered.data_dir / "billing.sqlite", isolation_level=None)) as ledger:
        ledger.execute("BEGIN IMMEDIATE")
        refused = extract(client)
        ledger.execute("ROLLBACK")
    given = extract(client)

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert refused.json()["error"]["message"].startswith("Billing system temporarily unavailable")
    assert given.json()["access"]["free_used"] == 1
