"""The price list: the published numbers, and what holds for every file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_billing.domain.models import Dimensions, Operations
from metaextract_billing.domain.pricing import measured_price, quoted_price

MEBIBYTE = 1024 * 1024

ANY_OPERATIONS = st.builds(Operations, st.booleans(), st.booleans(), st.booleans())
PIXELS = st.integers(1, 2**31 - 1)
ANY_DIMENSIONS = st.builds(Dimensions, PIXELS, PIXELS)
ANY_LENGTH = st.integers(0, 2**40)


@pytest.mark.parametrize(
    ("operations", "credits_total"),
    [
        (Operations(), 1),
        (Operations(embedding=True), 4),
        (Operations(ocr=True), 6),
        (Operations(forensics=True), 5),
        (Operations(embedding=True, ocr=True, forensics=True), 13),
    ],
)
def test_each_operation_has_its_price(operations: Operations, credits_total: int) -> None:
    assert quoted_price(operations, Dimensions(100, 100)).credits == credits_total


@pytest.mark.parametrize(
    ("width", "height", "bucket", "extra"),
    [
        (1, 1, "standard", 0),
        (4000, 3000, "standard", 0),  # 12.0
        (12_049_999, 1, "standard", 0),  # rounds to 12.0
        (12_050_000, 1, "large", 1),  # rounds to 12.1
        (3072, 4096, "large", 1),  # 12.6, as recorded from the original
        (6000, 4000, "large", 1),  # 24.0
        (24_050_000, 1, "xl", 3),
        (8000, 6000, "xl", 3),  # 48.0
        (48_050_000, 1, "xxl", 7),
        (12000, 8000, "xxl", 7),  # 96.0
        (20000, 12000, "xxl", 7),  # 240, as recorded from the original
        (2**31 - 1, 2**31 - 1, "xxl", 7),
    ],
)
def test_megapixels_are_rounded_to_one_digit_and_fall_into_published_buckets(
    width: int, height: int, bucket: str, extra: int
) -> None:
    price = quoted_price(Operations(), Dimensions(width, height))

    assert (price.size_bucket, price.size) == (bucket, extra)


@pytest.mark.parametrize(
    ("size_bytes", "extra"),
    [
        (0, 0),
        (10 * MEBIBYTE, 0),
        (10 * MEBIBYTE + 1, 1),
        (25 * MEBIBYTE, 1),
        (25 * MEBIBYTE + 1, 3),
        (50 * MEBIBYTE, 3),
        (50 * MEBIBYTE + 1, 7),
    ],
)
def test_a_file_of_unknown_dimensions_is_measured_by_its_length(size_bytes: int, extra: int) -> None:
    assert measured_price(Operations(), size_bytes, None).size == extra


@given(ANY_OPERATIONS)
def test_a_quote_without_dimensions_charges_no_size(operations: Operations) -> None:
    price = quoted_price(operations, None)

    assert (price.size, price.size_bucket) == (0, "unknown")


@given(ANY_OPERATIONS, ANY_LENGTH, ANY_DIMENSIONS)
def test_dimensions_win_over_the_length(
    operations: Operations, size_bytes: int, dimensions: Dimensions
) -> None:
    assert measured_price(operations, size_bytes, dimensions) == quoted_price(operations, dimensions)


@given(ANY_OPERATIONS, ANY_LENGTH, st.none() | ANY_DIMENSIONS)
def test_every_price_lies_between_the_base_and_everything_at_its_largest(
    operations: Operations, size_bytes: int, dimensions: Dimensions | None
) -> None:
    assert 1 <= measured_price(operations, size_bytes, dimensions).credits <= 20


@given(ANY_DIMENSIONS)
def test_turning_an_image_does_not_change_its_price(dimensions: Dimensions) -> None:
    turned = Dimensions(dimensions.height_pixels, dimensions.width_pixels)

    assert quoted_price(Operations(), turned) == quoted_price(Operations(), dimensions)


@given(ANY_DIMENSIONS, PIXELS)
def test_a_wider_image_never_costs_less(dimensions: Dimensions, more_pixels: int) -> None:
    wider = Dimensions(dimensions.width_pixels + more_pixels, dimensions.height_pixels)

    assert quoted_price(Operations(), wider).credits >= quoted_price(Operations(), dimensions).credits


@given(ANY_LENGTH, ANY_LENGTH)
def test_a_longer_file_never_costs_less(size_bytes: int, more_bytes: int) -> None:
    longer = measured_price(Operations(), size_bytes + more_bytes, None)

    assert longer.credits >= measured_price(Operations(), size_bytes, None).credits
