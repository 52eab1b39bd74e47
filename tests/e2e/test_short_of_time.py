"""What there was no time for is told as not delivered, and costs nothing; the metadata are there."""

import os
import uuid
from collections.abc import Iterator
from io import BytesIO

import grpc
import httpx
import pytest
from PIL import Image

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_testing.fleet import Fleet, started

TOO_LONG = "The operation took longer than it may."


def noise() -> dict[str, tuple[str, bytes, str]]:
    """A picture in which nobody finds a text quickly, as a form."""
    side = 1600
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    buffer = BytesIO()
    Image.frombytes("L", (side, side), os.urandom(side * side)).save(buffer, "JPEG", exif=exif)
    return {"file": ("noise.jpg", buffer.getvalue(), "image/jpeg")}


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A product that charges, in which no operation has time enough."""
    environment = {"EXTRACTOR_WORKER_OPERATION_SECONDS_MAX": "0.001"}
    with started(tmp_path_factory.mktemp("hurried"), "--metered", environment=environment) as fleet:
        yield fleet


async def granted(fleet: Fleet, session: str) -> None:
    async with grpc.aio.insecure_channel(fleet.target("billing")) as channel:
        stub = BillingServiceStub(channel)
        await stub.GrantCredits(
            pb.GrantCreditsRequest(account=f"session:{session}", request_id=str(uuid.uuid4()), credits=20)
        )


async def left(fleet: Fleet, session: str) -> tuple[int, int]:
    async with grpc.aio.insecure_channel(fleet.target("billing")) as channel:
        stub = BillingServiceStub(channel)
        balance = await stub.GetBalance(pb.GetBalanceRequest(account=f"session:{session}"))
    return balance.credits_available, balance.credits_held


async def test_an_operation_that_takes_too_long_is_not_charged(hurried: Fleet, session: str) -> None:
    await granted(hurried, session)
    answer = httpx.post(
        f"{hurried.url}/api/images_mvp/extract",
        files=noise(),
        data={"session_id": session, "op_embedding": "0", "op_ocr": "1"},
        timeout=60,
    )

    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["extraction_info"]["operations"] == [
        {"operation": "ocr", "delivered": False, "reason": TOO_LONG}
    ]
    assert document["access"]["credits_charged"] == 1
    assert document["processing_insights"]["fallback_extraction"] is False
    assert document["exif"]["Make"] == "Maker"
    assert await left(hurried, session) == (19, 0)


async def test_it_is_told_in_the_contract_as_well(hurried: Fleet, session: str) -> None:
    await granted(hurried, session)
    created = httpx.post(
        f"{hurried.url}/v1/extractions?operations=ocr",
        files=noise(),
        headers={"X-Session-Id": session},
        timeout=60,
    )

    assert created.status_code == 201, created.text
    extraction = created.json()
    assert extraction["state"] == "STATE_SUCCEEDED"
    assert "fallback" not in extraction["result"]
    [outcome] = extraction["operations"]
    assert (outcome["operation"], outcome.get("delivered", False), outcome["reason"]) == (
        "ocr", False, TOO_LONG,
    )  # fmt: skip
