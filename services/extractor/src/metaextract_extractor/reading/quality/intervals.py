"""Sets of bytes as sorted, disjoint half-open ranges (start, end)."""

from collections.abc import Iterable
from typing import TypeAlias

from metaextract_extractor.domain.result import ByteRange

Spans: TypeAlias = list[tuple[int, int]]


def spans(ranges: Iterable[ByteRange]) -> Spans:
    """Return the bytes of ranges that may overlap."""
    return union((one.offset_bytes, one.offset_bytes + one.length_bytes) for one in ranges)


def union(pairs: Iterable[tuple[int, int]]) -> Spans:
    """Sort and join pairs that may overlap; empty ones vanish."""
    joined: Spans = []
    for start, end in sorted(pair for pair in pairs if pair[0] < pair[1]):
        if joined and start <= joined[-1][1]:
            if end > joined[-1][1]:
                joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def intersection(one: Spans, other: Spans) -> Spans:
    """Return the bytes in both."""
    found: Spans = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            found.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return found


def difference(one: Spans, other: Spans) -> Spans:
    """Return the bytes of `one` that are not in `other`."""
    left: Spans = []
    j = 0
    for start, end in one:
        at = start
        while j < len(other) and other[j][1] <= at:
            j += 1
        k = j
        while k < len(other) and other[k][0] < end:
            if other[k][0] > at:
                left.append((at, other[k][0]))
            at = max(at, other[k][1])
            k += 1
        if at < end:
            left.append((at, end))
    return left


def size(one: Spans) -> int:
    """Return how many bytes there are."""
    return sum(end - start for start, end in one)
