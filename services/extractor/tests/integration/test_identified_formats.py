"""What a file is, told by real workers: formats that ExifTool does not know, or takes for others."""

import gzip
import io
import struct

import brotli
import pytest
from PIL import Image

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1 import result_pb2
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.errors import from_status
from metaextract_testing.factory import MadeImage, make

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIGNATURE = result_pb2.DetectedFormat.BASIS_SIGNATURE
BRAND = result_pb2.DetectedFormat.BASIS_CONTAINER_BRAND
EXTENSION = result_pb2.DetectedFormat.BASIS_EXTENSION
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><title>Drawn</title></svg>'


def picture(mode: str, pillow_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (40, 30), 7).save(buffer, pillow_format, **options)
    return buffer.getvalue()


def fits() -> bytes:
    values = {"SIMPLE": "T", "BITPIX": "8", "NAXIS": "2", "NAXIS1": "40", "NAXIS2": "30"}
    cards = [*(f"{key:<8}= {value:>20}" for key, value in values.items()), "END"]
    return "".join(f"{card:<80}" for card in cards).ljust(2880).encode() + bytes(2880)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def jxl() -> bytes:
    """A JPEG XL file of 8 x 8 pixels whose XMP is packed with Brotli."""
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/jxl"/>'
        b"</rdf:RDF></x:xmpmeta>"
    )
    return (
        box(b"JXL ", b"\r\n\x87\n")
        + box(b"ftyp", b"jxl " + bytes(4) + b"jxl ")
        + box(b"brob", b"xml " + brotli.compress(xmp))
        + box(b"jxlc", b"\xff\x0a\x01" + bytes(20))
    )


async def read(service, content: bytes, file_name: str, **header: object) -> pb.Extraction:
    made = MadeImage(file_name, "", content, {})
    return (await service.extract(made, **header)).ended


CASES = {
    "a.tga": (picture("RGB", "TGA"), "TGA", "image/x-tga", EXTENSION, (40, 30), True),
    "packed.tga": (
        picture("RGB", "TGA", compression="tga_rle"), "TGA", "image/x-tga", EXTENSION, (40, 30), True,
    ),
    "grey.tga": (picture("L", "TGA"), "TGA", "image/x-tga", EXTENSION, (40, 30), True),
    "palette.tga": (picture("P", "TGA"), "TGA", "image/x-tga", EXTENSION, (40, 30), True),
    "a.dds": (make("dds").content, "DDS", "image/vnd-ms.dds", SIGNATURE, (64, 48), True),
    "a.icns": (make("icns").content, "ICNS", "image/icns", SIGNATURE, (1024, 1024), True),
    "a.fits": (fits(), "FITS", "application/fits", SIGNATURE, (40, 30), False),
    "a.svgz": (gzip.compress(SVG), "SVGZ", "image/svg+xml", BRAND, (20, 10), False),
    "a.svg": (
        b'<?xml version="1.0"?><!--' + b"x" * 5000 + b"-->" + SVG, "SVG", "image/svg+xml", BRAND, (20, 10),
        False,
    ),
    "a.jxl": (jxl(), "JXL", "image/jxl", SIGNATURE, (8, 8), False),
}  # fmt: skip


@pytest.mark.parametrize("file_name", CASES)
async def test_format_basis_and_size_are_told(file_name: str, service) -> None:
    content, name, media_type, basis, size, fallback = CASES[file_name]
    result = (await read(service, content, file_name)).result
    found = result.file.format
    assert (found.name, found.media_type, found.basis) == (name, media_type, basis)
    assert (found.declared_media_type, found.declared_extension) == ("", "")
    assert (result.file.width_pixels, result.file.height_pixels) == size
    assert (result.fallback.engine, result.fallback.cause) == (
        ("exiftool", "unknown_format") if fallback else ("", "")
    )


@pytest.mark.parametrize("file_name", ["a.svg", "a.svgz"])
async def test_the_fields_of_an_svg_are_shown_however_it_is_wrapped(file_name: str, service) -> None:
    result = (await read(service, CASES[file_name][0], file_name)).result
    printed = {(one.group, one.name): one.printed for one in result.fields}
    assert (printed["SVG", "ImageWidth"], printed["SVG", "Title"]) == ("20", "Drawn")


async def test_metadata_that_brotli_packed_are_shown(service) -> None:
    extraction = await read(service, jxl(), "a.jxl", operations=[pb.OPERATION_FORENSICS])
    fields = [one for one in extraction.result.fields if one.group == "XMP-dc"]
    assert [(one.name, one.printed, one.engine) for one in fields] == [("Format", "image/jxl", "walkers")]
    assert "not_understood" not in str(extraction.operations)
    assert not any("Install" in one.statement for one in extraction.quality.conformance.findings)


@pytest.mark.parametrize(
    ("content", "file_name"),
    [
        (bytes(25) + b"ARECOYK" + bytes(100), "cut.raw"),
        (gzip.compress(b"no drawing " * 1000, mtime=0), "a.svgz"),
        (b'<?xml version="1.0"?><!--' + b"x" * 5000 + b"--><note>no drawing</note>", "a.svg"),
    ],
)
async def test_what_turns_out_to_be_no_image_fails_as_such(content: bytes, file_name: str, service) -> None:
    ended = await read(service, content, file_name)
    error = from_status(ended.error)
    assert ended.state == pb.Extraction.STATE_FAILED
    assert isinstance(error, ServiceError)
    assert (error.reason, error.metadata["bytes_received"]) == ("UNSUPPORTED_FORMAT", str(len(content)))


async def test_a_name_and_a_media_type_of_another_format_are_told_with_what_to_do(service) -> None:
    ended = await read(service, make("png").content, "b.jpg", declared_media_type="image/jpeg")
    found = ended.result.file.format
    assert (found.name, found.declared_extension, found.declared_media_type) == ("PNG", "jpg", "image/jpeg")
    (warning,) = [one for one in ended.result.warnings if one.code == "FORMAT_DISAGREES"]
    assert warning.message.startswith("The file is PNG, though its name ends in .jpg and it was sent as")
    assert ended.quality.recommended_actions[0].action == warning.message


async def test_an_animated_png_may_call_itself_a_png(service) -> None:
    ended = await read(service, make("apng").content, "a.png", declared_media_type="image/png")
    found = ended.result.file.format
    assert (found.name, found.media_type) == ("APNG", "image/apng")
    assert (found.declared_extension, found.declared_media_type) == ("", "")
