"""The walkers of plain formats: bitmaps, icons, Netpbm, textures, Radiance, OpenEXR, FITS; CRW and X3F."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import BudgetExceededError, Walk
from metaextract_extractor.reading.walkers.bitmap import walk_bitmap
from metaextract_extractor.reading.walkers.ciff import walk_ciff
from metaextract_extractor.reading.walkers.x3f import walk_x3f
from metaextract_testing.factory import make

PLAIN = ("bmp", "ico", "ppm")
HEADS = (
    b"BM",
    b"\0\0\1\0\1\0",
    b"icns",
    b"DDS ",
    b"\x76\x2f\x31\x01",
    b"#?RADIANCE\n",
    b"SIMPLE  =",
    b"P5\n",
)


def walked(data, walker=walk_bitmap, path=""):
    walk = Walk()
    with suppress(BudgetExceededError):
        walker(View.of(BytesSource(data)), walk, path)
    return walk


def found(walk):
    return {(one.group, one.name): one for one in walk.fields}


def at(data, field):
    place = field.location
    return data[place.offset_bytes : place.offset_bytes + place.length_bytes]


@pytest.mark.parametrize("name", PLAIN)
def test_fields_equal_what_the_factory_wrote(name):
    made = make(name)
    fields = found(walked(made.content))
    wanted = {
        tuple(key.split(":")): value
        for key, value in made.tags.items()
        if key not in ("File:FileType", "File:MIMEType")
    }
    assert wanted
    assert {key: fields[key].printed for key in wanted} == wanted


@pytest.mark.parametrize(
    ("name", "size"), [("tga", (64, 48)), ("dds", (64, 48)), ("bmp", (64, 48)), ("ppm", (64, 48))]
)
def test_the_size_of_the_image_is_noted(name, size):
    walk = walked(make(name).content)
    assert (walk.width_pixels, walk.height_pixels) == size
    assert walk.format_name == name.upper()


def test_the_comment_of_a_ppm_is_a_container_that_is_read_whole():
    data = b"P6\n# by hand\n# twice\n1 1\n255\nabc"
    (container,) = (one for one in walked(data).containers if one.kind == "text")
    (place,) = container.places
    start, end = place.offset_bytes, place.offset_bytes + place.length_bytes
    assert data[start:end] == b"# by hand\n# twice\n"
    assert not [one for one in walked(b"P6\n1 1\n255\nabc").containers if one.kind == "text"]


@given(st.sampled_from(HEADS), st.binary(max_size=400))
@settings(deadline=None, max_examples=200)
def test_arbitrary_bytes_behind_a_signature_never_raise(head, data):
    walked(head + data)


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=120)
def test_arbitrary_bytes_never_raise(data):
    walked(b"II\x1a\0\0\0HEAPCCDR" + data, walk_ciff, "CRW")
    walked(b"FOVb" + data, walk_x3f, "X3F")
    walked(data)


@pytest.mark.parametrize("name", [*PLAIN, "tga", "dds", "icns"])
def test_no_truncation_raises(name):
    data = make(name).content
    for length in range(0, min(len(data), 400)):
        walked(data[:length])


def test_a_comment_of_one_line_has_its_place():
    data = b"P5\n# a word\n3 2\n255\n" + bytes(6)
    comment = found(walked(data))["File", "Comment"]
    assert (comment.printed, at(data, comment)) == ("a word", b"a word")


def test_a_calibrated_bitmap_tells_its_endpoints():
    header = struct.pack("<IiiHHIIIIII", 108, 2, -2, 1, 24, 0, 16, 11, 11, 0, 0)
    header += struct.pack("<5I", 1, 2, 3, 4, 0) + struct.pack("<9I", *[0x20000000] * 9)
    header += struct.pack("<3I", 0x20000, 0x18000, 1)
    fields = found(walked(b"BM" + bytes(8) + struct.pack("<I", 122) + header + bytes(16)))
    assert fields["File", "RedEndpoint"].printed == "0.500000 0.500000 0.500000"
    assert fields["File", "GammaGreen"].raw == 1.5
    assert fields["File", "ImageHeight"].raw == 2


def radiance(*lines):
    return b"#?RADIANCE\n" + b"\n".join(lines) + b"\n\n-Y 4 +X 6\n" + bytes(16)


def test_lines_of_a_radiance_image_are_fields_with_places():
    data = radiance(b"# by hand", b"EXPOSURE= 1.50", b"rpict -vp", b"Own_name=7")
    fields = found(walked(data))
    assert fields["Radiance", "Comment"].printed == "by hand"
    assert at(data, fields["Radiance", "Exposure"]) == b"1.50"
    assert fields["Radiance", "Command"].printed == "rpict -vp"
    assert fields["Radiance", "Own_name"].raw == 7
    assert fields["Radiance", "Orientation"].printed == "Horizontal (normal)"
    assert at(data, fields["File", "ImageWidth"]) == b"6"


def attribute(name, kind, value):
    return name + b"\0" + kind + b"\0" + struct.pack("<I", len(value)) + value


def exr(*attributes):
    return b"\x76\x2f\x31\x01" + struct.pack("<I", 2) + b"".join(attributes) + b"\0" + bytes(8)


def test_attributes_of_an_openexr_image_are_fields():
    channel = b"B\0" + struct.pack("<IB3xII", 1, 0, 1, 1) + b"\0"
    data = exr(
        attribute(b"channels", b"chlist", channel),
        attribute(b"compression", b"compression", b"\x03"),
        attribute(b"dataWindow", b"box2i", struct.pack("<4i", 0, 0, 9, 4)),
        attribute(b"owner", b"string", b"Jane"),
    )
    walk = walked(data)
    fields = found(walk)
    assert fields["OpenEXR", "Channels"].raw == ["B half 1 1"]
    assert fields["OpenEXR", "Compression"].printed == "ZIP"
    assert at(data, fields["OpenEXR", "Owner"]) == b"Jane"
    assert (walk.width_pixels, walk.height_pixels) == (10, 5)


def test_an_attribute_longer_than_the_file_is_damage():
    data = exr(b"owner\0string\0" + struct.pack("<I", 1 << 30))
    assert [one.why for one in walked(data).unread] == [Why.DAMAGED]


def card(text):
    return text.ljust(80).encode()


def fits(*cards):
    return b"".join(map(card, ("SIMPLE  =                    T", *cards, "END"))).ljust(2880)


def test_cards_of_a_fits_image_are_fields_with_places():
    data = fits(
        "NAXIS1  =   10 / wide",
        "NAXIS2  =   12",
        "OBJECT  = 'M 31    '",
        "EXPTIME = 1.5D+01",
        "COMMENT  hello",
    )
    walk = walked(data)
    fields = found(walk)
    assert at(data, fields["FITS", "Object"]) == b"M 31"
    assert fields["FITS", "Exptime"].raw == 15.0
    assert (fields["FITS", "Comment"].raw, fields["FITS", "Comment"].printed) == (" hello", "hello")
    assert (walk.width_pixels, walk.height_pixels) == (10, 12)


def test_a_long_string_in_several_cards_is_one_field_without_a_place():
    fields = found(walked(fits("LONGTEXT= 'abc&'", "CONTINUE  'def'")))
    assert (fields["FITS", "Longtext"].raw, fields["FITS", "Longtext"].location) == ("abcdef", None)


def heap(*records):
    """A CIFF heap: contents, then the directory, then where it lies."""
    content, entries = b"", b""
    for tag, value in records:
        entries += struct.pack("<HII", tag, len(value), len(content))
        content += value
    return content + struct.pack("<H", len(records)) + entries + struct.pack("<I", len(content))


def crw(*records):
    return b"II" + struct.pack("<I", 26) + b"HEAPCCDR" + bytes(12) + heap(*records)


def test_records_of_a_crw_are_fields_with_places():
    inner = heap((0x080A, b"Canon\0Canon EOS 300D\0"), (0x180B, struct.pack("<I", 560018150)))
    data = crw((0x300A, inner))
    fields = found(walked(data, walk_ciff, "CRW"))
    assert at(data, fields["CanonRaw", "Model"]) == b"Canon EOS 300D"
    assert fields["CanonRaw", "SerialNumber"].printed == "0560018150"
    assert fields["CanonRaw", "SerialNumber"].path == "CRW-ImageProps"


def test_a_heap_that_contains_itself_ends():
    body = bytearray(crw((0x300A, bytes(40))))
    size = len(body) - 26
    directory = struct.unpack_from("<I", body, len(body) - 4)[0] + 26
    struct.pack_into("<HII", body, directory + 2, 0x300A, size, 0)
    walk = walked(bytes(body), walk_ciff, "CRW")
    assert walk.unread[0].why is Why.DAMAGED


def x3f(properties):
    texts, entries = "", b""
    for key, value in properties.items():
        entries += struct.pack("<II", len(texts), len(texts) + len(key) + 1)
        texts += f"{key}\0{value}\0"
    content = struct.pack("<4sIIIII", b"SECp", 0x20000, len(properties), 0, 0, len(texts)) + entries
    content += texts.encode("utf-16-le")
    header = b"FOVb" + struct.pack("<I16sIIII", 0x20000, bytes(16), 0, 2640, 1760, 0)
    directory = struct.pack("<4sIIII4s", b"SECd", 0x20000, 1, len(header), len(content), b"PROP")
    return header + content + directory + struct.pack("<I", len(header) + len(content))


def test_properties_of_an_x3f_are_fields_with_places():
    data = x3f({"CAMMODEL": "SIGMA DP2", "SHUTTER": "0.1", "EXPCOMP": "+0.50"})
    walk = walked(data, walk_x3f, "X3F")
    fields = found(walk)
    assert at(data, fields["SigmaRaw", "Model"]) == "SIGMA DP2".encode("utf-16-le")
    assert fields["SigmaRaw", "ExposureTime"].printed == "1/10"
    assert fields["SigmaRaw", "ExposureCompensation"].printed == "+1/2"
    assert (walk.width_pixels, walk.height_pixels) == (2640, 1760)


def test_a_property_that_is_no_number_is_left_out():
    assert ("SigmaRaw", "ExposureTime") not in found(walked(x3f({"SHUTTER": "soon"}), walk_x3f, "X3F"))
