"""A HEIC of any size: a grid of HEVC tiles, as telephones write it, with Exif and XMP before or behind them.

Sources: ISO/IEC 23008-12, section 6.6.2.3 (grid) and annex A (Exif and XMP items); ISO/IEC 14496-12, section
8.11 (meta box and its items). One tile of noise is encoded, and all tiles hold its bytes; what is left of the
size is in the media data too, where no item claims it.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import accumulate
from math import isqrt

import pillow_heif
from PIL import Image

from metaextract_testing.factory.exif import exif_block
from metaextract_testing.factory.made import LargeImage
from metaextract_testing.factory.scene import Scene, scene
from metaextract_testing.factory.xmp import xmp_block

_EDGES = ((1_000_000, 64), (32_000_000, 128))
"""Files shorter than this have tiles of this edge; a larger one takes long to encode."""
_EDGE_MAX = 512
_TILES_PER_SIDE_MAX = 256
_BLACK_AND_WHITE = bytes(128) + b"\xff" * 128
_GRID = 1
"""Number of the grid among the items; the others follow it in the order in which they are stored."""
_TILE, _XMP_TYPE = b"hvc1", b"application/rdf+xml\0"
_HEAD = struct.Struct(">I4s")
_EXIF_HEAD = struct.pack(">I", 6) + b"Exif\0\0"
_IN_FILE, _IN_IDAT = 0, 1


@dataclass(frozen=True)
class _Tile:
    """An encoded picture and the properties that describe it."""

    edge: int
    content: bytes
    hvcc: bytes
    colr: bytes


@dataclass(frozen=True)
class _Item:
    kind: bytes
    length: int
    content_type: bytes = b""


@lru_cache(maxsize=8)
def _tile(seed_text: str, edge: int, noise: bytes) -> _Tile:
    """`noise`: a byte for each sample; the seed's text keeps apart what is encoded for different seeds."""
    buffer = BytesIO()
    picture = Image.frombytes("RGB", (edge, edge), noise.translate(_BLACK_AND_WHITE))
    pillow_heif.from_pillow(picture).save(buffer, quality=100, enc_params={"x265:pools": "1"})
    content = buffer.getvalue()
    media = _box_at(content, b"mdat")
    return _Tile(edge, media[_HEAD.size :], _box_at(content, b"hvcC"), _box_at(content, b"colr"))


def _box_at(content: bytes, kind: bytes) -> bytes:
    at = content.index(kind) - 4
    (length,) = struct.unpack_from(">I", content, at)
    return content[at : at + length]


def plan_heic(bytes_total: int, seed: int) -> LargeImage:
    """Plan a HEIC of exactly ``bytes_total`` bytes whose Exif and XMP items stand before the tiles."""
    return _planned("large-heic", bytes_total, seed, late=False)


def plan_heic_late(bytes_total: int, seed: int) -> LargeImage:
    """Plan a HEIC of exactly ``bytes_total`` bytes whose Exif and XMP items end it, as on telephones."""
    return _planned("large-heic-late", bytes_total, seed, late=True)


def _planned(label: str, bytes_total: int, seed: int, *, late: bool) -> LargeImage:
    facts = scene(label, seed)
    edge = next((edge for below, edge in _EDGES if bytes_total < below), _EDGE_MAX)
    tile = _tile(facts.seed_text, edge, facts.random("pixels").randbytes(edge * edge * 3))
    # The length of the metadata does not depend on the size of the picture: EXIF holds it in four bytes.
    fixed_bytes = len(_metadata(facts, 0, 0)[0] + _metadata(facts, 0, 0)[1]) + 2 * _HEAD.size
    columns, rows = _shape(bytes_total - fixed_bytes, tile)
    width, height = columns * edge, rows * edge
    exif, xmp, tags = _metadata(facts, width, height)
    tiles = [_Item(_TILE, len(tile.content))] * (columns * rows)
    metadata = [_Item(b"Exif", len(exif)), _Item(b"mime", len(xmp), _XMP_TYPE)]
    stored = [*tiles, *metadata] if late else [*metadata, *tiles]
    front_bytes = len(_front(tile, columns, rows, stored, [0] * len(stored)))
    filler_bytes = bytes_total - front_bytes - _HEAD.size - sum(item.length for item in stored)
    # Nobody claims the filler: it stands between the items and the other end of the media data.
    first = front_bytes + _HEAD.size + (filler_bytes if late else 0)
    offsets = list(accumulate((item.length for item in stored[:-1]), initial=first))
    front = _front(tile, columns, rows, stored, offsets)

    def chunks() -> Iterator[bytes]:
        yield front + _HEAD.pack(bytes_total - front_bytes, b"mdat")
        if not late:
            yield exif + xmp
        else:
            yield from _noise(facts, filler_bytes)
        for _ in tiles:
            yield tile.content
        if late:
            yield exif + xmp
        else:
            yield from _noise(facts, filler_bytes)

    tags = {
        "File:FileType": "HEIC",
        "File:MIMEType": "image/heic",
        "QuickTime:ImageSpatialExtent": f"{width}x{height}",
        **tags,
    }
    name = f"{label}-{seed}.heic"
    return LargeImage(name, "image/heic", bytes_total, tags, chunks)


def _metadata(facts: Scene, width: int, height: int) -> tuple[bytes, bytes, dict[str, str]]:
    exif, xmp = exif_block(facts, width, height, order=">"), xmp_block(facts)
    return _EXIF_HEAD + exif.content, xmp.content, {**exif.tags, **xmp.tags}


def _shape(bytes_available: int, tile: _Tile) -> tuple[int, int]:
    """Return how many columns and rows of tiles fit with what describes them."""
    front_bytes = len(_front(tile, 1, 1, [], []))
    described_bytes = len(_front(tile, 1, 1, [_Item(_TILE, 0)], [0])) - front_bytes
    count = (bytes_available - front_bytes) // (len(tile.content) + described_bytes)
    columns = min(_TILES_PER_SIDE_MAX, max(1, isqrt(count)))
    return columns, min(_TILES_PER_SIDE_MAX, max(1, count // columns))


def _noise(facts: Scene, length: int) -> Iterator[bytes]:
    random = facts.random("filler")
    for start in range(0, length, 1 << 18):
        yield random.randbytes(min(1 << 18, length - start))


def _front(tile: _Tile, columns: int, rows: int, stored: Sequence[_Item], offsets: Sequence[int]) -> bytes:
    """Return everything before the media data; its length depends on the number of items alone."""
    size = struct.pack(">HH", columns * tile.edge, rows * tile.edge)
    grid = struct.pack(">BBBB", 0, 0, rows - 1, columns - 1) + size
    items = [_Item(b"grid", len(grid)), *stored]
    places = [(_IN_IDAT, 0), *((_IN_FILE, offset) for offset in offsets)]
    meta = b"".join((
        _full(b"hdlr", b"\0\0\0\0pict" + bytes(12) + b"\0"),
        _full(b"pitm", struct.pack(">H", _GRID)),
        _locations(items, places),
        _informations(items),
        _references(stored),
        _properties(tile, columns, rows, stored),
        _box(b"idat", grid),
    ))  # fmt: skip
    return _box(b"ftyp", b"heic\0\0\0\0mif1heic") + _full(b"meta", meta)


def _locations(items: Sequence[_Item], places: Sequence[tuple[int, int]]) -> bytes:
    entries = (
        struct.pack(">HHHHII", number, method, 0, 1, offset, item.length)
        for number, (item, (method, offset)) in enumerate(zip(items, places, strict=True), _GRID)
    )
    return _full(b"iloc", struct.pack(">BBH", 0x44, 0, len(items)) + b"".join(entries), version=1)


def _informations(items: Sequence[_Item]) -> bytes:
    """Tiles are hidden: only the grid is to be shown."""
    entries = (
        _full(
            b"infe",
            struct.pack(">HH", number, 0) + item.kind + b"\0" + item.content_type,
            version=2,
            flags=int(item.kind == _TILE),
        )
        for number, item in enumerate(items, _GRID)
    )
    return _full(b"iinf", struct.pack(">H", len(items)) + b"".join(entries))


def _references(stored: Sequence[_Item]) -> bytes:
    tiles = _tile_numbers(stored)
    made_of = _box(b"dimg", struct.pack(f">HH{len(tiles)}H", _GRID, len(tiles), *tiles))
    describing = (
        _box(b"cdsc", struct.pack(">HHH", number, 1, _GRID))
        for number, item in enumerate(stored, _GRID + 1)
        if item.kind != _TILE
    )
    return _full(b"iref", made_of + b"".join(describing))


def _tile_numbers(stored: Sequence[_Item]) -> list[int]:
    return [number for number, item in enumerate(stored, _GRID + 1) if item.kind == _TILE]


def _properties(tile: _Tile, columns: int, rows: int, stored: Sequence[_Item]) -> bytes:
    tile_size = _full(b"ispe", struct.pack(">II", tile.edge, tile.edge))
    size = _full(b"ispe", struct.pack(">II", columns * tile.edge, rows * tile.edge))
    pixel = _full(b"pixi", b"\3\x08\x08\x08")
    container = _box(b"ipco", tile.hvcc + tile.colr + tile_size + size + pixel)
    entries = [
        struct.pack(">HBBB", _GRID, 2, 4, 5),
        *(struct.pack(">HBBBBB", number, 4, 0x81, 2, 3, 5) for number in _tile_numbers(stored)),
    ]
    return _box(b"iprp", container + _full(b"ipma", struct.pack(">I", len(entries)) + b"".join(entries)))


def _box(kind: bytes, content: bytes) -> bytes:
    return _HEAD.pack(_HEAD.size + len(content), kind) + content


def _full(kind: bytes, content: bytes, *, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags) + content)
