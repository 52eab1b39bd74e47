"""What the pixel values mean: profiles by their primaries, claims, code points."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_extractor.domain.insights_colour import Colour
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.evidence import Evidence, Subject
from metaextract_extractor.reading.insights.colour import colour
from metaextract_extractor.reading.insights.colour_spaces import (
    SPACES,
    space_of_chromaticities,
    space_of_colorants,
)
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk

# As the profiles of the International Color Consortium, Apple, Adobe and Kodak have them: XYZ seen from D50.
PUBLISHED = {
    "sRGB": ("0.43607 0.22249 0.01392", "0.38515 0.71687 0.09708", "0.14307 0.06061 0.7141"),
    "Display P3": ("0.51512 0.2412 -0.00105", "0.29198 0.69225 0.04189", "0.1571 0.06657 0.78407"),
    "Adobe RGB": ("0.60974 0.31111 0.01947", "0.20528 0.62567 0.06087", "0.14919 0.06322 0.74457"),
    "ProPhoto RGB": ("0.79767 0.28804 0", "0.13519 0.71188 0", "0.03134 0.00009 0.82491"),
    "BT.2020": ("0.67348 0.27904 -0.00194", "0.16566 0.67534 0.02998", "0.12505 0.04561 0.79686"),
}
Stated = tuple[str, str, object]


def profile(colorants: tuple[str, str, str], description: str = "My monitor") -> tuple[Stated, ...]:
    names = ("RedMatrixColumn", "GreenMatrixColumn", "BlueMatrixColumn")
    return (
        ("ICC-header", "ProfileVersion", 1072),
        ("ICC-header", "ProfileDateTime", "2019:12:01 00:00:00"),
        ("ICC-header", "ProfileID", "234 24 81 41 232 131 173 16 135 92 215 139 77 104 47 63"),
        ("ICC_Profile", "ProfileDescription", description),
        *(("ICC_Profile", name, column) for name, column in zip(names, colorants, strict=True)),
    )


def found(*fields: Stated, family: str = "JPEG") -> Colour | None:
    stated = [
        Field("", Standard.ICC, group, "", name, "", value, str(value), "", "x")
        for group, name, value in fields
    ]
    return colour(Evidence(Subject(Path("x"), View([]), family, ""), Walk(), stated))


@pytest.mark.parametrize("space", PUBLISHED)
def test_a_profile_is_known_by_its_primaries_whatever_it_calls_itself(space: str) -> None:
    one = found(*profile(PUBLISHED[space]))
    assert one is not None
    assert one.icc is not None
    assert (one.icc.family, one.icc.description, one.space) == (space, "My monitor", space)
    assert one.icc.profile_id == "ea185129e883ad10875cd78b4d682f3f"
    assert one.icc.created == "2019-12-01T00:00:00"
    assert len(one.icc.primaries) == 3


def test_a_name_alone_makes_no_family() -> None:
    one = found(*profile(("0.5 0.3 0.01", "0.3 0.6 0.1", "0.1 0.1 0.7"), "sRGB"))
    assert one is not None
    assert one.icc is not None
    assert one.icc.family == ""


def test_known_spaces_are_told_apart_with_room_to_spare() -> None:
    for name, red, green, blue, white in SPACES:
        assert space_of_chromaticities((*red, *green, *blue, *white)) == name
    assert space_of_colorants((1, 0, 0), (0, 1, 0), (0, 0, 1)) == ""


@pytest.mark.parametrize(
    ("exif", "agree"),
    [(1, False), (65535, True), (2, True)],
)
def test_claims_are_compared(exif: int, agree: bool) -> None:
    one = found(*profile(PUBLISHED["Adobe RGB"]), ("ExifIFD", "ColorSpace", exif))
    assert one is not None
    assert (one.space, one.claims_agree) == ("Adobe RGB", agree)


def test_uncalibrated_contradicts_srgb_and_means_adobe_rgb_where_dcf_says_so() -> None:
    one = found(*profile(PUBLISHED["sRGB"]), ("ExifIFD", "ColorSpace", 65535))
    assert one is not None
    assert one.claims_agree is False
    other = found(("ExifIFD", "ColorSpace", 65535), ("InteropIFD", "InteropIndex", "R03"))
    assert other is not None
    assert (other.space, other.claims_agree) == ("Adobe RGB", None)
    assert found(("ExifIFD", "ColorSpace", 0)) is None


@pytest.mark.parametrize(
    ("group", "transfer", "dynamic_range"),
    [("QuickTime", 16, "PQ"), ("PNG-cICP", 18, "HLG"), ("QuickTime", 13, "SDR"), ("QuickTime", 2, "")],
)
def test_code_points_tell_space_and_dynamic_range(group: str, transfer: int, dynamic_range: str) -> None:
    one = found(
        (group, "ColorPrimaries", 9),
        (group, "TransferCharacteristics", transfer),
        (group, "MatrixCoefficients", 9),
        (group, "VideoFullRangeFlag", 1),
        ("QuickTime", "ImagePixelDepth", "8"),
        ("QuickTime", "ImagePixelDepth", "10 10 10"),
        family="AVIF",
    )
    assert one is not None
    assert (one.space, one.dynamic_range) == ("BT.2020", dynamic_range)
    assert one.coding_points is not None
    assert one.coding_points.full_range is True
    assert (one.bits_per_sample, one.channels_count) == (10, 3)


def test_png_chromaticities_and_srgb_chunk_are_claims() -> None:
    names = ("RedX", "RedY", "GreenX", "GreenY", "BlueX", "BlueY", "WhitePointX", "WhitePointY")
    values = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)
    one = found(
        ("PNG", "SRGBRendering", 0),
        ("PNG", "BitDepth", 16),
        ("PNG", "ColorType", 6),
        *(("PNG", name, value) for name, value in zip(names, values, strict=True)),
        family="PNG",
    )
    assert one is not None
    assert [claim.space for claim in one.claims] == ["sRGB", "sRGB"]
    assert (one.claims_agree, one.bits_per_sample, one.channels_count) == (True, 16, 4)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ICC_Profile", "ICC-header", "QuickTime", "PNG", "ExifIFD", "IFD0"]),
            st.sampled_from(["RedMatrixColumn", "ProfileVersion", "ProfileID", "ColorPrimaries", "BitDepth"]),
            st.one_of(st.floats(), st.integers(), st.text(max_size=30), st.lists(st.integers())),
        )
    ),
    st.sampled_from(["JPEG", "PNG", "TIFF", "AVIF", "JP2", "PSD", "SVG"]),
)
def test_no_value_breaks_it(fields: list[Stated], family: str) -> None:
    found(*fields, family=family)
