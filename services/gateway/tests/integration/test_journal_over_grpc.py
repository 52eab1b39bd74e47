"""The gateway's view of the journal, against billing as it runs."""

import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_billing.main import running
from metaextract_billing.settings import Settings
from metaextract_gateway.adapters.rpc import journal
from metaextract_gateway.adapters.rpc.journal import RpcJournal

ALICE = "session:alice"


class Counted(grpc.aio.UnaryUnaryClientInterceptor):
    """Counts calls."""

    def __init__(self) -> None:
        self.count = 0

    async def intercept_unary_unary(
        self, continuation: Callable[..., Any], details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        self.count += 1
        return await continuation(details, request)


@pytest.fixture
async def billing() -> AsyncIterator[str]:
    """Billing in which Alice was given 1, 2 … 9 credits, with a hold of one credit after each."""
    with tempfile.TemporaryDirectory(prefix="billing-") as folder:
        settings = Settings(
            listen=f"unix:{folder}/s", database_path=Path(folder) / "billing.sqlite", drain_seconds=5
        )
        async with running(settings) as address, grpc.aio.insecure_channel(address) as channel:
            stub = BillingServiceStub(channel)
            for number in range(1, 10):
                await stub.GrantCredits(
                    pb.GrantCreditsRequest(account=ALICE, request_id=f"g{number}", credits=number)
                )
                held = {"device": "d", "size_bytes_max": 10, "operations": pb.Operations()}
                await stub.CreateHold(pb.CreateHoldRequest(account=ALICE, request_id=f"h{number}", **held))
            yield address


@pytest.mark.parametrize(("count_max", "calls_count"), [(1, 1), (3, 3), (100, 10)])
async def test_the_newest_movements_are_found_without_reading_the_oldest(
    billing: str, monkeypatch: pytest.MonkeyPatch, count_max: int, calls_count: int
) -> None:
    monkeypatch.setattr(journal, "PAGE_SIZE", 2)
    counted = Counted()
    async with grpc.aio.insecure_channel(billing, interceptors=[counted]) as channel:
        found = await RpcJournal(channel).movements(ALICE, count_max)

    assert [one.credits for one in found] == list(range(9, 0, -1))[:count_max]
    assert counted.count == calls_count
