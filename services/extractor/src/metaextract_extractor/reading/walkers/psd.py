"""Photoshop documents (PSD) and large ones (PSB): header, image resources, layers.

Source: Adobe Photoshop File Formats Specification (November 2019), "Photoshop File Structure".
"""

import struct
from contextlib import suppress
from typing import Any, Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Entry, Section, walk_record
from metaextract_extractor.reading.walkers.photoshop import walk_irb
from metaextract_extractor.reading.walkers.psd_layers import layer_info, read_layers

_HEADER_BYTES: Final = 26
_METHOD_BYTES: Final = 2
_PLAIN: Final = 0
_RUN_LENGTHS: Final = 1
_TABLE_BYTES_MAX: Final = 1024 * 1024
"""Longer tables of the lengths of rows are not added up."""
_HEADER: Final = (
    Entry(12, "H", "NumChannels", tag_id="6"),
    Entry(14, "I", "ImageHeight", tag_id="7"),
    Entry(18, "I", "ImageWidth", tag_id="9"),
    Entry(22, "H", "BitDepth", tag_id="11"),
    Entry(
        24,
        "H",
        "ColorMode",
        tag_id="12",
        prints={
            0: "Bitmap", 1: "Grayscale", 2: "Indexed", 3: "RGB", 4: "CMYK", 7: "Multichannel", 8: "Duotone",
            9: "Lab",
        },
    ),
)  # fmt: skip
_COMPRESSION: Final = (
    Entry(
        0,
        "H",
        "Compression",
        prints={0: "Uncompressed", 1: "RLE", 2: "ZIP without prediction", 3: "ZIP with prediction"},
    ),
)


def walk_psd(view: View, walk: Walk, path: str = "PSD") -> None:
    """Walk a whole document."""
    with walk.within("file", path, view):
        if not view.has(0, _HEADER_BYTES) or view.read(0, 5) != b"8BPS\0":
            walk.not_read(path, view, Why.DAMAGED)
            return
        large = view.read(4, 2) == b"\0\x02"
        walk.format_name = "PSB" if large else "PSD"
        values = _walk_header(view, walk, path)
        at = _skip_section(view, walk, _HEADER_BYTES, 4)
        resources = _skip_section(view, walk, at, 4)
        walk_irb(view.part(at + 4, resources - at - 4), walk, path)
        end = _walk_layers(view, resources, walk, path, large=large)
        if not values:
            return
        with suppress(MissingBytesError):  # not there yet
            walk.picture(path, view, end, _merged_bytes(view, end, values, large=large))


def _walk_header(view: View, walk: Walk, path: str) -> dict[str, Any]:
    """Return what the header says; empty if a part of it is missing."""
    values: dict[str, Any] = {}
    header = view.part(0, _HEADER_BYTES)
    with walk.within("image", f"{path}-Photoshop", header):
        walk.understood(header)
        section = Section(f"{path}-Photoshop", "Photoshop", Standard.PHOTOSHOP, "Image")
        values = walk_record(header, walk, section, _HEADER)
        walk.width_pixels, walk.height_pixels = values["ImageWidth"], values["ImageHeight"]
    return values


def _merged_bytes(view: View, at: int, values: dict[str, Any], *, large: bool) -> int:
    """Return how long the merged picture at `at` is at least: what is deflated tells no length."""
    rows: int = values["NumChannels"] * values["ImageHeight"]
    if not view.has(at, _METHOD_BYTES):
        return _METHOD_BYTES
    method = int.from_bytes(view.read(at, _METHOD_BYTES), "big")
    if method == _PLAIN:
        width, bits = int(values["ImageWidth"]), int(values["BitDepth"])
        return _METHOD_BYTES + rows * -(-width * bits // 8)
    if method != _RUN_LENGTHS:
        return _METHOD_BYTES + 1
    table_bytes = rows * (4 if large else 2)
    if table_bytes > _TABLE_BYTES_MAX or not view.has(at, _METHOD_BYTES + table_bytes):
        return _METHOD_BYTES + table_bytes
    table = view.read(at + _METHOD_BYTES, table_bytes)
    lengths: tuple[int, ...] = struct.unpack(f">{rows}{'I' if large else 'H'}", table)
    return _METHOD_BYTES + table_bytes + sum(lengths)


def _skip_section(view: View, walk: Walk, at: int, size: int) -> int:
    """Return where the section ends whose length stands here; a length past the end is a missing end."""
    length = int.from_bytes(view.read(at, size), "big")
    inside = view.has(at + size, length)
    walk.reference(resolved=inside)
    walk.understood(view.part(at, size))
    view.part(at + size, length)  # raises if it is not there
    return at + size + length


def _walk_layers(view: View, start: int, walk: Walk, path: str, *, large: bool) -> int:
    """Walk the section of layers; return where it ends."""
    size = 8 if large else 4
    end = _skip_section(view, walk, start, size)
    whole = view.part(start + size, end - start - size)
    if whole.size_bytes >= size + 2:
        content = layer_info(whole, size)
        with walk.within("vendor", path, content):
            walk.understood(content)
            read_layers(content, walk, path, large=large)
    if whole.size_bytes and view.has(end, 2):  # without layers, ExifTool looks for it elsewhere
        section = Section(f"{path}-Photoshop", "Photoshop", Standard.PHOTOSHOP, "Image")
        walk_record(view.part(end, 2), walk, section, _COMPRESSION)
    return end
