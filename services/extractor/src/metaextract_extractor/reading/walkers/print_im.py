"""Epson's Print Image Matching: eight bytes of name, four digits of version, then vendor entries."""

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.exif_values import decode, readable, scalar

_MAGIC = b"PrintIM\0"
_BYTES_MIN = 16


def walk_print_im(view: View, walk: Walk, path: str) -> None:
    """Walk a PrintIM block that an entry of the directory `path` holds. Raises `MissingBytesError`."""
    if view.size_bytes < _BYTES_MIN or view.read(0, len(_MAGIC)) != _MAGIC:
        walk.not_read(path, view, Why.VENDOR)
        return
    path = f"{path}-PrintIM"
    with walk.within("vendor", path, view):
        version = view.part(8, 4)
        text = decode("string", version.read(0, 4), "<")
        walk.understood(view.part(0, 8))
        walk.value(
            path,
            Standard.CONTAINER,
            "PrintIM",
            "PrintIMVersion",
            scalar(text),
            readable(text),
            tag_id="PrintIMVersion",
            category="Printing",
            at=version,
        )
        walk.not_read(path, view.part(12), Why.VENDOR)
