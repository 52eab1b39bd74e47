"""Domain <-> protobuf. Total: the tests walk every enum value."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract_billing.application.holds import HoldRequest
from metaextract_billing.application.quotes import StatedFile
from metaextract_billing.domain.chain import Transfer
from metaextract_billing.domain.holds import Access, Hold, QuotedFile, State
from metaextract_billing.domain.models import Balance, Dimensions, Operations, PriceBreakdown
from metaextract_billing.domain.quotes import Quote

STATES: Final = {
    State.HELD: pb.Hold.STATE_HELD,
    State.CAPTURED: pb.Hold.STATE_CAPTURED,
    State.RELEASED: pb.Hold.STATE_RELEASED,
    State.EXPIRED: pb.Hold.STATE_EXPIRED,
}
ACCESSES: Final = {
    Access.UNMETERED: pb.Hold.ACCESS_UNMETERED,
    Access.FREE_CHECK: pb.Hold.ACCESS_FREE_CHECK,
    Access.CREDITS: pb.Hold.ACCESS_CREDITS,
    Access.TRIAL: pb.Hold.ACCESS_TRIAL,
}


def operations_from_proto(operations: pb.Operations) -> Operations:
    """Read the operations; those not named are not wanted."""
    return Operations(operations.embedding, operations.ocr, operations.forensics)


def operations_to_proto(operations: Operations) -> pb.Operations:
    """Render the operations."""
    return pb.Operations(embedding=operations.embedding, ocr=operations.ocr, forensics=operations.forensics)


def dimensions_from_proto(message: pb.QuoteFile | pb.CaptureHoldRequest) -> Dimensions | None:
    """Read the dimensions; half of them is as good as none."""
    if message.HasField("width_pixels") and message.HasField("height_pixels"):
        return Dimensions(message.width_pixels, message.height_pixels)
    return None


def files_from_proto(files: Sequence[pb.QuoteFile]) -> list[StatedFile]:
    """Read the files of a quote, in their order."""
    return [StatedFile(file.id, file.size_bytes, dimensions_from_proto(file)) for file in files]


def hold_request_from_proto(request: pb.CreateHoldRequest) -> HoldRequest:
    """Read the body of a request for a hold; an empty name names nothing."""
    return HoldRequest(
        device=request.device or None,
        size_bytes_max=request.size_bytes_max,
        operations=operations_from_proto(request.operations),
        quoted=QuotedFile(request.quote, request.quote_file_id) if request.quote else None,
        email=request.email or None,
        client_address=request.client_address or None,
        quote_accounts=tuple(request.quote_accounts),
    )


def quote_to_proto(quote: Quote) -> pb.Quote:
    """Render a quote."""
    return pb.Quote(
        name=quote.name,
        account=quote.account,
        operations=operations_to_proto(quote.operations),
        files=[
            pb.PricedFile(
                id=file.id, credits=file.breakdown.credits, breakdown=_breakdown_to_proto(file.breakdown)
            )
            for file in quote.files
        ],
        credits_total=quote.credits_total,
        expire_time=_timestamp(quote.expire_time),
    )


def hold_to_proto(hold: Hold) -> pb.Hold:
    """Render a hold."""
    return pb.Hold(
        name=hold.name,
        account=hold.account,
        state=STATES[hold.state],
        access=ACCESSES[hold.access],
        credits_held=hold.credits_held,
        credits_captured=hold.credits_captured,
        free_checks_used=hold.free_checks_used,
        expire_time=_timestamp(hold.expire_time),
        operations=operations_to_proto(hold.operations),
    )


def balance_to_proto(balance: Balance, *, metered: bool) -> pb.GetBalanceResponse:
    """Render what an account holds."""
    return pb.GetBalanceResponse(
        credits_available=balance.credits_available,
        credits_held=balance.credits_held,
        credits_owed=balance.credits_owed,
        balance_id=balance.id,
        unmetered=not metered,
    )


def transfer_to_proto(transfer: Transfer) -> pb.Transfer:
    """Render a transfer."""
    return pb.Transfer(
        number=transfer.number,
        kind=transfer.kind.value,
        debit=transfer.debit.value,
        credit=transfer.credit.value,
        credits=transfer.amount,
        time=_timestamp(transfer.time),
        lot=transfer.lot or "",
        hold=transfer.hold or "",
        payment=transfer.payment or "",
        seal=transfer.seal,
    )


def _breakdown_to_proto(price: PriceBreakdown) -> pb.PriceBreakdown:
    return pb.PriceBreakdown(
        base=price.base,
        embedding=price.embedding,
        ocr=price.ocr,
        forensics=price.forensics,
        size=price.size,
        size_bucket=price.size_bucket,
    )


def _timestamp(time: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    return timestamp
