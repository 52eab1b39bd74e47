"""Images of plain structure: one entry for all of them, chosen by their first bytes."""

from collections.abc import Callable
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.bmp import walk_bmp
from metaextract_extractor.reading.walkers.exr import walk_exr
from metaextract_extractor.reading.walkers.fits import walk_fits
from metaextract_extractor.reading.walkers.icons import walk_icns, walk_icon
from metaextract_extractor.reading.walkers.pnm import walk_pnm
from metaextract_extractor.reading.walkers.radiance import walk_radiance
from metaextract_extractor.reading.walkers.textures import is_tga, walk_dds, walk_tga

_HEAD_BYTES: Final = 10
_NO_IMAGES: Final = b"\0\0\2\0\0\0"
"""A cursor without images: then it is the header of a TGA, which begins alike and has no signature."""
_SIGNATURES: Final[tuple[tuple[bytes, str, Callable[[View, Walk, str], None]], ...]] = (
    (b"BM", "BMP", walk_bmp),
    (b"\0\0\1\0", "ICO", walk_icon),
    (b"\0\0\2\0", "ICO", walk_icon),
    (b"icns", "ICNS", walk_icns),
    (b"DDS ", "DDS", walk_dds),
    (b"\x76\x2f\x31\x01", "EXR", walk_exr),
    (b"#?RADIANCE", "HDR", walk_radiance),
    (b"#?RGBE", "HDR", walk_radiance),
    (b"SIMPLE  =", "FITS", walk_fits),
    *((b"P%d" % kind, "PPM", walk_pnm) for kind in range(1, 7)),
)


def walk_bitmap(view: View, walk: Walk, path: str) -> None:
    """Walk an image of one of these formats; `path` is where it begins, by default the format's name."""
    try:
        head = view.read(0, min(view.size_bytes, _HEAD_BYTES))
        if (path == "TGA" or head.startswith(_NO_IMAGES)) and is_tga(view):
            walk_tga(view, walk, path or "TGA")
            return
        for mark, name, walker in _SIGNATURES:
            if head.startswith(mark):
                walker(view, walk, path or name)
                return
        if is_tga(view):
            walk_tga(view, walk, path or "TGA")
            return
    except MissingBytesError:
        walk.reference(resolved=False)
        return
    walk.not_read(path, view, Why.UNKNOWN)
