"""TIFF-structured raw files: DNG, and the frames of CR2, NEF and ARW without maker notes.

Sources: Adobe DNG 1.6, chapters 3 and 4; TIFF/EP (ISO 12234-2) for the CFA tags; the CR2 header as
ExifTool's CanonRaw documentation gives it. Sensor data is uncompressed 16-bit noise in an RGGB pattern:
enough for every reader of metadata, and LibRaw decodes the DNG.
"""

import struct

from metaextract_testing.factory.exif import (
    EXIF_POINTER,
    GPS_POINTER,
    camera_fields,
    exif_directory,
    gps_directory,
    thumbnail_directory,
)
from metaextract_testing.factory.made import MadeImage
from metaextract_testing.factory.scene import CAMERA_MODEL, Scene, scene
from metaextract_testing.factory.tiff import STRIP_OFFSETS, strip_fields
from metaextract_testing.factory.tiff_structure import (
    Data,
    Directory,
    Field,
    Kind,
    TiffStructure,
    ascii_field,
    long_field,
    rational_field,
    short_field,
    tiff_structure,
)
from metaextract_testing.factory.xmp import xmp_block

_SUB_IFDS = 0x014A
_WIDTH, _HEIGHT = 128, 96
_PREVIEW = (32, 24)
_CR2_MARK = b"CR\x02\x00"
_CR2_RAW_OFFSET_AT = 12


def sensor_fields(width: int, height: int, group: str) -> tuple[Field, ...]:
    """Return the entries of uncompressed sensor data in one strip, but for its offset."""
    return (
        long_field(0x00FE, "SubfileType", 0, printed="Full-resolution image"),
        long_field(0x0100, "ImageWidth", width),
        long_field(0x0101, "ImageHeight", height),
        short_field(0x0102, "BitsPerSample", 16),
        short_field(0x0103, "Compression", 1, printed="Uncompressed"),
        short_field(0x0106, "PhotometricInterpretation", 32803, printed="Color Filter Array"),
        short_field(0x0115, "SamplesPerPixel", 1),
        long_field(0x0116, "RowsPerStrip", height),
        long_field(0x0117, "StripByteCounts", width * height * 2),
        short_field(0x011C, "PlanarConfiguration", 1, printed="Chunky"),
        short_field(0x828D, "CFARepeatPatternDim", 2, 2),
        Field(0x828E, Kind.BYTE, b"\0\1\1\2", "CFAPattern2", "0 1 1 2"),
        *((short_field(0xC61A, "BlackLevel", 512), short_field(0xC61D, "WhiteLevel", 0x3FFF))
          if group == "SubIFD" else ()),
    )  # fmt: skip


def _sensor_directory(facts: Scene, group: str) -> Directory:
    samples = _WIDTH * _HEIGHT
    noise = struct.unpack(f"<{samples}H", facts.random("sensor").randbytes(samples * 2))
    data = struct.pack(f"<{samples}H", *(value & 0x3FFF for value in noise))
    return Directory(group, sensor_fields(_WIDTH, _HEIGHT, group), data=Data(STRIP_OFFSETS, data))


def preview_directory(facts: Scene, fields: tuple[Field, ...], *, sensor: Directory | None) -> Directory:
    """Return IFD0: a small RGB preview that carries the description of the whole file."""
    pixels = facts.picture(*_PREVIEW).tobytes()
    children = {EXIF_POINTER: exif_directory(facts), GPS_POINTER: gps_directory(facts)}
    if sensor is not None:
        children[_SUB_IFDS] = sensor
    # ExifTool takes the strip of a CR2's IFD0 for its preview image and names it so.
    byte_count_name = "StripByteCounts" if sensor else "PreviewImageLength"
    preview = (
        long_field(0x00FE, "SubfileType", 1, printed="Reduced-resolution image"),
        *strip_fields(*_PREVIEW, len(pixels), byte_count_name=byte_count_name),
    )
    return Directory("IFD0", (*preview, *fields), children, Data(STRIP_OFFSETS, pixels))


def _made(image_format: str, seed: int, structure: TiffStructure, media_type: str) -> MadeImage:
    tags = {
        "File:FileType": image_format.upper(),
        "File:MIMEType": media_type,
        "File:ExifByteOrder": "Little-endian (Intel, II)",
        **structure.tags,
    }
    return MadeImage(f"{image_format}-{seed}.{image_format}", media_type, structure.content, tags)


def dng_fields(facts: Scene) -> tuple[tuple[Field, ...], dict[str, str]]:
    """Return the entries of a DNG's IFD0 apart from its picture, and the tags of the XMP among them."""
    xmp = xmp_block(facts)
    matrix = (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)
    fields = (
        *camera_fields(facts),
        Field(0x02BC, Kind.BYTE, xmp.content),
        Field(0xC612, Kind.BYTE, b"\1\4\0\0", "DNGVersion", "1.4.0.0"),
        Field(0xC613, Kind.BYTE, b"\1\1\0\0", "DNGBackwardVersion", "1.1.0.0"),
        ascii_field(0xC614, "UniqueCameraModel", f"{CAMERA_MODEL} Digital"),
        Field(0xC621, Kind.SRATIONAL, matrix, "ColorMatrix1", "1 0 0 0 1 0 0 0 1"),
        rational_field(0xC628, "AsShotNeutral", 1, 2, 1, 1, 3, 4, printed="0.5 1 0.75"),
        short_field(0xC65A, "CalibrationIlluminant1", 21, printed="D65"),
    )
    return fields, dict(xmp.tags)


def make_dng(seed: int) -> MadeImage:
    """Make a DNG with a preview in IFD0, sensor data in a SubIFD, colour data, EXIF, GPS and XMP."""
    facts = scene("dng", seed)
    fields, xmp_tags = dng_fields(facts)
    ifd0 = preview_directory(facts, fields, sensor=_sensor_directory(facts, "SubIFD"))
    made = _made("dng", seed, tiff_structure([ifd0]), "image/x-adobe-dng")
    return MadeImage(made.name, made.media_type, made.content, {**made.tags, **xmp_tags})


def make_nef(seed: int) -> MadeImage:
    """Make a TIFF structure laid out like a NEF: preview in IFD0, sensor data in a SubIFD, no maker notes."""
    facts = scene("nef", seed)
    fields = camera_fields(facts, make="NIKON CORPORATION", model="NIKON D750")
    ifd0 = preview_directory(facts, fields, sensor=_sensor_directory(facts, "SubIFD"))
    return _made("nef", seed, tiff_structure([ifd0]), "image/x-nikon-nef")


def make_arw(seed: int) -> MadeImage:
    """Make a TIFF structure laid out like an ARW: SubIFD with sensor data and a JPEG thumbnail in IFD1."""
    facts = scene("arw", seed)
    fields = camera_fields(facts, make="SONY", model="ILCE-7M3")
    ifd0 = preview_directory(facts, fields, sensor=_sensor_directory(facts, "SubIFD"))
    return _made("arw", seed, tiff_structure([ifd0, thumbnail_directory(facts)]), "image/x-sony-arw")


def make_cr2(seed: int) -> MadeImage:
    """Make a TIFF structure laid out like a CR2: its mark at offset 8, four chained IFDs, sensor in IFD3."""
    facts = scene("cr2", seed)
    fields = camera_fields(facts, make="Canon", model="Canon EOS 6D")
    pixels = facts.picture(16, 12).tobytes()
    small = Directory("IFD2", strip_fields(16, 12, len(pixels)), data=Data(STRIP_OFFSETS, pixels))
    chain = [
        preview_directory(facts, fields, sensor=None),
        thumbnail_directory(facts),
        small,
        _sensor_directory(facts, "IFD3"),
    ]
    structure = tiff_structure(chain, reserved=_CR2_MARK + bytes(4))
    content = bytearray(structure.content)
    struct.pack_into("<I", content, _CR2_RAW_OFFSET_AT, structure.directory_offsets[3])
    pointed = TiffStructure(bytes(content), structure.directory_offsets, structure.tags)
    return _made("cr2", seed, pointed, "image/x-canon-cr2")
