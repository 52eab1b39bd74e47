"""metaextract.billing.v1.AuditService over gRPC: unpack, call, pack."""

from datetime import UTC
from typing import Final

from metaextract.billing.v1 import audit_pb2 as pb
from metaextract.billing.v1.audit_pb2_grpc import AuditServiceServicer
from metaextract_billing.application.audits import Audited, Audits
from metaextract_billing.domain.audit import Invariant
from metaextract_billing.domain.ports import Clock
from metaextract_common.rpc.server import Context

INVARIANTS: Final = {
    Invariant.CHAIN: pb.Violation.INVARIANT_CHAIN,
    Invariant.MOVE: pb.Violation.INVARIANT_MOVE,
    Invariant.BALANCE: pb.Violation.INVARIANT_BALANCE,
    Invariant.LOT: pb.Violation.INVARIANT_LOT,
    Invariant.HOLD: pb.Violation.INVARIANT_HOLD,
    Invariant.CAPTURE: pb.Violation.INVARIANT_CAPTURE,
    Invariant.DEBT: pb.Violation.INVARIANT_DEBT,
    Invariant.PAYMENT: pb.Violation.INVARIANT_PAYMENT,
    Invariant.CLAIM: pb.Violation.INVARIANT_CLAIM,
}


class AuditServicer(AuditServiceServicer):
    """Translates one protocol to one use case, and nothing else."""

    def __init__(self, audits: Audits, now: Clock) -> None:
        self._audits = audits
        self._now = now

    async def AuditLedger(  # noqa: N802 - named by the contract
        self, request: pb.AuditLedgerRequest, context: Context
    ) -> pb.AuditLedgerResponse:
        """Look at everything."""
        not_before = request.not_before.ToDatetime(UTC) if request.HasField("not_before") else self._now()
        return audited_to_proto(await self._audits(not_before))


def audited_to_proto(audited: Audited) -> pb.AuditLedgerResponse:
    """Render what was found."""
    report = audited.report
    return pb.AuditLedgerResponse(
        accounts_count=report.accounts_count,
        transfers_count=report.transfers_count,
        violations_count=report.violations_count,
        violations=[
            pb.Violation(
                invariant=INVARIANTS[violation.invariant],
                balance_id=violation.account,
                detail=violation.detail,
            )
            for violation in report.violations
        ],
        as_of=audited.as_of,
    )
