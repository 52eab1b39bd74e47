"""Billing over gRPC."""

from typing import TYPE_CHECKING, Final

import grpc

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_gateway.domain.model import Access, Delivered, Hold, HoldState, Operations, Payer, Upload

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.billing.v1.billing_pb2_grpc import BillingServiceAsyncStub

RETRIED: Final = tuple(
    f"metaextract.billing.v1.BillingService/{method}"
    for method in ("CreateHold", "CaptureHold", "ReleaseHold", "GetBalance")
)
"""Idempotent: by `request_id`, or because the hold is named."""

ACCESS: Final = {
    pb.Hold.ACCESS_UNMETERED: Access.UNMETERED,
    pb.Hold.ACCESS_FREE_CHECK: Access.FREE_CHECK,
    pb.Hold.ACCESS_CREDITS: Access.CREDITS,
}
STATES: Final = {
    pb.Hold.STATE_HELD: HoldState.HELD,
    pb.Hold.STATE_CAPTURED: HoldState.CAPTURED,
    pb.Hold.STATE_RELEASED: HoldState.RELEASED,
    pb.Hold.STATE_EXPIRED: HoldState.EXPIRED,
}


class RpcBilling:
    """Implements `domain.ports.Billing`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: BillingServiceAsyncStub = BillingServiceStub(channel)

    async def hold(self, payer: Payer, request_id: str, upload: Upload) -> Hold:
        """CreateHold, for the largest price that the file may have."""
        size_bytes = upload.size_bytes_expected
        request = pb.CreateHoldRequest(
            account=payer.account,
            request_id=request_id,
            device=payer.device,
            size_bytes_max=upload.size_bytes_max if size_bytes is None else size_bytes,
            operations=_operations(upload.operations),
        )
        return _hold((await self._stub.CreateHold(request)).hold)

    async def capture(self, name: str, delivered: Delivered) -> Hold:
        """CaptureHold."""
        request = pb.CaptureHoldRequest(
            name=name,
            size_bytes=delivered.size_bytes,
            width_pixels=delivered.width_pixels or None,
            height_pixels=delivered.height_pixels or None,
            delivered=_operations(delivered.operations),
        )
        return _hold((await self._stub.CaptureHold(request)).hold)

    async def release(self, name: str) -> Hold:
        """ReleaseHold."""
        return _hold((await self._stub.ReleaseHold(pb.ReleaseHoldRequest(name=name))).hold)


def _operations(operations: Operations) -> pb.Operations:
    return pb.Operations(embedding=operations.embedding, ocr=operations.ocr, forensics=operations.forensics)


def _hold(message: pb.Hold) -> Hold:
    return Hold(
        name=message.name,
        state=STATES[message.state],
        access=ACCESS[message.access],
        credits_held=message.credits_held,
        credits_captured=message.credits_captured,
        free_checks_used=message.free_checks_used,
    )
