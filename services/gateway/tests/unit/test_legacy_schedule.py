"""The price list as it is shown (§5.1)."""

import pytest

from metaextract_gateway.adapters.http.legacy.schedule import price_by_length, size_of
from metaextract_gateway.domain.model import Operations

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("width", "height", "megapixels", "bucket", "warnings"),
    [
        (3072, 4096, 12.6, "large", 0),
        (4000, 3000, 12, "standard", 0),
        (12_049_999, 1, 12, "standard", 0),
        (12_050_000, 1, 12.1, "large", 0),
        (24_000_000, 1, 24, "large", 0),
        (48_000_000, 1, 48, "xl", 0),
        (96_000_000, 1, 96, "xxl", 0),
        (96_050_000, 1, 96.1, "xxl", 1),
        (100, 100, 0, "standard", 0),
        (None, 100, None, "unknown", 1),
    ],
)
def test_megapixels_are_rounded_to_one_digit_before_they_are_compared(
    width: int | None, height: int, megapixels: float | None, bucket: str, warnings: int
) -> None:
    size = size_of(width, height)

    assert (size.megapixels, size.bucket, len(size.warnings)) == (megapixels, bucket, warnings)


@pytest.mark.parametrize(
    ("size_bytes", "extra"),
    [
        (0, 0),
        (10 * MEBIBYTE, 0),
        (10 * MEBIBYTE + 1, 1),
        (25 * MEBIBYTE, 1),
        (50 * MEBIBYTE, 3),
        (50 * MEBIBYTE + 1, 7),
    ],
)
def test_without_dimensions_the_length_decides(size_bytes: int, extra: int) -> None:
    assert price_by_length(Operations(), size_bytes) == 1 + extra
    assert price_by_length(Operations(embedding=True, ocr=True, forensics=True), size_bytes) == 13 + extra
