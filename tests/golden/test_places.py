"""The stated place of a field is where its value stands: other bytes there change that field and no other.

Checked with ExifTool alone, on copies of twenty samples of ten formats.
"""

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from metaextract_testing import exiftool_path

SAMPLES = {
    "JPG/exiftool__Canon.jpg": 18,
    "JPG/exiftool__GoPro.jpg": 16,
    "JPG/exiftool__Apple.jpg": 19,
    "JPG/mapillary_tools__adobe_coords.jpg": 23,
    "PSD/exiftool__Photoshop.psd": 26,
    "JPEG/Lychee__mongolia.jpeg": 29,
    "HEIC/exiv2__Stonehenge.heic": 25,
    "HEIC/kimageformats__metadata.heic": 20,
    "AVIF/kimageformats__metadata.avif": 24,
    "PNG/Pillow__exif_imagemagick_orientation.png": 5,
    "PNG/pypi-sd-parsers__novelai1_cropped.png": 5,
    "WEBP/Pillow__flower.webp": 18,
    "WEBP/commons-imaging__test.webp": 13,
    "TIFF/Pillow__pport_g4.tif": 8,
    "NEF/exiftool__Nikon.nef": 24,
    "NEF/imagemeta__sample.nef": 18,
    "CR2/exiftool__CanonRaw.cr2": 17,
    "JP2/exiv2__Reagan.jp2": 29,
    "EXV/exiv2__test_issue_2126.exv": 22,
    "MPO/Pillow__sugarshack.mpo": 13,
}
"""Files, and of how many fields at least a value must be tried: at most FIELDS_COUNT_MAX of each kind are."""
GROUPS = (
    "IFD0",
    "IFD1",
    "SubIFD",
    "ExifIFD",
    "GPS",
    "InteropIFD",
    "XMP-",
    "IPTC",
    "ICC_Profile",
    "PNG",
    "Photoshop",
)
"""Groups whose values are tried: other ones of the same form keep the file what it is."""
FIELDS_COUNT_MAX = 6
"""Fields of one kind that are tried in one file."""

# Computed from others, or facts about the copy.
DERIVED = ("Composite:", "System:", "ExifTool:", "File:CurrentIPTCDigest", "Photoshop:IPTCDigest")
STEERING = re.compile(
    r"Make|Model|.*(Offset|Length|ByteCounts?|Start|Version).*|(Image|Tile|Exif)?(Image)?(Width|Height|Length)"
    r"|Compression|BitsPerSample|SamplesPerPixel|PhotometricInterpretation|PlanarConfiguration|RowsPerStrip"
    r"|(Old)?SubfileType|Predictor|FillOrder|SampleFormat|JPEGProc"
)
"""By these readers choose tables and find other parts: more changes with them."""


@pytest.mark.parametrize("name", SAMPLES)
def test_other_bytes_at_the_stated_place_change_that_field_and_no_other(
    extraction, samples_dir: Path, tmp_path: Path, name: str
) -> None:
    source = samples_dir / "public" / name
    tried = list(tries(extraction(f"public/{name}")["result"]["fields"], source.read_bytes()))
    assert len(tried) >= SAMPLES[name], Counter(one.kind for one in tried)
    copies = []
    for number, one in enumerate(tried):
        copies.append(tmp_path / f"{number}{source.suffix}")
        shutil.copyfile(source, copies[-1])
        with copies[-1].open("r+b") as content:
            content.seek(one.at)
            content.write(bytes([one.byte]))
    before, *after = read(source, *copies)
    wrong = []
    for one, found in zip(tried, after, strict=True):
        changed = {key for key in before.keys() | found.keys() if before.get(key) != found.get(key)}
        changed = {key for key in changed if not key[0].startswith(DERIVED)}
        if changed != {one.key}:
            wrong.append((one.kind, one.key, sorted(changed)))
    assert wrong == []


@dataclass(frozen=True)
class Try:
    """One byte to write. `key`: the `group:name` and the occurrence of the field that it must change."""

    kind: str
    key: tuple[str, int]
    at: int
    byte: int


def tries(fields: list[dict[str, Any]], content: bytes) -> Iterator[Try]:
    """Yield at most FIELDS_COUNT_MAX fields of each kind, of those that alone have their place."""
    places = [span(field) for field in fields if "location" in field]
    counts: Counter[str] = Counter()
    for field in fields:
        if "location" not in field or STEERING.fullmatch(field["name"]):
            continue
        start, end = span(field)
        if not field["group"].startswith(GROUPS) or is_shared(start, end, places):
            continue
        change = changed_text(field, content[start:end]) or changed_number(field, end - start)
        if change is None or counts[change[0]] == FIELDS_COUNT_MAX:
            continue
        kind, at, byte = change
        counts[kind] += 1
        key = (f"{field['group']}:{field['name']}", field["occurrence"])
        yield Try(kind, key, start + at, content[start + at] ^ 1 if byte is None else byte)


def span(field: dict[str, Any]) -> tuple[int, int]:
    start = int(field["location"]["offset_bytes"])
    return start, start + int(field["location"]["length_bytes"])


def is_shared(start: int, end: int, places: list[tuple[int, int]]) -> bool:
    """Whether another value has the same place, or one that begins or ends within it: cameras write such."""
    crossing = [one for one in places if one[0] < start < one[1] < end or start < one[0] < end < one[1]]
    return bool(crossing) or places.count((start, end)) > 1


def changed_text(field: dict[str, Any], stored: bytes) -> tuple[str, int, int | None] | None:
    """Another letter, or another digit, in a value that is stored as text; kind, place in it, and byte."""
    kind = "xmp" if field["group"].startswith("XMP-") else "iptc" if field["group"] == "IPTC" else "text"
    text = str(field.get("raw", ""))
    is_plain = kind != "text" or stored.rstrip(b"\0") == text.encode()
    if not is_plain or not stored.isascii() or b"=" in stored or (kind == "text" and b"/" in stored):
        return None  # namespaces and addresses steer as well
    if kind == "text" and not isinstance(field.get("raw"), str):
        return None
    letter = next((at for at, one in enumerate(stored) if chr(one) in "abcdefghijklmnopqrstuvwxy"), None)
    if letter is not None and isinstance(field.get("raw"), str):
        return kind, letter, ord("z")
    digits = [at for at, one in enumerate(stored) if chr(one).isdigit()]
    if not digits or (kind == "text" and text.replace(" ", "").isdigit()):
        return None
    at = digits[0] if b"/" in stored else digits[-1]  # 0/1 and 0/2 are the same
    return kind, at, ord("1") if stored[at] != ord("1") else ord("2")


def changed_number(field: dict[str, Any], length: int) -> tuple[str, int, int | None] | None:
    """A bit of the first number, or of a numerator."""
    if field.get("type", "").startswith(("int16", "int32", "int8u")) and isinstance(field.get("raw"), int):
        kind = "number" if field.get("printed") == str(field["raw"]) else "enumeration"
        return kind, length - 1, None
    if field.get("type", "").startswith("rational64") and field.get("raw") not in (0, "undef", "inf"):
        return "rational", 3, None
    return None


def read(*files: Path) -> list[dict[tuple[str, int], str]]:
    """Read files with ExifTool as it is: every value as a number where it is one, with its occurrence."""
    output = subprocess.run(
        [exiftool_path(), "-j", "-n", "-a", "-G1", *files], check=False, capture_output=True, timeout=60
    ).stdout
    return json.loads(output, object_pairs_hook=numbered)


def numbered(members: list[tuple[str, Any]]) -> dict[Any, Any]:
    if not any(":" in name for name, _ in members):
        return dict(members)
    counts: Counter[str] = Counter()
    found = {}
    for name, value in members:
        if name != "SourceFile":
            found[name, counts[name]] = str(value)
            counts[name] += 1
    return found
