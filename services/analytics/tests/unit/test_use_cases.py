from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from metaextract_analytics.adapters.storage.memory import MemoryEventStore
from metaextract_analytics.application import events as application
from metaextract_analytics.application.events import EventUseCases
from metaextract_analytics.domain.model import Event, Period

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ALWAYS = Period(None, None)


@pytest.fixture
def use_cases() -> EventUseCases:
    return EventUseCases(MemoryEventStore(), retention=timedelta(days=400), now=lambda: NOW)


async def test_what_was_known_before_is_counted_as_a_duplicate(
    use_cases: EventUseCases, make_event: Callable[..., Event]
) -> None:
    known, new = make_event(), make_event()
    await use_cases.record([known])

    recording = await use_cases.record([known, new])

    assert recording.recorded == (new,)
    assert recording.duplicate_count == 1


async def test_pruning_keeps_what_is_exactly_as_old_as_the_retention(
    use_cases: EventUseCases, make_event: Callable[..., Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "PRUNED_COUNT_MAX", 2)
    kept = make_event(time=NOW - timedelta(days=400))
    old = [make_event(time=NOW - timedelta(days=401 + age)) for age in range(5)]
    await use_cases.record([*old, kept])

    assert await use_cases.prune() == 5
    report = await use_cases.report(ALWAYS)
    assert (report.events_count, report.first_time) == (1, kept.time)
