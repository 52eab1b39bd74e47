"""The walkers of box formats: HEIC, AVIF, CR3, JPEG XL, JPEG 2000."""

import struct
from contextlib import suppress

import brotli
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import ByteRange, Why
from metaextract_extractor.reading.dispatch import walk_file
from metaextract_extractor.reading.engines.exiftool import Found
from metaextract_extractor.reading.identity import named, sized
from metaextract_extractor.reading.merging import merged
from metaextract_extractor.reading.reader import TOO_MUCH_FOR_ENGINES
from metaextract_extractor.reading.view import BytesSource, MissingBytesError, View
from metaextract_extractor.reading.walk import BudgetExceededError, Walk
from metaextract_extractor.reading.walkers.bmff import boxes
from metaextract_extractor.reading.walkers.cr3 import walk_cr3
from metaextract_extractor.reading.walkers.heif import walk_heif
from metaextract_extractor.reading.walkers.heif_items import ITEMS_MAX, Items, read_locations
from metaextract_extractor.reading.walkers.jp2 import walk_jp2
from metaextract_extractor.reading.walkers.jxl import walk_jxl
from metaextract_testing.factory import make
from metaextract_testing.factory.movies import make_mj2

WALKERS = (walk_heif, walk_cr3, walk_jp2, walk_jxl)
MADE = {"heic": walk_heif, "avif": walk_heif, "jp2": walk_jp2}


class _Arriving(BytesSource):
    """A file of which only the first bytes are there."""

    def __init__(self, data, arrived):
        super().__init__(data[:arrived])
        self._whole = len(data)

    @property
    def size_bytes(self):
        return self._whole


def box(kind, content=b""):
    return struct.pack(">I4s", len(content) + 8, kind) + content


def full_box(kind, content, version=0, flags=0):
    return box(kind, struct.pack(">I", version << 24 | flags) + content)


def walked(walker, data, path="MOV"):
    walk = Walk()
    with suppress(BudgetExceededError):
        walker(View.of(BytesSource(data)), walk, path)
    return walk


def names(walk):
    return {(one.group, one.name): one for one in walk.fields}


def heif(*meta, brand=b"heic", tail=b""):
    handler = full_box(b"hdlr", bytes(4) + b"pict" + bytes(13))
    return box(b"ftyp", brand + bytes(4) + brand) + full_box(b"meta", handler + b"".join(meta)) + tail


def item_location(number, offset, length, version=0):
    return struct.pack(">HHHII", number, 0, 1, offset, length)


def locations(*items):
    return full_box(b"iloc", struct.pack(">HH", 0x4400, len(items)) + b"".join(items))


def information(number, kind, version=2):
    return full_box(b"infe", struct.pack(">HH4s", number, 0, kind) + b"\0", version)


def informations(*items):
    return full_box(b"iinf", struct.pack(">H", len(items)) + b"".join(items))


@pytest.mark.parametrize("name", MADE)
def test_fields_of_the_container_equal_what_the_factory_wrote(name):
    made = make(name)
    found = names(walked(MADE[name], made.content))
    wanted = {
        tuple(key.split(":")): value
        for key, value in made.tags.items()
        if key.startswith(("QuickTime:", "Jpeg2000:"))
    }
    assert wanted
    assert {key: found[key].printed for key in wanted} == wanted


@pytest.mark.parametrize("name", MADE)
def test_the_size_of_the_image_is_noted(name):
    walk = walked(MADE[name], make(name).content)
    assert (walk.width_pixels, walk.height_pixels) == (128, 96)
    assert walk.format_name == name.upper()


@pytest.mark.parametrize("name", MADE)
def test_every_prefix_ends_and_says_nothing_that_the_whole_contradicts(name):
    data = make(name).content
    whole = {(one.group, one.name, one.occurrence): one for one in walked(MADE[name], data).fields}
    for arrived in range(0, len(data), 37):
        walk = Walk()
        MADE[name](View.of(_Arriving(data, arrived)), walk, "MOV")
        for one in walk.fields:
            assert one == whole[one.group, one.name, one.occurrence]


@pytest.mark.parametrize("name", MADE)
def test_no_truncation_raises(name):
    data = make(name).content
    for length in range(0, min(len(data), 1200), 7):
        walked(MADE[name], data[:length])


@given(st.binary(max_size=600), st.sampled_from(WALKERS))
@settings(deadline=None, max_examples=150)
def test_arbitrary_bytes_never_raise(data, walker):
    walked(walker, data)


@given(st.data())
@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flipped_bits_never_raise(data):
    name = data.draw(st.sampled_from(sorted(MADE)))
    content = bytearray(make(name).content)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(content), 1500) - 1))
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    walked(MADE[name], bytes(content))


def test_a_box_of_64_bit_size_is_read():
    data = struct.pack(">I4sQ", 1, b"mdat", 20) + b"abcd" + box(b"free")
    found = list(boxes(View.of(BytesSource(data)), Walk(), "MOV"))
    assert [(one.kind, one.body_at, one.size_bytes) for one in found] == [("mdat", 16, 4), ("free", 28, 0)]


def test_a_box_without_size_reaches_to_the_end():
    (found,) = boxes(View.of(BytesSource(struct.pack(">I4s", 0, b"mdat") + b"abc")), Walk(), "MOV")
    assert (found.size_bytes, found.whole, found.open_ended) == (3, True, True)


@pytest.mark.parametrize("size", [2, 7])
def test_a_box_smaller_than_its_head_ends_the_container(size):
    walk = Walk()
    data = box(b"free") + struct.pack(">I4s", size, b"free") + bytes(20)
    assert [one.kind for one in boxes(View.of(BytesSource(data)), walk, "MOV")] == ["free"]
    assert walk.unread[0].why is Why.DAMAGED
    assert walk.unread[0].place == ByteRange(8, 28)


def test_a_box_larger_than_its_container_is_handed_out_cut():
    data = struct.pack(">I4s", 100, b"free") + bytes(4)
    (found,) = boxes(View.of(BytesSource(data)), Walk(), "MOV")
    assert (found.whole, found.size_bytes, found.body.size_bytes) == (False, 92, 4)


def test_motion_jpeg_2000_is_a_format_of_its_own_with_the_size_of_its_pictures():
    walk = walked(walk_jp2, make_mj2(1).content, "JP2")
    assert (walk.format_name, walk.width_pixels, walk.height_pixels) == ("MJ2", 64, 48)
    assert {("Track1", "SourceImageWidth"), ("QuickTime", "Duration")} <= {
        (one.group, one.name) for one in walk.fields
    }
    primary = Found("JP2", "image/jp2", None, None, (), ())
    assert named(primary, walk, None) == "MJ2"
    assert sized(primary, walk, {}) == (64, 48)
    assert len(merged([], walk, {})) == len(
        [one for one in walk.fields if one.path.startswith("JP2-JP2-Movie")]
    )


def test_sixty_thousand_items_are_cut_off_and_said_so():
    items = b"".join(item_location(number % 65_000, 0, 1 << 30) for number in range(60_000))
    walk = walked(walk_heif, heif(full_box(b"iloc", struct.pack(">HH", 0x4400, 60_000) + items)))
    assert "items_max" in walk.budgets_exceeded
    assert ITEMS_MAX < 60_000


def test_a_count_of_items_beyond_the_bytes_that_are_there_ends():
    walk = walked(
        walk_heif, heif(full_box(b"iloc", struct.pack(">HH", 0x4400, 65_535)), tail=box(b"mdat", b"x"))
    )
    assert any(one.why is Why.DAMAGED for one in walk.unread)
    assert ("QuickTime", "MediaDataSize") in names(walk)


def test_metadata_that_has_not_arrived_is_an_unresolved_reference():
    data = heif(
        informations(information(1, b"Exif")), locations(item_location(1, 4000, 100)), tail=bytes(8000)
    )
    walk = Walk()
    walk_heif(View.of(_Arriving(data, 300)), walk, "MOV")
    assert (walk.references_known, walk.references_resolved) == (1, 0)
    assert [one.place for one in walk.unread if one.why is Why.MISSING] == [ByteRange(4000, 100)]


def test_an_item_in_extents_is_viewed_as_one_run():
    content = bytes(2) + struct.pack(">HHH", 1, 0, 2) + struct.pack(">IIII", 2, 3, 8, 2)
    iloc = full_box(b"iloc", struct.pack(">HH", 0x4400, 1) + content[2:])
    items = Items()
    read_locations(View.of(BytesSource(iloc[8:])), Walk(), items, "MOV-Meta")
    view = items.content(items.by_id[1], View.of(BytesSource(b"0123456789")))
    assert view.read(0, 5) == b"23489"
    assert view.places() == [ByteRange(2, 3), ByteRange(8, 2)]


def test_an_item_in_another_file_has_no_content():
    items = Items()
    data = struct.pack(">IHHHHHII", 0, 0x4400, 1, 7, 1, 1, 0, 4)
    read_locations(View.of(BytesSource(data)), Walk(), items, "MOV-Meta")
    assert items.content(items.by_id[7], View.of(BytesSource(bytes(10)))) is None


def test_the_same_bytes_named_by_many_items_are_read_once():
    count = 50
    meta = (
        informations(*(information(number, b"Exif") for number in range(count))),
        locations(*(item_location(number, 0, 8) for number in range(count))),
    )
    assert walked(walk_heif, heif(*meta)).references_known == 1


def test_a_thumbnail_and_an_alpha_plane_are_noted():
    extent = full_box(b"ispe", struct.pack(">II", 64, 48))
    small = full_box(b"ispe", struct.pack(">II", 16, 12))
    alpha = full_box(b"auxC", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")
    association = struct.pack(">I", 3) + b"\0\1\1\1" + b"\0\2\1\2" + b"\0\3\2\1\3"
    references = box(b"thmb", struct.pack(">HHH", 2, 1, 1)) + box(b"auxl", struct.pack(">HHH", 3, 1, 1))
    data = heif(
        full_box(b"pitm", struct.pack(">H", 1)),
        informations(*(information(number, b"hvc1") for number in (1, 2, 3))),
        locations(*(item_location(number, number, 4) for number in (1, 2, 3))),
        full_box(b"iref", references),
        box(b"iprp", box(b"ipco", extent + small + alpha) + full_box(b"ipma", association)),
    )
    walk = walked(walk_heif, data)
    assert [(one.kind, one.places, one.width_pixels, one.height_pixels) for one in walk.embedded] == [
        ("thumbnail", (ByteRange(2, 4),), 16, 12),
        ("alpha", (ByteRange(3, 4),), 64, 48),
    ]
    assert (walk.width_pixels, walk.height_pixels) == (64, 48)
    widths = [one.raw for one in walk.fields if one.name == "ImageWidth"]
    assert widths == [64]


def test_places_are_those_of_the_values():
    made = make("heic").content
    extent = names(walked(walk_heif, made))["QuickTime", "ImageSpatialExtent"]
    place = extent.location
    assert struct.unpack(">II", made[place.offset_bytes :][: place.length_bytes]) == (128, 96)


def jxl(*content):
    signature = box(b"JXL ", b"\r\n\x87\n")
    return signature + box(b"ftyp", b"jxl " + bytes(4) + b"jxl ") + b"".join(content)


def bits(*values):
    """Pack (value, width) pairs, the lowest bit first."""
    packed, at = 0, 0
    for value, width in values:
        packed |= value << at
        at += width
    return packed.to_bytes(12, "little")


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (bits((1, 1), (0, 5), (0, 3), (0, 5)), (8, 8)),
        (bits((1, 1), (4, 5), (0, 3), (9, 5)), (80, 40)),
        (bits((1, 1), (8, 5), (5, 3)), (128, 72)),
        (bits((0, 1), (0, 2), (129, 9), (0, 3), (0, 2), (199, 9)), (200, 130)),
        (bits((0, 1), (1, 2), (3999, 13), (4, 3)), (6000, 4000)),
        (bits((0, 1), (2, 2), (99_999, 18), (1, 3)), (100_000, 100_000)),
    ],
)
def test_the_size_of_a_jpeg_xl_image_is_read_bit_by_bit(head, size):
    walk = walked(walk_jxl, jxl(box(b"jxlc", b"\xff\x0a" + head)), "JXL")
    assert (walk.width_pixels, walk.height_pixels) == size


XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/jxl"/></rdf:RDF></x:xmpmeta>"""
TIFF = b"II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x04\0\0\0Abc\0\0\0\0\0"


def dispatched(data):
    """Walk with all walkers, so that what is nested is read too."""
    walk = Walk()
    walk_file(View.of(BytesSource(data)), walk, "JXL", "jxl")
    return walk


def packed(kind, content):
    return box(b"brob", kind + brotli.compress(content))


@pytest.mark.parametrize("kind", [b"Exif", b"EXIF"])
def test_metadata_that_brotli_packed_are_read(kind):
    walk = dispatched(jxl(packed(kind, bytes(4) + TIFF), packed(b"xml ", XMP)))
    found = names(walk)
    make, form = found["IFD0", "Make"], found["XMP-dc", "Format"]
    assert (make.printed, make.path, make.location) == ("Abc", "JXL-JP2-BrotliEXIF-IFD0", None)
    assert (form.printed, form.path, form.location) == ("image/jxl", "JXL-JP2-BrotliXMP", None)
    assert (walk.unread, walk.notices) == ([], [])
    assert walk.only_here == {"JXL-JP2-BrotliEXIF", "JXL-JP2-BrotliXMP"}


def test_content_credentials_that_brotli_packed_are_kept_for_their_engine():
    store = make_jumbf_store()
    walk = dispatched(jxl(packed(b"jumb", store[8:])))
    assert [view.all(view.size_bytes) for view in walk.views["jumbf"]] == [store]


def make_jumbf_store():
    return box(b"jumb", box(b"jumd", b"c2pa" + bytes(12) + b"\x03c2pa\0"))


def test_what_brotli_did_not_pack_is_damaged_and_what_it_packed_may_be_unknown():
    walk = walked(walk_jxl, jxl(box(b"brob", b"Exif" + b"\xff" * 10), packed(b"abcd", b"x")), "JXL")
    assert [(one.path, one.why) for one in walk.unread] == [
        ("JXL-JP2-BrotliEXIF", Why.DAMAGED),
        ("JXL-JP2-brob", Why.UNKNOWN),
    ]


@pytest.mark.parametrize("length", [0, 1, 20])
def test_a_cut_brotli_stream_is_damaged(length):
    content = brotli.compress(XMP)[:length]
    walk = walked(walk_jxl, jxl(box(b"brob", b"xml " + content)), "JXL")
    assert {one.why for one in walk.unread} <= {Why.DAMAGED}
    assert walk.fields == [one for one in walk.fields if one.path != "JXL-JP2-BrotliXMP"]


def test_a_brotli_bomb_is_left_at_the_budget():
    walk = walked(walk_jxl, jxl(packed(b"xml ", bytes(64 * 1024 * 1024))), "JXL")
    assert [(one.path, one.why) for one in walk.unread] == [("JXL-JP2-BrotliXMP", Why.BUDGET)]
    assert walk.budgets_exceeded == ["brotli_bytes_max"]
    assert not TOO_MUCH_FOR_ENGINES.intersection(walk.budgets_exceeded)


@given(st.binary(max_size=200), st.sampled_from([b"Exif", b"xml ", b"jumb"]), st.booleans())
def test_no_brotli_box_makes_the_walker_fail(content, kind, really):
    body = brotli.compress(content, quality=1) if really else content
    walk = Walk()
    with suppress(BudgetExceededError):
        walk_jxl(View.of(BytesSource(jxl(box(b"brob", kind + body)))), walk, "JXL")
    assert walk.format_name == "JXL"


def test_a_bare_codestream_of_jpeg_2000_gives_size_and_comment():
    size = struct.pack(">HIIIIIIIIH", 0, 640, 480, 0, 0, 640, 480, 0, 0, 1) + b"\7\1\1"
    data = (
        b"\xff\x4f\xff\x51" + struct.pack(">H", len(size) + 2) + size
        + b"\xff\x64\0\x09\0\1hello" + b"\xff\x90\0\x0a" + bytes(8)
    )  # fmt: skip
    walk = walked(walk_jp2, data, "JP2")
    assert (walk.format_name, walk.width_pixels, walk.height_pixels) == ("J2C", 640, 480)
    comment = names(walk)["File", "Comment"]
    assert comment.printed == "hello"
    assert data[comment.location.offset_bytes :][: comment.location.length_bytes] == b"hello"


def test_reading_past_the_bytes_that_are_there_is_refused():
    with pytest.raises(MissingBytesError):
        View.of(_Arriving(bytes(10), 4)).read(2, 4)
