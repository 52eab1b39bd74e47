"""IPTC IIM: datasets of records 1, 2, 3, 7, 8, 9 and of FotoStation, each with its place.

Source: IPTC-NAA Information Interchange Model 4.2: section 1.5 (datasets, extended length), chapters 5 to 8.
"""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import binary_text
from metaextract_extractor.reading.walkers.iptc_names import LABELS, RECORDS
from metaextract_extractor.reading.walkers.scalars import exif_time, scalar, shown, utf8, western

_MARKER: Final = 0x1C
_HEADER_BYTES: Final = 5
_EXTENDED: Final = 0x8000
_LENGTH_BYTES_MAX: Final = 8
_INTEGER_BYTES_MAX: Final = 8
_DIRECTORIES_COUNTED_MAX: Final = 64
_ENVELOPE: Final = 1
_OBJECT_DATA: Final = 7
"""From this record on, texts are not translated."""
_CODED_CHARACTER_SET: Final = 90
_UTF8: Final = b"\x1b%G"
_COLOR_REPRESENTATION: Final = (3, 60)
_PICTURE_NUMBER: Final = (3, 10)
_PREFERENCES: Final = (2, 221)
_HISTORY: Final = (2, 231)
_STANDARD_PATHS: Final = frozenset(
    {
        "JPEG-APP13-Photoshop-IPTC",
        "TIFF-IFD0-IPTC",
        "PSD-IPTC",
        "EXV-APP13-Photoshop-IPTC",
    }
)
_FORMATS_WITH_STANDARD_PATH: Final = frozenset({"JPEG", "TIFF", "PSD", "EXV"})


@dataclass(slots=True)
class _Dataset:
    record: int
    number: int
    raws: list[str]
    printed: list[str]
    at: View | None


@dataclass(slots=True)
class _Reader:
    view: View
    walk: Walk
    path: str
    charset: str = "cp1252"
    found: list[_Dataset] = field(default_factory=list)
    lists: dict[tuple[int, int], _Dataset] = field(default_factory=dict)


def walk_iptc(view: View, walk: Walk, path: str) -> None:
    """Read a run of datasets."""
    with walk.within("iptc", path, view, keep=True):
        group = _group(walk, path)
        _digest(view, walk, path, group)
        reader = _Reader(view, walk, path)
        _read_datasets(reader)
        if group is not None:
            for one in reader.found:
                _write(reader, one, group)


def _group(walk: Walk, path: str) -> str | None:
    """One directory of a file is called IPTC, others IPTC2, IPTC3 … as ExifTool counts them."""
    if len(walk.views["iptc"]) > _DIRECTORIES_COUNTED_MAX:
        return None
    others = 1
    main = False
    for one in walk.containers:
        if one.kind != "iptc":
            continue
        takes_name = one.path in _STANDARD_PATHS or one.path.split("-")[0] not in _FORMATS_WITH_STANDARD_PATH
        if takes_name and not main:
            main, group = True, "IPTC"
        else:
            others += 1
            group = f"IPTC{others}"
    return group


def _digest(view: View, walk: Walk, path: str, group: str | None) -> None:
    """ExifTool tells the MD5 of what stands where it belongs, to compare with Photoshop's."""
    if path not in _STANDARD_PATHS or group != "IPTC" or view.size_bytes > walk.budgets.unpacked_bytes_max:
        return
    digest = hashlib.md5(view.read(0, view.size_bytes), usedforsecurity=False).hexdigest()
    walk.value(
        path,
        Standard.FILE,
        "File",
        "CurrentIPTCDigest",
        scalar(digest),
        digest,
        tag_id="CurrentIPTCDigest",
        category="Image",
    )


def _read_datasets(reader: _Reader) -> None:
    view, at = reader.view, 0
    while view.has(at, _HEADER_BYTES):
        marker, record, number, high, low = view.read(at, _HEADER_BYTES)
        if marker != _MARKER:
            break
        start, length = at + _HEADER_BYTES, high << 8 | low
        if length & _EXTENDED:
            count = length & ~_EXTENDED
            if count > _LENGTH_BYTES_MAX or not view.has(start, count):
                break
            length = int.from_bytes(view.read(start, count), "big")
            start += count
        if not view.has(start, length):
            break
        reader.walk.understood(view.part(at, start - at))
        _take(reader, record, number, view.part(start, length))
        at = start + length
    _note_rest(reader, at)


def _note_rest(reader: _Reader, at: int) -> None:
    rest = reader.view.part(at)
    if rest.size_bytes == 0:
        return
    head = rest.all(reader.walk.budgets.value_bytes_max)
    if not head.strip(b"\0"):
        reader.walk.understood(rest)
    else:
        reader.walk.not_read(reader.path, rest, Why.DAMAGED)


def _take(reader: _Reader, record: int, number: int, content: View) -> None:
    known = RECORDS.get(record, {}).get(number)
    if known is None or (content.size_bytes > reader.walk.budgets.value_bytes_max and "b" not in known[1]):
        reader.walk.not_read(reader.path, content, Why.UNKNOWN if known is None else Why.BUDGET)
        return
    reader.walk.understood(content)
    told = _value(reader, record, number, known[1], content)
    if told is None:
        return
    raw, printed, used = told
    listed = reader.lists.get((record, number)) if "L" in known[1] else None
    if listed is not None:
        listed.raws.append(raw)
        listed.printed.append(printed)
        listed.at = None
        return
    at = content.part(0, used) if used else None
    one = _Dataset(record, number, [raw], [printed], at)
    reader.found.append(one)
    if "L" in known[1]:
        reader.lists[record, number] = one


def _value(
    reader: _Reader, record: int, number: int, kind: str, content: View
) -> tuple[str, str, int] | None:
    """Return the raw and the printed text, and how many of the bytes make it."""
    if "b" in kind:
        text = binary_text(content.size_bytes)
        return text, text, 0
    data = content.read(0, content.size_bytes)
    if "i" in kind and len(data) <= _INTEGER_BYTES_MAX:
        raw = str(int.from_bytes(data, "big"))
        return raw, _label(record, number, raw), len(data)
    data = data.rstrip(b"\0")
    length = len(data)
    if (record, number) == _HISTORY:
        data = re.sub(rb"\0+", b"\n", data)
    if record == _ENVELOPE and number == _CODED_CHARACTER_SET:
        reader.charset = "utf-8" if data == _UTF8 else "" if data.startswith(b"\x1b%") else "cp1252"
    raw = _decoded(data, reader.charset if record != _ENVELOPE and record < _OBJECT_DATA else "utf-8", kind)
    if "d" in kind:
        raw = re.sub(r"(\d{4})[^\d]*(\d{2})[^\d]*(\d{2})$", r"\1:\2:\3", raw, count=1, flags=re.ASCII)
    elif "h" in kind:
        raw = exif_time(raw)
    printed = _printed(record, number, raw)
    return (raw, printed, length) if printed is not None else None


def _decoded(data: bytes, charset: str, kind: str) -> str:
    if charset == "cp1252" and "t" in kind and not re.search(rb"[\x14\x15\x1b]", data):
        return western(data)
    return utf8(data).replace("\0", "")


def _printed(record: int, number: int, raw: str) -> str | None:
    if (record, number) == _PICTURE_NUMBER:
        return None
    if (record, number) == (_ENVELOPE, _CODED_CHARACTER_SET):
        if raw == _UTF8.decode():
            return "UTF8"
        spaced = re.sub(r"(.)", r" \1", raw, flags=re.DOTALL)
        return re.sub(r"^,? ", "", spaced.replace(" \x1b", ", ESC"))
    if (record, number) == _PREFERENCES:
        return re.sub(
            r"\s*(\d+):\s*(\d+):\s*(\d+):\s*(\S*)",
            r"Tagged:\1, ColorClass:\2, Rating:\3, FrameNum:\4",
            raw,
            count=1,
            flags=re.ASCII,
        )
    return _label(record, number, raw)


def _label(record: int, number: int, raw: str) -> str:
    labels = LABELS.get((record, number))
    if labels is None:
        return raw
    unknown = f"0x{int(raw):x}" if (record, number) == _COLOR_REPRESENTATION and raw.isdecimal() else raw
    return labels.get(raw, f"Unknown ({unknown})")


def _write(reader: _Reader, one: _Dataset, group: str) -> None:
    name, _kind, category = RECORDS[one.record][one.number]
    raws = [scalar(raw) for raw in one.raws]
    reader.walk.value(
        reader.path,
        Standard.IPTC,
        group,
        name,
        raws if len(raws) > 1 else raws[0],
        ", ".join(map(shown, one.printed)),
        tag_id=str(one.number),
        category=category,
        at=one.at,
    )
