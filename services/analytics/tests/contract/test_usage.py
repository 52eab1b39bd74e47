"""What every implementation of `domain.ports.EventStore` must say of usage."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from metaextract_analytics.domain.model import Event, Period
from metaextract_analytics.domain.ports import EventStore
from metaextract_analytics.domain.usage import EventAttribute, Usage, UsageQuery

MakeEvent = Callable[..., Event]
ALWAYS = Period(None, None)
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
TAB = EventAttribute("tab_changed", "tab")
TOOK = EventAttribute("analysis_completed", "processing_ms")


def query(**changes: object) -> UsageQuery:
    usual = {"source": "images_mvp", "period": ALWAYS, "events_count_max": 5000}
    return UsageQuery(**{**usual, **changes})


@pytest.fixture
def make(make_event: MakeEvent) -> MakeEvent:
    return lambda name="tab_changed", at=0, **attributes: make_event(
        name=name, time=NOON + at * MOMENT, source="images_mvp", attributes=attributes
    )


async def test_an_empty_store_was_not_used(store: EventStore) -> None:
    usage = await store.usage(query(counted=(TAB,), averaged=(TOOK,)))

    assert usage == Usage({}, 0, 0, None, None, ({},), (None,))


async def test_only_events_of_the_source_and_the_period_are_counted(
    store: EventStore, make: MakeEvent, make_event: MakeEvent
) -> None:
    await store.add([make(at=0), make(at=1), make(at=2), make_event(time=NOON + MOMENT)])

    usage = await store.usage(query(period=Period(NOON + MOMENT, NOON + 2 * MOMENT)))

    assert usage.counts_by_name == {"tab_changed": 1}
    assert usage.first_time == usage.last_time == NOON + MOMENT


async def test_of_more_events_than_asked_for_the_newest_are_looked_at(
    store: EventStore, make: MakeEvent
) -> None:
    await store.add([make("old", at=0), make("older", at=-1), make("new", at=2), make("newer", at=3)])

    usage = await store.usage(query(events_count_max=2))

    assert (usage.counts_by_name, usage.events_count) == ({"new": 1, "newer": 1}, 2)
    assert (usage.first_time, usage.last_time) == (NOON + 2 * MOMENT, NOON + 3 * MOMENT)


async def test_sessions_and_users_are_told_apart(store: EventStore, make: MakeEvent) -> None:
    await store.add([make(session="a"), make(session="b", user="u"), make(session="a"), make()])

    usage = await store.usage(query())

    assert (usage.sessions_count, usage.users_count) == (2, 1)


async def test_values_are_counted_for_events_of_one_name_and_the_missing_one_is_empty(
    store: EventStore, make: MakeEvent
) -> None:
    await store.add([make(tab="raw"), make(tab="raw"), make(tab="'; --"), make(), make("other", tab="raw")])

    counted = (EventAttribute("other", "tab"), TAB)
    usage = await store.usage(query(counted=counted))

    assert usage.counts_by_value == ({"raw": 1}, {"raw": 2, "'; --": 1, "": 1})


async def test_a_mean_is_over_the_values_that_are_numbers(store: EventStore, make: MakeEvent) -> None:
    values = ["10", "20.5", "fast", "", "1e3", "1.", ".5", "-4", "1.2.3"]
    events = [make("analysis_completed", processing_ms=value) for value in values]
    await store.add([*events, make("analysis_completed"), make("other", processing_ms="1000")])

    assert (await store.usage(query(averaged=(TOOK,)))).means == (15.25,)
