"""One file does not change how ExifTool, which is kept running, reads the next."""

import struct
import zlib
from pathlib import Path

import psutil
import pytest

from metaextract_extractor.reading.engines.exiftool import ExifTool, Found
from metaextract_testing.exiftool import exiftool_path
from metaextract_testing.factory import FORMATS, make

NAMESPACES_COUNT = 150
MEBIBYTE = 1024 * 1024


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + pixels + chunk(b"IEND", b"")


def international_text(keyword: bytes, text: bytes, language: bytes = b"") -> bytes:
    return chunk(b"iTXt", keyword + b"\0\0\0" + language + b"\0\0" + text)


def xmp(properties: str, prefix: str = "n", uri: str = "http://example.com/n/") -> bytes:
    text = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:{prefix}="{uri}">{properties}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    )
    return png(international_text(b"XML:com.adobe.xmp", text.encode()))


def items(kind: str) -> str:
    return f"<n:T><rdf:{kind}><rdf:li>a</rdf:li><rdf:li>b</rdf:li></rdf:{kind}></n:T>"


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", len(content) + 8) + kind + content


def movie(keys: list[bytes], values: list[bytes]) -> bytes:
    """HEIF with names of keys, and values for the first, the second … key."""
    named = [struct.pack(">I", len(key) + 8) + b"mdta" + key for key in keys]
    listed = [
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0), value))
        for number, value in enumerate(values, 1)
    ]
    handler = box(b"hdlr", bytes(8) + b"mdta" + bytes(12))
    names = box(b"keys", bytes(4), struct.pack(">I", len(keys)), *named)
    meta = box(b"meta", handler, names, box(b"ilst", *listed))
    return box(b"ftyp", b"heic", bytes(4), b"mif1heic") + box(b"moov", meta)


def picture_info(section: bytes) -> bytes:
    text = b"[" + section + b" info]\rOwn=1\r"
    return b"\xff\xd8\xff\xec" + struct.pack(">H", len(text) + 2) + text + b"\xff\xd9"


MECHANIC = "http://ns.camerabits.com/photomechanic/1.0/"
TEACHERS = {
    "a plain value, then a list": (xmp("<n:T>x</n:T>"), xmp(items("Bag"))),
    "a translated value, then a list": (
        xmp('<n:T><rdf:Alt><rdf:li xml:lang="fr">a</rdf:li></rdf:Alt></n:T>'),
        xmp(items("Bag")),
    ),
    "a time, then a word": (xmp("<n:T>2020-01-02T03:04:05Z</n:T>"), xmp("<n:T>word</n:T>")),
    "a word, then a time": (xmp("<n:T>word</n:T>"), xmp("<n:T>2020-01-02T03:04:05Z</n:T>")),
    "a long value, then a short one": (xmp(f"<n:T>{'x' * 70_000}</n:T>"), xmp("<n:T>word</n:T>")),
    "a tag that claims a group, then the same tag": (
        xmp("<n:T>1</n:T>", uri="http://ns.exiftool.org/EXIF/ExifIFD/1.0/"),
        xmp("<n:T>1</n:T>"),
    ),
    "an invalid prefix, then what it is turned into": (
        xmp("<9:T>1</9:T>", "9"),
        xmp("<ns_9:T>1</ns_9:T>", "ns_9"),
    ),
    "an invalid prefix twice": (xmp("<9:T>1</9:T>", "9"), xmp("<9:T>1</9:T>", "9")),
    "a known namespace, then another prefix for it": (
        xmp("<photomechanic:ColorClass>3</photomechanic:ColorClass>", "photomechanic", MECHANIC),
        xmp("<n:ColorClass>3</n:ColorClass>", "n", MECHANIC),
    ),
    "a text in French, then in German": (
        png(international_text(b"Own", b"x", b"fr")),
        png(international_text(b"Own", b"y", b"de"), international_text(b"Own", b"z")),
    ),
    "two named keys, then a value without a name": (
        movie([b"com.apple.quicktime.make", b"com.example.secret"], [b"Apple", b"x"]),
        movie([b"com.apple.quicktime.make"], [b"Apple", b"y"]),
    ),
    "a tag of the camera, then the same of the picture": (picture_info(b"camera"), picture_info(b"picture")),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def read(tool: ExifTool, path: Path, *contents: bytes) -> Found:
    """Read one file after the other; return what is said of the last."""
    for content in contents:
        path.write_bytes(content)
        found = tool.read(path)
    return found


@pytest.mark.parametrize("case", TEACHERS)
def test_what_one_file_brings_is_not_said_of_the_next(case: str, path: Path) -> None:
    teacher, following = TEACHERS[case]
    with ExifTool(exiftool_path()) as fresh:
        expected = read(fresh, path, following)
    with ExifTool(exiftool_path()) as kept:
        assert read(kept, path, teacher, following) == expected


def test_files_are_read_the_same_in_any_order(path: Path) -> None:
    contents = [make(one).content for one in sorted(FORMATS)]
    with ExifTool(exiftool_path()) as tool:
        forwards = [read(tool, path, one) for one in contents]
    with ExifTool(exiftool_path()) as tool:
        backwards = [read(tool, path, one) for one in reversed(contents)]
    assert forwards == backwards[::-1]


def test_tags_that_nobody_knows_take_no_memory_for_good(path: Path) -> None:
    with ExifTool(exiftool_path()) as tool:
        process = psutil.Process(tool.pid)
        taken = []
        for number in range(NAMESPACES_COUNT):
            prefix = f"n{number}"
            names = (f"{prefix}:T{one}" for one in range(40))
            read(tool, path, xmp("".join(f"<{name}>x</{name}>" for name in names), prefix))
            taken.append(process.memory_info().rss)
    assert taken[-1] - taken[NAMESPACES_COUNT // 5] < 2 * MEBIBYTE


def test_a_profile_with_a_value_of_unknown_type_does_not_change_the_profiles_after_it(path: Path) -> None:
    good = make("jpeg").content
    at = good.index(b"mluc", good.index(b"acsp"))
    with ExifTool(exiftool_path()) as tool:
        found = [read(tool, path, one) for one in (good, good[:at] + b"zzzz" + good[at + 4 :], good)]
    said = [{one.printed for one in each.fields if one.name == "ProfileDescription"} for each in found]
    assert said[1] != said[0]
    assert said[2] == said[0]
