"""Lays the spans of one trace out as rows of a picture. Pure: no I/O, no markup."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from metaextract_gateway.adapters.ops.span_store import Span

_NS_PER_MS: Final = 1_000_000
_WIDTH_MIN_PERCENT: Final = 0.2  # so that the shortest span still shows
_TICKS_COUNT_MAX: Final = 9
_RPC_NAME = re.compile(r"(?:\w+\.)+(\w+/\w+)")


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of the time axis, in per cent of it."""

    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Row:
    """One span in the picture.

    `parent_row` is the index of the parent's row; None for roots, which include spans whose parent is
    not stored (`orphan`). `own_bars` are the stretches in which none of its children ran, `own_ns` is
    their sum.
    """

    span: Span
    depth: int
    parent_row: int | None
    orphan: bool
    bar: Bar
    own_bars: tuple[Bar, ...]
    own_ns: int
    offset_ns: int

    @property
    def duration_ns(self) -> int:
        """How long the span took."""
        return self.span.end_ns - self.span.start_ns

    @property
    def label(self) -> str:
        """The name, with the package of an RPC left out: `BillingService/CaptureHold`."""
        rpc = _RPC_NAME.fullmatch(self.span.name)
        return rpc[1] if rpc else self.span.name


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled moment of the time axis, in per cent of it and in nanoseconds from its start."""

    left: float
    offset_ns: int


@dataclass(frozen=True, slots=True)
class Waterfall:
    """All rows, parents above their children, siblings by start."""

    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    start_ns: int
    duration_ns: int

    @property
    def failed(self) -> tuple[Row, ...]:
        """The rows of spans that ended in an error."""
        return tuple(row for row in self.rows if row.span.failed)

    @property
    def services(self) -> dict[str, tuple[int, int]]:
        """Service → number of its spans and their own time in nanoseconds, the busiest first."""
        counts: dict[str, int] = defaultdict(int)
        own: dict[str, int] = defaultdict(int)
        for row in self.rows:
            counts[row.span.service] += 1
            own[row.span.service] += row.own_ns
        return {name: (counts[name], own[name]) for name in sorted(own, key=lambda name: -own[name])}


def lay_out(spans: Sequence[Span]) -> Waterfall:
    """Lay `spans` (at least one) out."""
    start_ns = min(span.start_ns for span in spans)
    end_ns = max(span.end_ns for span in spans)
    duration_ns = end_ns - start_ns
    known = {span.span_id for span in spans}
    children = _children(spans)
    rows: list[Row] = []
    row_of: dict[str, int] = {}
    for span, depth in _depth_first(spans, children):
        own = list(_own_stretches(span, children.get(span.span_id, ())))
        parent = span.parent_span_id
        row_of[span.span_id] = len(rows)
        rows.append(
            Row(
                span=span,
                depth=depth,
                parent_row=row_of[parent] if parent is not None and depth else None,
                orphan=parent is not None and parent not in known,
                bar=_bar(span.start_ns - start_ns, span.end_ns - start_ns, duration_ns),
                own_bars=tuple(_bar(begin - start_ns, end - start_ns, duration_ns) for begin, end in own),
                own_ns=sum(end - begin for begin, end in own),
                offset_ns=span.start_ns - start_ns,
            )
        )
    return Waterfall(tuple(rows), _ticks(duration_ns), start_ns, duration_ns)


def _children(spans: Iterable[Span]) -> dict[str | None, list[Span]]:
    """Spans by the id of their stored parent, in the order of their start; None holds the roots."""
    known = {span.span_id for span in spans}
    children: dict[str | None, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: (span.start_ns, span.span_id)):
        children[span.parent_span_id if span.parent_span_id in known else None].append(span)
    return children


def _depth_first(
    spans: Sequence[Span], children: Mapping[str | None, Sequence[Span]]
) -> Iterator[tuple[Span, int]]:
    """Every span once, with its depth. Spans that are each other's ancestors start at the earliest one."""
    seen: set[str] = set()
    for root in (*children.get(None, ()), *spans):
        waiting = [(root, 0)]
        while waiting:
            span, depth = waiting.pop()
            if span.span_id in seen:
                continue
            seen.add(span.span_id)
            yield span, depth
            waiting += [(child, depth + 1) for child in reversed(children.get(span.span_id, ()))]


def _bar(begin_ns: int, end_ns: int, total_ns: int) -> Bar:
    percent = 100 / max(total_ns, 1)
    return Bar(
        min(begin_ns * percent, 100 - _WIDTH_MIN_PERCENT),
        max((end_ns - begin_ns) * percent, _WIDTH_MIN_PERCENT),
    )


def _own_stretches(span: Span, children: Iterable[Span]) -> Iterator[tuple[int, int]]:
    """The span's time less its children's, as far as they lie within it."""
    covered_to = span.start_ns
    for child in children:  # in the order of their start
        if covered_to < min(child.start_ns, span.end_ns):
            yield covered_to, min(child.start_ns, span.end_ns)
        covered_to = max(covered_to, child.end_ns)
    if covered_to < span.end_ns:
        yield covered_to, span.end_ns


def _ticks(duration_ns: int) -> tuple[Tick, ...]:
    """Round moments: 1, 2 or 5 times a power of ten apart."""
    if duration_ns <= 0:
        return (Tick(0, 0),)
    rough = duration_ns / (_TICKS_COUNT_MAX - 1)
    power = 10 ** math.floor(math.log10(rough))
    step = max(1, round(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)))
    return tuple(Tick(100 * offset / duration_ns, offset) for offset in range(0, duration_ns + 1, step))


def duration_text(duration_ns: int) -> str:
    """Three digits that count: `0.042 ms`, `8.15 ms`, `431 ms`, `2.50 s`."""
    ms = duration_ns / _NS_PER_MS
    if ms >= 1000:  # noqa: PLR2004 - a second
        return f"{ms / 1000:.2f} s"
    if ms >= 100:  # noqa: PLR2004 - three digits already
        return f"{ms:.0f} ms"
    return f"{ms:.3g} ms" if ms >= 0.001 else f"{ms:.3f} ms"  # noqa: PLR2004 - a microsecond
