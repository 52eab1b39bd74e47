"""The image factory: real files of many formats whose tags are known, because it wrote them.

It is both the ground truth of the tests and the source of the files in the examples.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from metaextract_testing.factory.bmff import make_avif, make_heic, make_jp2
from metaextract_testing.factory.damage import corrupted, truncated
from metaextract_testing.factory.gif import make_gif
from metaextract_testing.factory.jpeg import make_jpeg
from metaextract_testing.factory.large import (
    LARGE_BYTES_MAX,
    LARGE_BYTES_MIN,
    LARGE_FORMATS,
    large_image,
    large_jpeg,
    large_jpeg_chunks,
    large_png,
    large_png_chunks,
    large_tiff,
    large_tiff_chunks,
)
from metaextract_testing.factory.made import LargeImage, MadeImage
from metaextract_testing.factory.plain import make_bmp, make_dds, make_icns, make_ico, make_ppm, make_tga
from metaextract_testing.factory.png import make_apng, make_png
from metaextract_testing.factory.psd import make_psd
from metaextract_testing.factory.raw import make_arw, make_cr2, make_dng, make_nef
from metaextract_testing.factory.riff import make_webp
from metaextract_testing.factory.svg import make_svg
from metaextract_testing.factory.tiff import make_bigtiff, make_tiff

__all__ = [
    "FORMATS",
    "FORMATS_UNKNOWN_TO_EXIFTOOL",
    "LARGE_BYTES_MAX",
    "LARGE_BYTES_MIN",
    "LARGE_FORMATS",
    "LargeImage",
    "MadeImage",
    "corrupted",
    "large_image",
    "large_jpeg",
    "large_jpeg_chunks",
    "large_png",
    "large_png_chunks",
    "large_tiff",
    "large_tiff_chunks",
    "make",
    "truncated",
]

_MAKERS: Final[dict[str, Callable[[int], MadeImage]]] = {
    "jpeg": make_jpeg,
    "png": make_png,
    "apng": make_apng,
    "webp": make_webp,
    "tiff": make_tiff,
    "tiff-be": partial(make_tiff, order=">"),
    "bigtiff": make_bigtiff,
    "gif": make_gif,
    "bmp": make_bmp,
    "ico": make_ico,
    "svg": make_svg,
    "heic": make_heic,
    "avif": make_avif,
    "jp2": make_jp2,
    "psd": make_psd,
    "dng": make_dng,
    "cr2": make_cr2,
    "nef": make_nef,
    "arw": make_arw,
    "ppm": make_ppm,
}

_MAKERS_WITHOUT_TAGS: Final[dict[str, Callable[[int], MadeImage]]] = {
    "tga": make_tga,
    "dds": make_dds,
    "icns": make_icns,
}

FORMATS: Final[tuple[str, ...]] = tuple(_MAKERS)
"""Formats whose tags are known."""

FORMATS_UNKNOWN_TO_EXIFTOOL: Final[tuple[str, ...]] = tuple(_MAKERS_WITHOUT_TAGS)
"""Formats that can be made too, but without a truth: their ``tags`` are empty."""


def make(fmt: str, *, seed: int = 0) -> MadeImage:
    """Make one image; equal arguments give equal bytes (with the same Pillow and codecs).

    Args:
        fmt: one of ``FORMATS`` or ``FORMATS_UNKNOWN_TO_EXIFTOOL``.
        seed: changes pixels, texts, date and position.

    Raises:
        ValueError: the format is in neither.
    """
    maker = _MAKERS.get(fmt) or _MAKERS_WITHOUT_TAGS.get(fmt)
    if maker is None:
        message = f"unknown format {fmt!r}; known are {', '.join(FORMATS + FORMATS_UNKNOWN_TO_EXIFTOOL)}"
        raise ValueError(message)
    return maker(seed)
