"""The metadata among the items of an image file: Exif and XMP.

Sources: ISO/IEC 23008-12, annex A (Exif and XMP as items); ISO/IEC 14496-12, section 8.11.6 (encoding).
"""

import struct
import zlib
from typing import Final

from metaextract_extractor.domain.result import ByteRange, Unread, Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.bmff import guarded
from metaextract_extractor.reading.walkers.heif_items import Item, Items
from metaextract_extractor.reading.walkers.nested import walk_nested

_EXIF_HEADS: Final = ((b"MM\0*", 0), (b"II*\0", 0), (b"Exif\0\0", 6))
_EXIF_OFFSET_BYTES: Final = 4
_XMP_TYPE: Final = "application/rdf+xml"


def walk_metadata_items(file: View, walk: Walk, items: Items, path: str) -> None:
    """Hand the metadata among the items to their walkers, each run of bytes once."""
    seen: set[tuple[object, ...]] = set()
    for number in sorted(items.by_id):
        item = items.by_id[number]
        kind = item.content_type or item.kind
        if kind not in ("Exif", _XMP_TYPE):
            continue
        where = (item.method, *item.extents)
        if where in seen:
            continue
        seen.add(where)
        view = items.content(item, file)
        name = "EXIF" if kind == "Exif" else "XMP"
        if view is None:
            walk.reference(resolved=False)
            _note_past_the_end(item, file, walk, f"{path}-{name}")
            continue
        if _is_there(view):  # what is not is counted where its bytes turn out to be missing
            walk.reference(resolved=True)
        with guarded(walk, f"{path}-{name}", view):
            _walk_item(item, view, walk, f"{path}-{name}", is_exif=kind == "Exif")


def _note_past_the_end(item: Item, file: View, walk: Walk, path: str) -> None:
    """Note the first run of an item's bytes that a cut file lacks: how long it is tells what is lost."""
    start = file.place(0, 1)
    if item.method or item.elsewhere or start is None:
        return
    for extent in item.extents:
        if extent.length and not file.has(extent.offset, extent.length):
            place = ByteRange(start.offset_bytes + extent.offset, extent.length)
            walk.unread.append(Unread(path, place, Why.MISSING))
            return


def _is_there(view: View) -> bool:
    """Whether the first and the last byte have arrived."""
    try:
        view.read(0, min(view.size_bytes, 1))
        view.read(max(0, view.size_bytes - 1), min(view.size_bytes, 1))
    except MissingBytesError:
        return False
    return True


def _walk_item(item: Item, view: View, walk: Walk, path: str, *, is_exif: bool) -> None:
    if view.size_bytes == 0:
        return
    if item.protected:
        walk.not_read(path, view, Why.ENCRYPTED)
        return
    if item.content_encoding:
        unpacked = _inflated(item, view, walk)
        if unpacked is None:
            walk.not_read(path, view, Why.UNKNOWN if item.content_encoding != "deflate" else Why.DAMAGED)
            return
        walk.understood(view)
        view = unpacked
    if not is_exif:
        walk_nested("xmp", view, walk, path)
        return
    start = exif_start(view)
    if start is None:
        walk.not_read(path, view, Why.DAMAGED)
        return
    if start:
        walk.understood(view.part(0, start))
    walk_nested("exif", view.part(start), walk, path)


def exif_start(view: View) -> int | None:
    """Return where the TIFF structure begins in an Exif item (ISO/IEC 23008-12, A.2.1), None if nowhere."""
    if view.size_bytes < _EXIF_OFFSET_BYTES:
        return None
    head = view.read(0, min(6, view.size_bytes))
    for mark, start in _EXIF_HEADS:
        if head.startswith(mark):
            return start
    (offset,) = struct.unpack(">I", head[:_EXIF_OFFSET_BYTES])
    start = _EXIF_OFFSET_BYTES + offset
    return start if start < view.size_bytes else None


def _inflated(item: Item, view: View, walk: Walk) -> View | None:
    if item.content_encoding != "deflate":
        return None
    limit = walk.unpacked_bytes_left
    packed = view.all(walk.budgets.xmp_bytes_max)
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(packed, limit + 1)
    except zlib.error:
        return None
    walk.unpack(len(content))
    return View.unpacked(content) if inflater.eof else None
