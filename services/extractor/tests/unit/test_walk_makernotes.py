"""Maker notes: recognised, and the values located that only the primary engine can name."""

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import ByteRange, Why
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.makernote_kinds import KINDS, Camera
from metaextract_extractor.reading.walkers.tiff import walk_tiff

EXAMPLES = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOTE_AT = 200
"""Where the note stands in the files made here."""


def directory(base, entries, order="<"):
    """A directory with its longer values 4 bytes behind it; `base`: the stored offset of its first byte."""
    table = struct.pack(order + "H", len(entries))
    values = b""
    end = base + 2 + 12 * len(entries) + 4
    for tag, kind, count, value in entries:
        if isinstance(value, bytes) and len(value) > 4:
            packed, values = struct.pack(order + "I", end + len(values)), values + value
        else:
            packed = value if isinstance(value, bytes) else struct.pack(order + "I", value)
        table += struct.pack(order + "HHI", tag, kind, count) + packed.ljust(4, b"\0")
    return table + bytes(4) + values


def photo(note, make, model="X", order="<"):
    """A TIFF structure with make, model and an ExifIFD with the note, which stands at `NOTE_AT`."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    make, model = make.encode().ljust(4, b"\0") + b"\0", model.encode() + b"\0"
    first = struct.pack(order + "H", 3)
    first += struct.pack(order + "HHII", 0x10F, 2, len(make), 80)
    first += struct.pack(order + "HHII", 0x110, 2, max(5, len(model)), 120)
    first += struct.pack(order + "HHII", 0x8769, 4, 1, 160) + bytes(4)
    exif = struct.pack(order + "HHHII", 1, 0x927C, 7, len(note), NOTE_AT) + bytes(4)
    data = mark + struct.pack(order + "I", 8) + first
    data = data.ljust(80, b"\0") + make
    data = data.ljust(120, b"\0") + model
    data = data.ljust(160, b"\0") + exif
    return data.ljust(NOTE_AT, b"\0") + note


def walked(data):
    walk = Walk()
    walk_tiff(View.of(BytesSource(data)), walk, "JPEG-APP1")
    return walk


def places(walk, path="JPEG-APP1-IFD0-ExifIFD-MakerNotes"):
    return {(one.group, one.tag_id): one.place for one in walk.located if one.path == path}


ENTRIES = [(1, 3, 1, 7), (2, 2, 9, b"long text")]
KNOWN = [
    ("Canon", "", b"", "Canon", 0, "outer"),
    ("Apple", "Apple", b"Apple iOS\0\0\1MM", "Apple", 14, 0),
    ("NIKON CORPORATION", "", b"Nikon\0\x02\x10\0\0II*\0\x08\0\0\0", "Nikon", 18, 10),
    ("NIKON", "", b"Nikon\0\x01\0", "Nikon", 8, "outer"),
    ("OLYMPUS", "", b"OLYMP\0\x01\0", "Olympus", 8, "outer"),
    ("OLYMPUS CORPORATION", "", b"OLYMPUS\0II\x03\0", "Olympus", 12, 0),
    ("Panasonic", "", b"Panasonic\0\0\0", "Panasonic", 12, "outer"),
    ("SONY", "", b"SONY DSC \0\0\0", "Sony", 12, "outer"),
    ("SONY", "", b"", "Sony", 0, "outer"),
    ("PENTAX", "", b"PENTAX \0II", "Pentax", 10, 0),
    ("SIGMA", "", b"SIGMA\0\0\0\1\0", "Sigma", 10, "outer"),
    ("RICOH", "", b"Ricoh\0\0\0", "Ricoh", 8, "outer"),
    ("SANYO Electric", "", b"SANYO\0\1\0", "Sanyo", 8, "outer"),
    ("Motorola", "", b"MOT\0\0\0\0\0", "Motorola", 8, 0),
    ("CASIO", "", b"QVC\0\0\0", "Casio", 6, "outer"),
    ("CASIO", "", b"", "Casio", 0, "outer"),
    ("Minolta Co.", "", b"", "Minolta", 0, "outer"),
    ("Leica Camera AG", "M9", b"LEICA0\3\0", "Leica", 8, 0),
    ("DJI", "", b"", "DJI", 0, "outer"),
    ("FLIR Systems AB", "", b"", "FLIR", 0, "outer"),
]


@pytest.mark.parametrize(("make", "model", "head", "group", "start", "base"), KNOWN)
def test_the_values_of_a_known_note_are_located(make, model, head, group, start, base):
    head = head.ljust(start, b"\0")
    stored = NOTE_AT + start if base == "outer" else start - base
    data = photo(head + directory(stored, ENTRIES), make, model or "X")
    found = places(walked(data))
    assert found[group, "1"] == ByteRange(NOTE_AT + start + 10, 2)
    text = found[group, "2"]
    assert data[text.offset_bytes : text.offset_bytes + text.length_bytes] == b"long text"


def test_fujis_note_is_little_endian_and_points_to_its_directory_whatever_stands_around():
    note = b"FUJIFILM" + struct.pack("<I", 12) + directory(12, ENTRIES)
    walk = walked(photo(note, "FUJIFILM", order=">"))
    found = places(walk)
    assert found["FujiFilm", "2"].length_bytes == 9
    assert [(one.name, one.raw) for one in walk.fields if one.group == "File"] == [
        ("ExifByteOrder", "MM"),
        ("MakerNoteByteOrder", "II"),
    ]


def test_a_note_that_was_moved_is_read_where_canons_footer_says():
    moved = 1000
    note = directory(NOTE_AT + moved, ENTRIES) + b"\0" * 3
    note += b"II*\0" + struct.pack("<I", NOTE_AT + moved)
    found = places(walked(photo(note, "Canon")))
    assert found["Canon", "2"] == ByteRange(NOTE_AT + 2 + 24 + 4, 9)


def test_a_note_that_was_moved_is_read_where_its_values_must_begin():
    note = b"AOC\0MM" + directory(5000, ENTRIES, ">")
    data = photo(note, "PENTAX Corporation", order=">")
    text = places(walked(data))["Pentax", "2"]
    assert data[text.offset_bytes :][:9] == b"long text"


def test_directories_inside_a_note_are_walked_too():
    inner = directory(NOTE_AT + 8 + 2 + 12 + 4, ENTRIES)
    head = b"OLYMP\0\x01\0"
    pointer = struct.pack("<HHHII", 1, 0x2010, 4, 1, NOTE_AT + 8 + 2 + 12 + 4) + bytes(4)
    walk = walked(photo(head + pointer + inner, "OLYMPUS"))
    assert ("Olympus", "2") in places(walk, "JPEG-APP1-IFD0-ExifIFD-MakerNotes-MakerNotes")


def test_a_preview_inside_a_note_is_noted():
    picture = b"\xff\xd8\xff" + bytes(600)
    walk = walked(photo(directory(NOTE_AT, [(1, 3, 1, 7), (0x2001, 7, len(picture), picture)]), "SONY"))
    assert [(one.kind, one.places[0].length_bytes) for one in walk.embedded] == [("preview", 603)]


def pointed(head, make, tags, start, content):
    """A photo whose note tells, after `head`, where the 600 bytes of its preview begin: `start`."""
    table = directory(NOTE_AT + len(head), [(tags[0], 4, 1, start), (tags[1], 4, 1, 600)])
    return photo(head + table, make).ljust(400, b"\0") + content


@pytest.mark.parametrize(
    ("head", "make", "tags", "start"),
    [
        (b"AOC\0\0\0", "PENTAX", (4, 3), 400),
        (b"QVC\0\0\0", "CASIO", (4, 3), 400),
        (b"", "Minolta", (0x88, 0x89), 400),
        (b"OLYMP\0\1\0", "OLYMPUS", (0x1036, 0x1037), 400),
        (b"PENTAX \0II", "PENTAX", (4, 3), 400 - NOTE_AT),
        (b"PENTAX \0II", "PENTAX", (4, 3), 400),
    ],
)
def test_a_preview_that_a_note_points_to_is_noted_from_where_either_counts(head, make, tags, start):
    picture = b"\xff\xd8\xff" + bytes(597)
    walk = walked(pointed(head, make, tags, start, picture))
    assert [(one.kind, one.places) for one in walk.embedded] == [("preview", (ByteRange(400, 600),))]


def test_a_pointer_to_a_preview_that_is_gone_lacks_nothing():
    whole = walked(pointed(b"AOC\0\0\0", "PENTAX", (4, 3), 400, b"\xff\xd8\xff" + bytes(597)))
    for content in (bytes(600), b""):
        walk = walked(pointed(b"AOC\0\0\0", "PENTAX", (4, 3), 400, content))
        assert walk.embedded == []
        assert walk.references_known == walk.references_resolved == whole.references_known - 1


def test_enciphered_values_are_said_to_be():
    walk = walked(photo(directory(NOTE_AT, [(1, 3, 1, 7), (0x9402, 7, 20, bytes(20))]), "SONY"))
    assert {one.why for one in walk.unread if one.place.length_bytes == 20} == {Why.ENCRYPTED}


@pytest.mark.parametrize("note", [b"\x01\xf1\x03\0" + bytes(60), b"HDRP\x02" + bytes(50)])
def test_a_note_without_directory_is_left_to_its_maker(note):
    walk = walked(photo(note, "RECONYX"))
    assert [(one.place, one.why) for one in walk.unread] == [(ByteRange(NOTE_AT, len(note)), Why.VENDOR)]


def test_a_note_of_mere_text_is_a_field():
    walk = walked(photo(b"no note here\0", "Nobody"))
    assert {one.name: one.raw for one in walk.fields}["MakerNoteUnknownText"] == "no note here"


def test_an_adobe_copy_of_a_note_keeps_the_offsets_of_the_original():
    original_at = 3000
    note = directory(original_at, ENTRIES)
    block = b"MakN" + struct.pack(">I", len(note) + 6) + b"II" + struct.pack(">I", original_at) + note
    private = b"Adobe\0" + block
    first = struct.pack("<H", 2) + struct.pack("<HHII", 0x10F, 2, 6, 60)
    first += struct.pack("<HHII", 0xC634, 7, len(private), 80) + bytes(4)
    data = (b"II*\0\x08\0\0\0" + first).ljust(60, b"\0") + b"Canon\0"
    data = data.ljust(80, b"\0") + private
    found = places(walked(data), "JPEG-APP1-IFD0-MakerNotes-AdobeMakN-MakerNotes")
    text = found["Canon", "2"]
    assert data[text.offset_bytes :][:9] == b"long text"


@given(
    st.sampled_from(KINDS),
    st.binary(max_size=200),
    st.sampled_from(["Canon", "NIKON", "PENTAX", "KODAK", "X"]),
)
@EXAMPLES
def test_any_note_is_walked_to_the_end(kind, rest, make):
    heads = [
        b"",
        b"Nikon\0\x02\0\0\0MM\0*\0\0\0\x08",
        b"FUJIFILM",
        b"AOC\0",
        b"OLYMPUS\0II\3\0",
        b"Apple iOS\0\0\1MM",
    ]
    for head in heads:
        walked(photo(head + rest, make))
    assert kind.fits(b"", Camera()) in (True, False)


@given(
    st.lists(
        st.tuples(st.integers(0, 65535), st.integers(0, 20), st.integers(0, 600), st.integers(0, 700)),
        max_size=20,
    )
)
@EXAMPLES
def test_any_entries_are_located_within_the_file(entries):
    for make, head in (("Canon", b""), ("OLYMPUS", b"OLYMP\0\1\0"), ("NIKON", b"")):
        data = photo(head + directory(NOTE_AT, entries), make)
        for one in walked(data).located:
            assert one.place.offset_bytes + one.place.length_bytes <= len(data)
