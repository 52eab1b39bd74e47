"""What an operator watches is what there is, at the moment of looking."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from metaextract_billing.adapters.metrics import BillingMetrics, MeasuredWebhooks
from metaextract_billing.application.audit import AuditReport
from metaextract_billing.application.desk import Tally
from metaextract_billing.domain.audit import Invariant, Violation
from metaextract_billing.domain.payment_service import Envelope, Message
from metaextract_billing.domain.ports import ConflictError, Figures
from metaextract_billing.domain.records import Changes

MINUTE = timedelta(minutes=1)


class Scrape:
    """Reads metrics as Prometheus would."""

    def __init__(self, clock) -> None:
        self._reader = InMemoryMetricReader()
        self.provider = MeterProvider([self._reader])
        self.tally = Tally()
        self.metrics = BillingMetrics(self.provider.get_meter("test"), clock, self.tally)

    def read(self) -> dict[str, Any]:
        """Return values by name, of those with attributes by name and attribute."""
        data = self._reader.get_metrics_data()
        found = {}
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points:
                        name = " ".join([metric.name, *map(str, (point.attributes or {}).values())])
                        found[name] = getattr(point, "value", getattr(point, "sum", None))
        return found


@pytest.fixture
def scrape(clock):
    made = Scrape(clock)
    yield made
    made.provider.shutdown()


def test_what_waits_is_told_with_its_age_at_the_moment_of_looking(scrape: Scrape, clock) -> None:
    now = clock()
    scrape.metrics.tell(Figures(3, now - 5 * MINUTE, now - MINUTE, 7, now - 2 * MINUTE, 4))
    clock.advance(MINUTE)

    found = scrape.read()

    assert found["billing.holds.open"] == 3
    assert found["billing.holds.oldest_age"] == 360
    assert found["billing.sweep.lag"] == 120
    assert found["billing.outbox.waiting"] == 7
    assert found["billing.outbox.oldest_age"] == 180
    assert found["billing.payments.parked"] == 4


def test_nothing_that_waits_has_no_age_and_what_is_not_due_yet_no_lag(scrape: Scrape, clock) -> None:
    scrape.metrics.tell(Figures(due_time=clock() + MINUTE))

    found = scrape.read()

    assert found["billing.holds.open"] == found["billing.holds.oldest_age"] == 0
    assert found["billing.sweep.lag"] == found["billing.outbox.oldest_age"] == 0


def test_nothing_is_told_of_a_store_that_could_not_be_read(scrape: Scrape) -> None:
    scrape.metrics.tell(Figures(1))
    scrape.metrics.tell(None)

    assert [name for name in scrape.read() if "desk" not in name] == []


def test_violations_are_counted_by_invariant_and_an_audit_has_an_age(scrape: Scrape, clock) -> None:
    assert "billing.audit.violations lot" not in scrape.read()
    violation = Violation(Invariant.LOT, "a", "")
    report = AuditReport(1, 1, 3, (violation, violation, replace(violation, invariant=Invariant.DEBT)))
    scrape.metrics.tell_audit(report)
    clock.advance(MINUTE)

    found = scrape.read()

    assert found["billing.audit.age"] == 60
    by_invariant = {one: found[f"billing.audit.violations {one}"] for one in Invariant}
    assert by_invariant == dict.fromkeys(Invariant, 0) | {Invariant.LOT: 2, Invariant.DEBT: 1}


async def test_decisions_loads_and_conflicts_are_counted(scrape: Scrape, make_billing, clock) -> None:
    billing = make_billing()
    commit = billing.store.commit
    overtaken = iter([True, True])

    async def overtake(changes: Changes) -> None:
        if next(overtaken, False):
            raise ConflictError
        await commit(changes)

    billing.store.commit = overtake
    await billing.grant_credits("alice", "g", 1)
    tally = billing.grant_credits.desk.tally

    assert (tally.decisions_count, tally.loads_count, tally.conflicts_count) == (1, 3, 2)
    scrape.tally.decisions_count, scrape.tally.loads_count, scrape.tally.conflicts_count = 5, 3, 2
    found = scrape.read()
    names = ("decisions", "loads", "conflicts")
    assert [found[f"billing.desk.{name}"] for name in names] == [5, 3, 2]


class Late:
    """Implements `domain.payment_service.Webhooks`: what comes happened two minutes ago."""

    def opened(self, envelope: Envelope, now) -> Message:
        return Message(envelope.id, "payment.succeeded", now - 2 * MINUTE, None)


def test_how_late_a_message_came_is_measured(scrape: Scrape, clock) -> None:
    webhooks = MeasuredWebhooks(Late(), scrape.metrics)

    message = webhooks.opened(Envelope(b"", "m", "", ""), clock())

    assert message.event_type == "payment.succeeded"
    assert scrape.read()["billing.webhook.lag"] == 120
