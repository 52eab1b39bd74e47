"""Whom to believe of format and size: ExifTool, our walkers, or a witness."""

from pathlib import Path

import pytest

from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.engines.exiftool import Found
from metaextract_extractor.reading.evidence import EngineError, Report, Subject
from metaextract_extractor.reading.identity import UNKNOWN_FORMAT, as_document, named, recognised, sized
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk


def subject(family: str, extension: str) -> Subject:
    return Subject(Path(), View.unpacked(b""), family, extension)


def found(name: str, width: int | None = None, height: int | None = None) -> Found:
    return Found(name, "", width, height, (), ())


def walked(name: str = "", width: int | None = None, height: int | None = None) -> Walk:
    return Walk(format_name=name, width_pixels=width, height_pixels=height)


def libraw(**sizes: int) -> dict[str, Report]:
    fields = [
        Field("", Standard.CONTAINER, "LibRaw", "", name, "", value, str(value), "", "rawpy")
        for name, value in sizes.items()
    ]
    return {"rawpy": Report(tuple(fields))}


@pytest.mark.parametrize(
    ("name", "family", "extension"),
    [
        ("", "DDS", "dds"),
        ("", "", "tga"),
        ("CUR", "", "tga"),
        ("ICO", "", "tga"),
        ("MPEG", "", "raw"),
        ("CUR", "", "raw"),
    ],
)
def test_an_engine_that_knows_no_name_or_a_wrong_one_did_not_read(
    name: str, family: str, extension: str
) -> None:
    with pytest.raises(EngineError, match=UNKNOWN_FORMAT):
        recognised(found(name), subject(family, extension))


@pytest.mark.parametrize(
    ("name", "family", "extension"),
    [("CUR", "ICO", "cur"), ("RAW", "", "raw"), ("XML", "SVG", "svg"), ("GZIP", "GZIP", "svgz")],
)
def test_an_engine_that_knows_the_format_did(name: str, family: str, extension: str) -> None:
    assert recognised(found(name), subject(family, extension)).format_name == name


@pytest.mark.parametrize(
    ("primary", "walk", "name"),
    [
        (found("HEIC"), walked("HEIF"), "HEIC"),
        (found("GZIP"), walked("SVGZ"), "SVGZ"),
        (found("XML"), walked("SVG"), "SVG"),
        (found("GZIP"), walked(), "GZIP"),
        (None, walked("TGA"), "TGA"),
        (None, walked(), "PNG"),
    ],
)
def test_the_finest_name_that_is_one_of_ours_stands(primary: Found | None, walk: Walk, name: str) -> None:
    assert named(primary, walk, subject("PNG", "png")) == name


def test_width_and_height_come_from_one_reader() -> None:
    crop, sensor = {"CropWidth": 6000, "CropHeight": 4000}, {"ImageWidth": 6024, "ImageHeight": 4020}
    assert sized(found("FITS"), walked("FITS", 40, 30), {}) == (40, 30)
    assert sized(found("JPEG", 1, 2), walked("JPEG", 40, 30), {}) == (1, 2)
    assert sized(found("JPEG", 1, None), walked("JPEG", None, 30), {}) == (None, None)
    assert sized(None, walked("CR3"), libraw(**sensor)) == (6024, 4020)
    assert sized(None, walked("CR3"), libraw(**crop, **sensor)) == (6000, 4000)
    assert sized(None, walked("CR3", 2**31, 1), {}) == (None, None)
    assert sized(None, walked("MRW"), libraw(CropWidth=0, CropHeight=0, **sensor)) == (6024, 4020)
    assert sized(None, walked("MRW"), libraw(ImageWidth=0, ImageHeight=0)) == (None, None)


def test_of_an_svg_that_was_read_as_any_xml_our_own_fields_are_shown() -> None:
    walk = walked("SVG")
    as_document(found("XML"), walk)
    assert walk.only_here == {"XMP"}
    walk = walked("SVG")
    as_document(found("SVG"), walk)
    assert walk.only_here == set()
