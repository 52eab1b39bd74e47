"""Callers that hold and capture at once, over gRPC."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.client import open_channel

GRANTED: Final = 1_000_000
CALL_SECONDS_MAX: Final = 60.0
OPERATIONS: Final = pb.Operations(embedding=True)
BATCH_COUNT: Final = 32
BATCH_CALLERS_COUNT: Final = 4


@dataclass(frozen=True, slots=True)
class Load:
    """`count` pairs of a hold and its capture, `callers_count` at once, over `accounts_count` accounts."""

    name: str
    count: int
    callers_count: int
    accounts_count: int

    def account(self, number: int) -> str:
        """Return whose turn it is."""
        return f"{self.name} {number % self.accounts_count}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How long it took, and how many pairs failed."""

    seconds: float
    failed_count: int


async def granted(address: str, load: Load) -> None:
    """Give every account more than will be spent."""
    async with open_channel(address, timeout_seconds=CALL_SECONDS_MAX) as channel:
        billing: Any = BillingServiceStub(channel)
        for number in range(load.accounts_count):
            request = pb.GrantCreditsRequest(account=load.account(number), request_id="g", credits=GRANTED)
            await billing.GrantCredits(request)


async def sent(address: str, load: Load, run: str) -> Outcome:
    """Hold and capture; `run` makes the request ids its own."""
    numbers = iter(range(load.count))
    failed_count = 0

    async def call(billing: Any) -> None:  # noqa: ANN401 - the stub has no type at run time
        nonlocal failed_count
        for number in numbers:
            account, request_id = load.account(number), f"{run} {number}"
            request = pb.CreateHoldRequest(account=account, request_id=request_id, operations=OPERATIONS)
            try:
                held = await billing.CreateHold(request)
                name = held.hold.name
                await billing.CaptureHold(
                    pb.CaptureHoldRequest(name=name, size_bytes=1000, delivered=OPERATIONS)
                )
            except ServiceError:
                failed_count += 1

    async with open_channel(address, timeout_seconds=CALL_SECONDS_MAX) as channel:
        billing: Any = BillingServiceStub(channel)
        begun = time.monotonic()
        await asyncio.gather(*(call(billing) for _ in range(load.callers_count)))
        return Outcome(time.monotonic() - begun, failed_count)


async def sent_together(address: str, load: Load, run: str) -> Outcome:
    """As `sent`, by BATCH_CALLERS_COUNT callers, each with BATCH_COUNT in a call."""
    numbers = iter(range(0, load.count, BATCH_COUNT))
    failed_count = 0

    async def call(billing: Any) -> None:  # noqa: ANN401 - the stub has no type at run time
        nonlocal failed_count
        for first in numbers:
            count = min(BATCH_COUNT, load.count - first)
            asked = pb.BatchCreateHoldsRequest(
                requests=[
                    pb.CreateHoldRequest(
                        account=load.account(number), request_id=f"{run} {number}", operations=OPERATIONS
                    )
                    for number in range(first, first + count)
                ]
            )
            held = [one.hold for one in (await billing.BatchCreateHolds(asked)).outcomes if one.hold.name]
            done = pb.BatchCaptureHoldsRequest(
                requests=[
                    pb.CaptureHoldRequest(name=one.name, size_bytes=1000, delivered=OPERATIONS)
                    for one in held
                ]
            )
            outcomes = (await billing.BatchCaptureHolds(done)).outcomes
            failed_count += count - sum(one.HasField("hold") for one in outcomes)

    async with open_channel(address, timeout_seconds=CALL_SECONDS_MAX) as channel:
        billing: Any = BillingServiceStub(channel)
        begun = time.monotonic()
        await asyncio.gather(*(call(billing) for _ in range(BATCH_CALLERS_COUNT)))
        return Outcome(time.monotonic() - begun, failed_count)
