"""The properties of the items of an image file, as one list that items point into.

Sources: ISO/IEC 23008-12, section 6.5 (ispe, pixi, irot, imir, auxC, clap, rloc); ISO/IEC 14496-12,
section 12.1.5 (colr); ISO/IEC 14496-15, section 8.3.2 (hvcC); AV1-ISOBMFF, section 2.3 (av1C);
ISO/IEC 23091-2 for the code points of colr.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import (
    Entry,
    Section,
    bit_names,
    decoded,
    emit,
    rational,
    walk_record,
)
from metaextract_extractor.reading.walkers.bmff import FULL_HEAD_BYTES, Box, boxes, full_head, guarded
from metaextract_extractor.reading.walkers.heif_items import Items, spatial_extent
from metaextract_extractor.reading.walkers.nested import walk_nested

_PRIMARIES: Final[Mapping[int, str]] = {
    1: "BT.709", 2: "Unspecified", 4: "BT.470 System M (historical)", 5: "BT.470 System B, G (historical)",
    6: "BT.601", 7: "SMPTE 240", 8: "Generic film (color filters using illuminant C)",
    9: "BT.2020, BT.2100", 10: "SMPTE 428 (CIE 1931 XYZ)", 11: "SMPTE RP 431-2", 12: "SMPTE EG 432-1",
    22: "EBU Tech. 3213-E",
}  # fmt: skip
_TRANSFERS: Final[Mapping[int, str]] = {
    0: "For future use (0)", 1: "BT.709", 2: "Unspecified", 3: "For future use (3)",
    4: "BT.470 System M (historical)", 5: "BT.470 System B, G (historical)", 6: "BT.601", 7: "SMPTE 240 M",
    8: "Linear", 9: "Logarithmic (100 : 1 range)", 10: "Logarithmic (100 * Sqrt(10) : 1 range)",
    11: "IEC 61966-2-4", 12: "BT.1361", 13: "sRGB or sYCC", 14: "BT.2020 10-bit systems",
    15: "BT.2020 12-bit systems", 16: "SMPTE ST 2084, ITU BT.2100 PQ", 17: "SMPTE ST 428",
    18: "BT.2100 HLG, ARIB STD-B67",
}  # fmt: skip
_MATRICES: Final[Mapping[int, str]] = {
    0: "Identity matrix", 1: "BT.709", 2: "Unspecified", 3: "For future use (3)", 4: "US FCC 73.628",
    5: "BT.470 System B, G (historical)", 6: "BT.601", 7: "SMPTE 240 M", 8: "YCgCo",
    9: "BT.2020 non-constant luminance, BT.2100 YCbCr", 10: "BT.2020 constant luminance",
    11: "SMPTE ST 2085 YDzDx", 12: "Chromaticity-derived non-constant luminance",
    13: "Chromaticity-derived constant luminance", 14: "BT.2100 ICtCp",
}  # fmt: skip
_HEVC_PROFILES: Final = (
    "No Profile", "Main", "Main 10", "Main Still Picture", "Format Range Extensions", "High Throughput",
    "Multiview Main", "Scalable Main", "3D Main", "Screen Content Coding Extensions",
    "Scalable Format Range Extensions", "High Throughput Screen Content Coding Extensions",
)  # fmt: skip

NCLX: Final = (
    Entry(0, "4s", "ColorProfiles"),
    Entry(4, "H", "ColorPrimaries", prints=_PRIMARIES),
    Entry(6, "H", "TransferCharacteristics", prints=_TRANSFERS),
    Entry(8, "H", "MatrixCoefficients", prints=_MATRICES),
    Entry(10, "B", "VideoFullRangeFlag", mask=0x80, prints={0: "Limited", 1: "Full"}),
)
_HEVC: Final = (
    Entry(0, "B", "HEVCConfigurationVersion"),
    Entry(1, "B", "GeneralProfileSpace", mask=0xC0, prints={0: "Conforming"}),
    Entry(1, "B", "GeneralTierFlag", "1.1", mask=0x20, prints={0: "Main Tier", 1: "High Tier"}),
    Entry(1, "B", "GeneralProfileIDC", "1.2", mask=0x1F, prints=dict(enumerate(_HEVC_PROFILES))),
    Entry(2, "I", "GenProfileCompatibilityFlags",
          prints=bit_names({31 - at: name for at, name in enumerate(_HEVC_PROFILES)})),
    Entry(6, "6B", "ConstraintIndicatorFlags"),
    Entry(12, "B", "GeneralLevelIDC", prints=lambda value: f"{value} (level {value / 30:.1f})"),
    Entry(13, "H", "MinSpatialSegmentationIDC", mask=0x0FFF),
    Entry(15, "B", "ParallelismType", mask=0x03),
    Entry(16, "B", "ChromaFormat", mask=0x03,
          prints={0: "Monochrome", 1: "4:2:0", 2: "4:2:2", 3: "4:4:4"}),
    Entry(17, "B", "BitDepthLuma", mask=0x07, convert=lambda value: value + 8),
    Entry(18, "B", "BitDepthChroma", mask=0x07, convert=lambda value: value + 8),
    Entry(19, "H", "AverageFrameRate", convert=lambda value: value / 256),
    Entry(21, "B", "ConstantFrameRate", mask=0xC0, prints={
        0: "Unknown", 1: "Constant Frame Rate", 2: "Each Temporal Layer is Constant Frame Rate"}),
    Entry(21, "B", "NumTemporalLayers", "21.1", mask=0x38),
    Entry(21, "B", "TemporalIDNested", "21.2", mask=0x04, prints={0: "No", 1: "Yes"}),
)  # fmt: skip
_AV1: Final = (
    Entry(0, "B", "AV1ConfigurationVersion", mask=0x7F),
    Entry(2, "B", "ChromaFormat", "2.3", mask=0x1C, prints={
        0: "YUV 4:4:4", 2: "YUV 4:2:2", 3: "YUV 4:2:0", 7: "Monochrome 4:0:0"}),
    Entry(2, "B", "ChromaSamplePosition", "2.4", mask=0x03, prints={
        0: "Unknown", 1: "Vertical", 2: "Colocated", 3: "(reserved)"}),
)  # fmt: skip
_LIGHT_LEVEL: Final = (Entry(0, "H", "MaxContentLightLevel"), Entry(2, "H", "MaxPicAverageLightLevel", "1"))
_ROTATIONS: Final[Mapping[int, str]] = {
    0: "Horizontal (normal)", 1: "Rotate 270 CW", 2: "Rotate 180", 3: "Rotate 90 CW",
}  # fmt: skip
_MIRRORINGS: Final[Mapping[int, str]] = {0: "Vertical", 1: "Horizontal"}
_CLAP_NUMBERS: Final = 8
_ICC_KINDS: Final = (b"prof", b"rICC")
_VALUES_MAX: Final = 64


def walk_properties(view: View, walk: Walk, path: str, items: Items) -> list[Box]:
    """Read an `ipco` box's content; return the properties in order, for items to point into."""
    found: list[Box] = []
    main = _of_main_document(items)
    for number, box in enumerate(boxes(view, walk, path), start=1):
        found.append(box)
        if not box.whole:
            walk.not_read(path, box.body, Why.MISSING)
            continue
        with guarded(walk, path, box.body):
            _walk_property(box, walk, path, is_main=main(number))
    return found


def _of_main_document(items: Items) -> Callable[[int], bool]:
    """Tell of which properties ExifTool makes the image's size: the primary item's, or nobody's."""
    users: dict[int, set[int]] = {}
    for number, item in items.by_id.items():
        for one in item.properties:
            users.setdefault(one, set()).add(number)
    return lambda number: number not in users or items.primary in users[number]


def _walk_property(box: Box, walk: Walk, path: str, *, is_main: bool) -> None:
    section = Section(path, "QuickTime", category="Image")
    body = box.body
    if box.kind in _RECORDS:
        name, entries = _RECORDS[box.kind]
        walk_record(body, walk, Section(f"{path}-{name}", "QuickTime"), entries)
        walk.understood(body)  # behind it stand parameter sets of the codec: the picture's, not metadata
    elif box.kind == "colr":
        _walk_colour(body, walk, path)
    elif box.kind == "ispe":
        _walk_extent(body, walk, section, is_main=is_main)
    elif box.kind in ("irot", "imir"):
        name, texts = ("Rotation", _ROTATIONS) if box.kind == "irot" else ("Mirroring", _MIRRORINGS)
        walk_record(body, walk, section, (Entry(0, "B", name, box.kind, prints=texts),))
    elif box.kind in _TEXTS:
        _TEXTS[box.kind](body, walk, section)
    else:
        walk.not_read(path, body, Why.UNKNOWN)


_RECORDS: Final[Mapping[str, tuple[str, tuple[Entry, ...]]]] = {
    "hvcC": ("HEVCConfiguration", _HEVC),
    "av1C": ("AV1Configuration", _AV1),
    "clli": ("ContentLightLevel", _LIGHT_LEVEL),
}


def _walk_colour(body: View, walk: Walk, path: str) -> None:
    kind = body.read(0, 4)
    if kind in _ICC_KINDS:
        walk.understood(body.part(0, 4))
        walk_nested("icc", body.part(4), walk, f"{path}-ICC_Profile")
    else:
        walk_record(body, walk, Section(f"{path}-ColorRepresentation", "QuickTime"), NCLX)


def _walk_extent(body: View, walk: Walk, section: Section, *, is_main: bool) -> None:
    size = spatial_extent(body)
    if size is None:
        walk.not_read(section.path, body, Why.UNKNOWN)
        return
    at = FULL_HEAD_BYTES
    walk.understood(body.part(0, at))
    if is_main:
        file = Section(section.path, "File", Standard.FILE, "Image")
        emit(walk, file, "ImageWidth", size[0], body.part(at, 4), tag_id="ImageWidth")
        emit(walk, file, "ImageHeight", size[1], body.part(at + 4, 4), tag_id="ImageHeight")
    if body.size_bytes == at + 8:
        text = f"{size[0]} {size[1]}"
        emit(
            walk, section, "ImageSpatialExtent", text, body.part(at, 8),
            tag_id="ispe", prints=lambda value: str(value).replace(" ", "x"),
        )  # fmt: skip


def _walk_depths(body: View, walk: Walk, section: Section) -> None:
    count = body.size_bytes - FULL_HEAD_BYTES - 1
    if not 0 < count <= _VALUES_MAX or full_head(body) != (0, 0):
        walk.not_read(section.path, body, Why.UNKNOWN)
        return
    walk.understood(body.part(0, FULL_HEAD_BYTES + 1))
    place = body.part(FULL_HEAD_BYTES + 1)
    text = " ".join(str(one) for one in place.read(0, count))
    emit(walk, section, "ImagePixelDepth", text, place, tag_id="pixi")


def auxiliary_type(body: View, walk: Walk) -> str:
    """Return the URN in an `auxC` property, empty if there is none."""
    content = body.all(walk.budgets.value_bytes_max)[FULL_HEAD_BYTES:]
    return content.split(b"\0", 1)[0].decode("utf-8", "replace")


def _walk_auxiliary(body: View, walk: Walk, section: Section) -> None:
    walk.understood(body)
    content = body.all(walk.budgets.value_bytes_max)[FULL_HEAD_BYTES:].split(b"\0", 1)[0]
    text = decoded(content)
    if text is not None:
        emit(
            walk, section, "AuxiliaryImageType", text, body.part(FULL_HEAD_BYTES, len(content)),
            tag_id="auxC",
        )  # fmt: skip


def _walk_aperture(body: View, walk: Walk, section: Section) -> None:
    count = min(body.size_bytes // 4, _CLAP_NUMBERS) // 2 * 2
    if body.size_bytes != _CLAP_NUMBERS * 4:
        walk.not_read(section.path, body, Why.UNKNOWN)
        return
    numbers = struct.unpack(f">{count}i", body.read(0, count * 4))
    parts = [rational(numbers[at], numbers[at + 1], 10) for at in range(0, count, 2)]
    text = " ".join(str(one) for one in parts)
    emit(walk, section, "CleanAperture", text, body.part(0, count * 4), tag_id="clap")


def _walk_pair(name: str, kind: str, skip: int) -> Callable[[View, Walk, Section], None]:
    def read(body: View, walk: Walk, section: Section) -> None:
        if skip and body.has(0, skip):
            walk.understood(body.part(0, skip))
        if body.size_bytes == skip + 8:
            walk_record(body, walk, section, (Entry(skip, "2I", name, kind),))

    return read


_TEXTS: Final[Mapping[str, Callable[[View, Walk, Section], None]]] = {
    "pixi": _walk_depths,
    "auxC": _walk_auxiliary,
    "clap": _walk_aperture,
    "pasp": _walk_pair("PixelAspectRatio", "pasp", 0),
    "rloc": _walk_pair("RelativeLocation", "rloc", FULL_HEAD_BYTES),
}
