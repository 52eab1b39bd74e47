"""CR3, the raw format of Canon: boxes as in HEIF, with Canon's own inside `moov` and beside it.

Sources: ISO/IEC 14496-12 for the boxes; the layout of Canon's uuid box (CNCV, CMT1 to CMT4, THMB), of PRVW
and of the timed metadata (CTMD) as the canon_cr3 project and ExifTool document them.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import (
    Entry,
    Section,
    binary_text,
    decoded,
    emit,
    number_text,
    rational,
    walk_record,
)
from metaextract_extractor.reading.walkers.bmff import UUID_BYTES, Box, boxes, guarded
from metaextract_extractor.reading.walkers.cr3_directories import DIRECTORY_BOXES, walk_cr3_directory
from metaextract_extractor.reading.walkers.heif import CANON_UUID, Media, walk_media
from metaextract_extractor.reading.walkers.movie_times import duration_text
from metaextract_extractor.reading.walkers.samples import Track
from metaextract_extractor.reading.walkers.scalars import exposure_time

_PREVIEW_UUID: Final = bytes.fromhex("eaf42b5e1c984b88b9fbb7dc406e4d16")
_PREVIEW_AT: Final = 0x30
_PREVIEW_SIZE_AT: Final = 0x26
_THUMBNAIL_AT: Final = 16
_THUMBNAIL_SIZE_AT: Final = 4
_JPEG: Final = b"\xff\xd8\xff"
_PREVIEW_CATEGORY: Final = "Preview"
_VENDOR_BOXES: Final = frozenset({"CCTP", "CTBO", "CNOP", "CNTH"})

_RECORD_HEAD_BYTES: Final = 12
_RECORDS_MAX: Final = 256
_COMPRESSION: Final = (
    Entry(16, "I", "ImageWidth", "8"),
    Entry(20, "I", "ImageHeight", "10"),
)


def walk_cr3(view: View, walk: Walk, path: str) -> None:
    """Walk a CR3 file."""
    media = Media(view, walk, path)
    media.own_boxes = _walk_own_box
    with walk.within("file", path, view):
        walk.format_name = "CR3"
        walk_media(media)
        for track in media.tracks:
            _walk_samples(track, media)


def _walk_own_box(box: Box, media: Media) -> bool:
    body, walk = box.body, media.walk
    if body.size_bytes < UUID_BYTES:
        return False
    kind = body.read(0, UUID_BYTES)
    if kind == CANON_UUID:
        walk.understood(body.part(0, UUID_BYTES))
        _walk_canon(body.part(UUID_BYTES), media)
        return True
    if kind == _PREVIEW_UUID and body.has(0, _PREVIEW_AT + 1):
        _walk_preview(body, media)
        return True
    return False


def _walk_canon(view: View, media: Media) -> None:
    walk, path = media.walk, f"{media.path}-Movie-UUID-Canon"
    section = Section(path, "Canon", Standard.MAKERNOTE)
    with walk.within("vendor", path, view):
        for box in boxes(view, walk, path):
            with guarded(walk, path, box.body):
                _walk_canon_box(box, walk, section)


def _walk_canon_box(box: Box, walk: Walk, section: Section) -> None:
    body = box.body
    if box.kind in DIRECTORY_BOXES:
        walk_cr3_directory(box.kind, body, walk, section.path)
    elif box.kind == "CNCV":
        text = decoded(body.all(walk.budgets.value_bytes_max))
        if text:
            emit(walk, section, "CompressorVersion", text, body, tag_id="CNCV")
    elif box.kind == "THMB" and body.size_bytes > _THUMBNAIL_AT:
        picture = body.part(_THUMBNAIL_AT)
        walk.understood(body)
        size = struct.unpack(">HH", body.read(_THUMBNAIL_SIZE_AT, 4))
        walk.image("thumbnail", section.path, picture, *size)
        _emit_picture(walk, section, "ThumbnailImage", picture, "THMB")
    elif box.kind == "free":
        walk.understood(body)
    else:
        walk.not_read(section.path, body, Why.VENDOR if box.kind in _VENDOR_BOXES else Why.UNKNOWN)


def _walk_preview(body: View, media: Media) -> None:
    walk, picture = media.walk, body.part(_PREVIEW_AT)
    with walk.within("vendor", f"{media.path}-PreviewImage", body):
        walk.understood(body)
        size = struct.unpack(">HH", body.read(_PREVIEW_SIZE_AT, 4))
        walk.image("preview", media.path, picture, *size)
        if picture.size_bytes >= len(_JPEG) and picture.read(0, len(_JPEG)) == _JPEG:
            _emit_picture(walk, Section(media.path, "QuickTime"), "PreviewImage", picture, "uuid")


def _emit_picture(walk: Walk, section: Section, name: str, picture: View, tag_id: str) -> None:
    """Write down that a picture is there: only its size is said, so no bytes of it are the value's."""
    text = binary_text(picture.size_bytes)
    emit(walk, section, name, text, None, tag_id=tag_id, category=_PREVIEW_CATEGORY)


def _walk_samples(track: Track, media: Media) -> None:
    walk, path = media.walk, f"{track.path}-Media-MediaInfo"
    for box in track.entry_boxes:
        if box.kind == "CMP1":
            section = Section(
                f"{path}-SampleTable-VisualSampleDesc-CMP1", track.group, Standard.MAKERNOTE, "Image"
            )
            with guarded(walk, path, box.body):
                walk_record(box.body, walk, section, _COMPRESSION)
    is_jpeg = any(box.kind == "JPEG" for box in track.entry_boxes)
    if not is_jpeg and track.coding != "CTMD":
        _note_raw(track, media)
        return
    sample = _single_sample(track, media)
    if sample is None:
        return
    with guarded(walk, path, sample[0]):
        _walk_sample(sample[0], sample[1], track, walk, is_jpeg=is_jpeg)


def _walk_sample(sample: View, ticks: int, track: Track, walk: Walk, *, is_jpeg: bool) -> None:
    path = f"{track.path}-Media-MediaInfo"
    section = Section(path, track.group)
    seconds = ticks / track.time_scale if track.time_scale else ticks
    emit(walk, section, "SampleTime", 0, None, tag_id="SampleTime", prints=duration_text)
    emit(walk, section, "SampleDuration", seconds, None, tag_id="SampleDuration", prints=duration_text)
    if is_jpeg:
        walk.image("preview", path, sample)
        _emit_picture(walk, section, "JpgFromRaw", sample, "JPEG")
        return
    with walk.within("vendor", f"{path}-CTMD", sample):
        _walk_timed(sample, walk, Section(f"{path}-CTMD", track.group, Standard.MAKERNOTE, "Image"))


def _note_raw(track: Track, media: Media) -> None:
    """Pixels of the sensor: known, and nothing to read."""
    sample = _single_sample(track, media)
    if sample is not None:
        media.walk.understood(sample[0])


def _single_sample(track: Track, media: Media) -> tuple[View, int] | None:
    """Return the one sample of a track and its duration; None if there are more, or it is not there."""
    try:
        found = _sample_place(track.tables or {})
    except (MissingBytesError, struct.error):
        return None
    if found is None:
        return None
    offset, size, ticks = found
    there = size > 0 and media.view.has(offset, size)
    media.walk.picture(f"{track.path}-Media-MediaInfo", media.view, offset, size)
    media.walk.reference(resolved=there)
    return (media.view.part(offset, size), ticks) if there else None


def _sample_place(tables: Mapping[str, View]) -> tuple[int, int, int] | None:
    """Read offset, size and duration from the tables of a track with one sample."""
    offsets = tables.get("co64") or tables.get("stco")
    sizes, times = tables.get("stsz"), tables.get("stts")
    if offsets is None or sizes is None or times is None:
        return None
    layout, width = (">Q", 8) if "co64" in tables else (">I", 4)
    common, samples = struct.unpack(">II", sizes.read(4, 8))
    (chunks,) = struct.unpack(">I", offsets.read(4, 4))
    if samples != 1 or chunks != 1:
        return None
    size = common or struct.unpack(">I", sizes.read(12, 4))[0]
    (ticks,) = struct.unpack(">I", times.read(12, 4))
    (offset,) = struct.unpack(layout, offsets.read(8, width))
    return offset, size, ticks


def _walk_timed(view: View, walk: Walk, section: Section) -> None:
    at = 0
    for _ in range(_RECORDS_MAX):
        if not view.has(at, _RECORD_HEAD_BYTES):
            return
        size, kind = struct.unpack("<IH", view.read(at, 6))
        if size < _RECORD_HEAD_BYTES or not view.has(at, size):
            walk.not_read(section.path, view.part(at), Why.DAMAGED)
            return
        content = view.part(at + _RECORD_HEAD_BYTES, size - _RECORD_HEAD_BYTES)
        walk.understood(view.part(at, _RECORD_HEAD_BYTES))
        reader = _TIMED.get(kind)
        if reader is None:
            walk.not_read(section.path, content, Why.VENDOR)
        else:
            reader(content, walk, section)
        at += size


def _walk_time_stamp(view: View, walk: Walk, section: Section) -> None:
    if not view.has(0, 10):
        return
    year, *rest = struct.unpack("<HBBBBBB", view.read(2, 8))
    month, day, hour, minute, second, hundredths = rest
    text = f"{year:04d}:{month:02d}:{day:02d} {hour:02d}:{minute:02d}:{second:02d}.{hundredths:02d}"
    walk.understood(view)
    emit(walk, section, "TimeStamp", text, view.part(2, 8), tag_id="1", category="Time")


def _walk_focal(view: View, walk: Walk, section: Section) -> None:
    inner = Section(f"{section.path}-FocalInfo", section.group, section.standard, section.category)
    _emit_quotient(view, 0, walk, inner, "FocalLength", "0", lambda value: f"{value:.1f} mm")


def _walk_exposure(view: View, walk: Walk, section: Section) -> None:
    inner = Section(f"{section.path}-ExposureInfo", section.group, section.standard, section.category)
    _emit_quotient(view, 0, walk, inner, "FNumber", "0", _f_number)
    _emit_quotient(view, 4, walk, inner, "ExposureTime", "1", exposure_time)
    walk_record(view, walk, inner, (Entry(8, "I", "ISO", "2", mask=0x7FFFFFFF),), "<")


def _emit_quotient(
    view: View, at: int, walk: Walk, section: Section, name: str, tag_id: str, prints: Callable[[float], str]
) -> None:
    if not view.has(at, 4):
        return
    numerator, denominator = struct.unpack("<HH", view.read(at, 4))
    value = rational(numerator, denominator, 7)
    if not isinstance(value, str):
        emit(walk, section, name, value, view.part(at, 4), tag_id=tag_id, prints=prints)


def _f_number(value: float) -> str:
    return f"{value:.{2 if value < 1 else 1}f}" if value > 0 else number_text(value)


_TIMED: Final[Mapping[int, Callable[[View, Walk, Section], None]]] = {
    1: _walk_time_stamp,
    4: _walk_focal,
    5: _walk_exposure,
}
