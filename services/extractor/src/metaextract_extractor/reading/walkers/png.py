"""PNG and APNG: every chunk by its header, image data skipped.

Source: PNG (Third Edition, W3C 2025) sections 5 (structure), 11 (chunks); C2PA 2.1 section A.3.3 (`caBX`).
"""

import zlib
from dataclasses import dataclass, field
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Section, emit, walk_record
from metaextract_extractor.reading.walkers.inflating import inflated
from metaextract_extractor.reading.walkers.nested import walk_nested
from metaextract_extractor.reading.walkers.png_fields import COLOR_TYPES, HEADER, Chunk, walk_value_chunk
from metaextract_extractor.reading.walkers.png_text import walk_text
from metaextract_extractor.reading.walkers.scalars import latin

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_HEADER_BYTES: Final = 8
_CRC_BYTES: Final = 4
_LENGTH_MAX: Final = 2**31 - 1
_IMAGE_DATA: Final = frozenset({b"IDAT", b"fdAT", b"JDAT", b"JDAA"})
_TEXTS: Final = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_CHECKED_BYTES_MAX: Final = 64 * 1024
"""The checksum of longer chunks is not computed."""
_NAME_BYTES_MAX: Final = 80
_EXIF_MARK: Final = b"Exif\0\0"


@dataclass(slots=True)
class _Image:
    view: View
    walk: Walk
    path: str
    color_type: int = 0
    chunks_count: int = 0
    wrong: set[bytes] = field(default_factory=set)
    """Types of chunks whose checksum is wrong."""


def walk_png(view: View, walk: Walk, path: str = "PNG") -> None:
    """Walk a whole file."""
    with walk.within("file", path, view):
        if not view.has(0, len(SIGNATURE)) or view.read(0, len(SIGNATURE)) != SIGNATURE:
            walk.not_read(path, view, Why.DAMAGED)
            return
        walk.format_name = "PNG"
        walk.understood(view.part(0, len(SIGNATURE)))
        end = _walk_chunks(_Image(view, walk, path))
        if end is not None and end < view.size_bytes:
            rest = view.part(end)
            with walk.within("trailer", f"{path}-Trailer", rest):
                walk.not_read(f"{path}-Trailer", rest, Why.UNKNOWN)


def _walk_chunks(image: _Image) -> int | None:
    """Read chunk after chunk; return where the last one ends, None if it is not there."""
    view, walk = image.view, image.walk
    at = len(SIGNATURE)
    while view.has(at, _HEADER_BYTES):
        header = view.read(at, _HEADER_BYTES)
        length, kind = int.from_bytes(header[:4], "big"), header[4:]
        whole = length + _HEADER_BYTES + _CRC_BYTES
        inside = length <= _LENGTH_MAX and view.has(at, whole)
        if kind not in _IMAGE_DATA or not inside:
            walk.reference(resolved=inside)
        if not inside:
            walk.not_read(image.path, view.part(at), Why.DAMAGED if length > _LENGTH_MAX else Why.MISSING)
            return None
        if kind not in _IMAGE_DATA:
            image.chunks_count += 1
            if image.chunks_count > walk.budgets.containers_max:
                walk.exceeded("containers_max")
                walk.not_read(image.path, view.part(at), Why.BUDGET)
                return None
            _walk_chunk(image, kind, view.part(at, whole))
        at += whole
        if kind == b"IEND":
            return at
    if at < view.size_bytes:
        walk.not_read(image.path, view.part(at), Why.DAMAGED)
    walk.picture_without_end(image.path)
    return None


def _walk_chunk(image: _Image, kind: bytes, chunk: View) -> None:
    walk, path = image.walk, image.path
    content = chunk.part(_HEADER_BYTES, chunk.size_bytes - _HEADER_BYTES - _CRC_BYTES)
    walk.understood(chunk.part(0, _HEADER_BYTES))
    walk.understood(chunk.part(chunk.size_bytes - _CRC_BYTES))
    _check(image, kind, chunk)
    if kind == b"IHDR":
        _walk_header(image, content)
    elif kind in _TEXTS:
        walk_text(kind, content, walk, path)
    elif kind.lower() == b"exif":
        has_mark = content.size_bytes > len(_EXIF_MARK) and content.read(0, len(_EXIF_MARK)) == _EXIF_MARK
        walk_nested("exif", content.part(len(_EXIF_MARK) if has_mark else 0), walk, f"{path}-EXIF")
    elif kind == b"iCCP":
        with walk.within("icc", f"{path}-ICC_Profile", content):
            _walk_profile(image, content)
    elif kind == b"caBX":
        walk_nested("jumbf", content, walk, f"{path}-JUMBF")
    elif kind == b"tXMP":
        walk_nested("xmp", content, walk, f"{path}-XMP")
    else:
        if kind == b"acTL":
            walk.format_name = "APNG"
        if not walk_value_chunk(Chunk(kind, content, image.color_type, walk, path)):
            with walk.within("vendor", path, content):
                walk.not_read(path, content, Why.UNKNOWN)


def _check(image: _Image, kind: bytes, chunk: View) -> None:
    """Note a wrong checksum; like ExifTool we read the chunk all the same."""
    if chunk.size_bytes > _CHECKED_BYTES_MAX or kind in image.wrong:
        return
    try:
        data = chunk.read(4, chunk.size_bytes - 4)
    except MissingBytesError:
        return
    if zlib.crc32(data[:-_CRC_BYTES]) != int.from_bytes(data[-_CRC_BYTES:], "big"):
        image.wrong.add(kind)
        name = kind.decode("ascii") if kind.isalpha() else "unnamed"
        image.walk.notice("PNG_CHECKSUM_WRONG", f"The checksum of a {name} chunk is wrong.")


def _walk_header(image: _Image, content: View) -> None:
    section = Section(f"{image.path}-ImageHeader", "PNG", Standard.CONTAINER, "Image")
    with image.walk.within("image", section.path, content):
        values = walk_record(content, image.walk, section, HEADER)
        image.walk.width_pixels = values.get("ImageWidth")
        image.walk.height_pixels = values.get("ImageHeight")
        if content.has(9, 1):
            image.color_type = content.read(9, 1)[0]
            emit(  # other chunks are read by it, so it has no place of its own
                image.walk, section, "ColorType", image.color_type, None, tag_id="9", prints=COLOR_TYPES
            )  # fmt: skip
            image.walk.understood(content)


def _walk_profile(image: _Image, content: View) -> None:
    """A name, a null, the method, and the profile deflated."""
    walk, path = image.walk, f"{image.path}-ICC_Profile"
    head = content.all(_NAME_BYTES_MAX + 2)
    name, null, rest = head.partition(b"\0")
    if not null or not rest:
        walk.not_read(path, content, Why.DAMAGED)
        return
    if name:
        section = Section(path, "PNG", Standard.CONTAINER, "Image")
        emit(walk, section, "ProfileName", latin(name), content.part(0, len(name)), tag_id="iCCP-name")
    walk.understood(content.part(0, len(name) + 2))
    packed = content.part(len(name) + 2)
    data = inflated(packed, walk) if rest[0] == 0 else None
    if data is None:
        budget = "unpacked_bytes_max" in walk.budgets_exceeded
        walk.not_read(path, packed, Why.BUDGET if budget else Why.DAMAGED)
        return
    walk.understood(packed)
    walk_nested("icc", View.unpacked(data), walk, f"{path}-ICC_Profile")
