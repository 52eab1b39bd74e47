"""Which bytes of the metadata containers were decoded, and by whom.

Metadata are the containers that our walkers entered, without the outermost structure (`file`), the picture's
own headers (`image`) and pictures inside containers; and the values that stand outside their container, as in
TIFF. Decoded is

* what our walkers understood;
* a value without a name of ours (an entry of a maker note) of which the primary engine tells something: a
  field with its id, or, unless it names the entry among the tags that it does not know, fields from inside
  it;
* of a range that our walkers leave to the primary engine as a whole, the share of its tags that the engine
  knows: ExifTool does not tell places;
* filling: runs of 00, FF or blanks.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.quality import Gap
from metaextract_extractor.domain.result import ByteRange, Field, Standard, Unread, Why
from metaextract_extractor.reading.broken_off import cut_containers
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.quality.intervals import (
    Spans,
    difference,
    intersection,
    size,
    spans,
    union,
)
from metaextract_extractor.reading.quality.unknown_tags import UnknownTags, unknown_tags
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import ENGINE as WALKERS
from metaextract_extractor.reading.walk import Located, Walk

_NOT_METADATA: Final = frozenset({"file", "image"})
_METADATA: Final = frozenset(
    {
        Standard.EXIF,
        Standard.IPTC,
        Standard.XMP,
        Standard.ICC,
        Standard.MAKERNOTE,
        Standard.PHOTOSHOP,
        Standard.JUMBF,
        Standard.MPF,
    }
)
_LEFT_TO_ENGINES: Final = frozenset({Why.VENDOR, Why.UNKNOWN})
_FILLING: Final = re.compile(rb"\x00{8,}|\xff{8,}|\x20{8,}")
_FILLED: Final = frozenset({b"\x00", b"\xff", b"\x20"})
_LOOKED_AT_BYTES_MAX: Final = 1024 * 1024
"""How much of what nobody decoded is searched for filling."""


@dataclass(frozen=True, slots=True)
class DecodedBytes:
    """`decoded_count` is no whole number where only a share of a range is known to be decoded."""

    metadata: Spans
    decoded_count: float
    gaps: tuple[Gap, ...]
    walk: Walk

    def largest_gaps(self, count_max: int) -> tuple[Gap, ...]:
        """Return the largest ranges that nobody decoded, the container found for those that have none."""
        largest = sorted(self.gaps, key=lambda gap: (-gap.length_bytes, gap.offset_bytes))[:count_max]
        return tuple(
            gap
            if gap.path
            else Gap(gap.offset_bytes, gap.length_bytes, _innermost(self.walk, gap.offset_bytes), gap.reason)
            for gap in largest
        )


def decoded_bytes(evidence: Evidence) -> DecodedBytes:
    """Part the bytes of all metadata into those that were decoded and those that were not."""
    walk = evidence.walk
    unknown = UnknownTags(unknown_tags(evidence.fields) or ())
    metadata = _arrived(evidence, _metadata(evidence))
    known = spans(one.place for one in _known(evidence, unknown))
    named = spans(one.place for one in walk.unread if one.why is not Why.MISSING)
    understood = union([*difference(union(walk.structure), difference(named, known)), *known])
    left = difference(metadata, understood)
    metadata, left = (difference(one, intersection(left, _cut(evidence))) for one in (metadata, left))
    left = difference(left, _filling(evidence.subject.view, left))
    shares = _Shares(evidence, unknown, {one.place for one in walk.located if unknown.has(one)})
    gaps = _gaps(left, walk.unread, shares)
    lost = sum(gap.length_bytes * (1 - gap.decoded_share) for gap in gaps)
    return DecodedBytes(metadata, size(metadata) - lost, tuple(gaps), walk)


def _metadata(evidence: Evidence) -> Spans:
    walk = evidence.walk
    containers = (place for one in walk.containers if one.kind not in _NOT_METADATA for place in one.places)
    values = spans(
        field.location for field in walk.fields if field.location is not None and field.standard in _METADATA
    )
    entries = (one.place for one in walk.located)
    embedded = [*walk.embedded, *(walk.further.embedded if walk.further else ())]
    pictures = spans(place for one in embedded for place in one.places)
    inside = union([*spans(containers), *values, *spans(entries)])
    return intersection(difference(inside, pictures), [(0, evidence.subject.view.size_bytes)])


def _cut(evidence: Evidence) -> Spans:
    """Return what of containers in which a file breaks off stands in no whole one: `reach` tells of that.

    Not of TIFF structures, whose directories say what belongs to whom before all of it is there.
    """
    further = evidence.walk.further
    if further is None:
        return []
    cut = cut_containers(further, evidence.subject.view.size_bytes)
    whole = [one for one in further.containers if one not in cut and one.kind != "file"]
    inside = spans(place for one in whole for place in one.places)
    known = {(one.path, place.offset_bytes) for one in further.containers for place in one.places[:1]}
    begun = [  # so little of it is there that the second walk does not take it for one
        one
        for one in evidence.walk.containers
        if one.places and (one.path, one.places[0].offset_bytes) not in known
    ]
    outer = [place for one in (*cut, *begun) if one.kind != "exif" for place in one.places]
    return difference(spans(outer), inside)


def _arrived(evidence: Evidence, metadata: Spans) -> Spans:
    """Leave out what has not arrived yet: that is what `reach` tells of."""
    if evidence.subject.whole:
        return metadata
    missing = spans(one.place for one in evidence.walk.unread if one.why is Why.MISSING)
    view = evidence.subject.view
    return union((start, _end(view, start, end)) for start, end in difference(metadata, missing))


def _end(view: View, start: int, end: int) -> int:
    """Return where the bytes that are there end, found by halving."""
    there, gone = start, end + 1
    while gone - there > 1:
        middle = (there + gone) // 2
        if _is_there(view, middle - 1):
            there = middle
        else:
            gone = middle
    return there


def _is_there(view: View, at: int) -> bool:
    try:
        view.read(at, 1)
    except MissingBytesError:
        return False
    return True


def _known(evidence: Evidence, unknown: UnknownTags) -> list[Located]:
    """Return the entries without a name of ours of which the primary engine told something."""
    ids = {(field.group, field.tag_id) for field in evidence.fields if field.engine != WALKERS}
    parents = {parent for field in evidence.fields for parent in _parents(field.path)}
    return [
        one
        for one in evidence.walk.located
        if (one.group, one.tag_id) in ids or (one.path in parents and not unknown.has(one))
    ]


def _parents(path: str) -> list[str]:
    parts = path.split("-")
    return ["-".join(parts[:count]) for count in range(1, len(parts))]


class _Shares:
    """How much of a range that was left to the primary engine it decoded, by the tags of its container."""

    def __init__(self, evidence: Evidence, unknown: UnknownTags, entries: set[ByteRange]) -> None:
        self._unknown = unknown
        self._entries = entries
        self._groups: dict[str, list[str]] = {}
        if unknown_tags(evidence.fields) is None:
            return  # a share of what is known needs to know what is not
        walked = {one.path for one in evidence.walk.containers}
        for field in evidence.fields:
            if field.engine != WALKERS and field.location is None and field.path:
                self._count(field, walked)

    def _count(self, field: Field, walked: set[str]) -> None:
        """Count the field for its own path, and for those around it up to the container that we walked."""
        for path in reversed([*_parents(field.path), field.path]):
            self._groups.setdefault(path, []).append(field.group)
            if path in walked:
                return

    def of(self, one: Unread) -> float:
        """Return the share; 0 if the engine told nothing from there, and for entries it does not know."""
        if one.why not in _LEFT_TO_ENGINES or one.place in self._entries:
            return 0.0
        groups = self._groups.get(one.path, ())
        return len(groups) / (len(groups) + self._unknown.count(groups)) if groups else 0.0


def _gaps(left: Spans, unread: Iterable[Unread], shares: _Shares) -> list[Gap]:
    """Give every range its reason; what no walker mentioned is unknown and has no path yet."""
    labelled = _disjoint(unread)
    gaps: list[Gap] = []
    i = 0
    for start, end in left:
        at = start
        while i < len(labelled) and labelled[i][1] <= at:
            i += 1
        j = i
        while j < len(labelled) and labelled[j][0] < end:
            first, last, one = max(labelled[j][0], at), min(labelled[j][1], end), labelled[j][2]
            if first > at:
                gaps.append(Gap(at, first - at, "", Why.UNKNOWN, 0.0))
            gaps.append(Gap(first, last - first, one.path, one.why, shares.of(one)))
            at = last
            j += 1
        if at < end:
            gaps.append(Gap(at, end - at, "", Why.UNKNOWN, 0.0))
    return [gap for gap in gaps if gap.decoded_share < 1]


def _disjoint(unread: Iterable[Unread]) -> list[tuple[int, int, Unread]]:
    """Return the named ranges in order, without what an earlier one names already."""
    found: list[tuple[int, int, Unread]] = []
    reached = 0
    for one in sorted(unread, key=lambda one: (one.place.offset_bytes, -one.place.length_bytes)):
        start = max(one.place.offset_bytes, reached)
        end = one.place.offset_bytes + one.place.length_bytes
        if start < end:
            found.append((start, end, one))
            reached = end
    return found


def _filling(view: View, left: Spans) -> Spans:
    """Return the runs of filling in what nobody decoded."""
    found: Spans = []
    budget = _LOOKED_AT_BYTES_MAX
    for start, end in left:
        length = min(end - start, budget)
        try:
            data = view.read(start, length)
        except MissingBytesError:
            continue
        budget -= length
        if data[:1] in _FILLED and data.count(data[:1]) == end - start:
            found.append((start, end))
        else:
            found += [(start + run.start(), start + run.end()) for run in _FILLING.finditer(data)]
    return union(found)


def _innermost(walk: Walk, at: int) -> str:
    """Return the path of the smallest container around a byte."""
    around = [
        (place.length_bytes, one.path)
        for one in walk.containers
        for place in one.places
        if place.offset_bytes <= at < place.offset_bytes + place.length_bytes
    ]
    return min(around)[1] if around else ""
