"""The price list as the legacy contract shows it (§5.1). What is charged, billing alone decides."""

from dataclasses import dataclass
from typing import Any, Final

from metaextract_gateway.domain.model import Operations

_MEBIBYTE: Final = 1024 * 1024

BASE: Final = 1
EMBEDDING: Final = 3
OCR: Final = 5
FORENSICS: Final = 4
STANDARD_CREDITS_PER_IMAGE: Final = BASE + EMBEDDING
_BUCKETS: Final = (("standard", 12, 0), ("large", 24, 1), ("xl", 48, 3), ("xxl", 96, 7))
_BYTES: Final = (10 * _MEBIBYTE, 25 * _MEBIBYTE, 50 * _MEBIBYTE)
_TENTHS: Final = 10

WITHOUT_DIMENSIONS: Final = "Dimensions unavailable; skipping megapixel bucket charge."
VERY_LARGE: Final = "Very large image; charging max size bucket."


@dataclass(frozen=True, slots=True)
class Size:
    """How large an image is said to be, in the words of a quote; megapixels with one decimal."""

    megapixels: float | None
    bucket: str
    warnings: tuple[str, ...]


def schedule() -> dict[str, Any]:
    """Return the `schedule` of a quote."""
    return {
        "base": BASE,
        "embedding": EMBEDDING,
        "ocr": OCR,
        "forensics": FORENSICS,
        "mpBuckets": [{"label": label, "maxMp": mp, "credits": extra} for label, mp, extra in _BUCKETS],
    }


def size_of(width_pixels: int | None, height_pixels: int | None) -> Size:
    """Say how large an image of these dimensions is."""
    if width_pixels is None or height_pixels is None:
        return Size(None, "unknown", (WITHOUT_DIMENSIONS,))
    tenths = (width_pixels * height_pixels + 50_000) // 100_000
    megapixels = tenths // _TENTHS if tenths % _TENTHS == 0 else tenths / _TENTHS
    label = next((label for label, mp_max, _ in _BUCKETS if megapixels <= mp_max), "")
    return Size(megapixels, label, ()) if label else Size(megapixels, _BUCKETS[-1][0], (VERY_LARGE,))


def price_by_length(operations: Operations, size_bytes: int) -> int:
    """Return what a file would cost of which only the length is known, in credits."""
    extra = next((_BUCKETS[at][2] for at, limit in enumerate(_BYTES) if size_bytes <= limit), _BUCKETS[-1][2])
    parts = (operations.embedding, EMBEDDING), (operations.ocr, OCR), (operations.forensics, FORENSICS)
    return BASE + extra + sum(credits_ for wanted, credits_ in parts if wanted)
