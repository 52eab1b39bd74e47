"""HEIC, HEIF and AVIF: the boxes at the top of the file, the items of its `meta` box, the pictures in it.

Sources: ISO/IEC 14496-12, section 8.11; ISO/IEC 23008-12 (items, derivations, sequences, Annex A for Exif
and XMP); AVIF 1.1 and AV1-ISOBMFF for the codec; C2PA 2.1, section A.5 for its uuid box. Paths are those of
ExifTool, which calls all of these files `MOV`.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Section, binary_text, decoded, emit
from metaextract_extractor.reading.walkers.bmff import FULL_HEAD_BYTES, UUID_BYTES, Box, boxes, guarded
from metaextract_extractor.reading.walkers.brands import BRANDS, walk_file_type
from metaextract_extractor.reading.walkers.handler import walk_handler
from metaextract_extractor.reading.walkers.heif_items import (
    Items,
    read_associations,
    read_informations,
    read_locations,
    read_primary,
    read_references,
)
from metaextract_extractor.reading.walkers.heif_metadata import walk_metadata_items
from metaextract_extractor.reading.walkers.heif_pictures import note_pictures
from metaextract_extractor.reading.walkers.heif_properties import walk_properties
from metaextract_extractor.reading.walkers.movie import walk_movie
from metaextract_extractor.reading.walkers.movie_times import Times
from metaextract_extractor.reading.walkers.nested import walk_nested
from metaextract_extractor.reading.walkers.samples import Track

XMP_UUID: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA_UUID: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
CANON_UUID: Final = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_MANIFEST: Final = b"manifest\0"
_MANIFEST_HEAD_BYTES: Final = 21
"""Version and flags, `manifest`, and an offset of eight bytes: what stands between uuid and JUMBF."""
_META_VERSION_BYTES: Final = 4

_FORMATS: Final = {
    "heic": "HEIC", "heix": "HEIF", "hevc": "HEIC", "hevx": "HEIC", "mif1": "HEIF", "msf1": "HEIF",
    "avif": "AVIF", "avis": "AVIF", "avio": "AVIF", "miaf": "AVIF", "crx ": "CR3",
}  # fmt: skip
_HEIC_BRAND: Final = "heic"

BoxWalker = Callable[[Box, "Media"], bool]
"""Reads a box if it knows it."""


class Media:
    """What the parts of one walk over one file share."""

    def __init__(self, view: View, walk: Walk, path: str) -> None:
        self.view = view
        self.walk = walk
        self.path = path
        self.brand = ""
        self.tracks: list[Track] = []
        self.own_boxes: BoxWalker = lambda _box, _media: False


def walk_heif(view: View, walk: Walk, path: str) -> None:
    """Walk a HEIC, HEIF or AVIF file, still or sequence."""
    with walk.within("file", path, view):
        walk_media(Media(view, walk, path))


def walk_media(media: Media) -> None:
    """Walk the boxes at the top of a file of this family."""
    walk, path = media.walk, media.path
    for box in boxes(media.view, walk, path):
        if box.kind == "mdat":
            _walk_media_data(box, walk, path)
            walk.picture(path, media.view, box.body_at, box.size_bytes)
            continue
        if not box.whole:
            walk.not_read(path, box.body, Why.DAMAGED)
            continue
        with guarded(walk, path, box.body):
            _walk_top(box, media)


def _walk_top(box: Box, media: Media) -> None:
    walk, path, body = media.walk, media.path, box.body
    if box.kind == "ftyp":
        media.brand = walk_file_type(body, walk, Section(f"{path}-FileType", "QuickTime"), BRANDS)
        walk.understood(body)
        walk.format_name = walk.format_name or _FORMATS.get(media.brand, "")
    elif box.kind == "meta":
        walk_meta(body, media)
    elif box.kind == "moov":
        _walk_movie(body, media)
    elif box.kind == "uuid":
        walk_uuid(box, media)
    elif box.kind in ("free", "skip", "wide"):
        walk.understood(body)
    elif box.kind == "mpvd":
        walk.image("video", path, body)
        text = binary_text(body.size_bytes)
        emit(walk, Section(path, "QuickTime"), "MotionPhotoVideo", text, None, tag_id="mpvd")
    else:
        walk.not_read(path, body, Why.UNKNOWN)


def _walk_media_data(box: Box, walk: Walk, path: str) -> None:
    """Size and place of the pixels; the numbers stand in the box's head, not in a place of their own."""
    place = box.body.place() if box.body.size_bytes else None
    if place is None:
        return
    section = Section(path, "QuickTime")
    emit(walk, section, "MediaDataSize", box.size_bytes, None, tag_id="mdat-size")
    emit(walk, section, "MediaDataOffset", place.offset_bytes, None, tag_id="mdat-offset")


def walk_uuid(box: Box, media: Media) -> None:
    """Walk a box that carries a uuid for a kind: XMP, C2PA, or one of the caller's."""
    walk, path, body = media.walk, media.path, box.body
    if body.size_bytes < UUID_BYTES:
        walk.not_read(path, body, Why.DAMAGED)
        return
    kind = body.read(0, UUID_BYTES)
    if kind == XMP_UUID:
        walk.understood(body.part(0, UUID_BYTES))
        walk_nested("xmp", body.part(UUID_BYTES), walk, f"{path}-XMP")
    elif kind == C2PA_UUID and body.has(0, UUID_BYTES + _MANIFEST_HEAD_BYTES):
        start = UUID_BYTES + _MANIFEST_HEAD_BYTES
        if body.read(UUID_BYTES + 4, len(_MANIFEST)) == _MANIFEST:
            walk.understood(body.part(0, start))
            walk_nested("jumbf", body.part(start), walk, f"{path}-JUMBF")
        else:
            walk.not_read(path, body, Why.UNKNOWN)
    elif not media.own_boxes(box, media):
        with walk.within("vendor", path, body):
            walk.understood(body.part(0, UUID_BYTES))
            walk.not_read(path, body.part(UUID_BYTES), Why.VENDOR)


def walk_meta(body: View, media: Media) -> None:
    """Walk a `meta` box: first what describes the items, then the items, then their properties."""
    walk, path = media.walk, f"{media.path}-Meta"
    with walk.within("image", path, body):
        walk.understood(body.part(0, _META_VERSION_BYTES))
        items = Items()
        properties: list[Box] = []
        for box in boxes(body.part(_META_VERSION_BYTES), walk, path):
            if not box.whole:
                walk.not_read(path, box.body, Why.DAMAGED)
                continue
            with guarded(walk, path, box.body):
                _walk_meta_box(box, media, items, properties)
        walk_metadata_items(media.view, walk, items, f"{path}-ItemInformation")
        found: list[Box] = []
        for box in properties:
            found += walk_properties(box.body, walk, f"{path}-ItemPropertyContainer", items)
        note_pictures(media.view, walk, items, found, path)


def _walk_meta_box(box: Box, media: Media, items: Items, properties: list[Box]) -> None:
    walk, path, body = media.walk, f"{media.path}-Meta", box.body
    if box.kind in _ITEM_READERS:
        _ITEM_READERS[box.kind](body, walk, items, path)
    elif box.kind == "hdlr":
        walk_handler(body, walk, Section(f"{path}-Handler", "QuickTime"))
    elif box.kind == "iprp":
        for inner in boxes(body, walk, path):
            if inner.kind == "ipco":
                properties.append(inner)
            elif inner.kind == "ipma" and inner.whole:
                with guarded(walk, path, inner.body):
                    read_associations(inner.body, walk, items)
    elif box.kind == "idat":
        items.idat = body
        _walk_item_data(body, media, path)
    elif box.kind == "uuid":
        _walk_version(body, walk, path)
    elif box.kind in _UNDERSTOOD:
        walk.understood(body)
    else:
        walk.not_read(path, body, Why.UNKNOWN)


def _walk_version(body: View, walk: Walk, path: str) -> None:
    """Canon names the version of its HIF files in a box of its own."""
    start = UUID_BYTES + FULL_HEAD_BYTES
    if not body.has(0, start + 1) or body.read(0, UUID_BYTES) != CANON_UUID:
        walk.not_read(path, body, Why.UNKNOWN)
        return
    walk.understood(body)
    content = body.part(start).all(walk.budgets.value_bytes_max).rstrip(b"\0")
    emit(
        walk, Section(path, "Meta"), "MetaVersion", decoded(content), body.part(start, len(content)),
        tag_id="uuid",
    )  # fmt: skip


def _walk_primary(body: View, walk: Walk, items: Items, path: str) -> None:
    primary = read_primary(body)
    walk.understood(body)
    if primary is not None:
        items.primary, place = primary
        emit(walk, Section(path, "Meta"), "PrimaryItemReference", items.primary, place, tag_id="pitm")


_ITEM_READERS: Final[Mapping[str, Callable[[View, Walk, Items, str], None]]] = {
    "pitm": _walk_primary,
    "iloc": read_locations,
    "iinf": read_informations,
    "iref": read_references,
}
_UNDERSTOOD: Final = frozenset({"free", "skip", "dinf", "grpl"})


def _walk_item_data(body: View, media: Media, path: str) -> None:
    """ExifTool shows the numbers in `idat`, which of a grid are its shape and the size of the image."""
    count = body.size_bytes // 2
    media.walk.understood(body)
    if media.brand != _HEIC_BRAND or not 0 < count * 2 <= media.walk.budgets.value_bytes_max:
        return
    numbers = struct.unpack(f">{count}H", body.read(0, count * 2))
    text = " ".join(str(one) for one in numbers)
    size = len(numbers) == 4  # noqa: PLR2004 - rows and columns, width and height
    printed = f"{numbers[2]}x{numbers[3]}" if size else text
    emit(
        media.walk, Section(path, "Meta"), "MetaImageSize", text, body.part(0, count * 2),
        tag_id="idat", prints=lambda _value: printed,
    )  # fmt: skip


def _walk_movie(body: View, media: Media) -> None:
    times = Times(zone="+00:00" if media.brand == "crx " else "")
    walk_movie(
        body, media.walk, f"{media.path}-Movie", media.tracks, times,
        lambda box: box.kind == "uuid" and media.own_boxes(box, media),
    )  # fmt: skip
