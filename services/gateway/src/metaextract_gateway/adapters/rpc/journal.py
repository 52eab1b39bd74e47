"""The journal of billing over gRPC."""

from datetime import UTC
from typing import TYPE_CHECKING, Final

import grpc

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_gateway.domain.money import Movement

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.billing.v1.billing_pb2_grpc import BillingServiceAsyncStub

RETRIED: Final = tuple(
    f"metaextract.billing.v1.BillingService/{method}" for method in ("ListTransfers", "GrantCredits")
)
PAGE_SIZE: Final = 1000
_SPENDABLE: Final = ("available", "held")


class RpcJournal:
    """Implements `domain.ports.Journal`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: BillingServiceAsyncStub = BillingServiceStub(channel)

    async def movements(self, account: str, count_max: int) -> list[Movement]:
        """ListTransfers, from the newest on, until there are enough: holds, which move nothing, are many."""
        found: list[Movement] = []
        before = 0
        while len(found) < count_max:
            request = pb.ListTransfersRequest(
                account=account, page_size=PAGE_SIZE, newest_first=True, before_number=before
            )
            page = (await self._stub.ListTransfers(request)).transfers
            found.extend(movement for one in page if (movement := _movement(one)))
            if len(page) < PAGE_SIZE:
                break
            before = page[-1].number
        return found[:count_max]

    async def grant(self, account: str, request_id: str, credits_: int) -> None:
        """GrantCredits."""
        request = pb.GrantCreditsRequest(account=account, request_id=request_id, credits=credits_)
        await self._stub.GrantCredits(request)


def _movement(transfer: pb.Transfer) -> Movement | None:
    """Return what a transfer means to its owner; None if the credits stay theirs, as when they are held."""
    came, went = transfer.credit in _SPENDABLE, transfer.debit in _SPENDABLE
    if came == went:
        return None
    return Movement(
        number=transfer.number,
        kind=transfer.kind,
        credits=transfer.credits if came else -transfer.credits,
        time=transfer.time.ToDatetime(UTC),
        payment=transfer.payment,
    )
