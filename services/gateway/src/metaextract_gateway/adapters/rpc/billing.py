"""Billing over gRPC."""

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Final

import grpc

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_gateway.domain.model import (
    Access,
    Delivered,
    Hold,
    HoldState,
    Operations,
    Payer,
    Upload,
)
from metaextract_gateway.domain.money import Balance, PricedFile, Quote, StatedFile

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.billing.v1.billing_pb2_grpc import BillingServiceAsyncStub

RETRIED: Final = tuple(
    f"metaextract.billing.v1.BillingService/{method}"
    for method in ("CreateHold", "CaptureHold", "ReleaseHold", "GetBalance", "ClaimCredits")
)
"""Idempotent: by `request_id`, or because the hold is named."""

ACCESS: Final = {
    pb.Hold.ACCESS_UNMETERED: Access.UNMETERED,
    pb.Hold.ACCESS_FREE_CHECK: Access.FREE_CHECK,
    pb.Hold.ACCESS_CREDITS: Access.CREDITS,
    pb.Hold.ACCESS_TRIAL: Access.TRIAL,
}
STATES: Final = {
    pb.Hold.STATE_HELD: HoldState.HELD,
    pb.Hold.STATE_CAPTURED: HoldState.CAPTURED,
    pb.Hold.STATE_RELEASED: HoldState.RELEASED,
    pb.Hold.STATE_EXPIRED: HoldState.EXPIRED,
}
QUOTE_PREFIX: Final = "quotes/"


class RpcBilling:
    """Implements `domain.ports.Billing`, `Prices` and `Balances`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: BillingServiceAsyncStub = BillingServiceStub(channel)

    async def hold(self, payer: Payer, request_id: str, upload: Upload) -> Hold:
        """CreateHold, for the largest price that the file may have, or the quoted one."""
        size_bytes, quoted = upload.size_bytes_expected, upload.quoted
        request = pb.CreateHoldRequest(
            account=payer.account,
            request_id=request_id,
            device=payer.device,
            email=payer.email,
            client_address=payer.client_address,
            size_bytes_max=upload.size_bytes_max if size_bytes is None else size_bytes,
            operations=_operations(upload.operations),
            quote=QUOTE_PREFIX + quoted.quote if quoted else "",
            quote_file_id=quoted.file_id if quoted else "",
            quote_accounts=quoted.accounts if quoted else (),
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
            content_sha256=delivered.sha256,
        )
        return _hold((await self._stub.CaptureHold(request)).hold)

    async def release(self, name: str) -> Hold:
        """ReleaseHold."""
        return _hold((await self._stub.ReleaseHold(pb.ReleaseHoldRequest(name=name))).hold)

    async def quote(self, account: str, files: Sequence[StatedFile], operations: Operations) -> Quote:
        """CreateQuote."""
        request = pb.CreateQuoteRequest(
            account=account,
            operations=_operations(operations),
            files=[
                pb.QuoteFile(
                    id=file.id,
                    size_bytes=file.size_bytes,
                    width_pixels=file.width_pixels,
                    height_pixels=file.height_pixels,
                )
                for file in files
            ],
        )
        quote = (await self._stub.CreateQuote(request)).quote
        return Quote(
            id=quote.name.removeprefix(QUOTE_PREFIX),
            files=tuple(_priced(file) for file in quote.files),
            credits_total=quote.credits_total,
            expire_time=quote.expire_time.ToDatetime(UTC),
        )

    async def balance(self, account: str) -> Balance:
        """GetBalance."""
        balance = await self._stub.GetBalance(pb.GetBalanceRequest(account=account))
        return Balance(balance.balance_id, balance.credits_available)

    async def claim(self, source: str, target: str, request_id: str) -> int:
        """ClaimCredits."""
        request = pb.ClaimCreditsRequest(source_account=source, target_account=target, request_id=request_id)
        return int((await self._stub.ClaimCredits(request)).credits_claimed)


def _operations(operations: Operations) -> pb.Operations:
    return pb.Operations(embedding=operations.embedding, ocr=operations.ocr, forensics=operations.forensics)


def _priced(file: pb.PricedFile) -> PricedFile:
    parts = file.breakdown
    return PricedFile(
        id=file.id,
        credits=file.credits,
        base=parts.base,
        embedding=parts.embedding,
        ocr=parts.ocr,
        forensics=parts.forensics,
        size=parts.size,
        size_bucket=parts.size_bucket,
    )


def _hold(message: pb.Hold) -> Hold:
    wanted = message.operations
    return Hold(
        name=message.name,
        state=STATES[message.state],
        access=ACCESS[message.access],
        credits_held=message.credits_held,
        credits_captured=message.credits_captured,
        free_checks_used=message.free_checks_used,
        operations=Operations(wanted.embedding, wanted.ocr, wanted.forensics),
    )
