"""Digests of compressed pictures where ExifTool makes none: what of the file the picture is, and no more.

Sources: GIF89a (CompuServe 1990), 18 to 27; Photoshop file formats specification, file structure; Netpbm
formats pbm(5), pgm(5), ppm(5), pnm(5).
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Final

from metaextract_extractor.reading.view import MissingBytesError, View

PIECE_BYTES: Final = 1024 * 1024
_PNM_HEAD_BYTES: Final = 64 * 1024
_PNM_NUMBER: Final = rb"(?:\s+(?:#[^\n]*\n\s*)*[0-9]+)"
_PNM_HEADER: Final = re.compile(rb"(?:P[14]" + _PNM_NUMBER + rb"{2}|P[2356]" + _PNM_NUMBER + rb"{3})\s")
_EXTENSION, _IMAGE, _END = b"\x21", b"\x2c", b"\x3b"
_GRAPHIC_CONTROL: Final = b"\xf9"
_PACKED_COLOUR_TABLE: Final = 0x80
_PSB_VERSION: Final = 2
_PSD_RAW: Final = 0
_PSD_RUN_LENGTHS: Final = 1


def picture_digest(view: View, family: str) -> str:
    """Return the SHA-256 of the picture's own bytes; empty if the format is not one of ours, or broken."""
    parts = _PARTS.get(family)
    if parts is None:
        return ""
    digest = hashlib.sha256()
    try:
        for offset, length in parts(view):
            if length < 0:
                return ""
            for at in range(offset, offset + length, PIECE_BYTES):
                digest.update(view.read(at, min(PIECE_BYTES, offset + length - at)))
    except MissingBytesError:
        return ""
    return digest.hexdigest()


def picture_end(view: View, family: str) -> int | None:
    """Return the offset behind the picture's last byte; None as `picture_digest` says nothing."""
    parts = _PARTS.get(family)
    if parts is None:
        return None
    try:
        return max(offset + length for offset, length in parts(view))
    except MissingBytesError:
        return None


Parts = Iterator[tuple[int, int]]


def _gif(view: View) -> Parts:
    """Screen, colour tables, images, and how long each is shown; no comments, texts or applications."""
    packed = view.read(10, 1)[0]
    at = 13 + _colours_bytes(packed)
    yield 6, at - 6
    while (block := view.read(at, 1)) != _END:
        start = at
        if block == _EXTENSION:
            label = view.read(at + 1, 1)
            at = _past_blocks(view, at + 2)
            if label == _GRAPHIC_CONTROL:
                yield start, at - start
        elif block == _IMAGE:
            at = _past_blocks(view, at + 11 + _colours_bytes(view.read(at + 9, 1)[0]))
            yield start, at - start
        else:
            raise MissingBytesError(None)


def _colours_bytes(packed: int) -> int:
    return 3 << ((packed & 7) + 1) if packed & _PACKED_COLOUR_TABLE else 0


def _past_blocks(view: View, at: int) -> int:
    while length := view.read(at, 1)[0]:
        at += 1 + length
    return at + 1


def _psd(view: View) -> Parts:
    """Header, colours, layers and the merged picture; not the resources between them or what follows."""
    colours = _number(view, 26, 4)
    yield 0, 30 + colours
    layers_at = 34 + colours + _number(view, 30 + colours, 4)
    picture_at = layers_at + _layers_bytes(view, layers_at)
    yield layers_at, picture_at - layers_at
    yield picture_at, min(_merged_bytes(view, picture_at), view.size_bytes - picture_at)


def _layers_bytes(view: View, at: int) -> int:
    length_bytes = 8 if _is_large(view) else 4
    return length_bytes + _number(view, at, length_bytes)


def _merged_bytes(view: View, at: int) -> int:
    """Length of the merged picture; to the end of the file where only its decoder knows."""
    rows = _number(view, 12, 2) * _number(view, 14, 4)
    compression = _number(view, at, 2)
    if compression == _PSD_RAW:
        return 2 + rows * ((_number(view, 18, 4) * _number(view, 22, 2) + 7) // 8)
    if compression != _PSD_RUN_LENGTHS:
        return view.size_bytes - at
    count_bytes = 4 if _is_large(view) else 2
    counts = view.read(at + 2, rows * count_bytes)
    lengths = (counts[row : row + count_bytes] for row in range(0, len(counts), count_bytes))
    return 2 + len(counts) + sum(int.from_bytes(one, "big") for one in lengths)


def _is_large(view: View) -> bool:
    return _number(view, 4, 2) == _PSB_VERSION


def _number(view: View, at: int, length: int) -> int:
    return int.from_bytes(view.read(at, length), "big")


def _pnm(view: View) -> Parts:
    """Everything behind the header; its numbers stand in fields that are compared as such."""
    head = view.read(0, min(_PNM_HEAD_BYTES, view.size_bytes))
    header = _PNM_HEADER.match(head)
    if header is None:
        raise MissingBytesError(None)
    yield header.end(), view.size_bytes - header.end()


_PARTS: Final[dict[str, Callable[[View], Parts]]] = {"GIF": _gif, "PSD": _psd, "PNM": _pnm}
