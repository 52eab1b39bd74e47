"""Ranges of bytes that arrived in any order, against a plain set of bytes."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from metaextract_extractor.domain.ranges import Ranges

BYTES = 60
spans = st.tuples(st.integers(0, BYTES), st.integers(0, 12))


@given(st.lists(spans, max_size=25), spans)
def test_they_say_what_a_set_of_bytes_would_say(added: list[tuple[int, int]], asked: tuple[int, int]) -> None:
    ranges, there = Ranges(), set()
    for offset, length in added:
        bytes_of = set(range(offset, offset + length))
        assert ranges.overlaps(offset, length) == bool(bytes_of & there)
        if not bytes_of & there:
            ranges.add(offset, length)
            there |= bytes_of
    offset, length = asked
    assert ranges.bytes_count == len(there)
    assert ranges.covers(offset, length) == set(range(offset, offset + length)).issubset(there)
    assert ranges.prefix_bytes == next(at for at in range(BYTES + 100) if at not in there)
    told = [(one.offset_bytes, one.offset_bytes + one.length_bytes) for one in ranges.all()]
    assert set().union(*(range(*one) for one in told)) == there
    assert all(end < start for (_, end), (start, _) in pairwise(told))
