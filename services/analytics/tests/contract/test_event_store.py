"""What every implementation of `domain.ports.EventStore` must do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from metaextract_analytics.domain.model import Event, Period, Report
from metaextract_analytics.domain.ports import EventStore

MakeEvent = Callable[..., Event]
ALWAYS = Period(None, None)
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)
LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


async def test_an_empty_store_reports_nothing(store: EventStore) -> None:
    assert await store.report(ALWAYS) == Report({}, None, None)


async def test_an_empty_batch_adds_nothing(store: EventStore) -> None:
    assert await store.add([]) == ()


async def test_events_are_counted_by_name(store: EventStore, make_event: MakeEvent) -> None:
    await store.add(
        [
            make_event(name="hold.captured", time=NOON + 2 * MOMENT),
            make_event(name="hold.released", time=NOON),
            make_event(name="hold.captured", time=NOON + MOMENT),
        ]
    )

    report = await store.report(ALWAYS)

    assert report.counts_by_name == {"hold.captured": 2, "hold.released": 1}
    assert (report.first_time, report.last_time) == (NOON, NOON + 2 * MOMENT)


async def test_new_events_come_back_in_the_order_of_the_batch(
    store: EventStore, make_event: MakeEvent
) -> None:
    events = [make_event(name=f"event.{number}") for number in range(20)]

    assert await store.add(events) == tuple(events)


async def test_of_two_events_with_one_id_in_a_batch_the_first_is_stored(
    store: EventStore, make_event: MakeEvent
) -> None:
    first = make_event(name="hold.captured")
    second = make_event(name="hold.released", event_id=first.event_id)

    assert await store.add([first, second, first]) == (first,)
    assert (await store.report(ALWAYS)).counts_by_name == {"hold.captured": 1}


async def test_an_event_that_an_earlier_batch_brought_is_not_stored_again(
    store: EventStore, make_event: MakeEvent
) -> None:
    known, new = make_event(), make_event()
    await store.add([known])

    assert await store.add([known, new]) == (new,)
    assert await store.add([known, new]) == ()
    assert (await store.report(ALWAYS)).events_count == 2


async def test_a_batch_of_the_largest_size_is_stored_whole(store: EventStore, make_event: MakeEvent) -> None:
    events = [make_event() for _ in range(1000)]

    assert len(await store.add(events)) == 1000
    assert (await store.report(ALWAYS)).events_count == 1000


@pytest.mark.parametrize(
    ("period", "counted"),
    [
        (Period(NOON, NOON + 2 * MOMENT), {"at.start", "inside"}),
        (Period(None, NOON), {"before"}),
        (Period(NOON + 2 * MOMENT, None), {"at.end"}),
        (Period(NOON, NOON), set()),
    ],
)
async def test_a_period_holds_its_start_and_not_its_end(
    store: EventStore, make_event: MakeEvent, period: Period, counted: set[str]
) -> None:
    await store.add(
        [
            make_event(name="before", time=NOON - MOMENT),
            make_event(name="at.start", time=NOON),
            make_event(name="inside", time=NOON + MOMENT),
            make_event(name="at.end", time=NOON + 2 * MOMENT),
        ]
    )

    assert set((await store.report(period)).counts_by_name) == counted


async def test_the_first_and_the_last_moment_of_the_calendar_can_be_counted(
    store: EventStore, make_event: MakeEvent
) -> None:
    await store.add([make_event(time=FIRST_MOMENT), make_event(time=LAST_MOMENT)])

    report = await store.report(ALWAYS)

    assert (report.first_time, report.last_time) == (FIRST_MOMENT, LAST_MOMENT)


@pytest.mark.parametrize("name", ["a\x00b", "ключ.создан", "'; DROP TABLE events; --", "🖼"])
async def test_a_name_comes_back_letter_by_letter(
    store: EventStore, make_event: MakeEvent, name: str
) -> None:
    await store.add([make_event(name=name, attributes={name: name})])

    assert (await store.report(ALWAYS)).counts_by_name == {name: 1}


async def test_deleting_stops_at_its_limit_and_spares_later_events(
    store: EventStore, make_event: MakeEvent
) -> None:
    old = [make_event(time=NOON - age * MOMENT) for age in range(1, 6)]
    await store.add([*old, make_event(name="kept", time=NOON)])

    deleted = [await store.delete_before(NOON, count_max=3) for _ in range(3)]

    assert deleted == [3, 2, 0]
    assert (await store.report(ALWAYS)).counts_by_name == {"kept": 1}


async def test_a_store_that_works_says_so(store: EventStore) -> None:
    await store.check()
