"""Fujifilm's RAF: a header with offsets, the camera's JPEG, and directories of the raw data.

Source: ExifTool's documentation of RAF tags; LibRaw's reading of the header. All numbers are big-endian.
"""

import struct
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.exif_values import readable, scalar
from metaextract_extractor.reading.walkers.jpeg import walk_jpeg

HEADER_BYTES: Final = 0x70
MAGIC: Final = b"FUJIFILM"
ENTRIES_MAX: Final = 255

_JPEG_AT: Final = 0x54
_RAW_AT: Final = 0x64
_DIRECTORIES_AT: Final = ((0x5C, "RAF"), (0x78, "RAF2"))
_FIRMWARE_AT: Final = 0x3C
_COMPRESSION_AT: Final = 0x6C
_COMPRESSIONS: Final = {0: "Uncompressed", 2: "Lossless", 3: "Lossy"}


def walk_raf(view: View, walk: Walk, path: str = "RAF") -> None:
    """Walk a RAF file."""
    with walk.within("file", path, view):
        header = view.read(0, HEADER_BYTES)
        if header[: len(MAGIC)] != MAGIC:
            walk.not_read(path, view, Why.DAMAGED)
            return
        walk.format_name = walk.format_name or "RAF"
        with walk.within("image", f"{path}-RAFHeader", view.part(0, HEADER_BYTES)):
            _header(view, header, walk, f"{path}-RAFHeader")
        offset, length = struct.unpack_from(">II", header, _JPEG_AT)
        walk.picture(path, view, offset, length, reduced=True)
        walk.picture(path, view, *struct.unpack_from(">II", header, _RAW_AT))
        resolved = offset >= HEADER_BYTES - 8 and length > 0 and view.has(offset, length)
        walk.reference(resolved=resolved)
        if resolved:
            jpeg = view.part(offset, length)
            walk.image("preview", path, jpeg)
            walk_jpeg(jpeg, walk, path)
        for at, group in _DIRECTORIES_AT:
            if offset and at >= offset:
                break
            try:
                _directory(view, at, walk, f"{path}-RAF", group)
            except MissingBytesError:
                walk.reference(resolved=False)


def _header(view: View, header: bytes, walk: Walk, path: str) -> None:
    walk.understood(view.part(0, _FIRMWARE_AT))
    walk.understood(view.part(_FIRMWARE_AT + 4, _COMPRESSION_AT - _FIRMWARE_AT - 4))
    firmware = header[_FIRMWARE_AT : _FIRMWARE_AT + 4].decode("latin-1")
    at = view.part(_FIRMWARE_AT, 4)
    _value(walk, path, "RAF", "FirmwareVersion", scalar(firmware), readable(firmware), _FIRMWARE_AT, at)
    (compression,) = struct.unpack_from(">I", header, _COMPRESSION_AT)
    if compression <= 0xFF:  # noqa: PLR2004 - older files begin their JPEG here
        printed = _COMPRESSIONS.get(compression, f"Unknown ({compression})")
        at = view.part(_COMPRESSION_AT, 4)
        _value(walk, path, "RAF", "RAFCompression", compression, printed, _COMPRESSION_AT, at)


def _value(
    walk: Walk, path: str, group: str, name: str, raw: object, printed: str, tag_id: int, at: View
) -> None:
    walk.value(
        path, Standard.CONTAINER, group, name, raw, printed, tag_id=str(tag_id), category="Image", at=at
    )


def _directory(view: View, at: int, walk: Walk, path: str, group: str) -> None:
    """A count, then records of tag, length and value: each value is located for the primary engine."""
    offset, length = struct.unpack(">II", view.read(at, 8))
    if offset == 0 or length == 0:
        return
    resolved = offset >= HEADER_BYTES and view.has(offset, max(length, 4))
    walk.reference(resolved=resolved)
    if not resolved:
        return
    part = view.part(offset, length)
    with walk.within("vendor", path, part):
        (count,) = struct.unpack(">I", part.read(0, 4))
        walk.understood(part.part(0, 4))
        position = 4
        for _ in range(min(count, ENTRIES_MAX)):
            if not part.has(position, 4):
                return
            tag, size = struct.unpack(">HH", part.read(position, 4))
            if not part.has(position + 4, size):
                walk.not_read(path, part.part(position), Why.DAMAGED)
                return
            walk.understood(part.part(position, 4))
            value = part.part(position + 4, size)
            walk.locate(path, group, tag, value)
            walk.not_read(path, value, Why.VENDOR)
            position += 4 + size
