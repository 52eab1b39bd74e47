"""The recordings of the legacy system, which lie outside the clone, and a metered product to compare with."""

import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

import grpc
import pytest

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_testing.fleet import Fleet, started
from metaextract_testing.recordings import LEGACY_DIR

WEBHOOK_SECRET: Final = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cw=="


@pytest.fixture(scope="module")
def legacy_dir() -> Path:
    """The folder of the recordings. Without it nothing is compared, and CI fails."""
    if not LEGACY_DIR.is_dir():
        message = f"NOT COMPARED: the recordings of the legacy are not at {LEGACY_DIR}; set LEGACY_DIR"
        if "CI" in os.environ:
            pytest.fail(message)
        pytest.skip(message)
    return LEGACY_DIR / "recordings"


@pytest.fixture(scope="session")
def metered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A product that charges, and that sells nothing. Tests say from which address they come."""
    environment = {
        "GATEWAY_TRUSTED_PROXIES": "one",
        "GATEWAY_ANALYTICS_REPORT_PUBLIC": "true",
        "BILLING_DODO_WEBHOOK_SECRETS": WEBHOOK_SECRET,
    }
    with started(tmp_path_factory.mktemp("metered"), "--metered", environment=environment) as fleet:
        yield fleet


@pytest.fixture
async def grant(metered: Fleet) -> AsyncIterator[Callable[[str, int], Awaitable[None]]]:
    """Gives credits to an account."""
    async with grpc.aio.insecure_channel(metered.target("billing")) as channel:
        stub = BillingServiceStub(channel)

        async def give(account: str, credits_: int) -> None:
            request_id = str(uuid.uuid4())
            request = pb.GrantCreditsRequest(account=account, request_id=request_id, credits=credits_)
            await stub.GrantCredits(request)

        yield give
