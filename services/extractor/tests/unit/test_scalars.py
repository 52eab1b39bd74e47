"""Numbers as they are printed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_extractor.reading.walkers.scalars import exposure_time


@pytest.mark.parametrize(
    ("seconds", "printed"),
    [
        (1 / 125, "1/125"),
        (0.25, "1/4"),
        (0.5, "0.5"),
        (30.0, "30"),
        (0.0, "0"),
        (1e-17, "1/100000000000000000"),
        (1e-30, "1/-1"),
        (5e-324, "1/Inf"),
    ],
)
def test_an_exposure_time_is_printed_as_exiftool_prints_it(seconds: float, printed: str) -> None:
    assert exposure_time(seconds) == printed


@given(st.floats())
def test_every_number_can_be_printed_as_an_exposure_time(seconds: float) -> None:
    printed = exposure_time(seconds)
    assert printed.startswith("1/") == (0 < seconds < 0.25001)
    assert math.isnan(seconds) == (printed == "nan")
