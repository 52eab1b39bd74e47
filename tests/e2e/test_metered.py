"""With --metered, free checks, credits and rate limits hold."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import grpc
import httpx
import pytest

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_testing.factory import make
from metaextract_testing.fleet import Fleet


def extract(client: httpx.Client, seed: int, fmt: str = "jpeg", **fields: str) -> httpx.Response:
    image = make(fmt, seed=seed)
    files = {"file": (image.name, image.content, image.media_type)}
    return client.post("/api/images_mvp/extract", files=files, data=fields)


async def test_two_checks_are_free_then_credits_pay_then_nothing_does(metered: Fleet) -> None:
    with httpx.Client(base_url=metered.url, timeout=30) as client:
        first, second, third = (extract(client, seed) for seed in range(3))

        assert first.status_code == 200, first.text
        assert first.json()["access"]["mode"] == "device_free"
        assert first.json()["access"]["free_used"] == 1
        assert second.json()["access"]["free_used"] == 2
        assert third.status_code == 402
        assert third.json()["error"]["code"] == "QUOTA_EXCEEDED"
        assert first.headers["x-ratelimit-limit"] == "10"
        assert first.json()["gps"] is not None
        assert len(str(first.json()["gps"]["latitude"]).partition(".")[2]) <= 2

        async with grpc.aio.insecure_channel(metered.target("billing")) as channel:
            stub = BillingServiceStub(channel)
            await stub.GrantCredits(
                pb.GrantCreditsRequest(account="session:s1", request_id=str(uuid.uuid4()), credits=7)
            )
            paid = extract(client, 3, session_id="s1")
            balance = await stub.GetBalance(pb.GetBalanceRequest(account="session:s1"))
        assert paid.status_code == 200, paid.text
        assert paid.json()["access"]["mode"] == "paid"
        # The legacy asks for an embedding unless it is told not to.
        assert paid.json()["access"]["credits_charged"] == 4
        assert (balance.credits_available, balance.credits_held) == (3, 0)

        poor = extract(client, 4, session_id="s1")
        assert poor.status_code == 402
        assert poor.json()["error"]["message"] == "Insufficient credits: have 3, need 4"


@pytest.fixture
async def grant(metered: Fleet) -> AsyncIterator[Callable[[str, int], Awaitable[None]]]:
    """Give credits to a session."""
    async with grpc.aio.insecure_channel(metered.target("billing")) as channel:
        stub = BillingServiceStub(channel)

        async def give(session: str, amount: int) -> None:
            request_id = str(uuid.uuid4())
            account = f"session:{session}"
            await stub.GrantCredits(
                pb.GrantCreditsRequest(account=account, request_id=request_id, credits=amount)
            )

        yield give


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
    metered: Fleet, grant: Callable, fmt: str, fields: dict, delivered: dict, charged: int
) -> None:
    with httpx.Client(base_url=metered.url, timeout=60) as client:
        for seed in range(2):  # the free checks
            extract(client, seed)
        await grant("s1", 20)

        paid = extract(client, 3, fmt=fmt, session_id="s1", **fields)

    assert paid.status_code == 200, paid.text
    document = paid.json()
    assert document["access"]["credits_charged"] == charged
    outcomes = {one["operation"]: one["delivered"] for one in document["extraction_info"]["operations"]}
    assert outcomes == delivered
    assert (document["manipulation_detection"] is not None) is ("forensics" in delivered)
    assert (document["perceptual_hashes"]["embedding"] is not None) is bool(delivered.get("embedding"))


def test_the_eleventh_upload_of_a_minute_is_a_429(metered: Fleet) -> None:
    answers = []
    for seed in range(11):
        with httpx.Client(base_url=metered.url, timeout=30) as client:  # each a new device
            answers.append(extract(client, seed))

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[-1].json()["error"] == "Too many requests"
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_a_forged_device_cookie_is_a_new_device(metered: Fleet) -> None:
    forged = f"{uuid.uuid4()}.9999999999999.{'0' * 64}"
    with httpx.Client(base_url=metered.url, cookies={"metaextract_client": forged}, timeout=30) as client:
        answer = extract(client, 0)

    assert answer.json()["access"]["free_used"] == 1
    assert answer.cookies["metaextract_client"] != forged


def test_health_says_that_it_is_metered_and_which_engines_run(metered: Fleet) -> None:
    health = httpx.get(f"{metered.url}/api/health").json()

    assert health["metered"] is True
    assert health["status"] == "ok"
    assert health["service"] == "MetaExtract Images MVP API"
    major, minor = health["engines"]["exiftool"].split(".")
    assert (int(major), int(minor)) >= (13, 50)
