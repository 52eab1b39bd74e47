"""Panoramas and photo spheres, from what the file says of its projection."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from metaextract_extractor.domain.insights_picture import Panorama
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.evidence import Evidence, Subject
from metaextract_extractor.reading.insights.panorama import panorama
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk


def found(*fields: tuple[str, str, object]) -> Panorama | None:
    stated = [
        Field("", Standard.XMP, group, "", name, "", value, str(value), "", "x")
        for group, name, value in fields
    ]
    return panorama(Evidence(Subject(Path("x"), View([]), "JPEG", "jpg"), Walk(), stated))


def sphere(width: object, height: object) -> Panorama:
    one = found(
        ("XMP-GPano", "ProjectionType", "equirectangular"),
        ("XMP-GPano", "FullPanoWidthPixels", 8000),
        ("XMP-GPano", "FullPanoHeightPixels", "4000"),
        ("XMP-GPano", "CroppedAreaImageWidthPixels", width),
        ("XMP-GPano", "CroppedAreaImageHeightPixels", height),
        ("XMP-GPano", "PoseHeadingDegrees", 0.0),
    )
    assert one is not None
    return one


def test_a_full_sphere_and_a_part_of_one_are_told_apart() -> None:
    full, part = sphere(8000, 4000), sphere(2000, 1000)
    assert (full.spherical, full.horizontal_degrees, full.vertical_degrees) == (True, 360, 180)
    assert (part.spherical, part.horizontal_degrees, part.vertical_degrees) == (False, 90, 45)
    assert full.heading_degrees == 0.0


def test_a_part_that_is_larger_than_the_whole_covers_nothing_known() -> None:
    one = sphere(9000, 4000)
    assert (one.spherical, one.horizontal_degrees) == (False, None)


def test_a_panorama_of_the_multi_picture_format_is_one_too() -> None:
    one = found(("MPImage1", "MPImageType", 0x020001))
    assert one is not None
    assert one.evidence == "MPImageType"
    assert found(("MPImage1", "MPImageType", 0x020002)) is None


@given(*2 * [st.one_of(st.integers(), st.floats(), st.text(max_size=8), st.none())])
def test_no_value_breaks_it(width: object, height: object) -> None:
    sphere(width, height)
