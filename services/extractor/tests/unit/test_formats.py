"""Which bytes are an image, whatever their name says."""

import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from metaextract_extractor.domain.detection import detected, disagreement
from metaextract_extractor.domain.formats import (
    BY_EXTENSION,
    BY_NAME,
    FORMATS,
    HEAD_BYTES,
    extension_of,
    is_accepted,
    sniff,
)
from metaextract_extractor.domain.result import Basis
from metaextract_extractor.domain.xml_heads import is_prolog, is_svg
from metaextract_testing.factory import FORMATS as MADE_FORMATS
from metaextract_testing.factory import FORMATS_UNKNOWN_TO_EXIFTOOL, make

LEGACY_EXTENSIONS = [
    ".jpg",
    ".jpeg",
    ".png",
    ".webp",
    ".heic",
    ".heif",
    ".avif",
    ".jxl",
    ".jp2",
    ".j2k",
    ".jpf",
    ".jpx",
    ".jpm",
    ".mj2",
    ".psd",
    ".psb",
    ".exr",
    ".icns",
    ".dds",
    ".tga",
    ".pbm",
    ".pgm",
    ".ppm",
    ".pnm",
    ".hdr",
    ".svgz",
    ".fits",
    ".fit",
    ".fts",
    ".tiff",
    ".tif",
    ".bmp",
    ".gif",
    ".ico",
    ".svg",
    ".raw",
    ".cr2",
    ".cr3",
    ".nef",
    ".nrw",
    ".arw",
    ".sr2",
    ".dng",
    ".orf",
    ".raf",
    ".pef",
    ".x3f",
    ".srw",
    ".rw2",
    ".rwl",
    ".3fr",
    ".iiq",
]
LEGACY_MEDIA_TYPES = [
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "image/heif",
    "image/tiff",
    "image/bmp",
    "image/gif",
    "image/x-icon",
    "image/svg+xml",
    "image/avif",
    "image/jxl",
    "image/jp2",
    "image/jpx",
    "image/jpm",
    "image/vnd.adobe.photoshop",
    "image/x-exr",
    "image/icns",
    "image/vnd-ms.dds",
    "image/x-tga",
    "image/x-portable-anymap",
    "image/vnd.radiance",
    "application/fits",
    "image/x-raw",
    "image/x-canon-cr2",
    "image/x-canon-cr3",
    "image/x-nikon-nef",
    "image/x-nikon-nrw",
    "image/x-sony-arw",
    "image/x-sony-sr2",
    "image/x-adobe-dng",
    "image/x-olympus-orf",
    "image/x-fuji-raf",
    "image/x-pentax-pef",
    "image/x-sigma-x3f",
    "image/x-samsung-srw",
    "image/x-panasonic-rw2",
    "image/x-panasonic-raw",
    "image/x-leica-rwl",
    "image/x-hasselblad-3fr",
    "image/x-phaseone-iiq",
]


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("image.jpg", b"\xff\xd8\xff")
    return file.getvalue()


NO_IMAGES = {
    "text": b"Dear Sir or Madam,\nthis is no image.\n" * 40,
    "short text": b"hi",
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    "zip": zipped(),
    "html": b"<!doctype html><html><body>no image</body></html>",
    "xml": b'<?xml version="1.0"?><note>no image</note>',
    "script": b"#!/bin/sh\necho no image\n",
    "program": b"\x7fELF\x02\x01\x01" + bytes(57),
    "empty": b"",
    "wav": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "mp4": b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41",
}


@pytest.mark.parametrize("extension", LEGACY_EXTENSIONS)
def test_every_extension_of_the_old_service_is_known(extension: str) -> None:
    assert extension_of(f"Photo{extension.upper()}") == extension[1:]


@pytest.mark.parametrize("media_type", LEGACY_MEDIA_TYPES)
def test_every_media_type_of_the_old_service_is_known(media_type: str) -> None:
    assert [entry.name for entry in FORMATS if media_type in entry.media_types]


def test_no_name_or_extension_stands_twice() -> None:
    assert len(BY_NAME) == len(FORMATS)
    assert len(BY_EXTENSION) == sum(len(entry.extensions) for entry in FORMATS)


@pytest.mark.parametrize("made", [*MADE_FORMATS, *FORMATS_UNKNOWN_TO_EXIFTOOL])
def test_a_real_image_is_accepted_under_its_name(made: str) -> None:
    image = make(made)
    assert is_accepted(image.content[:HEAD_BYTES], extension_of(image.name))


@pytest.mark.parametrize("made", [one for one in MADE_FORMATS if one != "tga"])
def test_a_real_image_with_a_signature_is_accepted_under_any_name(made: str) -> None:
    head = make(made).content[:HEAD_BYTES]
    assert sniff(head)
    for extension in ("", "jpg", "cr2", "tga"):
        assert is_accepted(head, extension)


@pytest.mark.parametrize("content", NO_IMAGES.values(), ids=NO_IMAGES)
def test_what_is_no_image_is_refused_under_every_image_name(content: bytes) -> None:
    accepted = [
        extension for extension in ("", *BY_EXTENSION) if is_accepted(content[:HEAD_BYTES], extension)
    ]
    assert accepted == []


def test_gzip_is_an_image_only_under_the_name_of_a_compressed_svg() -> None:
    head = gzip.compress(make("svg").content)[:HEAD_BYTES]
    assert [extension for extension in ("", *BY_EXTENSION) if is_accepted(head, extension)] == ["svgz"]


@pytest.mark.parametrize(
    "head",
    [
        b'<?xml version="1.0"?>\n<!-- a comment -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"\xef\xbb\xbf<svg/>",
        "\ufeff<svg/>".encode("utf-16-le"),
        b"  \n<SVG></SVG>",
    ],
)
def test_an_svg_may_begin_in_many_ways(head: bytes) -> None:
    assert sniff(head) == "SVG"


@pytest.mark.parametrize(
    ("brands", "family"),
    [
        ((b"heic", b"mif1"), "HEIF"),
        ((b"mif1", b"heic"), "HEIF"),
        ((b"mif1", b"avif"), "AVIF"),
        ((b"avis", b"msf1"), "AVIF"),
        ((b"crx ", b"isom"), "CR3"),
        ((b"isom", b"mp42"), ""),
    ],
)
def test_the_brands_of_a_bmff_file_tell_its_family(brands: tuple[bytes, ...], family: str) -> None:
    content = b"ftyp" + brands[0] + bytes(4) + b"".join(brands)
    assert sniff((len(content) + 4).to_bytes(4, "big") + content + b"mdat") == family


@given(st.binary(max_size=HEAD_BYTES), st.sampled_from(["", *BY_EXTENSION]))
def test_no_bytes_make_the_sniffer_fail(head: bytes, extension: str) -> None:
    assert sniff(head) in {"", "PNM", "GZIP", "XML", *BY_NAME}
    assert is_accepted(head, extension) in {True, False}


@given(
    st.sampled_from([make(one).content[:64] for one in ("heic", "jpeg", "tiff", "png", "webp", "jp2")]),
    st.binary(max_size=64),
    st.integers(0, 64),
)
def test_no_damage_to_a_real_head_makes_the_sniffer_fail(head: bytes, damage: bytes, at: int) -> None:
    assert isinstance(sniff(head[:at] + damage + head[at + len(damage) :]), str)


@given(st.text(max_size=255))
def test_no_file_name_gives_an_extension_that_is_not_ours(file_name: str) -> None:
    assert extension_of(file_name) in {"", *BY_EXTENSION}


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.JPG", "jpg"), ("jpg", ""), ("a.jpg/../b", ""), ("a.tar.png", "png"), (".svg", "svg"), ("a.exe", "")],
)
def test_an_extension_is_what_follows_the_last_dot(name: str, extension: str) -> None:
    assert extension_of(name) == extension


@pytest.mark.parametrize(
    ("made", "engine", "name", "basis"),
    [
        ("jpeg", "JPEG", "JPEG", Basis.SIGNATURE),
        ("png", "PNG", "PNG", Basis.SIGNATURE),
        ("apng", "APNG", "APNG", Basis.CONTAINER_BRAND),
        ("nef", "NEF", "NEF", Basis.CONTAINER_BRAND),
        ("heic", "HEIC", "HEIC", Basis.CONTAINER_BRAND),
        ("webp", "Extended WEBP", "WEBP", Basis.CONTAINER_BRAND),
        ("avif", "AVIF", "AVIF", Basis.CONTAINER_BRAND),
        ("ppm", "PPM", "PPM", Basis.SIGNATURE),
        ("jp2", "JP2", "JP2", Basis.SIGNATURE),
        ("svg", "SVG", "SVG", Basis.SIGNATURE),
        ("tga", "TGA", "TGA", Basis.EXTENSION),
    ],
)
def test_a_detected_format_has_a_short_name_and_says_what_it_rests_on(made, engine, name, basis) -> None:
    found = detected(
        make(made).content[:HEAD_BYTES], engine_name=engine, engine_media_type="", declared_media_type=""
    )
    assert (found.name, found.basis) == (name, basis)
    assert found.media_type in BY_NAME[name].media_types


@pytest.mark.parametrize(
    ("declared", "told"),
    [("", ""), ("application/octet-stream", ""), ("image/pjpeg", ""), ("image/png", "image/png")],
)
def test_a_declared_media_type_is_told_only_if_it_is_another_one(declared: str, told: str) -> None:
    head = make("jpeg").content[:HEAD_BYTES]
    found = detected(head, engine_name="JPEG", engine_media_type="image/jpeg", declared_media_type=declared)
    assert found.declared_media_type == told


@pytest.mark.parametrize(
    ("brands", "name"), [((b"heic", b"mif1"), "HEIC"), ((b"mif1",), "HEIF"), ((b"crx ", b"isom"), "CR3")]
)
def test_what_a_brand_tells_rests_on_the_brand(brands: tuple[bytes, ...], name: str) -> None:
    content = b"ftyp" + brands[0] + bytes(4) + b"".join(brands)
    head = (len(content) + 4).to_bytes(4, "big") + content + b"mdat"
    assert detected(head, engine_name=name).basis is Basis.CONTAINER_BRAND


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5, 6])
def test_a_netpbm_file_has_a_signature_of_its_own(kind: int) -> None:
    head = b"P%d\n2 2\n255\n" % kind
    found = detected(head, engine_name="")
    assert (found.name, found.basis) == (("PBM", "PGM", "PPM")[(kind - 1) % 3], Basis.SIGNATURE)


def picture(mode: str, pillow_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (40, 30), 7).save(buffer, pillow_format, **options)
    return buffer.getvalue()


TGAS = {
    "true colour": picture("RGB", "TGA"),
    "packed": picture("RGB", "TGA", compression="tga_rle"),
    "grey": picture("L", "TGA"),
    "palette": picture("P", "TGA"),
}


@pytest.mark.parametrize("content", TGAS.values(), ids=TGAS)
def test_a_tga_is_no_cursor_and_an_image_only_under_its_own_name(content: bytes) -> None:
    head = content[:HEAD_BYTES]
    assert sniff(head) == ""
    assert [extension for extension in ("", *BY_EXTENSION) if is_accepted(head, extension)] == ["tga"]


def test_a_cursor_is_an_icon_by_what_follows_its_signature() -> None:
    icon = make("ico").content
    cursor = icon[:2] + b"\2" + icon[3:]
    assert (sniff(icon), sniff(cursor)) == ("ICO", "ICO")
    assert sniff(cursor[:4] + b"\0\0" + cursor[6:]) == ""
    assert sniff(cursor[:18] + b"\x15\0\0\0" + cursor[22:]) == ""


def test_random_bytes_are_no_camera_raw_file() -> None:
    assert not is_accepted(bytes(range(256)) * 16, "raw")
    assert not is_accepted(b"MM" + bytes(range(256)) * 15, "raw")
    assert is_accepted(bytes(25) + b"ARECOYK" + bytes(range(256)), "raw")


def test_bytes_that_nobody_knows_have_no_format() -> None:
    found = detected(b"II" + bytes(64), engine_name="", extension="raw")
    assert found.name == ""


def test_where_nobody_could_look_inside_the_name_decides() -> None:
    found = detected(TGAS["grey"], engine_name="", extension="tga", walked=False)
    assert (found.name, found.media_type, found.basis) == ("TGA", "image/x-tga", Basis.EXTENSION)


HEADS = {name: make(family).content[:HEAD_BYTES] for name, family in {
    "JPEG": "jpeg", "MPO": "jpeg", "PNG": "png", "APNG": "apng", "HEIC": "heic", "AVIF": "avif",
    "DNG": "dng", "TIFF": "arw", "CR2": "cr2", "BTF": "bigtiff", "SVG": "svg", "JP2": "jp2", "JPX": "jp2",
    "TGA": "tga", "NEF": "nef", "ARW": "arw",
}.items()} | {"RW2": b"IIU\0" + bytes(64), "PGM": b"P5\n2 2\n255\n"}  # fmt: skip


PROLOG = b'<?xml version="1.0"?>\n<!--' + b"x" * HEAD_BYTES + b"-->\n"
DOCUMENT_TYPE = b"<!DOCTYPE svg [" + b'<!ENTITY a "]x>">' * 300 + b"]>\n"


@pytest.mark.parametrize("prolog", [PROLOG, DOCUMENT_TYPE, PROLOG.decode().encode("utf-16")])
def test_an_svg_may_begin_after_what_was_looked_at(prolog: bytes) -> None:
    head = (prolog + b"<svg/>")[:HEAD_BYTES]
    assert sniff(head) == "XML"
    assert [extension for extension in ("", *BY_EXTENSION) if is_accepted(head, extension)] == ["svg"]
    found = detected(head, engine_name="SVG", extension="svg")
    assert (found.name, found.basis) == ("SVG", Basis.CONTAINER_BRAND)


def test_a_prolog_that_something_else_follows_is_no_svg() -> None:
    text = b'<?xml version="1.0"?><!-- <svg> comes later --><note>' + b"x" * HEAD_BYTES
    assert not is_svg(text)
    assert is_svg(PROLOG + b'<s:svg xmlns:s="http://www.w3.org/2000/svg"/>')
    assert not is_svg(PROLOG + b"<note/>")
    assert not is_svg(PROLOG[:200])


@given(st.binary(max_size=HEAD_BYTES), st.sampled_from([b"<?xml", b"<!--", b"<!doctype a["]))
def test_no_prolog_makes_the_sniffer_fail(rest: bytes, begin: bytes) -> None:
    assert isinstance(is_svg(begin + rest), bool)
    assert isinstance(is_prolog(begin + rest), bool)


@pytest.mark.parametrize(
    ("name", "extension", "declared"),
    [
        ("JPEG", "jpg", "image/jpeg"),
        ("JPEG", "", ""),
        ("JPEG", "jpeg", "image/jpg"),
        ("JPEG", "jpg", "IMAGE/JPEG; q=1"),
        ("APNG", "png", "image/png"),
        ("APNG", "png", "image/apng"),
        ("MPO", "jpg", "image/jpeg"),
        ("HEIC", "heif", "image/heif"),
        ("AVIF", "heif", "image/heif"),
        ("DNG", "tif", "image/tiff"),
        ("TIFF", "arw", "image/x-sony-arw"),
        ("RW2", "raw", "image/x-raw"),
        ("PGM", "pnm", "image/x-portable-anymap"),
        ("BTF", "tif", "image/tiff"),
        ("SVG", "svg", "text/xml"),
        ("JPX", "jp2", "image/jp2"),
        ("JP2", "j2k", "image/jp2"),
        ("NEF", "nrw", "image/x-nikon-nrw"),
        ("ARW", "sr2", "image/x-sony-sr2"),
        ("TIFF", "raw", "image/x-raw"),
    ],
)
def test_a_name_that_a_format_may_have_is_no_disagreement(name: str, extension: str, declared: str) -> None:
    found = detected(HEADS[name], engine_name=name, extension=extension, declared_media_type=declared)
    assert (found.declared_extension, found.declared_media_type) == ("", "")
    assert disagreement(found) is None


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("PNG", "jpg"),
        ("JPEG", "gif"),
        ("CR2", "nef"),
        ("PGM", "ppm"),
        ("AVIF", "heic"),
        ("JPX", "jpm"),
        ("SVG", "svgz"),
        ("PNG", "raw"),
        ("TGA", "raw"),
    ],
)
def test_an_extension_of_another_format_is_told(name: str, extension: str) -> None:
    found = detected(HEADS[name], engine_name=name, extension=extension)
    assert (found.name, found.declared_extension) == (name, extension)
    advice = disagreement(found)
    assert advice is not None
    assert advice.rule == "FORMAT_DISAGREES"
    assert advice.action.startswith(f"The file is {name}, though its name ends in .{extension}. Name it .")


def test_name_and_media_type_are_told_in_one_sentence() -> None:
    found = detected(HEADS["PNG"], engine_name="PNG", extension="jpg", declared_media_type="image/jpeg")
    advice = disagreement(found)
    assert advice is not None
    assert advice.action == (
        "The file is PNG, though its name ends in .jpg and it was sent as image/jpeg. Name it .png and send "
        "it as image/png: programs that go by the name will fail."
    )
