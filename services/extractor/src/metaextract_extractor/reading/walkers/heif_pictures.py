"""The pictures among the items: thumbnails, alpha and depth maps, gain maps, and the size of the main one.

Sources: ISO/IEC 23008-12, sections 6.4.2 to 6.4.6 (roles of images) and 6.6.2 (grid, overlay, tone map);
the URNs of auxiliary images as Apple and MPEG write them.
"""

from typing import Final

from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.bmff import Box
from metaextract_extractor.reading.walkers.heif_items import Item, Items, spatial_extent
from metaextract_extractor.reading.walkers.heif_properties import auxiliary_type

_TILES_MAX: Final = 4096
_PICTURES_MAX: Final = 256
_CODED: Final = frozenset(
    {
        *("hvc1", "av01", "avc1", "lhv1", "hvt1", "jpeg", "j2k1", "vvc1", "evc1", "unci", "mski"),
        *("grid", "iovl", "iden", "tmap"),
    }
)
"""Kinds of items that are pixels, or tell how to put pixels together."""
_ROLES: Final = (
    ("hdrgainmap", "gain_map"),
    ("gainmap", "gain_map"),
    ("auxiliary:depth", "depth"),
    ("auxiliary:alpha", "alpha"),
    ("auxid:1", "alpha"),
    ("auxid:2", "depth"),
    ("portraiteffectsmatte", "matte"),
    ("matte", "matte"),
    ("disparity", "depth"),
)
"""What an auxiliary type contains -> kind of the embedded image."""


def note_pictures(file: View, walk: Walk, items: Items, properties: list[Box], path: str) -> None:
    """Note the images that accompany the main one, its size, and the bytes that are pixels."""
    primary = items.by_id.get(items.primary) if items.primary is not None else None
    size = _size(primary, properties) if primary is not None else None
    if size is not None:
        walk.width_pixels, walk.height_pixels = size
    gain_maps = _gain_maps(items)
    walk.picture(path, file, *_furthest(items))
    noted = 0
    for number in sorted(items.by_id):
        item = items.by_id[number]
        view = items.content(item, file) if item.kind in _CODED else None
        if view is not None:
            walk.understood(view)
        role = "gain_map" if number in gain_maps else _role(item, properties, walk)
        if not role or number == items.primary or noted >= _PICTURES_MAX:
            continue
        noted += 1
        pixels = _pixels(item, items, file)
        if pixels is not None:
            walk.image(role, path, pixels, *(_size(item, properties) or (None, None)))


def _furthest(items: Items) -> tuple[int, int]:
    """Return offset and length of the coded bytes that end last in the file; (0, 0) without."""
    extents = (
        (extent.offset, extent.length)
        for item in items.by_id.values()
        if item.kind in _CODED and item.method == 0 and not item.elsewhere
        for extent in item.extents
    )
    return max(extents, key=sum, default=(0, 0))


def _gain_maps(items: Items) -> set[int]:
    """A tone map is derived from two images: the main one, then its gain map."""
    maps = (one.refers_to.get("dimg", []) for one in items.by_id.values() if one.kind == "tmap")
    return {sources[1] for sources in maps if len(sources) > 1}


def _role(item: Item, properties: list[Box], walk: Walk) -> str:
    if "thmb" in item.refers_to:
        return "thumbnail"
    if "auxl" in item.refers_to:
        return _auxiliary_role(item, properties, walk)
    return "preview" if item.kind == "jpeg" else ""


def _auxiliary_role(item: Item, properties: list[Box], walk: Walk) -> str:
    for box in _properties_of(item, properties):
        if box.kind == "auxC":
            urn = auxiliary_type(box.body, walk).lower()
            return next((kind for mark, kind in _ROLES if mark in urn), "auxiliary")
    return "auxiliary"


def _properties_of(item: Item, properties: list[Box]) -> list[Box]:
    return [properties[at - 1] for at in item.properties if 0 < at <= len(properties)]


def _size(item: Item, properties: list[Box]) -> tuple[int, int] | None:
    for box in _properties_of(item, properties):
        if box.kind == "ispe" and box.whole:
            return spatial_extent(box.body)
    return None


def _pixels(item: Item, items: Items, file: View) -> View | None:
    """View an image's coded bytes: its own, or of a grid those of its tiles."""
    if item.kind != "grid":
        return items.content(item, file)
    tiles: list[View] = []
    for number in item.refers_to.get("dimg", [])[:_TILES_MAX]:
        tile = items.by_id.get(number)
        view = items.content(tile, file) if tile is not None else None
        if view is None:
            return None
        tiles.append(view)
    return View.joined(tiles) if tiles else None
