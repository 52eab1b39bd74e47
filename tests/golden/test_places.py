"""The stated place of a field is where its value stands: other bytes there change that field and no other.

Checked with ExifTool alone, on copies of twenty samples of ten formats.
"""

import json
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from metaextract_testing import exiftool_path

SAMPLES = (
    "JPG/exiftool__Canon.jpg",
    "JPG/exiftool__GoPro.jpg",
    "JPG/exiftool__Apple.jpg",
    "JPG/mapillary_tools__adobe_coords.jpg",
    "PSD/exiftool__Photoshop.psd",
    "JPEG/Lychee__mongolia.jpeg",
    "HEIC/exiv2__Stonehenge.heic",
    "HEIC/kimageformats__metadata.heic",
    "AVIF/kimageformats__metadata.avif",
    "PNG/Pillow__exif_imagemagick_orientation.png",
    "PNG/pypi-sd-parsers__novelai1_cropped.png",
    "WEBP/Pillow__flower.webp",
    "WEBP/commons-imaging__test.webp",
    "TIFF/Pillow__pport_g4.tif",
    "NEF/exiftool__Nikon.nef",
    "NEF/imagemeta__sample.nef",
    "CR2/exiftool__CanonRaw.cr2",
    "JP2/exiv2__Reagan.jp2",
    "EXV/exiv2__test_issue_2126.exv",
    "MPO/Pillow__sugarshack.mpo",
)
TEXT_GROUPS = ("IFD0", "ExifIFD", "GPS", "XMP-", "IPTC", "ICC_Profile", "PNG", "Photoshop")
"""Groups whose texts are tried: a letter for another letter keeps the file what it is."""
FIELDS_COUNT_MAX = 12

# Computed from others, or facts about the copy.
DERIVED = ("Composite:", "System:", "ExifTool:", "File:CurrentIPTCDigest", "Photoshop:IPTCDigest")
STEERING = ("Make", "Model")
"""By these readers choose the tables of a maker note: all of its fields change with them."""


@pytest.mark.parametrize("name", SAMPLES)
def test_another_letter_at_the_stated_place_changes_that_field_and_no_other(
    extraction, samples_dir: Path, tmp_path: Path, name: str
) -> None:
    fields = extraction(f"public/{name}")["result"]["fields"]
    tried = list(text_fields(fields))[:FIELDS_COUNT_MAX]
    assert tried, "no text with a place"
    source = samples_dir / "public" / name
    copies = {}
    for number, (field, at, letter) in enumerate(tried):
        copy = tmp_path / f"{number}{source.suffix}"
        shutil.copyfile(source, copy)
        with copy.open("r+b") as content:
            content.seek(at)
            content.write(letter)
        copies[copy] = field
    before, *after = read(source, *copies)
    for field, found in zip(copies.values(), after, strict=True):
        changed = {tag for tag in before.keys() | found.keys() if before.get(tag) != found.get(tag)}
        others = {tag for tag in changed if not tag.startswith(DERIVED)} - {
            f"{field['group']}:{field['name']}"
        }
        assert f"{field['group']}:{field['name']}" in changed, (field["path"], field["name"])
        assert not others, (field["path"], field["name"], others)


def text_fields(fields: list[dict[str, Any]]):
    """Fields whose value is plain text, each with the place of one letter and another letter for it."""
    values = defaultdict(int)
    for field in fields:
        if "location" in field:
            values[json.dumps(field["location"], sort_keys=True)] += 1
    for field in fields:
        place, text = field.get("location"), field.get("printed", "")
        plain = place is not None and int(place["length_bytes"]) in (len(text), len(text) + 1)
        if not plain or not field["group"].startswith(TEXT_GROUPS) or field.get("raw") != text:
            continue
        at = next((at for at, letter in enumerate(text) if "a" <= letter <= "y"), None)
        if at is None and text[-1:].isdigit():  # a date: another second
            at = len(text) - 1
        if at is None or field["name"] in STEERING or values[json.dumps(place, sort_keys=True)] > 1:
            continue
        if (
            "=" in text or "/" in text or text.replace(" ", "").isdigit()
        ):  # namespaces, counts: they steer as well
            continue
        other = b"1" if text[at].isdigit() and text[at] != "1" else b"2" if text[at].isdigit() else b"z"
        yield field, int(place["offset_bytes"]) + at, other


def read(*files: Path) -> list[dict[str, list[str]]]:
    """Read files with ExifTool as it is."""
    output = subprocess.run(
        [exiftool_path(), "-j", "-a", "-G1", *files], check=False, capture_output=True, timeout=60
    ).stdout
    return [{tag: value for tag, value in one.items() if tag != "SourceFile"} for one in pairs(output)]


def pairs(output: bytes) -> list[dict[str, list[str]]]:
    def gathered(members: list[tuple[str, Any]]) -> dict[str, list[str]]:
        found = defaultdict(list)
        for name, value in members:
            found[name].append(str(value))
        return dict(found)

    return json.loads(output, object_pairs_hook=gathered)
