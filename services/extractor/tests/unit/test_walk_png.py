"""PNG and APNG: chunks, texts, profiles, checksums, and limits."""

import binascii
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import Field, Why
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import BudgetExceededError, Budgets, Walk
from metaextract_extractor.reading.walkers import nested
from metaextract_extractor.reading.walkers.png import walk_png
from metaextract_testing.factory import make

SIGNATURE = b"\x89PNG\r\n\x1a\n"

CONTENT = make("png").content


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes, color_type: int = 2) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, color_type, 0, 0, 0))
    return SIGNATURE + header + b"".join(chunks) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def walked(data: bytes, budgets: Budgets | None = None) -> Walk:
    walk = Walk(budgets or Budgets())
    with suppress(BudgetExceededError):
        walk_png(View.of(BytesSource(data)), walk)
    return walk


def last(walk: Walk) -> Field:
    return walk.fields[-1]


@pytest.fixture
def handed_on(monkeypatch):
    """Collect what is handed to the walkers of embedded standards: name, path, content."""
    seen: list[tuple[str, str, bytes]] = []

    def collect(name):
        return lambda view, _walk, path: seen.append((name, path, view.read(0, view.size_bytes)))

    for name in ("exif", "xmp", "icc", "iptc", "irb", "jumbf"):
        monkeypatch.setitem(nested._WALKERS, name, collect(name))
    return seen


def test_the_header_gives_size_and_kind():
    walk = walked(png())
    assert (walk.format_name, walk.width_pixels, walk.height_pixels) == ("PNG", 3, 2)
    assert {one.name: one.printed for one in walk.fields}["ColorType"] == "RGB"
    assert walk.unread == []


@pytest.mark.parametrize(
    ("kind", "data", "name", "raw", "printed"),
    [
        (b"PLTE", b"\1\2\3", "Palette", "1 2 3", "1 2 3"),
        (b"tRNS", b"\0\1\0\2\0\3", "Transparency", "1 2 3", "1 2 3"),
        (b"bKGD", b"\5", "BackgroundColor", 5, "5"),
        (b"gAMA", struct.pack(">I", 45455), "Gamma", 2.2, "2.2"),
        (b"sRGB", b"\1", "SRGBRendering", 1, "Relative Colorimetric"),
        (b"tIME", struct.pack(">H5B", 2020, 1, 2, 3, 4, 5), "ModifyDate", "2020:01:02 03:04:05", None),
        (b"pHYs", struct.pack(">IIB", 1, 2, 1), "PixelUnits", 1, "meters"),
        (b"acTL", struct.pack(">II", 3, 0), "AnimationPlays", 0, "inf"),
        (b"cICP", b"\x09\x10\0\1", "TransferCharacteristics", 16, "SMPTE ST 2084, ITU BT.2100 PQ"),
        (b"oFFs", struct.pack(">IIB", 1, 2, 1), "ImageOffset", "1, 2 (microns)", None),
        (b"sCAL", b"\x011.5\x002.5", "SubjectPixelWidth", 1.5, "1.5"),
        (b"hIST", b"\0\1", "PaletteHistogram", "(Binary data 2 bytes, use -b option to extract)", None),
    ],
)  # fmt: skip
def test_chunks_of_plain_values_are_told(kind, data, name, raw, printed):
    walk = walked(png(chunk(kind, data)))
    field = next(one for one in walk.fields if one.name == name)
    assert (field.raw, field.printed) == (raw, raw if printed is None else printed)
    assert walk.unread == []


@pytest.mark.parametrize(
    ("keyword", "value", "name", "printed"),
    [
        (b"Title", b"T\xe9\x80", "Title", "Té€"),
        (b"title", b"low", "Title", "low"),
        (b"Some odd key!", b"v", "SomeOddKey", "v"),
        (b"x", b"y", "TagX", "y"),
        (b"parameters", b"steps: 3", "Parameters", "steps: 3"),
        (b"Creation Time", b"Mon, 1 Jan 2018 12:10:22 EST", "CreationTime", "2018:01:01 12:10:22-05:00"),
        (b"create-date", b"2018-01-02T03:04:05+01:00", "CreateDate", "2018:01:02 03:04:05+01:00"),
    ],
)
def test_a_text_is_named_by_its_keyword_and_stands_where_its_bytes_are(keyword, value, name, printed):
    data = png(chunk(b"tEXt", keyword + b"\0" + value))
    field = last(walked(data))
    assert (field.name, field.printed, field.group, field.path) == (name, printed, "PNG", "PNG-TextualData")
    place = field.location
    assert place is not None
    assert data[place.offset_bytes : place.offset_bytes + place.length_bytes] == value


def test_international_texts_have_a_language_and_may_be_compressed():
    packed = zlib.compress("Käse".encode())
    data = png(chunk(b"iTXt", b"Title\0\1\0DE-at\0Titel\0" + packed))
    field = last(walked(data))
    assert (field.name, field.tag_id, field.printed) == ("Title-de-AT", "Title-de-AT", "Käse")
    assert field.location is not None
    assert field.location.length_bytes == len(packed)


def test_embedded_standards_are_handed_on_wherever_they_are_packed(handed_on):
    digits = binascii.hexlify(b"\x1c\x02\x05\0\1t")
    walked(
        png(
            chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>"),
            chunk(b"iCCP", b"name\0\0" + zlib.compress(b"profile")),
            chunk(b"eXIf", b"Exif\0\0II*\0"),
            chunk(b"caBX", b"box"),
            chunk(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(b"\niptc\n       6\n" + digits)),
            chunk(b"tEXt", b"Raw profile type exif\0\nexif\n       4\n" + binascii.hexlify(b"MM\0*")),
        )
    )
    assert handed_on == [
        ("xmp", "PNG-InternationalText-XMP", b"<x/>"),
        ("icc", "PNG-ICC_Profile-ICC_Profile", b"profile"),
        ("exif", "PNG-EXIF", b"II*\0"),
        ("jumbf", "PNG-JUMBF", b"box"),
        ("iptc", "PNG-CompressedText-IPTC_Profile-IPTC", b"\x1c\x02\x05\0\1t"),
        ("exif", "PNG-TextualData-EXIF_Profile", b"MM\0*"),
    ]


def test_xmp_in_a_language_is_a_text_as_it_is_to_exiftool(handed_on):
    field = last(walked(png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0de\0\0<x/>"))))
    assert (field.group, field.name, field.printed) == ("PNG", "XMLcomadobexmp", "<x/>")
    assert handed_on == []


def test_a_wrong_checksum_is_told_and_the_chunk_is_read():
    wrong = bytearray(chunk(b"tEXt", b"Title\0t"))
    wrong[-1] ^= 1
    walk = walked(png(bytes(wrong)))
    assert [one.code for one in walk.notices] == ["PNG_CHECKSUM_WRONG"]
    assert last(walk).printed == "t"


def test_a_bomb_is_not_unpacked():
    bomb = zlib.compress(b"\0" * 10_000_000)
    walk = walked(png(chunk(b"zTXt", b"Comment\0\0" + bomb), chunk(b"tEXt", b"Title\0t")))
    assert walk.budgets_exceeded == ["unpacked_bytes_max"]
    assert [one.why for one in walk.unread] == [Why.BUDGET]
    assert last(walk).printed == "t"


def test_damaged_compression_is_told():
    walk = walked(png(chunk(b"zTXt", b"Comment\0\0junk"), chunk(b"iCCP", b"n\0\0junk")))
    assert [one.why for one in walk.unread] == [Why.DAMAGED, Why.DAMAGED]


def test_chunks_are_limited_in_number_but_image_data_is_not():
    many = Budgets(containers_max=20)
    walk = walked(png(*[chunk(b"IDAT", b"x")] * 200, chunk(b"tEXt", b"Title\0t")), many)
    assert walk.budgets_exceeded == []
    assert last(walk).printed == "t"
    assert walked(png(*[chunk(b"prIv", b"x")] * 200), many).budgets_exceeded == ["containers_max"]


def test_what_follows_the_end_is_a_trailer():
    walk = walked(png() + b"trailing")
    assert [(one.path, one.place.length_bytes, one.why) for one in walk.unread] == [
        ("PNG-Trailer", 8, Why.UNKNOWN)
    ]
    assert walk.containers[-1].kind == "trailer"


def test_an_animation_is_recognised():
    assert walked(make("apng").content).format_name == "APNG"


@pytest.mark.parametrize("fmt", ["png", "apng"])
def test_what_was_told_of_the_beginning_stays(fmt):
    content = make(fmt).content
    whole = {(one.group, one.name, one.occurrence, str(one.raw)) for one in walked(content).fields}
    for length in range(0, len(content), 41):
        part = {
            (one.group, one.name, one.occurrence, str(one.raw)) for one in walked(content[:length]).fields
        }
        assert part <= whole


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_end_without_error(data):
    walked(data)
    walked(SIGNATURE + data)


@settings(deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 255), st.integers(0, 100_000))
def test_a_damaged_file_ends_without_error(at, value, length):
    data = bytearray(CONTENT)
    data[at % len(data)] = value
    walked(bytes(data[: 1 + length % len(data)]))
    walked(bytes(data))
