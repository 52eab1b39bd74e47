"""The directories of a CR3: TIFF structures that begin with the directory of Exif or of the position."""

import struct

import pytest

from metaextract_extractor.domain.result import ByteRange
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.cr3_directories import walk_cr3_directory

CANON = "MOV-Movie-UUID-Canon"


def box(entry: bytes) -> bytes:
    """A TIFF structure with one entry, whose value stands at byte 18."""
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)


@pytest.mark.parametrize(
    ("kind", "entry", "expected"),
    [
        (
            "CMT2",
            struct.pack("<HHIHH", 0x8827, 3, 1, 400, 0),
            (f"{CANON}-ExifIFD-ExifIFD", "ExifIFD", "ISO", 400, ByteRange(18, 2)),
        ),
        (
            "CMT4",
            struct.pack("<HHI4s", 1, 2, 2, b"S\0"),
            (f"{CANON}-GPS-GPS", "GPS", "GPSLatitudeRef", "S", ByteRange(18, 2)),
        ),
        (
            "CMT1",
            struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0),
            (f"{CANON}-IFD0-IFD0", "IFD0", "Orientation", 6, ByteRange(18, 2)),
        ),
    ],
)
def test_fields_have_the_names_of_their_directory_and_their_place(kind, entry, expected) -> None:
    walk = Walk()
    walk_cr3_directory(kind, View.of(BytesSource(box(entry))), walk, CANON)
    (field,) = (one for one in walk.fields if one.group != "File")
    assert (field.path, field.group, field.name, field.raw, field.location) == expected


def test_of_canon_s_own_the_places_are_told() -> None:
    walk = Walk()
    walk_cr3_directory("CMT3", View.of(BytesSource(box(struct.pack("<HHII", 6, 4, 1, 7)))), walk, CANON)
    assert walk.fields == []
    assert [(one.path, one.group, one.tag_id) for one in walk.located] == [
        (f"{CANON}-MakerNotes-MakerNotes", "Canon", "6")
    ]
