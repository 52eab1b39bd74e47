"""Pictures inside TIFF structures: thumbnails and previews, where they stand and how large they are.

Sources: TIFF 6.0 sections 2 (strips) and 22 (JPEGInterchangeFormat), Exif 3.0 section 4.5.5 (thumbnails).
"""

from collections.abc import Mapping
from typing import Final

from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers import ifd
from metaextract_extractor.reading.walkers.exif_values import INTEGERS, INTEGERS_BIG, TYPE_BYTES, integers
from metaextract_extractor.reading.walkers.tiff_names import (
    HEIGHT,
    JPEG_LENGTH,
    JPEG_OFFSET,
    STRIP_BYTE_COUNTS,
    STRIP_OFFSETS,
    WIDTH,
    Surroundings,
)

STRIPS_MAX: Final = 256
"""A small picture with more strips is not put together."""

_SUBFILE_TYPE: Final = 0x00FE
_EXIF_WIDTH: Final = 0xA002
_EXIF_HEIGHT: Final = 0xA003


def note(
    view: View,
    walk: Walk,
    entries: Mapping[int, ifd.Entry],
    path: str,
    name: str,
    header: ifd.Header,
    around: Surroundings,
) -> None:
    """Note the JPEG and the reduced picture of a directory. Raises `MissingBytesError`."""
    kind = "thumbnail" if name == "IFD1" else "preview"
    size = _one(entries, WIDTH, header), _one(entries, HEIGHT, header)
    offset, length = _one(entries, JPEG_OFFSET, header), _one(entries, JPEG_LENGTH, header)
    if offset is not None and length:
        resolved = view.has(offset, length)
        walk.reference(resolved=resolved)
        if resolved:
            walk.image(kind, path, view.part(offset, length))
    has_strips = STRIP_OFFSETS in entries and STRIP_BYTE_COUNTS in entries
    if has_strips and is_reduced(entries, name, header, around):
        strips = _strips(view, entries, header)
        walk.reference(resolved=strips is not None)
        if strips is not None:
            walk.image(kind, path, strips, *size)


def take_size(walk: Walk, values: Mapping[int, str], name: str, around: Surroundings) -> None:
    """Take the size of the full-resolution picture as that of the file, where the directories tell it.

    CR2 tells it in Exif alone; of ARW only the maker's tags know what is left when the edges are cut.
    """
    tags = (_EXIF_WIDTH, _EXIF_HEIGHT) if around.tiff_type == "CR2" else (WIDTH, HEIGHT)
    full = values.get(_SUBFILE_TYPE, "0") in ("0", "2")
    if not full or around.tiff_type == "ARW" or (walk.width_pixels is not None and name != "IFD0"):
        return
    width, height = (
        int(value) if value.isdecimal() else 0 for value in (values.get(tag, "") for tag in tags)
    )
    if width > 1 and height > 1:  # a placeholder has one pixel
        walk.width_pixels, walk.height_pixels = width, height


def is_reduced(entries: Mapping[int, ifd.Entry], name: str, header: ifd.Header, around: Surroundings) -> bool:
    """Whether the picture of a directory is a smaller copy of the file's. Raises `MissingBytesError`.

    IFD1 of Exif always is, even where it calls itself a picture of full resolution.
    """
    if not around.top and name == "IFD1":
        return True
    subfile_type = _one(entries, _SUBFILE_TYPE, header)
    if subfile_type is not None:
        return bool(subfile_type & 1)
    return (not around.top and name != "IFD0") or (
        around.tiff_type == "CR2" and name in ("IFD0", "IFD1", "IFD2")
    )


def _strips(view: View, entries: Mapping[int, ifd.Entry], header: ifd.Header) -> View | None:
    offsets = _numbers(entries[STRIP_OFFSETS], header)
    lengths = _numbers(entries[STRIP_BYTE_COUNTS], header)
    if len(offsets) != len(lengths) or not 0 < len(offsets) <= STRIPS_MAX:
        return None
    if not all(view.has(*strip) for strip in zip(offsets, lengths, strict=True)):
        return None
    return View.joined([view.part(*strip) for strip in zip(offsets, lengths, strict=True) if strip[1]])


def _one(entries: Mapping[int, ifd.Entry], tag: int, header: ifd.Header) -> int | None:
    entry = entries.get(tag)
    numbers = _numbers(entry, header) if entry is not None and entry.count == 1 else ()
    return numbers[0] if numbers and numbers[0] >= 0 else None


def _numbers(entry: ifd.Entry, header: ifd.Header) -> tuple[int, ...]:
    if entry.at is None or entry.type_name not in INTEGERS | INTEGERS_BIG or entry.count > STRIPS_MAX:
        return ()
    return integers(
        entry.type_name, entry.at.read(0, entry.count * TYPE_BYTES[entry.type_name]), header.order
    )
