"""A place that stands where no structure leads to must not be in any copy: each hiding place by itself.

What is looked for is looked for in all bytes of the copy, in what is compressed or in Base64 there too.
"""

import base64
import io
import re
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from metaextract_extractor.domain.redaction import RedactionProfile, Refusal
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.redaction.redact import RefusedError, redacted
from metaextract_testing import exiftool_path
from metaextract_testing.factory import make

TEXT = b"seen at 47.123456, 8.654321"
DEGREES = struct.pack(">6I", 47, 1, 7, 1, 15276, 625)
SECRETS = (DEGREES, b"Zugerland", b"47,7.407", b"47.1234")
WITHOUT_TOWN = (DEGREES, b"47,7.407", b"47.1234")
"""A coarse position may leave the town."""


def exif() -> bytes:
    """A TIFF structure with nothing but a position."""
    entries = (
        struct.pack(">HHI4s", 1, 2, 2, b"N\0\0\0"),
        struct.pack(">HHII", 2, 5, 3, 80),
        struct.pack(">HHI4s", 3, 2, 2, b"E\0\0\0"),
        struct.pack(">HHII", 4, 5, 3, 104),
    )
    first = struct.pack(">HHHIII", 1, 0x8825, 4, 1, 26, 0)
    gps = struct.pack(">H", 4) + b"".join(entries) + bytes(4)
    east = struct.pack(">6I", 8, 1, 39, 1, 9722, 625)
    return b"MM\0*\0\0\0\x08" + first + gps + DEGREES + east


def xmp(
    inside: str = "<photoshop:City>Zugerland</photoshop:City><exif:GPSLatitude>47,7.4074N</exif:GPSLatitude>",
) -> bytes:
    names = {
        "photoshop": "http://ns.adobe.com/photoshop/1.0/",
        "exif": "http://ns.adobe.com/exif/1.0/",
        "GImage": "http://ns.google.com/photos/1.0/image/",
        "x1": "http://example.org/ns/",
    }
    spaces = " ".join(f"xmlns:{name}='{uri}'" for name, uri in names.items())
    return (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        f"<rdf:Description rdf:about='' {spaces}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def picture(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 24), (9, 99, 200)).save(file, kind, **options)
    return file.getvalue()


def jpeg(*segments: tuple[int, bytes], behind: bytes = b"") -> bytes:
    plain = picture("JPEG")
    written = b"".join(b"\xff" + bytes([n]) + struct.pack(">H", len(one) + 2) + one for n, one in segments)
    return plain[:2] + written + plain[2:] + behind


def png(*chunks: tuple[bytes, bytes], behind: bytes = b"") -> bytes:
    plain = picture("PNG")
    written = b"".join(
        struct.pack(">I", len(one)) + kind + one + struct.pack(">I", zlib.crc32(kind + one))
        for kind, one in chunks
    )
    return plain[:33] + written + plain[33:] + behind


def box(kind: bytes, *content: bytes) -> bytes:
    joined = b"".join(content)
    return struct.pack(">I", 8 + len(joined)) + kind + joined


def film(brand: bytes = b"mp42") -> bytes:
    position = b"+47.1234+008.6543/"
    place = box(b"\xa9xyz", struct.pack(">HH", len(position), 0x15C7), position)
    header = box(b"mvhd", bytes(12), struct.pack(">II", 1000, 1000), bytes(80))
    return box(b"ftyp", brand, bytes(4), brand) + box(b"moov", header, box(b"udta", place))


def thumbnail(content: bytes) -> bytes:
    """A TIFF structure with nothing but a thumbnail."""
    ifd1 = struct.pack(">HHHIIHHIII", 2, 0x201, 4, 1, 44, 0x202, 4, 1, len(content), 0)
    return b"MM\0*\0\0\0\x08" + struct.pack(">HI", 0, 14) + ifd1 + content


def gif(block: bytes, behind: bytes = b"") -> bytes:
    return picture("GIF")[:-1] + block + b";" + behind


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = (kind + struct.pack("<I", len(one)) + one + bytes(len(one) % 2) for kind, one in chunks)
    whole = picture("WEBP", exif=exif(), xmp=xmp()) + b"".join(parts)
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def psd_with_a_linked_file(content: bytes) -> bytes:
    """Photoshop keeps placed files whole, behind the layers."""
    plain = make("psd").content
    at = 30 + int.from_bytes(plain[26:30], "big")
    at += 4 + int.from_bytes(plain[at : at + 4], "big")
    end = at + 4 + int.from_bytes(plain[at : at + 4], "big")
    block = b"8BIMlnk2" + struct.pack(">I", len(content)) + content + bytes(-len(content) % 4)
    layers = plain[at + 4 : end] + block
    return plain[:at] + struct.pack(">I", len(layers)) + layers + plain[end:]


EXIF_APP1 = (0xE1, b"Exif\0\0" + exif())
XMP_APP1 = (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp())
PLACED = jpeg(EXIF_APP1, XMP_APP1)
PROFILE = b"\nexif\n%8d\n" % (len(exif()) + 6) + (b"Exif\0\0" + exif()).hex().encode()
IMAGE_IN_XMP = xmp(f"<GImage:Data>{base64.b64encode(PLACED).decode()}</GImage:Data>")
IMAGE_UNDER_ANY_NAME = xmp(f"<x1:blob>{base64.b64encode(PLACED).decode()}</x1:blob>")
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + struct.pack(">II", len(xmp()), 0) + xmp()
THUMBNAIL_TIFF = thumbnail(jpeg((0xE1, b"Exif\0\0" + thumbnail(PLACED))))
RESOURCE = b"Photoshop 3.0\x008BIM\x04\x0c\0\0" + struct.pack(">I", 28 + len(PLACED)) + bytes(28) + PLACED

HIDING_PLACES: dict[str, Callable[[], bytes]] = {
    "two-exif.jpg": lambda: jpeg(EXIF_APP1, EXIF_APP1),
    "two-xmp.jpg": lambda: jpeg(XMP_APP1, XMP_APP1),
    "extended-xmp-of-nobody.jpg": lambda: jpeg((0xE1, EXTENSION)),
    "exif-in-another-segment.jpg": lambda: jpeg((0xE5, b"Exif\0\0" + exif())),
    "segment-of-nobody.jpg": lambda: jpeg((0xE9, TEXT)),
    "comment.jpg": lambda: jpeg((0xFE, TEXT)),
    "iso-6709-in-a-comment.jpg": lambda: jpeg((0xFE, b"+47.1234+008.6543/")),
    "xmp-in-a-comment.jpg": lambda: jpeg((0xFE, xmp())),
    "picture-behind.jpg": lambda: jpeg(behind=PLACED),
    "picture-behind-a-picture-behind.jpg": lambda: jpeg(behind=jpeg(behind=PLACED)),
    "film-behind.jpg": lambda: jpeg(behind=film()),
    "quicktime-film-behind.jpg": lambda: jpeg(behind=film(b"qt  ")),
    "film-after-a-gap.jpg": lambda: jpeg(behind=bytes(1000) + film()),
    "text-behind.jpg": lambda: jpeg(behind=TEXT),
    "archive-behind.jpg": lambda: jpeg(behind=b"PK\3\4" + bytes(26) + zlib.compress(TEXT)),
    "thumbnail-of-a-thumbnail.jpg": lambda: jpeg((0xE1, b"Exif\0\0" + THUMBNAIL_TIFF)),
    "photoshop-thumbnail.jpg": lambda: jpeg((0xED, RESOURCE)),
    "picture-in-xmp.jpg": lambda: jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + IMAGE_IN_XMP)),
    "picture-in-any-xmp.jpg": lambda: jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + IMAGE_UNDER_ANY_NAME)),
    "profile-as-compressed-text.png": lambda: png(
        (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(PROFILE))
    ),
    "profile-as-text.png": lambda: png((b"tEXt", b"Raw profile type exif\0" + PROFILE)),
    "compressed-xmp.png": lambda: png((b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp()))),
    "compressed-text.png": lambda: png((b"zTXt", b"Anything\0\0" + zlib.compress(TEXT))),
    "chunk-of-nobody.png": lambda: png((b"prVt", exif())),
    "compressed-chunk-of-nobody.png": lambda: png((b"prVt", zlib.compress(exif()))),
    "two-exif.png": lambda: png((b"eXIf", exif()), (b"eXIf", exif())),
    "picture-behind.png": lambda: png(behind=PLACED),
    "chunk-behind.png": lambda: png(behind=png((b"tEXt", b"Comment\0" + TEXT))[33 : 33 + 20 + len(TEXT)]),
    "comment.gif": lambda: gif(b"\x21\xfe" + bytes([len(TEXT)]) + TEXT + b"\0"),
    "text-to-show.gif": lambda: gif(b"\x21\x01\x0c" + bytes(12) + bytes([len(TEXT)]) + TEXT + b"\0"),
    "extension-of-nobody.gif": lambda: gif(b"\x21\xff\x0bGEOPLACE1.0" + bytes([len(TEXT)]) + TEXT + b"\0"),
    "picture-behind.gif": lambda: gif(b"", behind=PLACED),
    "two-of-each.webp": lambda: webp((b"EXIF", exif()), (b"XMP ", xmp())),
    "chunk-of-nobody.webp": lambda: webp((b"GEOX", exif())),
    "picture-behind.tif": lambda: picture("TIFF") + PLACED,
    "text-behind.tif": lambda: picture("TIFF") + TEXT,
    "free-space.heic": lambda: make("heic").content + box(b"free", exif()),
    "box-of-nobody.heic": lambda: make("heic").content + box(b"uuid", b"B" * 16, xmp()),
    "film.heic": lambda: make("heic").content + box(b"mpvd", film()),
    "picture-behind.heic": lambda: make("heic").content + PLACED,
    "free-space.avif": lambda: make("avif").content + box(b"free", PLACED),
    "box-of-nobody.jp2": lambda: make("jp2").content + box(b"uuid", b"B" * 16, exif()),
    "picture-behind.psd": lambda: make("psd").content + PLACED,
    "linked-file.psd": lambda: psd_with_a_linked_file(PLACED),
}
# Where a copy would have to be another picture, or is no valid file to begin with.
MAY_BE_REFUSED = {"linked-file.psd", "two-of-each.webp"}


@pytest.fixture(scope="module")
def engine() -> Iterator[ExifTool]:
    with ExifTool(exiftool_path()) as exiftool:
        yield exiftool


def unfolded(content: bytes) -> Iterator[bytes]:
    yield content
    for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", content):
        try:
            unpacked = zlib.decompressobj().decompress(content[match.start() :], 100_000)
        except zlib.error:
            continue
        yield unpacked
        yield bytes.fromhex("".join(re.findall(r"^[0-9a-f]{50,}$", unpacked.decode("latin-1"), re.MULTILINE)))
    for match in re.finditer(rb"(?:[0-9a-f]{2}){50,}", content):
        yield bytes.fromhex(match[0].decode())
    for match in re.finditer(rb"[A-Za-z0-9+/]{200,}", content):
        for start in range(4):
            text = match[0][start:]
            yield base64.b64decode(text[: len(text) // 4 * 4])


def told(content: bytes, secrets: tuple[bytes, ...] = SECRETS) -> set[bytes]:
    return {secret for one in unfolded(content) for secret in secrets if secret in one}


@pytest.mark.parametrize("name", HIDING_PLACES)
def test_no_copy_tells_the_place_wherever_it_hides(name: str, engine, tmp_path: Path) -> None:
    original = tmp_path / name
    original.write_bytes(HIDING_PLACES[name]())
    assert told(original.read_bytes())

    for profile in RedactionProfile:
        copy = copied(engine, original, profile)
        if isinstance(copy, Refusal):
            assert (copy, name in MAY_BE_REFUSED) == (Refusal.NOT_VERIFIED, True), profile
            continue
        secrets = WITHOUT_TOWN if profile is RedactionProfile.COARSE_POSITION else SECRETS
        assert told(copy.read_bytes(), secrets) == set(), profile
        assert size(copy) == size(original)


def copied(engine: ExifTool, original: Path, profile: RedactionProfile) -> Path | Refusal:
    folder = original.with_name(profile.value)
    folder.mkdir()
    try:
        return redacted(engine, original, folder, original.suffix.removeprefix("."), profile).path
    except RefusedError as refused:
        return refused.refusal


def size(path: Path) -> tuple[int, int]:
    if path.suffix == ".heic":
        return pillow_heif.open_heif(path).size
    with Image.open(path) as image:
        return image.size


def test_the_raw_file_inside_a_dng_goes(engine, tmp_path: Path) -> None:
    original, held = tmp_path / "a.dng", tmp_path / "held"
    original.write_bytes(make("dng").content)
    held.write_bytes(zlib.compress(PLACED))
    command = [exiftool_path(), "-config", "", "-q", "-overwrite_original", f"-OriginalRawFileData<={held}"]
    subprocess.run([*command, original], check=True)
    assert told(original.read_bytes()) >= {DEGREES}

    for profile in RedactionProfile:
        copy = copied(engine, original, profile)
        assert isinstance(copy, Path)
        assert told(copy.read_bytes()) == set()


def test_more_blocks_than_anybody_reads_are_not_handed_out(engine, tmp_path: Path) -> None:
    original = tmp_path / "a.jpg"
    original.write_bytes(jpeg(*[(0xFE, b"Exif\0\0" + exif() + bytes([n])) for n in range(60)]))

    assert copied(engine, original, RedactionProfile.POSITION) is Refusal.NOT_VERIFIED
