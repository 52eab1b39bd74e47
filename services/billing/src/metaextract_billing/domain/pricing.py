"""The price list. Pure functions; every amount is in credits.

Source: docs of the original product, "Cost per file": base 1, embedding 3, burned-in text 5, forensics 4,
and an extra for large images by megapixels, or by bytes where nobody knows the dimensions.
"""

from dataclasses import dataclass
from typing import Final

from metaextract_billing.domain.models import Dimensions, Operations, PriceBreakdown

BASE_CREDITS: Final = 1
EMBEDDING_CREDITS: Final = 3
OCR_CREDITS: Final = 5
FORENSICS_CREDITS: Final = 4

_MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SizeBucket:
    """A class of sizes: what it is called and what it costs on top."""

    label: str
    credits: int


STANDARD: Final = SizeBucket("standard", 0)
LARGE: Final = SizeBucket("large", 1)
XL: Final = SizeBucket("xl", 3)
XXL: Final = SizeBucket("xxl", 7)
UNKNOWN: Final = SizeBucket("unknown", 0)

# Upper bounds, inclusive. Whatever is beyond the last one is XXL too.
_BY_TENTHS_OF_MEGAPIXELS: Final = ((120, STANDARD), (240, LARGE), (480, XL))
_BY_BYTES: Final = ((10 * _MEBIBYTE, STANDARD), (25 * _MEBIBYTE, LARGE), (50 * _MEBIBYTE, XL))


def quoted_price(operations: Operations, dimensions: Dimensions | None) -> PriceBreakdown:
    """Price a file by what its owner says of it; unknown dimensions cost nothing extra."""
    return _sum(operations, _bucket_of_pixels(dimensions) if dimensions else UNKNOWN)


def measured_price(operations: Operations, size_bytes: int, dimensions: Dimensions | None) -> PriceBreakdown:
    """Price a file by what it is: by dimensions where they are known, else by its length."""
    return _sum(operations, _bucket_of_pixels(dimensions) if dimensions else _bucket_of_bytes(size_bytes))


def _sum(operations: Operations, bucket: SizeBucket) -> PriceBreakdown:
    return PriceBreakdown(
        base=BASE_CREDITS,
        embedding=EMBEDDING_CREDITS if operations.embedding else 0,
        ocr=OCR_CREDITS if operations.ocr else 0,
        forensics=FORENSICS_CREDITS if operations.forensics else 0,
        size=bucket.credits,
        size_bucket=bucket.label,
    )


def _bucket_of_pixels(dimensions: Dimensions) -> SizeBucket:
    pixels = dimensions.width_pixels * dimensions.height_pixels
    # Megapixels are compared as the user sees them: rounded to one digit, half up, free of float error.
    tenths = (pixels + 50_000) // 100_000
    return next((bucket for limit, bucket in _BY_TENTHS_OF_MEGAPIXELS if tenths <= limit), XXL)


def _bucket_of_bytes(size_bytes: int) -> SizeBucket:
    return next((bucket for limit, bucket in _BY_BYTES if size_bytes <= limit), XXL)
