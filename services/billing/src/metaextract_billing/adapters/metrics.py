"""What an operator watches of billing, as OpenTelemetry metrics.

Ages are those of the moment at which they are read. Nothing is told of a store that could not be read, so
that a figure is never an old one; `health` says that the store is away.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from metaextract_billing.application.audit import AuditReport
from metaextract_billing.application.desk import Tally
from metaextract_billing.domain.audit import Invariant
from metaextract_billing.domain.payment_service import Envelope, Message, Webhooks
from metaextract_billing.domain.ports import Clock, Figures

Value = Callable[[], float | None]


class BillingMetrics:
    """Holds what was last read. Make one for each process."""

    def __init__(self, meter: Meter, now: Clock, tally: Tally) -> None:
        self._meter = meter
        self._now = now
        self._figures: Figures | None = None
        self._audited: tuple[datetime, AuditReport] | None = None
        self._gauge("holds.open", "{hold}", "Holds that nobody resolved yet.", self._open_holds)
        self._gauge("holds.oldest_age", "s", "Age of the oldest open hold.", self._oldest_hold)
        self._gauge("sweep.lag", "s", "Time since the first thing was due that has not expired.", self._lag)
        self._gauge("outbox.waiting", "{event}", "Events not yet delivered to analytics.", self._events)
        self._gauge("outbox.oldest_age", "s", "Age of the oldest of them.", self._oldest_event)
        self._gauge("payments.parked", "{payment}", "Payments that granted no credits.", self._parked)
        self._gauge("audit.age", "s", "Time since the last audit that was finished.", self._audit_age)
        meter.create_observable_gauge(
            "billing.audit.violations",
            [self._violations],
            unit="{violation}",
            description="Violations that the last audit found, by invariant; anything but 0 is an alarm.",
        )
        self._counter("desk.decisions", "{decision}", "Decisions.", lambda: tally.decisions_count)
        self._counter("desk.loads", "{load}", "Decisions made from the store.", lambda: tally.loads_count)
        self._counter(
            "desk.conflicts", "{conflict}", "Commits that were overtaken.", lambda: tally.conflicts_count
        )
        self.webhook_lag = meter.create_histogram(
            "billing.webhook.lag",
            unit="s",
            description="Time from an event at the payment service to its receipt here.",
        )

    def tell(self, figures: Figures | None) -> None:
        """Keep what waits now; None if that is not known."""
        self._figures = figures

    def tell_audit(self, report: AuditReport) -> None:
        """Keep what an audit found."""
        self._audited = (self._now(), report)

    def _gauge(self, name: str, unit: str, description: str, value: Value) -> None:
        self._meter.create_observable_gauge(
            f"billing.{name}", [_observed(value)], unit=unit, description=description
        )

    def _counter(self, name: str, unit: str, description: str, value: Value) -> None:
        self._meter.create_observable_counter(
            f"billing.{name}", [_observed(value)], unit=unit, description=description
        )

    def _open_holds(self) -> float | None:
        return self._figures.open_holds_count if self._figures else None

    def _oldest_hold(self) -> float | None:
        return self._age(self._figures.oldest_hold_time) if self._figures else None

    def _lag(self) -> float | None:
        return self._age(self._figures.due_time) if self._figures else None

    def _events(self) -> float | None:
        return self._figures.waiting_events_count if self._figures else None

    def _oldest_event(self) -> float | None:
        return self._age(self._figures.oldest_event_time) if self._figures else None

    def _parked(self) -> float | None:
        return self._figures.parked_payments_count if self._figures else None

    def _audit_age(self) -> float | None:
        return self._age(self._audited[0]) if self._audited else None

    def _violations(self, _: CallbackOptions) -> Iterator[Observation]:
        if self._audited is None:
            return
        counts = Counter(violation.invariant for violation in self._audited[1].violations)
        for invariant in Invariant:
            yield Observation(counts[invariant], {"invariant": invariant.value})

    def _age(self, time: datetime | None) -> float:
        return max(0.0, (self._now() - time).total_seconds()) if time else 0.0


class MeasuredWebhooks:
    """Implements `domain.payment_service.Webhooks`: measures how late messages come."""

    def __init__(self, webhooks: Webhooks, metrics: BillingMetrics) -> None:
        self._webhooks = webhooks
        self._metrics = metrics

    def opened(self, envelope: Envelope, now: datetime) -> Message:
        """Return what a message says."""
        message = self._webhooks.opened(envelope, now)
        self._metrics.webhook_lag.record(max(0.0, (now - message.time).total_seconds()))
        return message


def _observed(value: Value) -> Callable[[CallbackOptions], Iterator[Observation]]:
    def observe(_: CallbackOptions) -> Iterator[Observation]:
        number = value()
        if number is not None:
            yield Observation(number)

    return observe
