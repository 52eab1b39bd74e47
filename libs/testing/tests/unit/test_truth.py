"""ExifTool, an independent reader, prints every tag that the factory claims."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from metaextract_testing import exiftool_path
from metaextract_testing.factory import (
    FORMATS,
    FORMATS_UNKNOWN_TO_EXIFTOOL,
    LARGE_FORMATS,
    large_image,
    make,
)

Printed = Mapping[str, Mapping[str, str]]
SEEDS = range(4)
# ExifTool wants IPTC in a TIFF as LONG; XMP part 3 says UNDEFINED or BYTE, and we follow it.
KNOWN_COMPLAINT = "Non-standard format (undef) for IFD0 0x83bb IPTC-NAA"
FORMATS_WITH_COMPLAINT = {"tiff", "tiff-be"}


def exiftool(folder: Path, *options: str) -> Printed:
    """Return what ExifTool prints for each file of the folder: name → Group1:Name → value."""
    command = [str(exiftool_path()), "-j", "-G1", "-a", "-sep", ", ", *options, str(folder)]
    done = subprocess.run(command, capture_output=True, check=True)
    files = json.loads(done.stdout, parse_int=str, parse_float=str)
    return {Path(tags["SourceFile"]).name: tags for tags in files}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("made")
    for image in (make(image_format, seed=seed) for image_format in FORMATS for seed in SEEDS):
        (made / image.name).write_bytes(image.content)
    return made


@pytest.fixture(scope="module")
def printed(folder: Path) -> Printed:
    return exiftool(folder)


@pytest.fixture(scope="module")
def validated(folder: Path) -> Printed:
    return exiftool(folder, "-validate", "-warning", "-error")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("image_format", FORMATS)
def test_exiftool_prints_every_known_tag(image_format: str, seed: int, printed: Printed) -> None:
    image = make(image_format, seed=seed)
    tags = printed[image.name]
    assert {name: tags.get(name) for name in image.tags} == dict(image.tags)


@pytest.mark.parametrize("image_format", FORMATS)
def test_exiftool_has_neither_warning_nor_error(image_format: str, printed: Printed) -> None:
    for seed in SEEDS:
        tags = printed[make(image_format, seed=seed).name]
        assert [name for name in tags if name in ("ExifTool:Warning", "ExifTool:Error")] == []


@pytest.mark.parametrize("image_format", FORMATS)
def test_exiftool_finds_the_structure_valid(image_format: str, validated: Printed) -> None:
    tags = validated[make(image_format).name]
    if image_format in FORMATS_WITH_COMPLAINT:
        assert (tags["ExifTool:Validate"], tags["ExifTool:Warning"]) == ("1 Warning", KNOWN_COMPLAINT)
    else:
        assert tags["ExifTool:Validate"] == "OK"


@pytest.mark.parametrize("image_format", FORMATS)
def test_the_media_type_is_the_one_exiftool_reports(image_format: str, printed: Printed) -> None:
    image = make(image_format)
    assert printed[image.name]["File:MIMEType"] == image.media_type == image.tags["File:MIMEType"]


@pytest.mark.parametrize("image_format", FORMATS_UNKNOWN_TO_EXIFTOOL)
def test_a_format_unknown_to_exiftool_claims_nothing(image_format: str) -> None:
    assert make(image_format).tags == {}


@pytest.mark.parametrize("image_format", LARGE_FORMATS)
def test_exiftool_prints_every_known_tag_of_a_large_image(image_format: str, tmp_path: Path) -> None:
    image = large_image(image_format, 5_000_003, seed=1)
    (tmp_path / image.name).write_bytes(b"".join(image.chunks()))
    tags = exiftool(tmp_path)[image.name]
    assert {name: tags.get(name) for name in image.tags} == dict(image.tags)
    assert not {"ExifTool:Warning", "ExifTool:Error"} & set(tags)
