"""What our walkers tell of PNG, WebP, GIF, PSD and SVG files is what ExifTool tells, and where it stands."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.dispatch import walk_file
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.svg import walk_svg
from metaextract_testing.exiftool import exiftool_path
from metaextract_testing.factory import make

FAMILIES = {"png": "PNG", "apng": "PNG", "webp": "WEBP", "gif": "GIF", "psd": "PSD", "svg": "SVG"}
OURS = frozenset({Standard.XMP, Standard.IPTC, Standard.ICC, Standard.PHOTOSHOP, Standard.CONTAINER})
UNTOLD = frozenset({("Photoshop", "Compression", 0)})
"""In a document without layers ExifTool reads it from the pixels."""
FLIPS_MAX = 12
"""Flips for each file, spread over its fields."""

Key = tuple[str, str, int]


@pytest.fixture(scope="module")
def tool() -> Iterator[ExifTool]:
    with ExifTool(exiftool_path()) as one:
        yield one


def walked(fmt: str, content: bytes) -> Walk:
    walk = Walk()
    view = View.of(BytesSource(content))
    if fmt == "svg":
        walk_svg(view, walk)
    else:
        walk_file(view, walk, FAMILIES[fmt], fmt)
    return walk


def by_key(fields: tuple[Field, ...] | list[Field]) -> dict[Key, Field]:
    return {(one.group, one.name, one.occurrence): one for one in fields}


def values(fields: tuple[Field, ...]) -> dict[Key, tuple[str, str]]:
    return {
        key: (repr(one.raw), one.printed)
        for key, one in by_key(fields).items()
        if one.standard not in (Standard.COMPOSITE, Standard.FILE)
    }


@pytest.mark.parametrize("fmt", FAMILIES)
def test_every_field_is_one_of_exiftool_with_the_same_value_path_and_id(fmt, tool, tmp_path):
    content = make(fmt).content
    path: Path = tmp_path / f"file.{fmt}"
    path.write_bytes(content)
    theirs = by_key(tool.read(path).fields)
    ours = [one for one in walked(fmt, content).fields if one.standard in OURS]
    assert ours
    for one in ours:
        their = theirs[one.group, one.name, one.occurrence]
        assert (one.raw, one.printed) == (their.raw, their.printed)
        assert (one.path, one.tag_id, one.category) == (their.path, their.tag_id, their.category)


@pytest.mark.parametrize("fmt", FAMILIES)
def test_no_field_of_exiftool_is_missing(fmt, tool, tmp_path):
    content = make(fmt).content
    path: Path = tmp_path / f"file.{fmt}"
    path.write_bytes(content)
    theirs = {key for key, one in by_key(tool.read(path).fields).items() if one.standard in OURS}
    assert theirs - UNTOLD <= set(by_key(walked(fmt, content).fields))


@pytest.mark.parametrize("fmt", FAMILIES)
def test_changing_the_stated_bytes_changes_that_field_and_no_other(fmt, tool, tmp_path):
    content = make(fmt).content
    path: Path = tmp_path / f"file.{fmt}"
    path.write_bytes(content)
    before = values(tool.read(path).fields)
    located = [one for one in walked(fmt, content).fields if one.location and one.standard in OURS]
    assert located
    for one in located[:: max(1, len(located) // FLIPS_MAX)]:
        assert one.location is not None
        at = one.location.offset_bytes + one.location.length_bytes // 2
        changed = bytearray(content)
        changed[at] ^= 2
        path.write_bytes(bytes(changed))
        after = values(tool.read(path).fields)
        different = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert different == {(one.group, one.name, one.occurrence)}, one
