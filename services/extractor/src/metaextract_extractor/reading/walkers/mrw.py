"""Minolta's MRW: blocks of picture size, white balance, camera settings, and a TIFF structure with Exif.

Source: Dalibor Jelinek's MRW format description; ExifTool's documentation of Minolta raw tags.
"""

import struct
from contextlib import suppress
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.tiff import walk_tiff

BLOCKS_MAX: Final = 64
_HEAD_BYTES: Final = 8
_ORDERS: Final = {b"\0MRM": ">", b"\0MRI": "<"}
_NAMES: Final = {b"\0PRD": "MinoltaPRD", b"\0WBG": "MinoltaWBG", b"\0RIF": "MinoltaRIF"}
# Length of each value from the beginning of a picture block (PRD), by tag.
_PRD_SENSOR: Final = 8
_PRD: Final = {
    0: (0, 8),
    8: (8, 2),
    10: (10, 2),
    12: (12, 2),
    14: (14, 2),
    16: (16, 1),
    17: (17, 1),
    18: (18, 1),
    23: (23, 1),
}
_WBG: Final = {0: (0, 4), 4: (4, 8)}


def walk_mrw(view: View, walk: Walk, path: str = "MRW") -> None:
    """Walk an MRW file."""
    with walk.within("file", path, view):
        head = view.read(0, _HEAD_BYTES)
        order = _ORDERS.get(head[:4])
        if order is None:
            walk.not_read(path, view, Why.DAMAGED)
            return
        walk.format_name = walk.format_name or "MRW"
        walk.understood(view.part(0, _HEAD_BYTES))
        (length,) = struct.unpack(order + "I", head[4:])
        end = min(_HEAD_BYTES + length, view.size_bytes)
        _blocks(view, end, order, walk, path)
        with suppress(MissingBytesError):  # the block of the picture's size has not arrived
            walk.picture(path, view, _HEAD_BYTES + length, _pixel_bytes(view, order))


def _pixel_bytes(view: View, order: str) -> int:
    """Return how many bytes of pixels stand behind the blocks, of which the first tells it; at least one."""
    if view.read(_HEAD_BYTES, 4) != b"\0PRD":
        return 1
    head = view.read(2 * _HEAD_BYTES + _PRD_SENSOR, 9)
    height, width, bits = struct.unpack(order + "HH4xB", head)
    pixel_bytes: int = width * height * bits // 8
    return max(1, pixel_bytes)


def _blocks(view: View, end: int, order: str, walk: Walk, path: str) -> None:
    position = _HEAD_BYTES
    for _ in range(BLOCKS_MAX):
        if position + _HEAD_BYTES > end:
            return
        name, length = struct.unpack(order + "4sI", view.read(position, _HEAD_BYTES))
        if not view.has(position + _HEAD_BYTES, length):
            walk.not_read(path, view.part(position), Why.DAMAGED)
            return
        block = view.part(position + _HEAD_BYTES, length)
        walk.understood(view.part(position, _HEAD_BYTES))
        if name == b"\0TTW":
            walk_tiff(block, walk, f"{path}-MinoltaTTW")
        elif name == b"\0PAD":
            walk.understood(block)
        else:
            _block(block, walk, f"{path}-{_NAMES.get(name, 'MinoltaBlock')}")
        position += _HEAD_BYTES + length


def _block(block: View, walk: Walk, path: str) -> None:
    """Values at fixed places, located for the primary engine."""
    with walk.within("makernote", path, block):
        places = _PRD if path.endswith("PRD") else _WBG if path.endswith("WBG") else {}
        for tag, (offset, length) in places.items():
            if block.has(offset, length):
                walk.locate(path, "MinoltaRaw", tag, block.part(offset, length))
        walk.not_read(path, block, Why.VENDOR)
