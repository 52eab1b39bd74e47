"""JPEG 2000: JP2, JPX, JPM and MJ2 files, and the bare codestream.

Sources: ISO/IEC 15444-1, annexes A (codestream) and I (JP2); ISO/IEC 15444-2, annex M (JPX: associations,
labels); the uuids for Exif, IPTC, XMP, GeoTIFF and Photoshop as their writers use them.
"""

import struct
from collections.abc import Mapping
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Entry, Section, decoded, emit, rational, walk_record
from metaextract_extractor.reading.walkers.bmff import UUID_BYTES, Box, boxes, guarded
from metaextract_extractor.reading.walkers.brands import JP2_BRANDS, walk_file_type
from metaextract_extractor.reading.walkers.movie import walk_movie
from metaextract_extractor.reading.walkers.movie_times import Times
from metaextract_extractor.reading.walkers.nested import Walker, walk_nested
from metaextract_extractor.reading.walkers.samples import Track
from metaextract_extractor.reading.walkers.tile_parts import look_for_end

GROUP: Final = "Jpeg2000"
_CODESTREAM: Final = b"\xff\x4f\xff\x51"
_DEPTH_MAX: Final = 8
_FORMATS: Final = {"jpx ": "JPX", "jpm ": "JPM", "mjp2": "MJ2", "mj2s": "MJ2"}

_UUIDS: Final[Mapping[bytes, tuple[str, str]]] = {
    b"JpgTiffExif->JP2": ("exif", "EXIF"),
    bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e"): ("exif", "EXIF"),
    bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"): ("iptc", "IPTC"),
    bytes.fromhex("09a14e97c0b442e0bebf36df6f0ce36f"): ("iptc", "IPTC2"),
    bytes.fromhex("be7acfcb97a942e89c71999491e3afac"): ("xmp", "XMP"),
    bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03"): ("exif", "GeoJP2"),
    bytes.fromhex("2c4c0100850440b9a03e562148d6dfeb"): ("irb", "Photoshop"),
}
"""What stands behind a uuid: the walker that reads it, and its name in paths."""
_EXIF_MARK: Final = b"Exif\0\0"

_COMPRESSIONS: Final[Mapping[int, str]] = {
    0: "Uncompressed", 1: "Modified Huffman", 2: "Modified READ", 3: "Modified Modified READ", 4: "JBIG",
    5: "JPEG", 6: "JPEG-LS", 7: "JPEG 2000", 8: "JBIG2",
}  # fmt: skip
_COLOUR_SPACES: Final[Mapping[int, str]] = {
    0: "Bi-level", 1: "YCbCr(1)", 3: "YCbCr(2)", 4: "YCbCr(3)", 9: "PhotoYCC", 11: "CMY", 12: "CMYK",
    13: "YCCK", 14: "CIELab", 15: "Bi-level(2)", 16: "sRGB", 17: "Grayscale", 18: "sYCC", 19: "CIEJab",
    20: "e-sRGB", 21: "ROMM-RGB", 22: "YPbPr(1125/60)", 23: "YPbPr(1250/50)", 24: "e-sYCC",
}  # fmt: skip
_UNITS: Final[Mapping[int, str]] = {
    -3: "km", -2: "100 m", -1: "10 m", 0: "m", 1: "10 cm", 2: "cm", 3: "mm", 4: "0.1 mm", 5: "0.01 mm",
    6: "um",
}  # fmt: skip
_VARIABLE_DEPTH: Final = 0xFF
_ICC_METHODS: Final = (2, 3)
_ENUMERATED: Final = 1
_SUPERBOXES: Final[Mapping[str, str]] = {
    "jp2h": "JP2Header", "res ": "Resolution", "jpch": "CodestreamHeader",
    "jplh": "CompositingLayerHeader", "asoc": "Association", "uinf": "UUIDInfo",
}  # fmt: skip
_PICTURE_BOXES: Final = frozenset(
    {"jp2c", "bpcc", "pclr", "cdef", "cmap", "mdat", "free", "jP  ", "jP\x1a\x1a", "rreq", "ftbl"}
)
"""Understood from their name alone: they hold pixels, or say how these are to be shown."""


def _depth(value: int) -> str:
    if value == _VARIABLE_DEPTH:
        return "Variable"
    return f"{(value & 0x7F) + 1} Bits, {'Signed' if value & 0x80 else 'Unsigned'}"


_IMAGE_HEADER: Final = (
    Entry(0, "I", "ImageHeight"),
    Entry(4, "I", "ImageWidth"),
    Entry(8, "H", "NumberOfComponents"),
    Entry(10, "B", "BitsPerComponent", prints=_depth),
    Entry(11, "B", "Compression", prints=_COMPRESSIONS),
)
_COLOUR_HEAD: Final = (
    Entry(0, "b", "ColorSpecMethod", prints={
        1: "Enumerated", 2: "Restricted ICC", 3: "Any ICC", 4: "Vendor Color"}),
    Entry(1, "b", "ColorSpecPrecedence"),
    Entry(2, "b", "ColorSpecApproximation", prints={
        0: "Not Specified", 1: "Accurate", 2: "Exceptional Quality", 3: "Reasonable Quality",
        4: "Poor Quality"}),
)  # fmt: skip
_COLOUR_SPACE: Final = (Entry(3, "I", "ColorSpace", prints=_COLOUR_SPACES),)


def walk_jp2(view: View, walk: Walk, path: str) -> None:
    """Walk a JP2, JPX, JPM or MJ2 file, or a bare codestream."""
    if view.size_bytes >= len(_CODESTREAM) and _starts_with(view, _CODESTREAM):
        walk_j2c(view, walk, path)
        return
    with walk.within("file", path, view):
        walk.format_name = "JP2"
        walk_jp2_boxes(view, walk, f"{path}-JP2")


def _starts_with(view: View, mark: bytes) -> bool:
    try:
        return view.read(0, len(mark)) == mark
    except MissingBytesError:
        return False


def walk_jp2_boxes(view: View, walk: Walk, path: str, depth: int = 0) -> None:
    """Walk boxes of JPEG 2000 that lie behind each other, and those within them."""
    for box in boxes(view, walk, path):
        if box.kind == "jp2c":
            walk.understood(box.body)
            _look_for_end(box, view, walk, path)
            continue
        if not box.whole:
            walk.not_read(path, box.body, Why.DAMAGED)
            continue
        with guarded(walk, path, box.body):
            _walk_box(box, walk, path, depth)


def _look_for_end(box: Box, view: View, walk: Walk, path: str) -> None:
    """Tell where the codestream ends: its box says so, unless it goes on to the end of the file."""
    walk.picture(path, view, box.body_at, box.size_bytes)
    if box.open_ended:
        look_for_end(box.body, walk, path)


def _walk_box(box: Box, walk: Walk, path: str, depth: int) -> None:
    body = box.body
    if box.kind in _SUPERBOXES and depth < _DEPTH_MAX:
        walk_jp2_boxes(body, walk, f"{path}-{_SUPERBOXES[box.kind]}", depth + 1)
    elif box.kind == "ftyp":
        brand = walk_file_type(body, walk, Section(f"{path}-FileType", GROUP), JP2_BRANDS)
        walk.understood(body)
        walk.format_name = _FORMATS.get(brand, walk.format_name)
    elif box.kind in _READERS:
        _READERS[box.kind](body, walk, path)
    elif box.kind in ("lbl ", "url "):
        _walk_text(box, walk, path)
    elif box.kind == "jumb":
        walk_nested("jumbf", box.frame, walk, path)
    elif box.kind in _PICTURE_BOXES:
        walk.understood(body)
    else:
        walk.not_read(path, body, Why.UNKNOWN)


def _walk_header(body: View, walk: Walk, path: str) -> None:
    section = Section(f"{path}-ImageHeader", GROUP, category="Image")
    values = walk_record(body, walk, section, _IMAGE_HEADER)
    walk.understood(body)
    if walk.width_pixels is None and "ImageWidth" in values:
        walk.width_pixels, walk.height_pixels = values["ImageWidth"], values["ImageHeight"]


def _walk_colour(body: View, walk: Walk, path: str) -> None:
    section = Section(f"{path}-ColorSpecification", GROUP, category="Image")
    method = walk_record(body, walk, section, _COLOUR_HEAD).get("ColorSpecMethod")
    if method in _ICC_METHODS and body.size_bytes > 3:  # noqa: PLR2004 - head of the box
        walk_nested("icc", body.part(3), walk, f"{section.path}-ICC_Profile")
    elif method == _ENUMERATED:
        walk_record(body, walk, section, _COLOUR_SPACE)
        walk.understood(body)
    elif body.size_bytes > 3:  # noqa: PLR2004 - head of the box
        walk.not_read(section.path, body.part(3), Why.UNKNOWN)


def _walk_capture(body: View, walk: Walk, path: str) -> None:
    _walk_resolution(body, walk, path, "Capture")


def _walk_display(body: View, walk: Walk, path: str) -> None:
    _walk_resolution(body, walk, path, "Display")


def _walk_film(body: View, walk: Walk, path: str) -> None:
    """Read the tracks of Motion JPEG 2000 (ISO/IEC 15444-3), in which ExifTool looks for nothing."""
    walk.only_here.add(f"{path}-Movie")
    tracks: list[Track] = []
    walk_movie(body, walk, f"{path}-Movie", tracks, Times(zone=""), lambda _box: False)
    film = next((one for one in tracks if one.handler == "vide" and one.width_pixels), None)
    if film is not None and walk.width_pixels is None:
        walk.width_pixels, walk.height_pixels = film.width_pixels, film.height_pixels


def _walk_xml(body: View, walk: Walk, path: str) -> None:
    with walk.within("text", f"{path}-XML", body):
        walk.not_read(f"{path}-XML", body, Why.UNKNOWN)


def _walk_resolution(body: View, walk: Walk, path: str, role: str) -> None:
    section = Section(f"{path}-{role}Resolution", GROUP, category="Image")
    for at, axis in ((0, "Y"), (4, "X")):
        if body.has(at, 4):
            numerator, denominator = struct.unpack(">HH", body.read(at, 4))
            value = rational(numerator, denominator, 7)
            emit(walk, section, f"{role}{axis}Resolution", value, body.part(at, 4), tag_id=str(at))
    units = tuple(
        Entry(at, "b", f"{role}{axis}ResolutionUnit", prints=_UNITS) for at, axis in ((8, "Y"), (9, "X"))
    )
    walk_record(body, walk, section, units)


def _walk_text(box: Box, walk: Walk, path: str) -> None:
    name = "Label" if box.kind == "lbl " else "URL"
    content = box.body.all(walk.budgets.value_bytes_max).split(b"\0", 1)[0]
    walk.understood(box.body)
    section = Section(path, GROUP, category="Image")
    emit(walk, section, name, decoded(content), box.body.part(0, len(content)), tag_id=box.kind)


def _walk_uuid(body: View, walk: Walk, path: str) -> None:
    if body.size_bytes < UUID_BYTES:
        walk.not_read(path, body, Why.DAMAGED)
        return
    known = _UUIDS.get(body.read(0, UUID_BYTES))
    if known is None:
        with walk.within("vendor", f"{path}-UUID", body):
            walk.understood(body.part(0, UUID_BYTES))
            walk.not_read(f"{path}-UUID", body.part(UUID_BYTES), Why.UNKNOWN)
        return
    walker, name = known
    start = UUID_BYTES
    if walker == "exif" and body.has(start, len(_EXIF_MARK)) and body.read(start, 6) == _EXIF_MARK:
        start += len(_EXIF_MARK)
    walk.understood(body.part(0, start))
    walk_nested(walker, body.part(start), walk, f"{path}-{name}")


_READERS: Final[Mapping[str, Walker]] = {
    "ihdr": _walk_header,
    "colr": _walk_colour,
    "resc": _walk_capture,
    "resd": _walk_display,
    "uuid": _walk_uuid,
    "xml ": _walk_xml,
    "moov": _walk_film,
}


_START_MARKERS: Final = (0xFF4F, 0xFF51)
_SEGMENTS_MAX: Final = 1024
_SOT: Final = 0xFF90
_COMMENT: Final = 0xFF64
_LATIN: Final = b"\0\1"
_SIZE: Final = (Entry(2, "I", "ImageWidth", "ImageWidth"), Entry(6, "I", "ImageHeight", "ImageHeight"))


def walk_j2c(view: View, walk: Walk, path: str) -> None:
    """Walk a bare codestream: the size of the image and the comments of its main header (annex A.5, A.9)."""
    with walk.within("file", path, view):
        walk.format_name = "J2C"
        walk.understood(view.part(0, 2))
        at = 2
        for _ in range(_SEGMENTS_MAX):
            marker, size = struct.unpack(">HH", view.read(at, 4))
            if marker == _SOT or marker < _START_MARKERS[0] or size < 2:  # noqa: PLR2004 - its own length
                break
            segment = view.part(at + 4, size - 2)
            walk.understood(view.part(at, 4))
            _walk_segment(marker, segment, walk, path)
            at += size + 2
        walk.understood(view.part(at))
        look_for_end(view, walk, path)


def _walk_segment(marker: int, segment: View, walk: Walk, path: str) -> None:
    walk.understood(segment)
    if marker == _START_MARKERS[1]:
        section = Section(f"{path}-SIZ", "File", Standard.FILE, "Image")
        values = walk_record(segment, walk, section, _SIZE)
        walk.width_pixels, walk.height_pixels = values.get("ImageWidth"), values.get("ImageHeight")
    elif marker == _COMMENT and segment.size_bytes > 2:  # noqa: PLR2004 - registration value
        with walk.within("text", f"{path}-CME", segment):
            content = segment.all(walk.budgets.value_bytes_max + 2)
            if content[:2] == _LATIN and segment.size_bytes <= walk.budgets.value_bytes_max:
                section = Section(f"{path}-CME", "File", Standard.FILE, "Image")
                text = content[2:].decode("latin-1").replace("\0", "")
                emit(walk, section, "Comment", text, segment.part(2), tag_id="Comment")
