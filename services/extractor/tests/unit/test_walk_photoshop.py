"""Photoshop: image resource blocks, and documents with their layers."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import Field, Why
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers import nested
from metaextract_extractor.reading.walkers.photoshop import walk_irb
from metaextract_extractor.reading.walkers.psd import walk_psd
from metaextract_testing.factory import make

CONTENT = make("psd").content


def resource(number: int, data: bytes, name: bytes = b"") -> bytes:
    called = bytes([len(name)]) + name
    called += b"\0" * (len(called) % 2)
    return (
        b"8BIM"
        + struct.pack(">H", number)
        + called
        + struct.pack(">I", len(data))
        + data
        + b"\0" * (len(data) % 2)
    )


def unicode(text: str) -> bytes:
    return struct.pack(">I", len(text)) + text.encode("utf-16-be")


def walked(data: bytes) -> Walk:
    walk = Walk()
    walk_irb(View.of(BytesSource(data)), walk, "JPEG-APP13-Photoshop")
    return walk


def document(data: bytes) -> Walk:
    walk = Walk()
    walk_psd(View.of(BytesSource(data)), walk)
    return walk


def named(walk: Walk, name: str) -> Field:
    return next(one for one in walk.fields if one.name == name)


@pytest.mark.parametrize(
    ("number", "data", "name", "raw", "printed"),
    [
        (0x03ED, struct.pack(">IHHIHH", 72 << 16, 1, 1, 300 << 16, 3, 2), "YResolution", 300, "300"),
        (0x03ED, struct.pack(">IHHIHH", 72 << 16, 1, 1, 300 << 16, 2, 2), "DisplayedUnitsY", 2, "cm"),
        (0x03EE, b"\1a\2bc", "AlphaChannelsNames", "a, bc", "a, bc"),
        (0x0406, struct.pack(">hhhb", 8, 257, 2, 1), "PhotoshopQuality", 8, "12"),
        (0x0406, struct.pack(">hhhb", 8, 257, 2, 1), "ProgressiveScans", 2, "4 Scans"),
        (0x040A, b"\1", "CopyrightFlag", 1, "true"),
        (0x040B, b"http://a.example", "URL", "http://a.example", "http://a.example"),
        (0x040D, struct.pack(">I", 30), "GlobalAngle", 30, "30"),
        (0x041A, b"\0\0\0\6" + b"\0" * 16 + unicode("grp") + struct.pack(">I", 3), "NumSlices", 3, "3"),
        (0x041B, unicode("w"), "WorkflowURL", "w", "w"),
        (0x0421, struct.pack(">IB", 1, 1) + unicode("W") + unicode("R"), "ReaderName", "R", "R"),
        (0x0425, bytes(range(16)), "IPTCDigest", "000102030405060708090a0b0c0d0e0f", None),
        (0x0426, struct.pack(">Hfff", 2, 0.5, 0, 1), "PrintPosition", "0.5 0", "0.5 0"),
        (0x0428, struct.pack(">Id", 1, 1.5), "PixelAspectRatio", 1.5, "1.5"),
        (0x0435, b"\0\0\0\1" + struct.pack(">H4HBBB", 2, 1, 2, 3, 4, 0, 50, 1), "ChannelOpacity", 50, "50%"),
        (0x0BB7, b"\4path", "ClippingPathName", "path", "path"),
    ],
)  # fmt: skip
def test_resources_are_told_by_their_names(number, data, name, raw, printed):
    field = named(walked(resource(number, data)), name)
    assert field.raw == raw
    assert field.printed == (printed if printed is not None else raw)


def test_a_resource_may_have_a_name_and_its_value_a_place():
    data = resource(0x040B, b"u", b"nm") + resource(0x040B, b"http://b", b"n")
    walk = walked(data)
    assert [one.printed for one in walk.fields] == ["u", "http://b"]
    place = walk.fields[1].location
    assert place is not None
    assert data[place.offset_bytes : place.offset_bytes + place.length_bytes] == b"http://b"
    assert walk.unread == []


def test_a_thumbnail_is_noted_as_a_picture():
    picture = b"\xff\xd8\xff\xd9"
    walk = walked(resource(0x040C, struct.pack(">7I", 1, 4, 3, 12, 0, 0, 0) + picture))
    assert [(one.kind, one.width_pixels, one.height_pixels) for one in walk.embedded] == [("thumbnail", 4, 3)]
    assert named(walk, "PhotoshopThumbnail").printed == "(Binary data 4 bytes, use -b option to extract)"


def test_embedded_standards_are_handed_on(monkeypatch):
    seen = []
    monkeypatch.setitem(
        nested._WALKERS, "exif", lambda view, walk, path: seen.append((path, view.size_bytes))
    )
    walk = walked(resource(0x0422, b"II*\0") + resource(0x0404, b"\x1c\x02\x05\0\1t"))
    assert seen == [("JPEG-APP13-Photoshop-EXIFInfo", 4)]
    assert named(walk, "ObjectName").path == "JPEG-APP13-Photoshop-IPTC"


def test_unknown_resources_and_garbage_are_unread():
    walk = walked(resource(0x0400, b"secret") + b"garbage at the end")
    assert [one.why for one in walk.unread] == [Why.UNKNOWN, Why.DAMAGED]


def test_a_document_has_a_header_and_layers():
    layer = struct.pack(">4iH", 0, 0, 5, 6, 0) + b"8BIMmul " + bytes([128, 0, 2, 0])
    extra = struct.pack(">II", 0, 0) + b"\3abc" + b"8BIMluni" + struct.pack(">I", 8) + unicode("äb")
    record = layer + struct.pack(">I", len(extra)) + extra
    info = struct.pack(">h", -1) + record
    section = struct.pack(">I", len(info)) + info
    data = (
        b"8BPS\0\1" + b"\0" * 6 + struct.pack(">HIIHH", 3, 20, 10, 8, 4) + b"\0" * 4 + b"\0" * 4
        + struct.pack(">I", len(section)) + section + b"\0\1"
    )  # fmt: skip
    walk = document(data)
    assert (walk.format_name, walk.width_pixels, walk.height_pixels) == ("PSD", 10, 20)
    told = {one.name: one.printed for one in walk.fields}
    assert told["ColorMode"] == "CMYK"
    assert told["LayerCount"] == "1"
    assert told["LayerRectangles"] == "0 0 5 6"
    assert told["LayerBlendModes"] == "Multiply"
    assert told["LayerOpacities"] == "50%"
    assert told["LayerVisible"] == "No"
    assert told["LayerNames"] == "abc"
    assert told["LayerUnicodeNames"] == "äb"
    assert told["Compression"] == "RLE"


def test_a_large_document_has_lengths_of_eight_bytes():
    data = b"8BPS\0\2" + b"\0" * 6 + struct.pack(">HIIHH", 3, 2, 1, 8, 3) + b"\0" * 8 + b"\0" * 8 + b"\0\0"
    walk = document(data)
    assert walk.format_name == "PSB"
    assert walk.unread == []


def test_what_was_told_of_the_beginning_of_a_document_stays():
    whole = {(one.group, one.name, one.occurrence, str(one.raw)) for one in document(CONTENT).fields}
    for length in range(0, len(CONTENT), 37):
        part = {
            (one.group, one.name, one.occurrence, str(one.raw)) for one in document(CONTENT[:length]).fields
        }
        assert part <= whole


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_end_without_error(data):
    walked(data)
    document(b"8BPS\0\1" + data)


@settings(deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 255), st.integers(0, 100_000))
def test_a_damaged_document_ends_without_error(at, value, length):
    data = bytearray(CONTENT)
    data[at % len(data)] = value
    document(bytes(data[: 1 + length % len(data)]))
    document(bytes(data))
