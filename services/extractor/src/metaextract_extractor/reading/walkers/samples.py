"""The sample tables of a track: how its samples are coded and how many there are a second.

Source: ISO/IEC 14496-12, sections 8.5.2 (stsd), 8.6.1.2 (stts), 8.7.3.2 (stsz) and 12.1.3
(visual sample entry); ISO/IEC 23008-12, section 7.2 (image sequences).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import (
    Entry,
    Section,
    emit,
    fixed16,
    number_text,
    walk_record,
)
from metaextract_extractor.reading.walkers.bmff import HEAD_BYTES, Box, boxes, guarded

_TIME_TO_SAMPLE_MAX: Final = 4096
_SAMPLE_ENTRY_HEAD_BYTES: Final = 16
_ENTRY_BOXES_MAX: Final = 64
_VISUAL_ENTRY: Final = (
    Entry(4, "4s", "CompressorID", "2"),
    Entry(32, "H", "SourceImageWidth", "16"),
    Entry(34, "H", "SourceImageHeight", "17"),
    Entry(36, "I", "XResolution", "18", convert=fixed16),
    Entry(40, "I", "YResolution", "20", convert=fixed16),
    Entry(82, "H", "BitDepth", "41"),
)
_SIDES: Final = ("SourceImageWidth", "SourceImageHeight")
_VISUAL_ENTRY_BYTES: Final = (86, 90)
"""Where boxes begin behind the fixed part of a visual entry; Canon's is four bytes longer."""
_DESCRIPTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "soun": ("AudioSampleDesc", ""),
    "vide": ("VisualSampleDesc", ""),
    "hint": ("HintSampleDesc", "HintFormat"),
    "meta": ("MetaSampleDesc", "MetaFormat"),
}


@dataclass(slots=True)
class Track:
    """What later readers want of a track: who handles it, how its samples are coded, where they lie."""

    group: str
    path: str
    handler: str = ""
    coding: str = ""
    time_scale: int = 0
    width_pixels: int | None = None
    """Of its pictures, as the first sample entry states it."""
    height_pixels: int | None = None
    tables: dict[str, View] | None = None
    """Sample tables by the kind of their box."""
    entry_boxes: tuple[Box, ...] = ()


def walk_sample_table(view: View, walk: Walk, track: Track) -> None:
    """Read an `stbl` box; keeps its tables for later readers."""
    path = f"{track.path}-Media-MediaInfo-SampleTable"
    tables: dict[str, View] = track.tables if track.tables is not None else {}
    for box in boxes(view, walk, path):
        tables.setdefault(box.kind, box.body)
        walk.understood(box.body)
        with guarded(walk, path, box.body):
            if box.kind == "stsd" and box.whole:
                _walk_description(box.body, walk, track, path)
            elif box.kind == "stts" and track.handler == "vide":
                _walk_frame_rate(box.body, walk, track, path)
            elif box.kind == "stsz" and track.handler == "pict":  # an image sequence, not a film
                walk.frames_count = max(walk.frames_count or 0, int.from_bytes(box.body.read(8, 4), "big"))


def _walk_description(view: View, walk: Walk, track: Track, path: str) -> None:
    """Read the first sample entry: of more than one, those behind it only repeat the fields."""
    name, format_name = _DESCRIPTIONS.get(track.handler, ("OtherSampleDesc", "OtherFormat"))
    section = Section(f"{path}-{name}", track.group, category="Image" if track.handler == "vide" else "Other")
    if view.size_bytes < _SAMPLE_ENTRY_HEAD_BYTES:
        return
    (size,) = struct.unpack(">I", view.read(8, 4))
    if size < 8 or not view.has(8, size):  # noqa: PLR2004 - head of a box
        return
    entry = view.part(8, size)
    track.coding = entry.read(4, 4).decode("latin-1")
    if format_name:
        walk_record(entry, walk, section, (Entry(4, "4s", format_name, "4"),))
    elif track.handler == "vide":
        stated = walk_record(entry, walk, section, _VISUAL_ENTRY)
        track.width_pixels, track.height_pixels = (stated.get(name) or None for name in _SIDES)
        start = next((at for at in _VISUAL_ENTRY_BYTES if _boxes_fill(entry, at)), None)
        if start is not None:
            track.entry_boxes = tuple(boxes(entry.part(start), walk, section.path))


def _boxes_fill(entry: View, at: int) -> bool:
    """Tell whether boxes begin here: the sizes in their heads lead to the end of the entry."""
    for _ in range(_ENTRY_BOXES_MAX):
        if not entry.has(at, HEAD_BYTES):
            return False
        (size,) = struct.unpack(">I", entry.read(at, 4))
        at += size
        if size < HEAD_BYTES or at >= entry.size_bytes:
            return size >= HEAD_BYTES and at == entry.size_bytes
    return False


def _walk_frame_rate(view: View, walk: Walk, track: Track, path: str) -> None:
    """Average rate over the whole table, as far as it is short enough to be read at once."""
    count = (view.size_bytes - 8) // 8
    if not 0 < count <= _TIME_TO_SAMPLE_MAX or not track.time_scale:
        return
    runs = struct.unpack(f">{count * 2}I", view.read(8, count * 8))
    samples = sum(runs[0::2])
    duration = sum(number * length for number, length in zip(runs[0::2], runs[1::2], strict=True))
    if samples and duration:
        rate = samples * track.time_scale / duration
        section = Section(path, track.group)
        emit(walk, section, "VideoFrameRate", rate, None, tag_id="stts", prints=_thousandths)


def _thousandths(value: float) -> str:
    return number_text(int(value * 1000 + 0.5) / 1000)
