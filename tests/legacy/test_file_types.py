"""Which files the legacy route accepts: those of the original's list, and what it refused in spite of it."""

import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from PIL import Image

from metaextract_testing.factory import FORMATS_UNKNOWN_TO_EXIFTOOL, make
from metaextract_testing.factory.movies import make_heic_sequence, make_mj2
from metaextract_testing.fleet import Fleet

EXTRACT: Final = "/api/images_mvp/extract"
GENERIC: Final = "application/octet-stream"
PUBLIC: Final = (
    Path(os.environ.get("SAMPLES_DIR", Path(__file__).parents[2].parent / "shared" / "samples")) / "public"
)
REFUSED: Final = {
    "error": "Unsupported file type",
    "message": "File type not permitted",
    "code": "UNSUPPORTED_FILE_TYPE",
}
GUESSED: Final = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp",
    "heic": "image/heic", "heif": "image/heif", "avif": "image/avif", "jxl": "image/jxl",
    "jp2": "image/jp2", "j2k": "image/jp2", "jpf": "image/jp2", "jpx": "image/jpx", "jpm": "image/jpm",
    "mj2": GENERIC, "psd": "image/vnd.adobe.photoshop", "psb": "image/vnd.adobe.photoshop",
    "exr": "image/x-exr", "icns": "image/icns", "dds": "image/vnd-ms.dds", "tga": "image/x-tga",
    "pbm": "image/x-portable-anymap", "pgm": "image/x-portable-anymap", "ppm": "image/x-portable-anymap",
    "pnm": "image/x-portable-anymap", "hdr": "image/vnd.radiance", "svgz": "image/svg+xml",
    "fits": "application/fits", "fit": "application/fits", "fts": "application/fits",
    "tiff": "image/tiff", "tif": "image/tiff", "bmp": "image/bmp", "gif": "image/gif",
    "ico": "image/x-icon", "svg": "image/svg+xml", "raw": "image/x-raw", "cr2": "image/x-canon-cr2",
    "cr3": "image/x-canon-cr3", "nef": "image/x-nikon-nef", "nrw": "image/x-nikon-nrw",
    "arw": "image/x-sony-arw", "sr2": "image/x-sony-sr2", "dng": "image/x-adobe-dng",
    "orf": "image/x-olympus-orf", "raf": "image/x-fuji-raf", "pef": "image/x-pentax-pef",
    "x3f": "image/x-sigma-x3f", "srw": "image/x-samsung-srw", "rw2": "image/x-panasonic-rw2",
    "rwl": "image/x-leica-rwl", "3fr": "image/x-hasselblad-3fr", "iiq": "image/x-phaseone-iiq",
}  # fmt: skip
"""The 52 extensions of the original, and the media type that clients give for each (§1.4)."""

_SVG: Final = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
)
_CARD: Final = "{:<80}".format


def _jpeg_2000(extension: str) -> bytes:
    buffer = io.BytesIO()
    buffer.name = f"a.{extension}"  # Pillow writes a bare codestream under this name
    Image.new("RGB", (64, 64), (9, 99, 199)).save(buffer, "JPEG2000", no_jp2=extension == "j2k")
    return buffer.getvalue()


def _fits() -> bytes:
    cards = (
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    2",
    )
    cards += ("NAXIS1  =                    8", "NAXIS2  =                    8", "END")
    return "".join(map(_CARD, cards)).encode().ljust(2880) + bytes(2880)


HAND_MADE: Final = {
    "pbm": b"P4\n8 8\n" + bytes(8),
    "pgm": b"P5\n8 8\n255\n" + bytes(64),
    "pnm": b"P6\n8 8\n255\n" + bytes(192),
    "svgz": gzip.compress(_SVG, mtime=0),
    "fits": _fits(),
    "fit": _fits(),
    "fts": _fits(),
    "hdr": b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 8 +X 8\n" + bytes(256),
    "j2k": _jpeg_2000("j2k"),
    "jpf": _jpeg_2000("jp2"),
    "psb": b"8BPS\0\2" + bytes(6) + b"\0\3\0\0\0\10\0\0\0\10\0\10\0\3" + bytes(16) + b"\0\0" + bytes(192),
}
"""Smallest files of formats of which no sample is at hand."""


def samples() -> dict[str, Path]:
    """Return the smallest sample of each extension."""
    found: dict[str, Path] = {}
    for path in sorted(PUBLIC.rglob("*.*"), key=lambda path: path.stat().st_size, reverse=True):
        found[path.suffix.removeprefix(".").lower()] = path
    return {extension: path for extension, path in found.items() if extension in GUESSED}


SAMPLES: Final = samples()


@pytest.fixture(scope="module")
def http(unmetered_fleet: Fleet) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=unmetered_fleet.url, timeout=90) as client:
        yield client


def sent(http: httpx.Client, name: str, content: bytes, media_type: str) -> httpx.Response:
    return http.post(EXTRACT, files={"file": (name, content, media_type)}, data={"op_embedding": "0"})


def test_every_extension_and_media_type_of_the_original_is_known(http: httpx.Client) -> None:
    listed = http.post("/api/images_mvp/quote", json={}).json()["limits"]["allowedMimes"]
    formats = http.get("/v1/formats").json()["formats"]
    known = {extension for one in formats for extension in one["extensions"]}

    assert len(GUESSED) == 52
    assert set(GUESSED) <= known
    assert len(listed) == 41
    assert set(GUESSED.values()) - {GENERIC} <= set(listed)


@pytest.mark.parametrize("extension", SAMPLES)
def test_a_real_file_is_accepted_by_the_type_that_clients_give(http: httpx.Client, extension: str) -> None:
    path = SAMPLES[extension]
    answer = sent(http, path.name, path.read_bytes(), GUESSED[extension])

    assert answer.status_code == 200, answer.text[:300]
    assert answer.json()["filetype"] == extension.upper()


@pytest.mark.parametrize("extension", HAND_MADE)
def test_a_format_without_samples_is_accepted(http: httpx.Client, extension: str) -> None:
    answer = sent(http, f"a.{extension}", HAND_MADE[extension], GUESSED[extension])

    assert answer.status_code == 200, answer.text[:300]


@pytest.mark.parametrize("fmt", FORMATS_UNKNOWN_TO_EXIFTOOL)
def test_a_made_file_is_accepted(http: httpx.Client, fmt: str) -> None:
    image = make(fmt, seed=5)

    assert sent(http, image.name, image.content, GUESSED[fmt]).status_code == 200


@pytest.mark.parametrize("media_type", ["image/heic", "image/heic-sequence", GENERIC])
def test_a_heic_sequence_is_accepted(http: httpx.Client, media_type: str) -> None:
    sequence = make_heic_sequence(5)

    answer = sent(http, sequence.name, sequence.content, media_type)

    assert answer.status_code == 200, answer.text
    assert (answer.json()["image"]["width"], answer.json()["image"]["is_animated"]) == (128, True)


@pytest.mark.parametrize("media_type", ["video/mj2", GENERIC])
def test_motion_jpeg_2000_is_accepted(http: httpx.Client, media_type: str) -> None:
    """The original had it on its list of extensions, and not on that of media types."""
    motion = make_mj2(5)

    answer = sent(http, motion.name, motion.content, media_type)

    assert answer.status_code == 200
    assert (answer.json()["filetype"], answer.json()["image"]["width"]) == ("MJ2", 64)


@pytest.mark.parametrize(
    ("fmt", "media_type"),
    [
        ("jpeg", GENERIC),
        ("jpeg", "binary/octet-stream"),
        ("jpeg", "image/jpg"),
        ("bmp", "image/x-bmp"),
        ("apng", "image/png"),
        ("png", ""),
    ],
)
def test_a_type_that_names_no_other_format_contradicts_nothing(
    http: httpx.Client, fmt: str, media_type: str
) -> None:
    image = make(fmt, seed=5)

    assert sent(http, image.name, image.content, media_type).status_code == 200


@pytest.mark.parametrize("name", ["../../a.jpg", "C:\\photos\\a.jpg", "/etc/a.jpg", "a.jpg"])
def test_folders_in_a_name_are_dropped(http: httpx.Client, name: str) -> None:
    answer = sent(http, name, make("jpeg", seed=5).content, "image/jpeg").json()

    assert (answer["filename"], answer["summary"]["filename"]) == ("a.jpg", "a.jpg")


RENAMED: Final = {
    "jpx": "jp2",
    "jpm": "jp2",
    "j2k": "jp2",
    "raw": "rw2",
    "rwl": "rw2",
    "nrw": "nef",
    "sr2": "arw",
}
"""Extensions of which there is no sample, and those of files that are alike."""


@pytest.mark.parametrize("extension", sorted(RENAMED.keys() if SAMPLES else ()))
def test_a_file_of_the_same_kind_is_accepted_under_its_other_name(http: httpx.Client, extension: str) -> None:
    content = SAMPLES[RENAMED[extension]].read_bytes()

    assert sent(http, f"a.{extension}", content, GUESSED[extension]).status_code == 200


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("declared.svg", "image/svg+xml"),
        ("declared.svg", "application/xml"),
        ("declared.svg", "text/xml"),
    ],
)
def test_an_svg_with_an_xml_declaration_is_accepted(http: httpx.Client, name: str, media_type: str) -> None:
    """The original refused it, as it did RAF, APNG, HEIC sequences and J2K (§10.D, 42)."""
    answer = sent(http, name, b'<?xml version="1.0" encoding="UTF-8"?>\n' + _SVG, media_type)

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("fmt", "name", "media_type"),
    [
        ("png", "photo.jpg", "image/jpeg"),
        ("png", "photo.png", "image/jpeg"),
        ("png", "photo.jpg", "image/png"),
        ("png", "photo.jpg", GENERIC),
        ("jpeg", "photo.heic", "image/heic"),
        ("gif", "photo.cr2", "image/x-canon-cr2"),
        ("webp", "photo.tiff", GENERIC),
        ("jpeg", "photo.pdf", "image/jpeg"),
        ("jpeg", "photo.jpg", "application/pdf"),
        ("jpeg", "photo.jpg", "video/mp4"),
        ("jpeg", "photo.mp4", GENERIC),
        ("jpeg", "photo", "image/jpeg"),
    ],
)
def test_name_and_type_must_not_contradict_the_content(
    http: httpx.Client, fmt: str, name: str, media_type: str
) -> None:
    answer = sent(http, name, make(fmt, seed=6).content, media_type)

    assert (answer.status_code, answer.json()) == (403, REFUSED)


def test_the_samples_are_at_hand() -> None:
    if not PUBLIC.is_dir():
        message = f"NOT COMPARED: no sample files at {PUBLIC} (set SAMPLES_DIR)"
        if "CI" in os.environ:
            pytest.fail(message)
        pytest.skip(message)
    assert len(SAMPLES) >= 28
