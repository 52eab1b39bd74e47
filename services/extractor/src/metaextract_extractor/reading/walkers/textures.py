"""Textures: DirectDraw surfaces and Truevision TGA. Only their sizes are metadata that others read too.

Sources: Microsoft's DDS_HEADER structure; the Truevision TGA 2.0 specification (header, footer, extension
area).
"""

import struct
from contextlib import suppress
from typing import Final

from metaextract_extractor.domain.formats import looks_like_tga
from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk

_DDS_HEAD_BYTES: Final = 128
_DDS_FORMAT_AT: Final = 80
_DDS_HAS_CODE: Final = 4
_DDS_BLOCKS: Final = {
    b"DXT1": 8, b"ATI1": 8, b"BC4U": 8, b"BC4S": 8,
    **dict.fromkeys((b"DXT2", b"DXT3", b"DXT4", b"DXT5", b"ATI2", b"BC5U", b"BC5S"), 16),
}  # fmt: skip
"""Bytes of a block of four by four pixels."""
_DDS_LONG: Final = b"DX10"
_DDS_LONG_BYTES: Final = 20
_DXGI_BLOCKS: Final = {
    **dict.fromkeys((70, 71, 72, 79, 80, 81), 8),
    **dict.fromkeys((*range(73, 79), *range(82, 85), *range(94, 100)), 16),
}
"""The same by DXGI_FORMAT, which stands in a second head."""
_TGA_UNPACKED: Final = (1, 2, 3)
_TGA_HEAD_BYTES: Final = 18
_TGA_FOOTER_BYTES: Final = 26
_TGA_MARK: Final = b"TRUEVISION-XFILE.\0"
_TGA_EXTENSION_BYTES: Final = 495


def walk_dds(view: View, walk: Walk, path: str) -> None:
    """Walk a DirectDraw surface."""
    with walk.within("file", path, view):
        walk.format_name = "DDS"
        height, width = struct.unpack("<II", view.read(12, 8))
        walk.width_pixels, walk.height_pixels = width, height
        walk.understood(view.part(0, min(view.size_bytes, _DDS_HEAD_BYTES)))
        walk.understood(view)
        with suppress(MissingBytesError):  # the end of the head
            walk.picture(path, view, *_surface(view, width, height))


def _surface(view: View, width: int, height: int) -> tuple[int, int]:
    """Return offset and length of the first surface; those behind it may be left out."""
    flags, code, bits = struct.unpack("<I4sI", view.read(_DDS_FORMAT_AT, 12))
    if not flags & _DDS_HAS_CODE:
        return _DDS_HEAD_BYTES, -(-width * bits // 8) * height
    start, block_bytes = _DDS_HEAD_BYTES, _DDS_BLOCKS.get(code)
    if code == _DDS_LONG:
        start += _DDS_LONG_BYTES
        block_bytes = _DXGI_BLOCKS.get(int.from_bytes(view.read(_DDS_HEAD_BYTES, 4), "little"))
    return start, -(-width // 4) * -(-height // 4) * block_bytes if block_bytes else 1


def is_tga(view: View) -> bool:
    """Tell whether the first bytes make sense as a TGA header, which has no signature."""
    if view.size_bytes < _TGA_HEAD_BYTES:
        return False
    return looks_like_tga(view.read(0, _TGA_HEAD_BYTES))


def walk_tga(view: View, walk: Walk, path: str) -> None:
    """Walk a TGA image: its size, and where its extension area with author and dates lies."""
    with walk.within("file", path, view):
        walk.format_name = "TGA"
        width, height = struct.unpack("<HH", view.read(12, 4))
        walk.width_pixels, walk.height_pixels = width, height
        walk.understood(view.part(0, _TGA_HEAD_BYTES))
        walk.picture(path, view, *_tga_pixels(view, width, height))
        at = view.size_bytes - _TGA_FOOTER_BYTES
        if at < _TGA_HEAD_BYTES or view.read(at + 8, len(_TGA_MARK)) != _TGA_MARK:
            return
        walk.understood(view.part(at, _TGA_FOOTER_BYTES))
        (extension,) = struct.unpack("<I", view.read(at, 4))
        if not extension:
            return
        there = view.has(extension, _TGA_EXTENSION_BYTES)
        walk.reference(resolved=there)
        if there:
            area = view.part(extension, _TGA_EXTENSION_BYTES)
            with walk.within("text", f"{path}-Extension", area):
                walk.not_read(f"{path}-Extension", area, Why.UNKNOWN)


def _tga_pixels(view: View, width: int, height: int) -> tuple[int, int]:
    """Return offset and length of the pixels, behind a text and a map of colours; packed, at least 1 byte."""
    text_bytes, _has_map, kind, _first, colours, colour_bits = struct.unpack("<BBBHHB", view.read(0, 8))
    start = _TGA_HEAD_BYTES + text_bytes + colours * -(-colour_bits // 8)
    (bits,) = view.read(16, 1)
    return start, -(-width * bits // 8) * height if kind in _TGA_UNPACKED else 1
