"""The movie of an image sequence or raw file: its header and those of its tracks.

Source: ISO/IEC 14496-12, sections 8.2 (moov, mvhd), 8.3 (trak, tkhd), 8.4 (mdia, mdhd, hdlr), 12.1.2
(vmhd). Samples themselves are not read here.
"""

from collections.abc import Callable, Mapping
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Entry, Section, walk_record
from metaextract_extractor.reading.walkers.bmff import Box, boxes, guarded
from metaextract_extractor.reading.walkers.handler import walk_handler
from metaextract_extractor.reading.walkers.movie_times import Times, matrix, percent, span_entry
from metaextract_extractor.reading.walkers.samples import Track, walk_sample_table

TRACKS_MAX: Final = 64

_GRAPHICS_MODES: Final[Mapping[int, str]] = {
    0x00: "srcCopy", 0x01: "srcOr", 0x02: "srcXor", 0x03: "srcBic", 0x04: "notSrcCopy", 0x05: "notSrcOr",
    0x06: "notSrcXor", 0x07: "notSrcBic", 0x08: "patCopy", 0x09: "patOr", 0x0A: "patXor", 0x0B: "patBic",
    0x0C: "notPatCopy", 0x0D: "notPatOr", 0x0E: "notPatXor", 0x0F: "notPatBic", 0x20: "blend",
    0x21: "addPin", 0x22: "addOver", 0x23: "subPin", 0x24: "transparent", 0x25: "addMax", 0x26: "subOver",
    0x27: "addMin", 0x31: "grayishTextOr", 0x32: "hilite", 0x40: "ditherCopy", 0x100: "Alpha",
    0x101: "White Alpha", 0x102: "Pre-multiplied Black Alpha", 0x110: "Component Alpha",
}  # fmt: skip


def walk_movie(
    view: View, walk: Walk, path: str, tracks: list[Track], times: Times, own_boxes: Callable[[Box], bool]
) -> None:
    """Read the boxes of a `moov`, and add its tracks to `tracks`; `own_boxes` reads a box if it knows it."""
    for box in boxes(view, walk, path):
        with guarded(walk, path, box.body):
            if box.kind == "mvhd":
                walk_movie_header(box.body, walk, path, times)
            elif box.kind == "trak" and len(tracks) < TRACKS_MAX:
                track = Track(f"Track{len(tracks) + 1}", f"{path}-Track")
                tracks.append(track)
                walk_track(box.body, walk, track, times)
            elif not own_boxes(box):
                walk.not_read(path, box.body, Why.UNKNOWN)


def walk_movie_header(view: View, walk: Walk, path: str, times: Times) -> None:
    """Read an `mvhd` box's content."""
    large = view.size_bytes > 0 and view.read(0, 1) != b"\0"
    wide, step = ("Q", 4) if large else ("I", 0)
    section = Section(f"{path}-MovieHeader", "QuickTime")
    head = (
        Entry(0, "B", "MovieHeaderVersion"),
        Entry(4, wide, "CreateDate", "1", convert=times.date, category="Time"),
        Entry(8 + step, wide, "ModifyDate", "2", convert=times.date, category="Time"),
        Entry(12 + step * 2, "I", "TimeScale", "3"),
    )
    times.scale = walk_record(view, walk, section, head).get("TimeScale", 0)
    at = 16 + step * 2
    rest = [
        span_entry(at, wide, "Duration", "4", times),
        Entry(at + 4 + step, "I", "PreferredRate", "5", convert=lambda value: value / 0x10000),
        Entry(at + 8 + step, "H", "PreferredVolume", "6", convert=lambda value: value / 256, prints=percent),
        Entry(at + 20 + step, "9i", "MatrixStructure", "9", convert=matrix),
    ]
    names = (
        "PreviewTime",
        "PreviewDuration",
        "PosterTime",
        "SelectionTime",
        "SelectionDuration",
        "CurrentTime",
    )
    for number, name in enumerate(names, start=18):
        rest.append(span_entry(at + 56 + step + (number - 18) * 4, "I", name, str(number), times))
    rest.append(Entry(at + 80 + step, "I", "NextTrackID", "24"))
    walk_record(view, walk, section, rest)
    walk.understood(view)


def _walk_track_header(view: View, walk: Walk, track: Track, times: Times) -> None:
    large = view.size_bytes > 0 and view.read(0, 1) != b"\0"
    wide, step = ("Q", 4) if large else ("I", 0)
    at = 24 + step * 3
    entries = (
        Entry(0, "B", "TrackHeaderVersion"),
        Entry(4, wide, "TrackCreateDate", "1", convert=times.date, category="Time"),
        Entry(8 + step, wide, "TrackModifyDate", "2", convert=times.date, category="Time"),
        Entry(12 + step * 2, "I", "TrackID", "3"),
        span_entry(20 + step * 2, wide, "TrackDuration", "5", times),
        Entry(at + 8, "H", "TrackLayer", "8"),
        Entry(at + 12, "H", "TrackVolume", "9", convert=lambda value: value / 256, prints=percent),
        Entry(at + 16, "9i", "MatrixStructure", "10", convert=matrix),
    )
    section = Section(f"{track.path}-TrackHeader", track.group)
    walk_record(view, walk, section, entries)
    for place, name, tag_id in ((at + 52, "ImageWidth", "19"), (at + 56, "ImageHeight", "20")):
        # 16.16 by the standard; some cameras write a plain number, which is then small.
        fixed = view.has(place, 4) and view.read(place, 2) >= b"\0\x10"
        layout = "H" if fixed else "I"
        walk_record(view, walk, section, (Entry(place, layout, name, tag_id, convert=_unless_zero),))
    walk.understood(view)


def _unless_zero(value: int) -> int | None:
    return value or None


def _walk_media_header(view: View, walk: Walk, track: Track, times: Times) -> None:
    # ExifTool takes the whole first word for the version, so only a plain 0 or 1 is printed alike.
    large = view.size_bytes > 0 and view.read(0, 1) != b"\0"
    wide, step = ("Q", 4) if large else ("I", 0)
    section = Section(f"{track.path}-Media-MediaHeader", track.group)
    head = (
        Entry(0, "I", "MediaHeaderVersion"),
        Entry(4, wide, "MediaCreateDate", "1", convert=times.date, category="Time"),
        Entry(8 + step, wide, "MediaModifyDate", "2", convert=times.date, category="Time"),
        Entry(12 + step * 2, "I", "MediaTimeScale", "3"),
    )
    track.time_scale = walk_record(view, walk, section, head).get("MediaTimeScale", 0)
    own = Times(zone="")
    own.scale = track.time_scale
    rest = (
        span_entry(16 + step * 2, wide, "MediaDuration", "4", own),
        Entry(20 + step * 3, "H", "MediaLanguageCode", "5", convert=_language),
    )
    walk_record(view, walk, section, rest)
    walk.understood(view)


def _language(value: int) -> str | None:
    """Three letters of five bits; codes of the Macintosh are left to those who have its table."""
    if value < 0x400 or value == 0x7FFF:  # noqa: PLR2004 - bounds of the Macintosh codes
        return None
    return "".join(chr((value >> shift & 0x1F) + 0x60) for shift in (10, 5, 0))


def walk_track(view: View, walk: Walk, track: Track, times: Times) -> None:
    """Read the boxes of a `trak`; fills in what later readers want of it."""
    track.tables = {}
    for box in boxes(view, walk, track.path):
        with guarded(walk, track.path, box.body):
            if box.kind == "tkhd":
                _walk_track_header(box.body, walk, track, times)
            elif box.kind == "mdia":
                _walk_media(box.body, walk, track, times)
            else:
                walk.not_read(track.path, box.body, Why.UNKNOWN)


def _walk_media(view: View, walk: Walk, track: Track, times: Times) -> None:
    path = f"{track.path}-Media"
    for box in boxes(view, walk, path):
        with guarded(walk, path, box.body):
            if box.kind == "mdhd":
                _walk_media_header(box.body, walk, track, times)
            elif box.kind == "hdlr":
                track.handler = walk_handler(box.body, walk, Section(f"{path}-Handler", track.group))
            elif box.kind == "minf":
                _walk_media_information(box.body, walk, track)
            else:
                walk.not_read(path, box.body, Why.UNKNOWN)


def _walk_media_information(view: View, walk: Walk, track: Track) -> None:
    path = f"{track.path}-Media-MediaInfo"
    video = (
        Entry(4, "H", "GraphicsMode", "2", prints=_graphics_mode),
        Entry(6, "3H", "OpColor", "3"),
    )
    for box in boxes(view, walk, path):
        with guarded(walk, path, box.body):
            if box.kind == "vmhd":
                walk_record(box.body, walk, Section(f"{path}-VideoHeader", track.group), video)
                walk.understood(box.body)
            elif box.kind == "stbl":
                walk_sample_table(box.body, walk, track)
            elif box.kind in ("dinf", "nmhd"):
                walk.understood(box.body)
            else:
                walk.not_read(path, box.body, Why.UNKNOWN)


def _graphics_mode(value: int) -> str:
    return _GRAPHICS_MODES.get(value, f"Unknown (0x{value:x})")
