"""`python -m bench.billing.peers.server DESIGN URL LISTEN`: a design behind billing's own contract.

It answers GrantCredits, CreateHold and CaptureHold, and no more of them than a measurement needs.
"""

import asyncio
import signal
import sys
import uuid
from collections.abc import Callable
from functools import partial
from typing import Final

import asyncpg
import uvloop

from bench.billing.peers.ledger import CONNECTIONS_COUNT_MAX, SCHEMA, Ledger, Pool
from bench.billing.peers.one_round_trip import OneRoundTrip
from bench.billing.peers.select_for_update import SelectForUpdate
from bench.billing.peers.serializable import Serializable
from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import (
    BillingServiceServicer,
    add_BillingServiceServicer_to_server,
)
from metaextract_billing.settings import Settings
from metaextract_common import logs
from metaextract_common.rpc.server import Context
from metaextract_common.rpc.serving import Draining, serving

DESIGNS: Final[dict[str, Callable[[Pool], Ledger]]] = {
    "one-round-trip": OneRoundTrip,
    "select-for-update": SelectForUpdate,
    "serializable": Serializable,
}
CREDITS: Final = 4
"""What every hold of the measurement costs."""
SERVICE: Final = pb.DESCRIPTOR.services_by_name["BillingService"].full_name


class PeerServicer(BillingServiceServicer):
    """Translates the contract to a design."""

    def __init__(self, pool: Pool, ledger: Ledger) -> None:
        self._pool = pool
        self._ledger = ledger

    async def GrantCredits(  # noqa: N802 - named by the contract
        self, request: pb.GrantCreditsRequest, context: Context
    ) -> pb.GrantCreditsResponse:
        """Make an account."""
        insert = "INSERT INTO peer_accounts VALUES ($1, $2, 0)"
        await self._pool.execute(insert, request.account, request.credits)
        return pb.GrantCreditsResponse(credits_available=request.credits)

    async def CreateHold(  # noqa: N802 - named by the contract
        self, request: pb.CreateHoldRequest, context: Context
    ) -> pb.CreateHoldResponse:
        """Hold."""
        name = f"holds/{uuid.uuid4()}"
        await self._ledger.hold(request.account, name, request.request_id, CREDITS)
        return pb.CreateHoldResponse(hold=pb.Hold(name=name, credits_held=CREDITS))

    async def CaptureHold(  # noqa: N802 - named by the contract
        self, request: pb.CaptureHoldRequest, context: Context
    ) -> pb.CaptureHoldResponse:
        """Capture."""
        await self._ledger.capture(request.name, CREDITS)
        return pb.CaptureHoldResponse(hold=pb.Hold(name=request.name, credits_captured=CREDITS))


async def _kept_as_it_is(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Spare the round trip that would reset what nobody changes, as billing does."""


async def serve(design: str, url: str, listen: str) -> None:
    """Serve until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    logs.configure("peer", "json")
    async with asyncpg.create_pool(
        url, min_size=1, max_size=CONNECTIONS_COUNT_MAX, reset=_kept_as_it_is
    ) as pool:
        await pool.execute(SCHEMA)
        servicer = PeerServicer(pool, DESIGNS[design](pool))  # type: ignore[abstract] # not all is answered
        add = partial(add_BillingServiceServicer_to_server, servicer)
        settings = Settings(listen=listen, drain_seconds=1)
        async with serving(settings, listen, {SERVICE: add}, checks={}, draining=Draining()):
            await stop.wait()


if __name__ == "__main__":
    uvloop.run(serve(*sys.argv[1:]))
