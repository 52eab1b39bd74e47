"""C_reach: how much is behind the references that led nowhere.

The plain share of resolved references would weigh a pointer to a whole directory like one to a single number.
So whatever leads nowhere counts with the number of tags that such things lead to, by what is known of it:

* a directory that is cut off after its count has told how many entries it has (`entries`);
* what our walkers read and the primary engine did not tell, because it leaves out a segment that is not
  whole (`untold`);
* a container that is announced, and of which nothing is there: an item of Exif or XMP beyond the end, a chunk
  that the flags of a WebP name, the `meta` box that no picture of its family can be without (`lost EXIF` …);
* other containers by their kind, the chunk in which a PNG or WebP breaks off, and the bytes they lack;
* what the primary engine complains of.

The averages are fitted on files that were cut (`python -m bench quality`, `reach.json`):

    reach = tags read / (tags read + tags expected behind what leads nowhere)
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Final

from metaextract_extractor.domain.result import Field, Standard, Unread, Why
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.view import MissingBytesError, View

OTHER: Final = "other"
COUNT_MAX: Final = 3
"""More of one kind are seldom more tags: one break makes many complaints."""

COMPLAINT_CHARACTERS_MAX: Final = 200
KILOBYTES_MAX: Final = 64.0
"""Longer containers hold data rather than tags."""

ENTRIES_MAX: Final = 400
"""A directory that claims more is none."""

_NO_TAGS: Final = frozenset({Standard.COMPOSITE, Standard.FILE})
_REASONS: Final = {Why.MISSING: "missing", Why.DAMAGED: "damaged"}
_COUNT_BYTES: Final = 2
_CHUNK_HEAD_BYTES: Final = 8
_CHUNKS: Final = frozenset({"PNG", "RIFF"})
_PICTURES: Final = frozenset({"IDAT", "fdAT", "VP8", "VP8L", "ALPH", "ANMF"})
_METADATA_CHUNKS: Final = {"eXIf": "EXIF", "iCCP": "ICC_Profile"}
_ANNOUNCED_CHUNKS: Final = frozenset({"EXIF", "XMP", "ICCP"})
_ANNOUNCED_BY_WEBP: Final = {"EXIF": "EXIF", "XMP": "XMP", "ICC Profile": "ICC_Profile"}
_ITEMS: Final = frozenset({"EXIF", "XMP"})
_BAD_DIRECTORY: Final = re.compile(
    r"Bad (\w+?)\d* directory|Error reading (value) for \w+ entry \d+, ID 0x[0-9a-f]{4}"
)
_TRUNCATED: Final = re.compile(
    r"truncated(?! 'mdat')|past end|unexpected end|format error|not enough data", re.IGNORECASE
)


def is_tag(field: Field) -> bool:
    """Whether a field stands in the file, and is not computed or of the file system."""
    return field.standard not in _NO_TAGS


def unresolved(evidence: Evidence) -> dict[str, float]:
    """Count what leads nowhere, by kind: `missing ExifIFD`, `cut PNG IDAT`, `engine SubIFD`, `lost XMP` …

    With a container goes another kind, `kilobytes missing ExifIFD`, that adds up the bytes that it lacks.
    """
    walk = evidence.walk
    counts: Counter[str] = Counter()
    kilobytes: defaultdict[str, float] = defaultdict(float)
    entries = 0
    for one in walk.unread:
        if one.why not in _REASONS:
            continue
        if count := _entries(evidence.subject.view, one):
            entries += count
            continue
        kind, lacking_bytes = _named(evidence.subject.view, one)
        if not kind:
            continue
        counts[kind] += 1
        kilobytes[f"kilobytes {kind}"] += lacking_bytes / 1000
    missing_count = sum(1 for one in walk.unread if one.why is Why.MISSING)
    counts["reference"] = max(0, walk.references_known - walk.references_resolved - missing_count)
    counts.update(_complaints(evidence))
    counts.update(_lost(evidence))
    kinds = {kind: float(min(count, COUNT_MAX)) for kind, count in counts.items() if count}
    kinds |= {kind: min(KILOBYTES_MAX, size) for kind, size in kilobytes.items() if size}
    if entries:
        kinds["entries"] = float(entries)
    if kinds and (untold := _untold(evidence)):
        kinds["untold"] = float(untold)
    return kinds


def reach(evidence: Evidence, tags_count: int, expected: Mapping[str, float]) -> float:
    """Return the share, 0 to 1; 1 if every reference led somewhere. `expected`: tags behind one of a kind."""
    behind = sum(count * _expected(kind, expected) for kind, count in unresolved(evidence).items())
    return tags_count / (tags_count + behind) if behind else 1.0


@cache
def expected_tags() -> Mapping[str, float]:
    """Return the averages of this build."""
    content: dict[str, float] = json.loads(resources.files(__package__).joinpath("reach.json").read_text())
    return content


def lumped(kind: str) -> str:
    """Return the kind that stands for all rare ones of the same reason."""
    return f"{kind.rpartition(' ')[0] or kind} {OTHER}"


def _expected(kind: str, expected: Mapping[str, float]) -> float:
    return expected.get(kind, expected.get(lumped(kind), 0.0))


def _kind(path: str) -> str:
    """Return the innermost container without its number."""
    return path.rpartition("-")[2].rstrip("0123456789")


def _entries(view: View, one: Unread) -> int:
    """Return how many entries a directory has of which the count alone was there; 0 if it is none."""
    if one.why is not Why.DAMAGED or one.place.length_bytes != _COUNT_BYTES:
        return 0
    head = _read(view, one.place.offset_bytes, _COUNT_BYTES)
    count = min(int.from_bytes(head, "little"), int.from_bytes(head, "big"))
    return count if count <= ENTRIES_MAX else 0


def _named(view: View, one: Unread) -> tuple[str, int]:
    """Return the kind of what is not there, and how many bytes of metadata it lacks."""
    container, length = _kind(one.path), one.place.length_bytes
    if one.why is Why.MISSING and container in _ITEMS and not view.has(one.place.offset_bytes, length):
        return f"lost {container}", length
    head = _read(view, one.place.offset_bytes, _CHUNK_HEAD_BYTES) if container in _CHUNKS else b""
    if len(head) == _CHUNK_HEAD_BYTES:
        name, claimed = _chunk(head, container)
        if container == "RIFF" and name in _PICTURES | _ANNOUNCED_CHUNKS:
            return "", 0  # the flags of a WebP announce all that it has
        if name in _METADATA_CHUNKS:
            return f"lost {_METADATA_CHUNKS[name]}", claimed
        if name:
            return f"cut {container} {name}", 0 if name in _PICTURES else max(0, claimed - length)
    return f"{_REASONS[one.why]} {container}", length


def _chunk(head: bytes, container: str) -> tuple[str, int]:
    """Return the name of a chunk, empty if it cannot be one, and the length that it claims."""
    if container == "RIFF":
        name, claimed = head[:4], int.from_bytes(head[4:], "little")
    else:
        claimed, name = int.from_bytes(head[:4], "big"), head[4:]
    text = name.decode("latin-1").strip()
    return (text if text.isascii() and text.isprintable() else ""), claimed


def _read(view: View, offset_bytes: int, length: int) -> bytes:
    """Return as much as is there."""
    try:
        return view.read(offset_bytes, length)
    except MissingBytesError:
        return b""


def _complaints(evidence: Evidence) -> Iterator[str]:
    for field in evidence.fields:
        if field.group == "ExifTool" and field.name in ("Warning", "Error"):
            complaint = field.printed[:COMPLAINT_CHARACTERS_MAX]
            if bad := _BAD_DIRECTORY.search(complaint):
                yield f"engine {bad[1] or bad[2]}"
            elif _TRUNCATED.search(complaint):
                yield "engine truncated"


def _lost(evidence: Evidence) -> Iterator[str]:
    """Return the containers that a cut file announces, and of which nothing has come."""
    walk = evidence.walk
    paths = {one.path for one in walk.containers}
    if "MOV" in paths and not any(path.startswith(("MOV-Meta", "MOV-Movie")) for path in paths):
        yield "lost Meta"
    if any(one.path == "RIFF" and one.why is Why.MISSING for one in walk.unread):
        flags = evidence.first("RIFF", "WebP_Flags")
        announced = flags.printed.split(", ") if flags else ()
        for name, kind in _ANNOUNCED_BY_WEBP.items():
            if name in announced and not any(path.startswith(f"RIFF-{kind}") for path in paths):
                yield f"lost {kind}"


def _untold(evidence: Evidence) -> int:
    """Return how many tags our walkers read and the fields do not tell."""
    read = Counter(field.path for field in evidence.walk.fields if is_tag(field))
    told = Counter(field.path for field in evidence.fields if is_tag(field))
    return (read - told).total()
