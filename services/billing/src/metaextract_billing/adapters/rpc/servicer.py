"""metaextract.billing.v1.BillingService over gRPC: unpack, call, pack."""

import asyncio
from collections.abc import Awaitable
from typing import Final

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceServicer
from metaextract_billing.adapters.rpc.mapping import (
    balance_to_proto,
    dimensions_from_proto,
    files_from_proto,
    hold_request_from_proto,
    hold_to_proto,
    operations_from_proto,
    quote_to_proto,
    transfer_to_proto,
)
from metaextract_billing.application.use_cases import UseCases
from metaextract_billing.domain.holds import Hold
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.errors import to_status
from metaextract_common.rpc.server import Context

PAGE_SIZE_DEFAULT: Final = 100


class BillingServicer(BillingServiceServicer):
    """Translates one protocol to one set of use cases, and nothing else."""

    def __init__(self, use_cases: UseCases) -> None:
        self._use_cases = use_cases

    async def CreateQuote(  # noqa: N802 - named by the contract
        self, request: pb.CreateQuoteRequest, context: Context
    ) -> pb.CreateQuoteResponse:
        """Price files."""
        quote = await self._use_cases.create_quote(
            request.account, files_from_proto(request.files), operations_from_proto(request.operations)
        )
        return pb.CreateQuoteResponse(quote=quote_to_proto(quote))

    async def CreateHold(  # noqa: N802 - named by the contract
        self, request: pb.CreateHoldRequest, context: Context
    ) -> pb.CreateHoldResponse:
        """Set aside what an extraction may cost."""
        return pb.CreateHoldResponse(hold=hold_to_proto(await self._created(request)))

    async def CaptureHold(  # noqa: N802 - named by the contract
        self, request: pb.CaptureHoldRequest, context: Context
    ) -> pb.CaptureHoldResponse:
        """Charge for what was delivered."""
        return pb.CaptureHoldResponse(hold=hold_to_proto(await self._captured(request)))

    async def BatchCreateHolds(  # noqa: N802 - named by the contract
        self, request: pb.BatchCreateHoldsRequest, context: Context
    ) -> pb.BatchCreateHoldsResponse:
        """Set aside what many extractions may cost."""
        outcomes = await asyncio.gather(*(_outcome(self._created(one)) for one in request.requests))
        return pb.BatchCreateHoldsResponse(outcomes=outcomes)

    async def BatchCaptureHolds(  # noqa: N802 - named by the contract
        self, request: pb.BatchCaptureHoldsRequest, context: Context
    ) -> pb.BatchCaptureHoldsResponse:
        """Charge for what was delivered of many."""
        outcomes = await asyncio.gather(*(_outcome(self._captured(one)) for one in request.requests))
        return pb.BatchCaptureHoldsResponse(outcomes=outcomes)

    async def ReleaseHold(  # noqa: N802 - named by the contract
        self, request: pb.ReleaseHoldRequest, context: Context
    ) -> pb.ReleaseHoldResponse:
        """Give everything back."""
        return pb.ReleaseHoldResponse(hold=hold_to_proto(await self._use_cases.release_hold(request.name)))

    async def GetBalance(  # noqa: N802 - named by the contract
        self, request: pb.GetBalanceRequest, context: Context
    ) -> pb.GetBalanceResponse:
        """Say what an account holds."""
        get_balance = self._use_cases.get_balance
        return balance_to_proto(await get_balance(request.account), metered=get_balance.metered)

    async def GrantCredits(  # noqa: N802 - named by the contract
        self, request: pb.GrantCreditsRequest, context: Context
    ) -> pb.GrantCreditsResponse:
        """Add credits."""
        available = await self._use_cases.grant_credits(request.account, request.request_id, request.credits)
        return pb.GrantCreditsResponse(credits_available=available)

    async def ClaimCredits(  # noqa: N802 - named by the contract
        self, request: pb.ClaimCreditsRequest, context: Context
    ) -> pb.ClaimCreditsResponse:
        """Move credits to another account."""
        claimed = await self._use_cases.claim_credits(
            request.source_account, request.target_account, request.request_id
        )
        return pb.ClaimCreditsResponse(credits_claimed=claimed)

    async def ListTransfers(  # noqa: N802 - named by the contract
        self, request: pb.ListTransfersRequest, context: Context
    ) -> pb.ListTransfersResponse:
        """Read the journal."""
        transfers = await self._use_cases.list_transfers(
            request.account,
            request.after_number,
            request.page_size or PAGE_SIZE_DEFAULT,
            request.before_number or None,
            newest_first=request.newest_first,
        )
        return pb.ListTransfersResponse(transfers=[transfer_to_proto(one) for one in transfers])

    async def _created(self, request: pb.CreateHoldRequest) -> Hold:
        return await self._use_cases.create_hold(
            request.account, request.request_id, hold_request_from_proto(request)
        )

    async def _captured(self, request: pb.CaptureHoldRequest) -> Hold:
        return await self._use_cases.capture_hold(
            request.name,
            operations_from_proto(request.delivered),
            request.size_bytes,
            dimensions_from_proto(request),
            request.content_sha256 or None,
        )


async def _outcome(decision: Awaitable[Hold]) -> pb.HoldOutcome:
    try:
        return pb.HoldOutcome(hold=hold_to_proto(await decision))
    except ServiceError as error:
        return pb.HoldOutcome(error=to_status(error))
