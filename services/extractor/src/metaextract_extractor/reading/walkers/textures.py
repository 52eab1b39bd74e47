"""Textures: DirectDraw surfaces and Truevision TGA. Only their sizes are metadata that others read too.

Sources: Microsoft's DDS_HEADER structure; the Truevision TGA 2.0 specification (header, footer, extension
area).
"""

import struct
from typing import Final

from metaextract_extractor.domain.formats import looks_like_tga
from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk

_DDS_HEAD_BYTES: Final = 128
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
