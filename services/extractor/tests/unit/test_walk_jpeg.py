"""JPEG: segments, what is spread over several of them, and what stands behind the picture."""

import struct
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import ByteRange, Why
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import BudgetExceededError, Budgets, Walk
from metaextract_extractor.reading.walkers.jpeg import walk_jpeg
from metaextract_extractor.reading.walkers.jpeg_trailers import glance
from metaextract_testing.factory import make
from metaextract_testing.hostile import slow_jpeg

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FRAME = struct.pack(">BHHB", 8, 48, 64, 3) + b"\x01\x22\x00\x02\x11\x01\x03\x11\x01"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"


class _Arrived(BytesSource):
    """A file of which one range is there."""

    def __init__(self, data, start, end):
        super().__init__(data)
        self._start, self._end = start, end

    def read(self, offset, length):
        if offset < self._start or offset + length > self._end:
            return BytesSource(b"").read(offset, max(length, 1))  # raises
        return super().read(offset, length)


def segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg(*segments, scan=b"\x12\x34", tail=b""):
    frame = segment(0xC0, FRAME) + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
    return b"\xff\xd8" + b"".join(segments) + frame + scan + b"\xff\xd9" + tail


def walked(data, path="JPEG", arrived=None, budgets=None):
    walk = Walk(budgets=budgets or Budgets())
    source = BytesSource(data) if arrived is None else _Arrived(data, *arrived)
    with suppress(BudgetExceededError):
        walk_jpeg(View.of(source), walk, path)
    return walk


def fields(walk):
    return {(one.group, one.name): one for one in walk.fields}


def told(walk):
    return {(one.path, one.group, one.name, one.occurrence): (one.raw, one.printed) for one in walk.fields}


def test_every_tag_of_the_segments_that_the_factory_wrote_is_found_as_exiftool_prints_it():
    made = make("jpeg")
    found = {f"{one.group}:{one.name}": one.printed for one in walked(made.content).fields}
    groups = ("IFD", "ExifIFD", "GPS", "InteropIFD", "JFIF", "File")
    wanted = {key: value for key, value in made.tags.items() if key.startswith(groups)}
    for name in ("FileType", "MIMEType"):  # known by more than the walk
        del wanted[f"File:{name}"]
    assert len(wanted) > 30
    assert {key: found.get(key) for key in wanted} == wanted


def test_exif_fields_stand_where_they_are_said_to():
    data = make("jpeg").content
    for one in walked(data).fields:
        if one.type == "string" and one.location:
            start = one.location.offset_bytes
            text = data[start : start + one.location.length_bytes].split(b"\0")[0].decode()
            assert text.strip() == str(one.raw).strip()


def test_the_size_and_the_format_are_known():
    walk = walked(jpeg())
    assert (walk.width_pixels, walk.height_pixels, walk.format_name) == (64, 48, "JPEG")
    assert fields(walk)["File", "YCbCrSubSampling"].printed == "YCbCr4:2:0 (2 2)"
    assert fields(walk)["File", "ImageWidth"].location == ByteRange(9, 2)


def test_a_prefix_tells_nothing_that_the_whole_does_not():
    data = make("jpeg").content
    whole = told(walked(data))
    for end in range(0, len(data), 97):
        part = walked(data, arrived=(0, end))
        assert told(part).items() <= whole.items()
    assert told(walked(data, arrived=(0, 700)))


def test_the_end_of_a_file_may_arrive_first():
    walk = walked(make("jpeg").content, arrived=(5000, 1 << 20))
    assert not walk.fields
    assert walk.references_known > walk.references_resolved


def test_a_profile_in_chunks_is_joined_in_their_order():
    chunks = [
        b"ICC_PROFILE\0" + bytes([number, 2]) + part for number, part in ((2, b"B" * 90), (1, b"A" * 90))
    ]
    walk = walked(jpeg(*(segment(0xE2, chunk) for chunk in chunks)))
    (profile,) = [one for one in walk.containers if one.path == "JPEG-APP2-ICC_Profile"]
    assert profile.places == (ByteRange(2 + 108 + 18, 90), ByteRange(2 + 18, 90))


def test_a_chunk_without_its_others_is_damage():
    walk = walked(jpeg(segment(0xE2, b"ICC_PROFILE\0\x01\x02" + b"A" * 20)))
    assert ("JPEG-APP2-ICC_Profile", Why.DAMAGED) in {(one.path, one.why) for one in walk.unread}


def extended(digest, length, offset, part):
    return segment(0xE1, EXTENSION + digest + struct.pack(">II", length, offset) + part)


def test_extended_xmp_is_joined_by_offset_when_the_main_packet_names_it():
    digest = b"0123456789ABCDEF0123456789ABCDEF"
    main = b'<x:xmpmeta><rdf:Description xmpNote:HasExtendedXMP="' + digest + b'"/></x:xmpmeta>'
    walk = walked(
        jpeg(
            segment(0xE1, XMP + main),
            extended(digest, 10, 5, b"world"),
            extended(digest, 10, 0, b"hello"),
        )
    )
    assert [view.read(0, view.size_bytes) for view in walk.views["xmp"]] == [main, b"helloworld"]


@pytest.mark.parametrize("named", [b"0" * 32, b""])
def test_extended_xmp_that_nobody_names_is_left(named):
    main = b'<x xmpNote:HasExtendedXMP="' + named + b'"/>'
    walk = walked(jpeg(segment(0xE1, XMP + main), extended(b"1" * 32, 5, 0, b"hello")))
    assert len(walk.views["xmp"]) == 1
    assert any(one.path == "JPEG-APP1-XMP" for one in walk.unread)


def test_a_packet_with_an_impossible_number_is_damage():
    walk = walked(jpeg(jumbf_packet(1, 100_001, struct.pack(">I4s", 9, b"jumb"), b"x")))
    assert walk.budgets_exceeded == ["jumbf_packets_max"]
    assert any(one.why is Why.DAMAGED for one in walk.unread)
    assert (
        walked(jpeg(jumbf_packet(1, 100_000, struct.pack(">I4s", 9, b"jumb"), b"x"))).budgets_exceeded == []
    )


def jumbf_packet(instance, sequence, box, part):
    return segment(0xEB, b"JP" + struct.pack(">HI", instance, sequence) + box + part)


def test_jumbf_boxes_are_joined_by_instance_and_sequence():
    box = struct.pack(">I4s", 8 + 12, b"jumb")
    other = struct.pack(">I4s", 8 + 4, b"jumb")
    walk = walked(
        jpeg(
            jumbf_packet(1, 1, box, b"first-"),
            jumbf_packet(2, 1, other, b"lone"),
            jumbf_packet(1, 2, box, b"second"),
        )
    )
    joined = [view.read(0, view.size_bytes) for view in walk.views["jumbf"]]
    assert joined == [box + b"first-second", other + b"lone"]


def test_image_resources_in_consecutive_segments_are_one():
    head = b"Photoshop 3.0\0"
    walk = walked(
        jpeg(segment(0xED, head + b"8BIM-one-"), segment(0xED, head + b"-two"), segment(0xFE, b"c"))
    )
    assert [view.read(0, view.size_bytes) for view in walk.views["photoshop"]] == [b"8BIM-one--two"]


def test_exif_goes_on_in_the_next_segment_and_another_begins_with_its_byte_order():
    first = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HHHIII", 1, 0x10E, 2, 11, 26, 0) + b"first"
    other = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x112, 3, 1, 6, 0)
    data = jpeg(segment(0xE1, first), segment(0xE1, b"Exif\0\0second"), segment(0xE1, other))
    walk = walked(data)
    assert fields(walk)["IFD0", "ImageDescription"].printed == "firstsecond"
    assert fields(walk)["IFD0", "Orientation"].printed == "Rotate 90 CW"
    assert [one for one in walk.unread if one.why is not Why.UNKNOWN] == []


def test_adobe_ducky_and_comment_segments_are_read():
    ducky = struct.pack(">HHI", 1, 4, 80) + struct.pack(">HHI", 2, 8, 2) + "Hi".encode("utf-16-be") + b"\0\0"
    adobe = b"Adobe" + struct.pack(">HHHB", 100, 0x4000, 0, 1)
    found = fields(
        walked(jpeg(segment(0xEC, b"Ducky" + ducky), segment(0xEE, adobe), segment(0xFE, b"note\0")))
    )
    assert found["Ducky", "Quality"].printed == "80%"
    assert found["Ducky", "Comment"].raw == "Hi"
    assert found["Adobe", "ColorTransform"].printed == "YCbCr"
    assert found["Adobe", "APP14Flags0"].printed == "[14]"
    assert found["File", "Comment"].raw == "note"


def test_segments_of_one_maker_are_left_by_name():
    walk = walked(jpeg(segment(0xE6, b"GoPro\0whatever")))
    assert [(one.path, one.why) for one in walk.unread] == [("JPEG-APP6", Why.VENDOR)]


def test_an_exv_file_is_segments_behind_its_own_mark():
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x112, 3, 1, 6, 0)
    walk = walked(b"\xff\x01Exiv2" + segment(0xE1, exif) + b"\xff\xd9", "EXV")
    assert fields(walk)["IFD0", "Orientation"].path == "EXV-APP1-IFD0"
    assert walk.format_name == "EXV"


def mpf(entries):
    head = b"MM\0*" + struct.pack(">I", 8)
    table = struct.pack(">HHHI4s", 3, 0xB000, 7, 4, b"0100") + struct.pack(
        ">HHII", 0xB001, 4, 1, len(entries)
    )
    table += struct.pack(">HHIII", 0xB002, 7, 16 * len(entries), 8 + 2 + 36 + 4, 0)
    return b"MPF\0" + head + table + b"".join(struct.pack(">IIIHH", *entry, 0, 0) for entry in entries)


def test_pictures_of_an_mpf_index_are_placed_and_measured():
    second = jpeg()
    segment_bytes = len(segment(0xE2, mpf([(0, 0, 0)] * 2)))
    first_bytes = 2 + segment_bytes + len(jpeg()) - 2
    offset = first_bytes - (2 + 4 + 4)  # from the index's byte order mark
    index = mpf([(0x20030000, first_bytes, 0), (0x00050000, len(second), offset)])
    walk = walked(jpeg(segment(0xE2, index), tail=second))
    found = fields(walk)
    assert found["MPImage1", "MPImageFlags"].printed == "Representative image"
    assert found["MPImage2", "MPImageType"].printed == "Gain Map Image"
    assert found["MPImage2", "MPImageStart"].raw == first_bytes
    one = walk.embedded[0]
    assert (one.kind, one.places) == ("gain_map", (ByteRange(first_bytes, len(second)),))
    assert (one.width_pixels, one.height_pixels) == (64, 48)


FILM = b"\0\0\0\x18ftypmp42" + bytes(40)


@pytest.mark.parametrize(
    "packet",
    [
        '<rdf:Description GCamera:MicroVideoOffset="{length}"/>',
        "<GCamera:MicroVideoOffset>{length}</GCamera:MicroVideoOffset>",
        '<rdf:li><Container:Item Item:Mime="image/jpeg" Item:Semantic="Primary"/></rdf:li>'
        '<rdf:li><Container:Item Item:Semantic="MotionPhoto" Item:Length="{length}"/></rdf:li>',
    ],
)
def test_the_film_of_a_motion_photo_is_placed_by_its_length(packet):
    packet = packet.format(length=len(FILM)).encode()
    data = jpeg(segment(0xE1, XMP + packet), tail=FILM)
    walk = walked(data)
    place = ByteRange(len(data) - len(FILM), len(FILM))
    assert [(one.kind, one.places) for one in walk.embedded] == [("video", (place,))]


def test_a_film_that_is_not_where_it_should_be_is_not_claimed():
    packet = b'<rdf:Description GCamera:MicroVideoOffset="30"/>'
    walk = walked(jpeg(segment(0xE1, XMP + packet), tail=b"x" * 30))
    assert walk.embedded == []
    assert walk.unread[-1].place.length_bytes == 30


def test_samsungs_blocks_at_the_end_are_found():
    name = b"MotionPhoto_Data"
    block = struct.pack("<HHI", 0, 0x0A30, len(name)) + name + FILM
    head = b"SEFH" + struct.pack("<II", 107, 1) + struct.pack("<HHII", 0, 0x0A30, len(block), len(block))
    data = jpeg(tail=block + head + struct.pack("<I", len(head)) + b"SEFT")
    walk = walked(data)
    start = len(jpeg()) + 8 + len(name)
    assert [(one.kind, one.places) for one in walk.embedded] == [("video", (ByteRange(start, len(FILM)),))]


def test_what_follows_the_picture_and_nobody_knows_is_left_as_a_trailer():
    data = jpeg(tail=b"unknown bytes")
    walk = walked(data)
    assert walk.containers[-1].kind == "trailer"
    assert walk.unread[-1].place == ByteRange(len(jpeg()), 13)


def test_the_picture_itself_is_not_read():
    class Counting(BytesSource):
        read_bytes = 0

        def read(self, offset, length):
            self.read_bytes += length
            return super().read(offset, length)

    source = Counting(jpeg(scan=bytes(3_000_000)))
    walk_jpeg(View.of(source), Walk(), "JPEG")
    assert source.read_bytes < 100_000


def test_garbage_between_segments_is_skipped_and_noted():
    walk = walked(b"\xff\xd8" + b"garbage" + jpeg(segment(0xFE, b"note"))[2:])
    assert fields(walk)["File", "Comment"].raw == "note"
    assert (walk.unread[0].place, walk.unread[0].why) == (ByteRange(2, 7), Why.DAMAGED)


@pytest.mark.parametrize(
    "data",
    [
        slow_jpeg(1_000_000),
        b"\xff\xd8" + segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0") * 3000 + b"\xff\xd9",
        b"\xff\xd8" + segment(0xFE, b"") * 20_000 + b"\xff\xd9",
        b"\xff\xd8" + b"\xff\xe1\0\0" * 5000,
        b"\xff\xd8" + b"\xff\xe1\xff\xff",
    ],
)
def test_many_or_endless_segments_end_within_the_budgets(data):
    walk = walked(data)
    assert len(walk.containers) <= Budgets().containers_max


def test_a_glance_tells_size_and_gain_map():
    gain_map = jpeg(segment(0xE1, XMP + b'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"'))
    assert glance(View.of(BytesSource(gain_map))) == (64, 48, True)
    assert glance(View.of(BytesSource(jpeg()))) == (64, 48, False)
    assert glance(View.of(BytesSource(b"no"))) == (None, None, False)


@given(st.binary(max_size=400))
@EXAMPLES
def test_any_bytes_are_walked_to_the_end(data):
    walked(b"\xff\xd8" + data)
    walked(data)
    walked(b"\xff\x01Exiv2" + data, "EXV")


@given(st.lists(st.tuples(st.integers(0xC0, 0xFE), st.binary(max_size=60)), max_size=12), st.data())
@EXAMPLES
def test_any_segments_are_walked_to_the_end(parts, data):
    heads = [
        b"",
        b"Exif\0\0",
        XMP,
        EXTENSION,
        b"ICC_PROFILE\0",
        b"MPF\0",
        b"JP",
        b"Photoshop 3.0\0",
        b"JFIF\0",
    ]
    built = [segment(marker, data.draw(st.sampled_from(heads)) + content) for marker, content in parts]
    walked(jpeg(*built, tail=data.draw(st.binary(max_size=40))))


@given(st.data())
@EXAMPLES
def test_any_damage_to_a_real_file_is_walked_to_the_end(data):
    content = bytearray(make("jpeg").content)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    length = data.draw(st.integers(0, len(content)))
    for one in walked(bytes(content[:length])).fields:
        if one.location is not None:
            assert one.location.offset_bytes + one.location.length_bytes <= length


@pytest.mark.parametrize("kept_bytes", [0, 1, 5000, 100_000, 1_048_577])
def test_a_picture_without_end_breaks_off(kept_bytes):
    whole = jpeg(scan=b"\x12" * 2_000_000)
    begin = len(whole) - 2_000_002
    walk = walked(whole[: begin + kept_bytes])

    assert [(one.path, one.why) for one in walk.unread][: 1 if kept_bytes else 0] == (
        [("JPEG", Why.MISSING)] if kept_bytes else []
    )
    assert walk.references_known - walk.references_resolved == 1


@pytest.mark.parametrize("behind_bytes", [0, 1, 70_000, 3_000_000])
def test_a_picture_whose_end_stands_far_from_that_of_the_file_does_not_break_off(behind_bytes):
    walk = walked(jpeg(scan=b"\x12" * 1_048_575, tail=b"\x34" * behind_bytes))

    assert [one for one in walk.unread if one.why is Why.MISSING] == []
    assert walk.references_known == walk.references_resolved


def test_of_a_picture_that_is_arriving_nothing_is_said_to_be_missing():
    whole = jpeg(scan=b"\x12" * 200_000)
    walk = walked(whole, arrived=(0, 1000))

    assert walk.unread == []
