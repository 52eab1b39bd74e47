"""ExifTool within its bounds: hostile files end early and are told of, others are read as without them."""

import itertools
import json
import re
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from metaextract_extractor.reading.engines.exiftool import ExifTool, Found
from metaextract_testing import exiftool_path
from metaextract_testing.factory import FORMATS, make
from metaextract_testing.hostile import slow_tiff

MEBIBYTE = 1024 * 1024
Read = Callable[[bytes, str], Found]


@pytest.fixture(scope="module")
def exiftool() -> Iterator[ExifTool]:
    with ExifTool(exiftool_path()) as tool:
        yield tool


@pytest.fixture
def read(exiftool: ExifTool, tmp_path: Path) -> Read:
    def reading(content: bytes, name: str) -> Found:
        path = tmp_path / name
        path.write_bytes(content)
        return exiftool.read(path)

    return reading


def stopped(found: Found) -> list[str]:
    return [one.message for one in found.warnings if one.message.startswith("Reading stopped early")]


def tiff(*entries: tuple[int, int, int, int], rest: bytes = b"") -> bytes:
    """A TIFF with one directory: tag, type, count and value or offset of each entry."""
    table = b"".join(struct.pack("<HHII", *one) for one in entries)
    return struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + table + bytes(4) + rest


def jpeg(*segments: bytes) -> bytes:
    parts = b"".join(b"\xff" + one[:1] + struct.pack(">H", len(one) + 1) + one[1:] for one in segments)
    return b"\xff\xd8" + parts + b"\xff\xd9"


def jumbf(content: bytes) -> bytes:
    """A segment with a JUMBF box of CBOR."""

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", len(body) + 8, kind) + body

    label = b"cbor" + bytes.fromhex("00110010800000aa00389b71") + b"\x03a\x00"
    return b"\xebJP\x00\x01\x00\x00\x00\x01" + box(b"jumb", box(b"jumd", label) + box(b"cbor", content))


def xmp(depth: int) -> bytes:
    nested = b"<a:b>" * depth + b"1" + b"</a:b>" * depth
    head = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    about = b'<rdf:Description rdf:about="" xmlns:a="urn:a">'
    packet = head + about + nested + b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    return b"\xe1http://ns.adobe.com/xap/1.0/\x00" + packet


def png(*texts: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    chunks = b"".join(chunk(b"tEXt", text) for text in texts)
    pixels = chunk(b"IDAT", zlib.compress(b"\x00\x00"))
    return b"\x89PNG\r\n\x1a\n" + header + chunks + pixels + chunk(b"IEND", b"")


SUB_DIRECTORIES, DESCRIPTION = 0x014A, 0x010E

HOSTILE = {
    "directories that share their children": (slow_tiff(), "tree.tif", "too many directories"),
    "two directories that are each other's children": (
        tiff((SUB_DIRECTORIES, 4, 1, 26), rest=tiff((SUB_DIRECTORIES, 4, 1, 8))[8:]),
        "loop.tif",
        "directories nested too deeply",
    ),
    "values that share their bytes": (
        tiff(*[(DESCRIPTION, 2, MEBIBYTE, 2 + 8 + 12 * 100 + 4)] * 100, rest=b"a" * MEBIBYTE),
        "shared.tif",
        "too many bytes were read",
    ),
    "texts without number": (
        png(*(b"Text%d\x00a" % number for number in range(3_000))),
        "many.png",
        "too many directories",
    ),
    "comments without number": (jpeg(*[b"\xfea"] * 20_500), "comments.jpg", "too many tags"),
    "CBOR in CBOR": (jpeg(jumbf(b"\x81" * 30_000)), "cbor.jpg", "values nested too deeply"),
    "XMP in XMP": (jpeg(xmp(1_000)), "xmp.jpg", "values nested too deeply"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_made_to_keep_it_busy_is_cut_off_and_told(kind: str, read: Read) -> None:
    content, name, bound = HOSTILE[kind]

    found = read(content, name)

    assert stopped(found) == [f"Reading stopped early: {bound}"]
    assert found.format_name in ("TIFF", "PNG", "JPEG")


def test_a_length_that_the_file_only_claims_takes_no_memory(exiftool: ExifTool, read: Read) -> None:
    chunk = b"EXIF\xff\xff\xff\xffII*\x00"  # 4 GiB, in a file of 24 bytes
    found = read(b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk, "claims.webp")

    assert found.format_name == "WEBP"
    peak = re.search(r"VmPeak:\s+(\d+) kB", Path(f"/proc/{exiftool.pid}/status").read_text())
    assert peak is not None
    assert int(peak[1]) * 1024 < 512 * MEBIBYTE


def test_one_file_takes_nothing_of_the_bounds_of_the_next(read: Read) -> None:
    many = png(*(b"Text%d\x00a" % number for number in range(1_500)))
    for _ in range(3):
        assert stopped(read(many, "many.png")) == []


def test_a_directory_over_which_it_dies_costs_nothing_else(read: Read) -> None:
    content = make("jpeg").content
    beyond = b"\xe5RMETA\0MM" + bytes(6) + b"\x40\x0a" + bytes(16)  # its entries: at byte 16,394
    torn = read(jpeg(beyond)[:-2] + content[2:], "torn.jpg")
    whole = read(content, "whole.jpg")
    assert [one.message for one in torn.warnings] == ["RMETA could not be read to its end"]
    assert not whole.warnings
    assert [(one.path, one.name) for one in torn.fields if one.name != "Warning"] == [
        (one.path, one.name) for one in whole.fields
    ]


EDGES = (0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBD, 0xBE, 0xBF, 0xC2)
"""Bytes on both sides of what may follow the first byte of a character in UTF-8."""


def test_text_that_is_no_utf8_is_mended_as_without_bounds(read: Read, tmp_path: Path) -> None:
    characters = itertools.product(range(0x80, 0x100), EDGES, (0x41, 0x80, 0xBD, 0xBE, 0xBF), (0x41, 0x80))
    text = b"".join(bytes(one) for one in characters)
    packet = jpeg(xmp(1).replace(b">1<", b">" + text + b"<"))
    assert [one.printed for one in read(packet, "text.jpg").fields if one.name == "TagB"] == [
        stock(tmp_path / "text.jpg")["XMP-a:TagB"]
    ]


def test_long_text_that_is_no_utf8_is_read_to_its_end(read: Read) -> None:
    """Of this it takes a minute without the bounds, and four times as long for twice as much."""
    packet = xmp(1).partition(b"\0")[2].replace(b"urn:a", b"http://ns.adobe.com/xap/1.0/")
    date = b"2021-10-27T12:04:" + b"\xe9" * MEBIBYTE
    packet = packet.replace(b"<a:b>1</a:b>", b"<a:CreateDate>" + date + b"</a:CreateDate>")
    found = read(
        b"<svg xmlns='http://www.w3.org/2000/svg'><metadata>" + packet + b"</metadata></svg>", "a.svg"
    )
    told = next(one.printed for one in found.fields if one.name == "CreateDate")
    assert told == "2021:10:27 12:04:".ljust(len(told), "?")
    assert stopped(found) == []


def stock(path: Path) -> dict[str, object]:
    """Return what ExifTool reads of a file without our configuration."""
    command = [str(exiftool_path()), "-config", "", "-j", "-a", "-G1", "-x", "System:all", path.name]
    printed = subprocess.run(command, cwd=path.parent, capture_output=True, check=True).stdout
    found: dict[str, object] = json.loads(printed)[0]
    return found


@pytest.mark.parametrize("made", FORMATS)
def test_other_files_are_read_as_without_bounds(made: str, read: Read, tmp_path: Path) -> None:
    image = make(made)
    found = read(image.content, image.name)

    wanted = {key: value for key, value in stock(tmp_path / image.name).items() if ":" in key}
    printed = {f"{field.group}:{field.name}": field.printed for field in reversed(found.fields)}
    assert stopped(found) == []
    assert wanted.keys() <= printed.keys()
    assert {key for key, value in wanted.items() if isinstance(value, str) and printed[key] != value} == set()
