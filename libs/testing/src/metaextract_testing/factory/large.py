"""Valid images of an exact size, streamed: memory stays constant however large the file is.

Real, decodable pixels, and all metadata before them; behind them in WebP, which knows no other place, and in
the formats called late. Bytes that do not make up a whole row go where the format allows padding: APP15
segments, a gap beside the TIFF strip, a private PNG or WebP chunk, media data that no HEIC item claims.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from metaextract_testing.factory.large_dng import plan_dng
from metaextract_testing.factory.large_heic import plan_heic, plan_heic_late
from metaextract_testing.factory.large_jpeg import plan_jpeg
from metaextract_testing.factory.large_png import plan_png
from metaextract_testing.factory.large_tiff import plan_tiff, plan_tiff_late
from metaextract_testing.factory.large_webp import plan_webp
from metaextract_testing.factory.made import LargeImage

LARGE_BYTES_MIN: Final = 100_000
LARGE_BYTES_MAX: Final = 2**32 - 1
"""Where the 32-bit offsets of TIFF end."""

_PLANS: Final[dict[str, Callable[[int, int], LargeImage]]] = {
    "jpeg": plan_jpeg,
    "tiff": plan_tiff,
    "png": plan_png,
    "webp": plan_webp,
    "dng": plan_dng,
    "heic": plan_heic,
    "tiff-late": plan_tiff_late,
    "heic-late": plan_heic_late,
}

LARGE_FORMATS: Final[tuple[str, ...]] = tuple(_PLANS)


def large_image(fmt: str, bytes_total: int, seed: int = 0) -> LargeImage:
    """Plan an image of exactly this size, without writing it anywhere.

    Every seed gives other pixels, texts, date and position. Above about 270 MB (WebP), 480 MB (JPEG) or
    715 MB (TIFF, PNG) the picture has more pixels than Pillow opens without a warning.

    Raises:
        ValueError: the format is not one of ``LARGE_FORMATS``, or the size is outside
            ``LARGE_BYTES_MIN`` and ``LARGE_BYTES_MAX``.
    """
    if fmt not in _PLANS:
        message = f"unknown format {fmt!r}; known are {', '.join(LARGE_FORMATS)}"
        raise ValueError(message)
    if not LARGE_BYTES_MIN <= bytes_total <= LARGE_BYTES_MAX:
        message = f"bytes_total must be within {LARGE_BYTES_MIN} and {LARGE_BYTES_MAX}, not {bytes_total}"
        raise ValueError(message)
    return _PLANS[fmt](bytes_total, seed)


def large_jpeg(path: Path, bytes_total: int, seed: int = 0) -> LargeImage:
    """Write a JPEG of exactly this size to ``path``; see ``large_image``."""
    return _written(large_image("jpeg", bytes_total, seed), path)


def large_tiff(path: Path, bytes_total: int, seed: int = 0) -> LargeImage:
    """Write a TIFF of exactly this size to ``path``; see ``large_image``."""
    return _written(large_image("tiff", bytes_total, seed), path)


def large_png(path: Path, bytes_total: int, seed: int = 0) -> LargeImage:
    """Write a PNG of exactly this size to ``path``; see ``large_image``."""
    return _written(large_image("png", bytes_total, seed), path)


def large_jpeg_chunks(bytes_total: int, seed: int = 0) -> Iterator[bytes]:
    """Yield a JPEG of exactly this size, for an upload without a file."""
    return large_image("jpeg", bytes_total, seed).chunks()


def large_tiff_chunks(bytes_total: int, seed: int = 0) -> Iterator[bytes]:
    """Yield a TIFF of exactly this size, for an upload without a file."""
    return large_image("tiff", bytes_total, seed).chunks()


def large_png_chunks(bytes_total: int, seed: int = 0) -> Iterator[bytes]:
    """Yield a PNG of exactly this size, for an upload without a file."""
    return large_image("png", bytes_total, seed).chunks()


def _written(image: LargeImage, path: Path) -> LargeImage:
    with path.open("wb") as file:
        file.writelines(image.chunks())
    return image
