"""How the spans of a trace become rows, bars and ticks."""

import pytest

from metaextract_gateway.adapters.ops.span_store import Span
from metaextract_gateway.adapters.ops.waterfall import duration_text, lay_out

MS = 1_000_000


def _span(span_id: str, parent: str | None, start_ns: int, end_ns: int) -> Span:
    return Span(span_id, parent, "gateway", span_id, "INTERNAL", start_ns, end_ns, "UNSET", {})


def test_spans_that_are_each_others_parents_are_drawn_once() -> None:
    spans = [_span("a", "b", 0, 9), _span("b", "a", 1, 2), _span("c", "c", 3, 4)]

    rows = lay_out(spans).rows

    assert [(row.span.span_id, row.depth) for row in rows] == [("a", 0), ("b", 1), ("c", 0)]


def test_children_that_overlap_or_outlive_their_parent_are_not_counted_twice() -> None:
    children = [(10, 50), (20, 30), (35, 60), (90, 150)]
    spans = [_span(f"child {start}", "root", start, end) for start, end in children]

    root = lay_out([_span("root", None, 0, 100), *spans]).rows[0]

    assert root.own_ns == (10 - 0) + (90 - 60)


def test_siblings_stand_in_the_order_of_their_start_however_they_come() -> None:
    spans = [_span("c", "a", 5, 6), _span("b", "a", 2, 9), _span("a", None, 0, 10)]

    assert [row.span.span_id for row in lay_out(spans).rows] == ["a", "b", "c"]


def test_a_trace_of_one_instant_can_be_drawn() -> None:
    drawn = lay_out([_span("a", None, 5, 5)])

    assert (drawn.duration_ns, len(drawn.rows), len(drawn.ticks)) == (0, 1, 1)


@pytest.mark.parametrize("duration_ns", [1, 7, 999, 123_456, 521 * MS, 1_240 * MS, 3_600_000 * MS])
def test_ticks_are_few_and_within_the_axis(duration_ns: int) -> None:
    ticks = lay_out([_span("a", None, 0, duration_ns)]).ticks

    assert 2 <= len(ticks) <= 9
    assert all(0 <= tick.left <= 100 for tick in ticks)


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (0, "0.000 ms"),
        (42_000, "0.042 ms"),
        (8_149_000, "8.15 ms"),
        (99_960_000, "100 ms"),
        (431_400_000, "431 ms"),
        (2_500_000_000, "2.50 s"),
    ],
)
def test_a_duration_shows_three_digits(duration_ns: int, text: str) -> None:
    assert duration_text(duration_ns) == text
