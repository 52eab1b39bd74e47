"""Audits that take longer than anybody can wait."""

import asyncio
from datetime import timedelta

import pytest

from metaextract_billing.application.audit import AuditReport
from metaextract_billing.application.audits import audits
from metaextract_billing.domain import errors
from metaextract_common import deadline
from metaextract_common.errors import ServiceError

MINUTE = timedelta(minutes=1)


class SlowAudit:
    """Ends when a test says so."""

    def __init__(self) -> None:
        self.begun = 0
        self.go_on: asyncio.Queue[ServiceError | None] = asyncio.Queue()
        self.seconds_left: list[float] = []

    async def __call__(self) -> AuditReport:
        self.begun += 1
        self.seconds_left.append(deadline.remaining(1e9))
        error = await self.go_on.get()
        if error:
            raise error
        return AuditReport(self.begun, 0, 0, ())


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_whoever_cannot_wait_asks_again_and_gets_the_same_audit(clock) -> None:
    slow = SlowAudit()
    async with audits(slow, clock) as audit:
        asked = clock()
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await audit(asked)
            clock.advance(MINUTE)
        waiting = [asyncio.create_task(audit(asked)) for _ in range(2)]
        await settled()
        slow.go_on.put_nowait(None)

        outcomes = await asyncio.gather(*waiting)
        assert [(one.as_of, one.report.accounts_count) for one in outcomes] == [(asked, 1)] * 2
        assert await audit(asked) is outcomes[0]
    assert slow.begun == 1


async def test_an_audit_that_began_too_early_is_waited_for_and_followed_by_another(clock) -> None:
    slow = SlowAudit()
    async with audits(slow, clock) as audit:
        early = asyncio.create_task(audit(clock()))
        await settled()
        clock.advance(MINUTE)
        late = asyncio.create_task(audit(clock()))
        await settled()
        assert slow.begun == 1

        slow.go_on.put_nowait(None)
        slow.go_on.put_nowait(None)
        assert (await early).report.accounts_count == 1
        assert (await late).report.accounts_count == 2
        assert (await late).as_of == clock()


async def test_a_failed_audit_is_told_to_whoever_waits_and_another_one_begins(clock) -> None:
    slow = SlowAudit()
    async with audits(slow, clock) as audit:
        slow.go_on.put_nowait(errors.ledger_unavailable())
        with pytest.raises(ServiceError):
            await audit(clock())

        slow.go_on.put_nowait(None)
        assert (await audit(clock())).report.accounts_count == 2


async def test_an_audit_has_no_deadline_and_ends_with_its_service(clock) -> None:
    slow = SlowAudit()
    async with audits(slow, clock) as audit, deadline.scope(60):
        task = asyncio.create_task(audit(clock()))
        await settled()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert slow.seconds_left == [1e9]
