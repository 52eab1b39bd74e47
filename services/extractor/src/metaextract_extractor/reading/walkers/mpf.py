"""Multi-Picture Format: the index of the pictures behind the first one.

Source: CIPA DC-007-2021, sections 5.2 (index and attribute directories, MP entries) and 5.2.3.3 (types).
"""

import struct
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers import ifd
from metaextract_extractor.reading.walkers.exif_conversions import binary
from metaextract_extractor.reading.walkers.exif_values import decode, readable, scalar

ENTRY_BYTES: Final = 16
IMAGES_MAX: Final = 256

_LIST: Final = 0xB002
_NAMES: Final = {
    0xB000: "MPFVersion",
    0xB001: "NumberOfImages",
    0xB003: "ImageUIDList",
    0xB004: "TotalFrames",
    0xB101: "MPIndividualNum",
    0xB202: "PanOverlapH",
    0xB203: "PanOverlapV",
    0xB204: "BaseViewpointNum",
    0xB205: "ConvergenceAngle",
    0xB206: "BaselineLength",
    0xB207: "VerticalDivergence",
    0xB208: "AxisDistanceX",
    0xB209: "AxisDistanceY",
    0xB20A: "AxisDistanceZ",
    0xB20B: "YawAngle",
    0xB20C: "PitchAngle",
    0xB20D: "RollAngle",
}
_TYPES: Final = {
    0x000000: "Undefined",
    0x010001: "Large Thumbnail (VGA equivalent)",
    0x010002: "Large Thumbnail (full HD equivalent)",
    0x010003: "Large Thumbnail (4K equivalent)",
    0x010004: "Large Thumbnail (8K equivalent)",
    0x010005: "Large Thumbnail (16K equivalent)",
    0x020001: "Multi-frame Panorama",
    0x020002: "Multi-frame Disparity",
    0x020003: "Multi-angle",
    0x030000: "Baseline MP Primary Image",
    0x040000: "Original Preservation Image",
    0x050000: "Gain Map Image",
}
_FLAGS: Final = {2: "Representative image", 3: "Dependent child image", 4: "Dependent parent image"}


@dataclass(frozen=True, slots=True)
class MpImage:
    """A picture that the index tells of. `offset_bytes` is a place in the file; 0 for the first picture."""

    number: int
    type_code: int
    offset_bytes: int
    length_bytes: int


def walk_mpf(view: View, walk: Walk, path: str) -> list[MpImage]:
    """Walk the index that begins at `view`; return its pictures. `path` as in `JPEG-APP2`."""
    images: list[MpImage] = []
    header = ifd.read_header(view) if view.size_bytes >= ifd.HEADER_BYTES else None
    if header is None or header.big:
        walk.not_read(path, view, Why.DAMAGED)
        return images
    walk.understood(view.part(0, ifd.HEADER_BYTES))
    offset = header.first_offset
    layout = ifd.Layout(header)
    place = view.places(0, 1)
    base = place[0].offset_bytes if place else None
    for number in range(2):  # index, attributes
        length = ifd.table_bytes(view, offset, header) if offset and view.has(offset, 2) else 0
        if length == 0:
            break
        directory = ifd.read_directory(view, offset, length, layout, walk, path)
        for entry in directory.entries:
            if entry.at is None:
                walk.reference(resolved=False)
                continue
            try:
                if entry.tag == _LIST:
                    images.extend(_images(entry.at, header.order, base, walk, f"{path}-MPF{number}-MPF"))
                else:
                    _entry(entry, entry.at, header.order, walk, f"{path}-MPF{number}")
            except MissingBytesError:
                walk.not_read(path, entry.at, Why.MISSING)
        if directory.next_offset <= offset:
            break
        offset = directory.next_offset
    return images


def _entry(entry: ifd.Entry, at: View, order: str, walk: Walk, path: str) -> None:
    name = _NAMES.get(entry.tag)
    if name is None or entry.size_bytes == 0:
        walk.not_read(path, at, Why.UNKNOWN)
        return
    if name == "ImageUIDList":
        raw = binary(entry.size_bytes)
    elif entry.size_bytes <= walk.budgets.value_bytes_max:
        raw = decode(entry.type_name, at.read(0, entry.size_bytes), order)
    else:
        walk.not_read(path, at, Why.BUDGET)
        return
    walk.value(
        path,
        Standard.MPF,
        "MPF0",
        name,
        scalar(raw),
        readable(raw),
        tag_id=str(entry.tag),
        category="Image",
        stored_type=entry.type_name,
        at=at,
    )


def _images(at: View, order: str, base: int | None, walk: Walk, path: str) -> list[MpImage]:
    count = min(at.size_bytes // ENTRY_BYTES, IMAGES_MAX)
    parts = (at.part(number * ENTRY_BYTES, ENTRY_BYTES) for number in range(count))
    return [_image(part, number, order, base, walk, path) for number, part in enumerate(parts, 1)]


def _image(view: View, number: int, order: str, base: int | None, walk: Walk, path: str) -> MpImage:
    attribute, length, offset, first, second = struct.unpack(order + "IIIHH", view.read(0, ENTRY_BYTES))
    flags, format_code, type_code = attribute >> 27, attribute >> 24 & 7, attribute & 0xFFFFFF
    low = view.part(0, 3) if order == "<" else view.part(1, 3)
    walk.understood(view)

    def add(tag_id: str, name: str, raw: int, printed: str, at: View | None = None) -> None:
        walk.value(
            path,
            Standard.MPF,
            f"MPImage{number}",
            name,
            raw,
            printed,
            tag_id=tag_id,
            category="Image",
            at=at,
        )

    shown = ", ".join(_FLAGS.get(bit, f"[{bit}]") for bit in range(5) if flags >> bit & 1)
    add("0.1", "MPImageFlags", flags, shown or "(none)")  # shares its byte with the next
    add("0.2", "MPImageFormat", format_code, "JPEG" if format_code == 0 else f"Unknown ({format_code})")
    add("0.3", "MPImageType", type_code, _TYPES.get(type_code, f"Unknown (0x{type_code:x})"), low)
    add("4", "MPImageLength", length, str(length), view.part(4, 4))
    start = offset + (base or 0) if offset else 0
    if base is not None or offset == 0:
        add("8", "MPImageStart", start, str(start), view.part(8, 4))
    add("12", "DependentImage1EntryNumber", first, str(first), view.part(12, 2))
    add("14", "DependentImage2EntryNumber", second, str(second), view.part(14, 2))
    return MpImage(number, type_code, start, length)
