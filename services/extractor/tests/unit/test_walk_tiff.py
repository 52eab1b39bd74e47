"""TIFF and Exif: what the walker finds, where, and what hostile directories cannot do to it."""

import struct
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import ByteRange, Why
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import BudgetExceededError, Budgets, Walk
from metaextract_extractor.reading.walkers.exif_conversions import convert
from metaextract_extractor.reading.walkers.exif_tags import EXIF, GPS
from metaextract_extractor.reading.walkers.exif_values import decode, readable, scalar
from metaextract_extractor.reading.walkers.mrw import walk_mrw
from metaextract_extractor.reading.walkers.raf import walk_raf
from metaextract_extractor.reading.walkers.rw2 import walk_rw2
from metaextract_extractor.reading.walkers.tiff import walk_tiff
from metaextract_testing.factory import make
from metaextract_testing.hostile import slow_tiff

ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 2, 3, 4, 5, 7
SIZES = {1: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1, 13: 4}
FORMATS = ("tiff", "tiff-be", "bigtiff", "dng", "cr2", "nef", "arw")
HEADER = {"<": b"II*\0\x08\0\0\0", ">": b"MM\0*\0\0\0\x08"}
MANY_EXAMPLES = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class _Arriving(BytesSource):
    """A file of which only the first bytes are there."""

    def __init__(self, data, arrived):
        super().__init__(data[:arrived])
        self._whole = len(data)

    @property
    def size_bytes(self):
        return self._whole


def directory(offset, entries, following=0, order="<"):
    """One directory at `offset`, its longer values right behind it."""
    table = struct.pack(order + "H", len(entries))
    values = b""
    end = offset + 2 + 12 * len(entries) + 4
    for tag, kind, count, value in entries:
        packed = struct.pack(order + "I", value) if isinstance(value, int) else value
        if count * SIZES[kind] > 4:
            packed, values = struct.pack(order + "I", end + len(values)), values + packed
        table += struct.pack(order + "HHI", tag, kind, count) + packed.ljust(4, b"\0")[:4]
    return table + struct.pack(order + "I", following) + values


def tiff(*entries, order="<"):
    return HEADER[order] + directory(8, entries, order=order)


def walked(data, path="TIFF", walker=walk_tiff, arrived=None, budgets=None):
    walk = Walk(budgets=budgets or Budgets())
    source = BytesSource(data) if arrived is None else _Arriving(data, arrived)
    with suppress(BudgetExceededError):
        walker(View.of(source), walk, path)
    return walk


def fields(walk):
    return {(one.group, one.name): one for one in walk.fields}


def told(walk):
    return {(one.path, one.group, one.name, one.occurrence): (one.raw, one.printed) for one in walk.fields}


@pytest.mark.parametrize("name", FORMATS)
def test_every_exif_tag_that_the_factory_wrote_is_found_as_exiftool_prints_it(name):
    made = make(name)
    found = {f"{one.group}:{one.name}": one.printed for one in walked(made.content).fields}
    groups = ("IFD", "SubIFD", "ExifIFD", "GPS", "InteropIFD")
    wanted = {key: value for key, value in made.tags.items() if key.startswith(groups)}
    assert len(wanted) > 10
    assert {key: found.get(key) for key in wanted} == wanted


@pytest.mark.parametrize("name", FORMATS)
def test_changing_the_bytes_at_a_place_changes_that_field_and_no_other(name):
    data = make(name).content
    before = walked(data)
    meaning_hangs_on = {"Make", "Model", "Compression", "SubfileType"}
    tried = 0
    for one in before.fields:
        if one.location is None or one.standard != "exif" or one.name in meaning_hangs_on:
            continue
        start, length = one.location.offset_bytes, one.location.length_bytes
        changed = bytearray(data)
        at = start if one.type in ("string", "undef") else start + (0 if data[:1] == b"I" else length - 1)
        at = start + length // 2 - 1 if one.type.startswith("rational") and data[:1] == b"M" else at
        changed[at] ^= 1
        after = told(walked(bytes(changed)))
        different = {key for key, value in told(before).items() if after.get(key) != value}
        assert different == {(one.path, one.group, one.name, one.occurrence)}, one
        tried += 1
    assert tried > 10


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_prefix_tells_the_whole_file_tells_too(name):
    data = make(name).content
    whole = told(walked(data))
    arrivals = sorted({*range(0, min(len(data), 3000), 41), len(data) // 2, len(data) - 1})
    for arrived in arrivals:
        part = told(walked(data, arrived=arrived))
        assert part.items() <= whole.items()
    assert told(walked(data, arrived=len(data))) == whole


def test_a_directory_of_which_half_has_arrived_gives_its_first_entries():
    data = tiff((0x100, SHORT, 1, 640), (0x101, SHORT, 1, 480), (0x112, SHORT, 1, 6))
    walk = walked(data, arrived=8 + 2 + 12 + 5)
    assert list(told(walk)) == [("TIFF", "File", "ExifByteOrder", 0), ("TIFF-IFD0", "IFD0", "ImageWidth", 0)]
    assert walk.unread[0].why == Why.MISSING
    assert walk.unread[0].place == ByteRange(22, len(data) - 22)


def test_the_place_of_an_inline_value_is_only_what_it_takes():
    walk = walked(tiff((0x112, SHORT, 1, 6), (0x11A, RATIONAL, 1, struct.pack("<II", 72, 1))))
    found = fields(walk)
    assert found["IFD0", "Orientation"].location == ByteRange(18, 2)
    assert found["IFD0", "Orientation"].printed == "Rotate 90 CW"
    assert found["IFD0", "XResolution"].location == ByteRange(38, 8)
    assert found["IFD0", "XResolution"].raw == 72


def test_every_byte_of_a_plain_directory_is_understood_or_left():
    data = tiff((0x100, SHORT, 1, 640), (0x9999 + 1, SHORT, 1, 5), (0x131, ASCII, 8, b"Camera1\0"))
    walk = walked(data)
    seen = set()
    for start, end in walk.structure:
        seen.update(range(start, end))
    left = {one.place for one in walk.unread}
    assert left == {ByteRange(30, 2)}
    assert seen | {30, 31} == set(range(len(data)))


def test_zero_is_a_value():
    walk = walked(tiff((0x112, SHORT, 1, 0), (0x11A, RATIONAL, 1, struct.pack("<II", 0, 1))))
    found = fields(walk)
    assert found["IFD0", "Orientation"].raw == 0
    assert found["IFD0", "Orientation"].printed == "Unknown (0)"
    assert found["IFD0", "XResolution"].raw == 0


def test_a_division_by_zero_is_said_not_done():
    walk = walked(tiff((0x11A, RATIONAL, 1, bytes(8)), (0x11B, RATIONAL, 1, struct.pack("<II", 1, 0))))
    assert fields(walk)["IFD0", "XResolution"].raw == "undef"
    assert fields(walk)["IFD0", "YResolution"].raw == "inf"


def test_a_value_is_read_as_it_is_stored_whatever_the_standard_says():
    walk = walked(tiff((0x112, ASCII, 2, b"6\0"), (0x131, SHORT, 2, struct.pack("<HH", 1, 2))))
    assert fields(walk)["IFD0", "Orientation"].printed == "Rotate 90 CW"
    assert fields(walk)["IFD0", "Software"].raw == "1 2"


CONVERSIONS = [
    (EXIF, 0x829A, "0.004", 0.004, "1/250"),
    (EXIF, 0x829A, "1.5", 1.5, "1.5"),
    (EXIF, 0x829D, "8", 8, "8.0"),
    (EXIF, 0x829D, "0.95", 0.95, "0.95"),
    (EXIF, 0x8298, "Ann \0Bob\0", "Ann\nBob", "Ann\nBob"),
    (EXIF, 0x9000, "0232", "0232", "0232"),
    (EXIF, 0x9101, "1 2 3 0", "1 2 3 0", "Y, Cb, Cr, -"),
    (EXIF, 0x9201, "8", 0.00390625, "1/256"),
    (EXIF, 0x9202, "6", 8, "8.0"),
    (EXIF, 0x9204, "0.3333333333", 0.3333333333, "+1/3"),
    (EXIF, 0x9204, "-0.6666666667", -0.6666666667, "-2/3"),
    (EXIF, 0x9204, "0", 0, "0"),
    (EXIF, 0x9206, "inf", "inf", "inf"),
    (EXIF, 0x9209, "16", 16, "Off, Did not fire"),
    (EXIF, 0x9209, "200", 200, "Unknown (0xc8)"),
    (EXIF, 0x920A, "70", 70, "70.0 mm"),
    (EXIF, 0x9286, "ASCII\0\0\0Hello  ", "Hello", "Hello"),
    (EXIF, 0x9286, "UNICODE\0\0H\0i", "Hi", "Hi"),
    (EXIF, 0x9C9B, "H\0\xe9\0\0\0", "Hé", "Hé"),
    (EXIF, 0xA302, "\2\0\2\0\0\1\1\2", "2 2 0 1 1 2", "[Red,Green][Green,Blue]"),
    (EXIF, 0xA432, "18 55 3.5 5.6", "18 55 3.5 5.6", "18-55mm f/3.5-5.6"),
    (EXIF, 0xC612, "1 4 0 0", "1 4 0 0", "1.4.0.0"),
    (GPS, 0x0001, "S", "S", "South"),
    (GPS, 0x0002, "52 10 18", 52.1716666666667, "52 deg 10' 18.00\""),
    (GPS, 0x0004, "undef 0 0", "", ""),
    (GPS, 0x0005, "1", 1, "Below Sea Level"),
    (GPS, 0x0006, "0", 0, "0 m"),
    (GPS, 0x0007, "8 5 9.5", "08:05:09.5", "08:05:09.5"),
    (GPS, 0x001D, "2023-04-05\0", "2023:04:05", "2023:04:05"),
]


@pytest.mark.parametrize(("tags", "number", "value", "raw", "printed"), CONVERSIONS)
def test_values_are_printed_as_the_field_dictionary_says(tags, number, value, raw, printed):
    converted = convert(tags[number], value, "<")
    assert converted is not None
    assert scalar(converted[0]) == raw
    assert readable(converted[1]) == printed


def test_text_that_is_no_utf8_keeps_its_length_in_question_marks():
    assert readable(decode("string", b"caf\xe9\xff ok\0rest", "<")) == "caf?? ok"
    assert readable(decode("string", "Zoë".encode(), "<")) == "Zoë"


def test_digits_are_a_number_only_where_json_says_so():
    assert scalar("0100") == "0100"
    assert scalar("100") == 100
    assert scalar("1.50") == 1.5
    assert scalar("12345678901234567890") == "12345678901234567890"


def test_a_thumbnail_is_noted_with_its_place():
    jpeg = b"\xff\xd8\xff\xd9"
    first = HEADER["<"] + directory(8, [(0x100, SHORT, 1, 9)], following=26)
    second = directory(26, [(0x201, LONG, 1, 56), (0x202, LONG, 1, len(jpeg))])
    walk = walked(first + second + jpeg, path="JPEG-APP1")
    assert [(one.kind, one.path, one.places) for one in walk.embedded] == [
        ("thumbnail", "JPEG-APP1-IFD1", (ByteRange(56, 4),))
    ]
    assert fields(walk)["IFD1", "ThumbnailOffset"].raw == 56


def test_the_second_directory_of_exif_holds_the_thumbnail_even_if_it_says_otherwise():
    pixels = bytes(range(12))
    size = [(0x100, LONG, 1, 2), (0x101, LONG, 1, 2)]
    first = HEADER["<"] + directory(8, size, following=38)
    second = directory(38, [(0xFE, LONG, 1, 0), *size, (0x111, LONG, 1, 104), (0x117, LONG, 1, 12)])
    exif, file = (walked(first + second + pixels, path=path) for path in ("JPEG-APP1", "TIFF"))
    assert [(one.kind, one.places) for one in exif.embedded] == [("thumbnail", (ByteRange(104, 12),))]
    assert file.embedded == []


def test_offsets_are_told_as_places_in_the_file_where_the_structure_does_not_begin_it():
    inner = tiff((0x111, LONG, 1, 8))
    walk = Walk()
    walk_tiff(View.of(BytesSource(b"123456" + inner)).part(6), walk, "JPEG-APP1")
    assert fields(walk)["IFD0", "StripOffsets"].raw == 14


def test_of_offsets_in_a_resource_of_photoshop_only_the_place_is_told():
    walk = walked(tiff((0x111, LONG, 1, 8)), path="JP2-JP2-Photoshop-EXIFInfo")
    assert ("IFD0", "StripOffsets") not in fields(walk)
    assert [(one.group, one.tag_id, one.place) for one in walk.located] == [
        ("IFD0", "273", ByteRange(18, 4)),
    ]


def test_a_chain_of_directories_that_bites_its_tail_ends():
    first = HEADER["<"] + directory(8, [(0x100, SHORT, 1, 9)], following=26)
    walk = walked(first + directory(26, [(0x100, SHORT, 1, 8)], following=8))
    assert [one.path for one in walk.containers] == ["TIFF", "TIFF-IFD0", "TIFF-IFD1"]


def test_a_tree_of_directories_that_fans_out_costs_each_directory_once():
    walk = walked(slow_tiff())
    assert walk.directories_count <= 8
    assert not walk.budgets_exceeded


def test_a_chain_of_a_hundred_thousand_directories_stops_at_the_budget():
    count = 100_000
    chain = b"".join(directory(8 + 18 * at, [(0x100, SHORT, 1, 9)], 8 + 18 * (at + 1)) for at in range(count))
    walk = walked(HEADER["<"] + chain)
    assert walk.directories_count == Budgets().directories_max
    assert walk.budgets_exceeded == ["directories_max"]


def test_directories_nested_deeper_than_the_budget_are_left():
    tree = b"".join(directory(8 + 18 * at, [(0x8769, LONG, 1, 8 + 18 * (at + 1))]) for at in range(40))
    walk = walked(HEADER["<"] + tree)
    assert walk.directories_count == 8
    assert walk.budgets_exceeded == ["depth_max"]


def test_entries_are_budgeted_over_all_directories():
    walk = walked(tiff(*[(0x100, SHORT, 1, 9)] * 50), budgets=Budgets(entries_max=49))
    assert walk.budgets_exceeded == ["entries_max"]


def test_impossible_entries_are_damage_and_the_others_are_read():
    data = bytearray(tiff((0x100, SHORT, 1, 9), (0x101, SHORT, 1, 7), (0x112, SHORT, 1, 1)))
    data[8 + 2 + 12 + 2] = 99  # no such type
    walk = walked(bytes(data))
    assert ("IFD0", "ImageHeight") not in fields(walk)
    assert fields(walk)["IFD0", "Orientation"].printed == "Horizontal (normal)"
    assert [(one.place, one.why) for one in walk.unread] == [(ByteRange(22, 12), Why.DAMAGED)]


def test_a_value_past_the_end_is_an_unresolved_reference_and_no_more():
    walk = walked(tiff((0x131, ASCII, 1000, struct.pack("<I", 50)), (0x112, SHORT, 1, 1)))
    assert ("IFD0", "Orientation") in fields(walk)
    assert walk.references_known - walk.references_resolved == 1


def test_values_longer_than_the_budget_are_located_not_read():
    data = tiff((0x10E, ASCII, 2000, b"x" * 2000))
    walk = walked(data, budgets=Budgets(value_bytes_max=100))
    assert ("IFD0", "ImageDescription") not in fields(walk)
    assert [(one.tag_id, one.place.length_bytes) for one in walk.located] == [("270", 2000)]


@pytest.mark.parametrize("tag", [0x10E, 0x2BC, 0x8773, 0x83BB, 0x8649, 0xCD41])
def test_thousands_of_entries_that_point_to_the_same_bytes_cost_no_more_than_the_budget(tag):
    count, size = 10_000, 60_000
    values_at = 8 + 2 + 12 * count + 4
    table = struct.pack("<H", count) + struct.pack("<HHII", tag, 7, size, values_at) * count + bytes(4)
    walk = walked(HEADER["<"] + table + b"x" * size)
    assert len(walk.fields) + len(walk.containers) < 500
    read_bytes = size * (len(walk.fields) - 1 + len(walk.containers) - 2)
    assert read_bytes <= 2 * Budgets().values_bytes_max


@pytest.mark.parametrize(("tag", "head"), [(0x927C, b"AOC\0"), (0x927C, b"text"), (0xC634, b"Adobe\0")])
def test_thousands_of_maker_notes_in_the_same_bytes_are_looked_at_a_few_hundred_times(tag, head):
    count, size = 10_000, 60_000
    values_at = 8 + 2 + 12 * count + 4
    table = struct.pack("<H", count) + struct.pack("<HHII", tag, 7, size, values_at) * count + bytes(4)
    walk = walked(HEADER["<"] + table + head.ljust(20, b"x") + bytes(size))
    assert len(walk.containers) < 600
    assert walk.budgets_exceeded == ["values_bytes_max"]


def test_the_raw_format_shows_in_the_structure():
    assert walked(make("dng").content).format_name == "DNG"
    assert walked(make("cr2").content).format_name == "CR2"
    assert walked(make("tiff").content).format_name == "TIFF"
    assert walked(make("bigtiff").content).format_name == "BTF"


def raf(jpeg):
    head = b"FUJIFILMCCD-RAW 0201FA392001".ljust(0x3C, b"\0") + b"0106" + bytes(0x14)
    head += struct.pack(">IIII", 0x94, len(jpeg), 0x94 + len(jpeg), 14)
    directory_of_raw = struct.pack(">IHH", 1, 0x100, 4) + b"\x10\0\x05\0" + b"\0\0"
    return (head.ljust(0x6C, b"\0") + bytes(4)).ljust(0x94, b"\0") + jpeg + directory_of_raw


def test_a_raf_gives_its_header_its_jpeg_and_the_places_of_its_raw_values():
    jpeg = make("jpeg").content
    walk = walked(raf(jpeg), "RAF", walk_raf)
    found = fields(walk)
    assert found["RAF", "FirmwareVersion"].raw == "0106"
    assert found["RAF", "RAFCompression"].printed == "Uncompressed"
    assert found["IFD0", "Make"].path == "RAF-APP1-IFD0"
    assert [(one.group, one.tag_id) for one in walk.located if one.path == "RAF-RAF"] == [("RAF", "256")]
    assert walk.embedded[0].places == (ByteRange(0x94, len(jpeg)),)


def test_an_mrw_gives_the_exif_of_its_ttw_block():
    inner = tiff((0x10F, ASCII, 8, b"Minolta\0"), order=">")
    blocks = b"\0PRD" + struct.pack(">I", 24) + b"27200001".ljust(24, b"\0")
    blocks += b"\0TTW" + struct.pack(">I", len(inner)) + inner
    walk = walked(b"\0MRM" + struct.pack(">I", len(blocks)) + blocks, "MRW", walk_mrw)
    assert fields(walk)["IFD0", "Make"].path == "MRW-MinoltaTTW-IFD0"
    assert ("MRW-MinoltaPRD", "8") in {(one.path, one.tag_id) for one in walk.located}


def test_an_rw2_gives_its_own_tags_and_those_of_its_jpeg():
    jpeg = make("jpeg").content
    data = b"IIU\0" + tiff((0x02, SHORT, 1, 3724), (0x2E, UNDEFINED, len(jpeg), jpeg))[4:]
    walk = walked(data, "TIFF", walk_rw2)
    assert fields(walk)["IFD0", "SensorWidth"].raw == 3724
    assert any(one.path == "TIFF-IFD0-JPEG-APP1-IFD0-ExifIFD" for one in walk.fields)


@given(st.binary(max_size=400), st.sampled_from(sorted(HEADER)), st.sampled_from(["TIFF", "JPEG-APP1"]))
@MANY_EXAMPLES
def test_any_bytes_behind_a_header_are_walked_to_the_end(data, order, path):
    for walker in (walk_tiff, walk_rw2):
        walked(HEADER[order] + data, path, walker)


@given(st.binary(max_size=300))
@MANY_EXAMPLES
def test_any_bytes_at_all_are_walked_to_the_end(data):
    for walker, path in ((walk_tiff, "TIFF"), (walk_raf, "RAF"), (walk_mrw, "MRW"), (walk_rw2, "TIFF")):
        walked(data, path, walker)
    walked(b"FUJIFILM" + data, "RAF", walk_raf)
    walked(b"\0MRM" + data, "MRW", walk_mrw)


@given(st.data())
@MANY_EXAMPLES
def test_any_damage_to_a_real_file_is_walked_to_the_end(data):
    content = bytearray(make(data.draw(st.sampled_from(FORMATS))).content[:6000])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    length = data.draw(st.integers(0, len(content)))
    walk = walked(bytes(content[:length]))
    for one in walk.fields:
        if one.location is not None:
            assert one.location.offset_bytes + one.location.length_bytes <= length
