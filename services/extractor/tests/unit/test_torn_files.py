"""Files that lost their end are told as torn, where their structure says where their pixels end."""

import struct
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from metaextract_extractor.domain.result import ByteRange
from metaextract_extractor.reading.broken_off import walked
from metaextract_extractor.reading.evidence import Evidence, subject_of
from metaextract_extractor.reading.operations.forensics_structure import structure_statements
from metaextract_extractor.reading.quality.conformance import assess_conformance
from metaextract_extractor.reading.quality.lacking import lacking
from metaextract_testing.factory import FORMATS, FORMATS_UNKNOWN_TO_EXIFTOOL, LARGE_FORMATS, large_image, make

SUFFIXES = {"tiff-be": "tiff", "bigtiff": "tif", "apng": "png"}
Told = Callable[..., list[str]]


@pytest.fixture
def gather(tmp_path: Path) -> Iterable[Callable[..., Evidence]]:
    """Walk a file with this content. `arrived`: how many of its bytes have, of one that is still arriving."""
    opened = []

    def read(content: bytes, suffix: str, arrived: int | None = None) -> Evidence:
        path = tmp_path / f"file.{suffix}"
        path.write_bytes(content)
        ranges = None if arrived is None else (ByteRange(0, arrived),)
        opening = subject_of(path, len(content), suffix, ranges)
        opened.append(opening)
        subject = opening.__enter__()
        return Evidence(subject, walked(subject))

    yield read
    for opening in opened:
        opening.__exit__(None, None, None)


@pytest.fixture
def told(gather: Callable[..., Evidence]) -> Told:
    """Tell what is said of the end of a file."""

    def statements(content: bytes, suffix: str, arrived: int | None = None) -> list[str]:
        findings = assess_conformance(gather(content, suffix, arrived)).findings
        return [one.statement for one in findings if one.rule == "TRUNCATED"]

    return statements


def cut(content: bytes, percent: int) -> bytes:
    return content[: len(content) * percent // 100]


@pytest.mark.parametrize("layout", [*FORMATS, *FORMATS_UNKNOWN_TO_EXIFTOOL])
def test_a_file_is_torn_when_it_is_cut_and_not_before(layout: str, told: Told) -> None:
    content, suffix = make(layout).content, SUFFIXES.get(layout, layout)
    assert told(content, suffix) == []
    for percent in (60, 95):
        (statement,) = told(cut(content, percent), suffix)
        assert statement.startswith("The file ends ")
        assert told(content, suffix, len(content) * percent // 100) == [], "of a growing file nothing is said"


@pytest.mark.parametrize("layout", LARGE_FORMATS)
def test_a_picture_of_ordinary_size_is_torn_when_it_is_cut(layout: str, told: Told) -> None:
    image = large_image(layout, 1_000_000, 0)
    content, suffix = b"".join(image.chunks()), image.name.rpartition(".")[2]
    assert told(content, suffix) == []
    assert len(told(cut(content, 95), suffix)) == 1


@pytest.mark.parametrize("layout", ["tiff", "tiff-be", "bigtiff", "dng", "nef", "bmp", "ppm"])
def test_pixels_that_are_lost_are_no_metadata(layout: str, gather: Callable[..., Evidence]) -> None:
    content, suffix = make(layout).content, SUFFIXES.get(layout, layout)
    whole, torn = gather(content, suffix), gather(content[:-1], suffix)
    assert [one.place.length_bytes for one in torn.walk.lost_pixels if one.place] == [1]
    assert whole.walk.lost_pixels == []
    assert lacking(torn) == {}
    assert [one.path for one in torn.walk.unread] == [one.path for one in whole.walk.unread]
    assert torn.walk.references_resolved == torn.walk.references_known


def test_forensics_tells_which_pixels_are_lost(gather: Callable[..., Evidence]) -> None:
    content = make("tiff").content
    told = {one.id: one for one in structure_statements(gather(content[:-9], "tiff"))}
    (_, lost) = told["structure.points_outside"].evidence
    assert lost.value == "9 bytes of the picture"
    assert lost.places == (ByteRange(len(content) - 9, 9),)


def tiff(*entries: tuple[int, int], tail: bytes = b"") -> bytes:
    """Make a TIFF of one directory with numbers of 32 bits; a tail begins behind it."""
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    return head + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries) + bytes(4) + tail


PLAIN = ((0x100, 10), (0x101, 10), (0x102, 8), (0x103, 1))
AT = 8 + 2 + 8 * 12 + 4
"""Where what follows a directory of eight entries begins."""


@pytest.mark.parametrize(
    ("rows", "lengths"),
    [
        pytest.param(10, (0x117, 4096), id="a length that is rounded up"),
        pytest.param(0xFFFFFFFF, (0x117, 100), id="rows without end"),
        pytest.param(10, (0x131, 0), id="no lengths"),
    ],
)
def test_strips_are_no_longer_than_their_rows(rows: int, lengths: tuple[int, int], told: Told) -> None:
    entries = sorted((*PLAIN, (0x111, AT), (0x115, 1), (0x116, rows), lengths))
    content = tiff(*entries, tail=bytes(100))
    assert told(content, "tif") == []
    assert told(content[:-1], "tif") == [
        f"The file ends at byte {AT + 99}, and its picture goes on to byte {AT + 100} at least."
    ]


@pytest.mark.parametrize(("offset", "torn"), [(AT + 100, False), (AT + 90, True)])
def test_a_preview_that_was_removed_is_no_break(offset: int, torn: bool, told: Told) -> None:
    entries = (*PLAIN, (0x111, AT), (0x117, 100), (0x201, offset), (0x202, 50))
    assert bool(told(tiff(*entries, tail=bytes(100)), "tif")) == torn


def test_one_pointer_out_of_a_file_with_its_picture_is_wrong_and_two_are_a_break(told: Told) -> None:
    picture = (*PLAIN, (0x111, AT), (0x117, 100))
    one = tiff(*picture, (0x8769, 5000), (0x9999, 0), tail=bytes(100))
    two = tiff(*picture, (0x8769, 5000), (0x8825, 6000), tail=bytes(100))
    assert told(one, "tif") == []
    assert told(two, "tif") == [f"The file ends at byte {len(two)}, and its structure goes on behind that."]


def test_a_file_without_a_directory_and_a_picture_is_torn(told: Told) -> None:
    assert len(told(b"II*\0" + struct.pack("<I", 5000) + bytes(2000), "tif")) == 1


def test_a_wrong_pointer_inside_a_whole_jpeg_is_no_break(told: Told) -> None:
    exif = b"Exif\0\0" + tiff((0x8769, 5000), (0x8825, 6000))
    head = b"\xff\xd8\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    picture = b"\xff\xda\0\x02" + bytes(50)
    assert told(head + picture + b"\xff\xd9", "jpg") == []
    assert told(head + picture, "jpg") != []
    assert told(head, "jpg") == [f"The file ends at byte {len(head)}, before its picture does."]
    assert told(head[:-5], "jpg") != []


def test_a_profile_that_cannot_be_unpacked_in_a_whole_png_is_no_break(told: Told) -> None:
    profile = b"icc\0\0" + zlib.compress(bytes(500))[:-4]
    check = struct.pack(">I", zlib.crc32(b"iCCP" + profile))
    chunk = struct.pack(">I", len(profile)) + b"iCCP" + profile + check
    content = make("png").content
    head = content.index(b"IHDR") + 4 + 13 + 4

    assert told(content[:head] + chunk + content[head:], "png") == []


@pytest.mark.parametrize("layout", [*FORMATS, *FORMATS_UNKNOWN_TO_EXIFTOOL])
def test_a_file_may_break_off_anywhere_in_its_head(layout: str, gather: Callable[..., Evidence]) -> None:
    content, suffix = make(layout).content, SUFFIXES.get(layout, layout)
    for length in range(1, 80):
        assert gather(content[:length], suffix).subject.view.size_bytes == length
        gather(content, suffix, arrived=length)


def box(kind: bytes, content: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack(">I4s", len(content) + 8 if size is None else size, kind) + content


JXL = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ")
JP2 = box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
HEIC = box(b"ftyp", b"heic\0\0\0\0heic")
MAIN_HEADER = b"\xff\x4f\xff\x51\0\x04\0\0"


def tile(length: int, claimed: int | None = None) -> bytes:
    told = length if claimed is None else claimed
    return struct.pack(">HHHIBB", 0xFF90, 10, 0, told, 0, 1).ljust(length, b"\x01")


def fits(axes: bytes, pixels: int) -> bytes:
    cards = (b"SIMPLE  =                    T", b"BITPIX  =                   16", *axes.split(b"|"), b"END")
    return b"".join(card.ljust(80) for card in cards).ljust(2880) + bytes(pixels)


def exr(pixels: int) -> bytes:
    window = struct.pack("<4i", 0, 0, 7, 3)
    attributes = b"compression\0compression\0\x01\0\0\0\0" + b"dataWindow\0box2i\0\x10\0\0\0" + window
    head = b"\x76\x2f\x31\x01\x02\0\0\0" + attributes + b"\0"
    first = len(head) + 4 * 8
    table = struct.pack("<4Q", *(first + row * (8 + pixels) for row in range(4)))
    return head + table + b"".join(struct.pack("<iI", row, pixels) + bytes(pixels) for row in range(4))


def dds(flags: int, code: bytes, bits: int, pixels: int) -> bytes:
    head = b"DDS " + struct.pack("<IIII", 124, 0, 8, 8)
    return head.ljust(80, b"\0") + struct.pack("<I4sI", flags, code, bits) + bytes(36 + pixels)


def bmp(bits: int, compression: int, length: int, pixels: int) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, 5, -4, 1, bits, compression, length, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 54) + head + bytes(pixels)


def psd(method: int, data: bytes) -> bytes:
    head = b"8BPS\0\x01" + bytes(6) + struct.pack(">HIIHH", 3, 2, 5, 8, 3)
    return head + bytes(12) + struct.pack(">H", method) + data


def raf(pixels: int) -> bytes:
    head = b"FUJIFILMCCD-RAW ".ljust(0x54, b" ") + struct.pack(">6I", 0x80, 4, 0, 0, 0x84, pixels)
    return head.ljust(0x80, b"\0") + b"\xff\xd8\xff\xd9" + bytes(pixels)


def mrw(pixels: int) -> bytes:
    size = b"21860002" + struct.pack(">4HBB", 4, 10, 4, 10, 12, 12) + bytes(6)
    blocks = b"\0PRD" + struct.pack(">I", len(size)) + size
    return b"\0MRM" + struct.pack(">I", len(blocks)) + blocks + bytes(pixels)


def svgz(text: bytes) -> bytes:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return packer.compress(text) + packer.flush()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="5" height="5"><rect width="5"/></svg>'

WHOLE = {
    "a codestream in one box": ("jxl", JXL + box(b"jxlc", b"\xff\x0a" + bytes(50))),
    "a codestream in two boxes": (
        "jxl",
        JXL + box(b"jxlp", bytes(4) + b"\xff\x0a" + bytes(50)) + box(b"jxlp", b"\x80\0\0\1" + bytes(9)),
    ),
    "a box behind the codestream": ("jxl", JXL + box(b"jxlc", b"\xff\x0a\0") + box(b"jbrd", bytes(9))),
    "a JP2": ("jp2", JP2 + box(b"jp2c", MAIN_HEADER + tile(40) + b"\xff\xd9")),
    "a JP2 up to its end": ("jp2", JP2 + box(b"jp2c", MAIN_HEADER + tile(40) + b"\xff\xd9", 0)),
    "a codestream": ("j2c", MAIN_HEADER + tile(40) + tile(60) + b"\xff\xd9"),
    "a tile-part up to the end": ("j2c", MAIN_HEADER + tile(40, 0) + b"\xff\xd9"),
    "media data": ("heic", HEIC + box(b"mdat", bytes(50))),
    "media data of 64 bits": ("heic", HEIC + struct.pack(">I4sQ", 1, b"mdat", 66) + bytes(50)),
    "FITS": ("fits", fits(b"NAXIS   = 2|NAXIS1  = 4|NAXIS2  = 3", 24)),
    "OpenEXR": ("exr", exr(11)),
    "DDS without compression": ("dds", dds(0x40, b"", 24, 192)),
    "DDS in blocks": ("dds", dds(4, b"DXT1", 0, 32)),
    "a bitmap of 1 bit": ("bmp", bmp(1, 0, 0, 16)),
    "a bitmap that is packed": ("bmp", bmp(8, 1, 9, 9)),
    "PSD": ("psd", psd(0, bytes(30))),
    "PSD in runs": ("psd", psd(1, struct.pack(">6H", *range(1, 7)) + bytes(21))),
    "PBM": ("pbm", b"P4\n9 3\n" + bytes(6)),
    "PGM of 16 bits": ("pgm", b"P5\n2 3\n65535\n" + bytes(12)),
    "PPM": ("ppm", b"P6 2 3 255 " + bytes(18)),
    "ICNS": ("icns", b"icns" + struct.pack(">I4sI", 26, b"ic07", 18) + bytes(10)),
    "RAF": ("raf", raf(50)),
    "MRW": ("mrw", mrw(60)),
    "SVG": ("svg", SVG),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_what_lost_its_last_byte_is_torn(name: str, told: Told) -> None:
    suffix, content = WHOLE[name]
    assert told(content, suffix) == []
    assert len(told(content[:-1], suffix)) == 1
    assert told(content, suffix, len(content) - 1) == [], "of a growing file nothing is said"


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        pytest.param("svgz", svgz(SVG), id="whole"),
        pytest.param("heic", HEIC + box(b"mdat", bytes(50), 0), id="media data up to the end"),
        pytest.param("svg", SVG.replace(b"<rect", b"<&rect"), id="a document that is damaged"),
        pytest.param(
            "j2c", MAIN_HEADER + tile(40) + b"?" * 50 + b"\xff\xd9", id="tile-parts that are damaged"
        ),
        pytest.param("bmp", bmp(8, 1, 0, 9), id="a packed bitmap that tells no length"),
        pytest.param(
            "tga", struct.pack("<BBB5x4HBB", 0, 0, 10, 0, 0, 64, 64, 24, 0) + bytes(9), id="a packed TGA"
        ),
    ],
)
def test_who_does_not_tell_where_the_picture_ends_is_not_torn(
    suffix: str, content: bytes, told: Told
) -> None:
    assert told(content, suffix) == []


def test_a_document_that_ends_in_its_packing_is_torn(told: Told) -> None:
    assert len(told(svgz(SVG[:-6]), "svgz")) == 1


@pytest.mark.parametrize("claimed", [2**63 - 1, 2**62])
def test_what_a_file_claims_can_be_told(claimed: int, gather: Callable[..., Evidence]) -> None:
    content = HEIC + struct.pack(">I4sQ", 1, b"mdat", claimed) + bytes(50)
    places = [one.place for one in gather(content, "heic").walk.lost_pixels]
    assert all(one is None or one.offset_bytes + one.length_bytes < 2**63 for one in places)


def test_of_a_table_of_strips_only_so_much_is_read(gather: Callable[..., Evidence]) -> None:
    count = 100_000
    at = 8 + 2 + 2 * 12 + 4
    head = b"II*\0" + struct.pack("<IH", 8, 2)
    for tag, table in ((0x144, at), (0x145, at + 4 * count)):
        head += struct.pack("<HHII", tag, 4, count, table)
    end = at + 8 * count
    content = head + bytes(4) + struct.pack("<I", end) * count + struct.pack("<I", 9) * count + bytes(8)
    walk = gather(content, "tif").walk
    assert [one.place for one in walk.lost_pixels] == [ByteRange(end + 8, 1)]
