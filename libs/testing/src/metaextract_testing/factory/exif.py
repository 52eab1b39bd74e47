"""EXIF: what a camera writes about a picture, as TIFF directories and as a block for other containers.

Source: CIPA DC-008 (Exif 2.32), sections 4.6.4 to 4.6.6. Printed values are those of ``exiftool -G1 -s``.
"""

from fractions import Fraction
from io import BytesIO
from math import log2

from metaextract_testing.factory.made import Block
from metaextract_testing.factory.scene import CAMERA_MAKE, CAMERA_MODEL, SOFTWARE, Scene
from metaextract_testing.factory.tiff_structure import (
    ByteOrder,
    Data,
    Directory,
    Field,
    Kind,
    ascii_field,
    long_field,
    rational_field,
    short_field,
    tiff_structure,
)

EXIF_POINTER = 0x8769
GPS_POINTER = 0x8825
_INTEROP_POINTER = 0xA005
_ORIENTATIONS = {1: "Horizontal (normal)", 3: "Rotate 180", 6: "Rotate 90 CW", 8: "Rotate 270 CW"}


def camera_fields(
    scene: Scene, *, make: str = CAMERA_MAKE, model: str = CAMERA_MODEL, orientation: int | None = 1
) -> tuple[Field, ...]:
    """Return the entries of IFD0 that describe camera, author and picture."""
    turned = () if orientation is None else (
        short_field(0x0112, "Orientation", orientation, printed=_ORIENTATIONS[orientation]),
    )  # fmt: skip
    return (
        *turned,
        ascii_field(0x010E, "ImageDescription", scene.caption),
        ascii_field(0x010F, "Make", make),
        ascii_field(0x0110, "Model", model),
        rational_field(0x011A, "XResolution", 300, 1, printed="300"),
        rational_field(0x011B, "YResolution", 300, 1, printed="300"),
        short_field(0x0128, "ResolutionUnit", 2, printed="inches"),
        ascii_field(0x0131, "Software", SOFTWARE),
        ascii_field(0x0132, "ModifyDate", exif_time(scene)),
        ascii_field(0x013B, "Artist", scene.author),
        ascii_field(0x8298, "Copyright", f"(c) {scene.taken.year} {scene.author}"),
        Field(0x9C9B, Kind.BYTE, scene.title.encode("utf-16-le") + b"\0\0", "XPTitle", scene.title),
    )


def exif_time(scene: Scene) -> str:
    """Return the local time of capture in EXIF's notation, ``YYYY:MM:DD HH:MM:SS``."""
    return scene.taken.strftime("%Y:%m:%d %H:%M:%S")


def exif_directory(scene: Scene, *, compressed: tuple[int, int] | None = None) -> Directory:
    """Return the Exif IFD: time, exposure, lens; APEX values beside the plain ones they must agree with.

    Args:
        scene: what to tell.
        compressed: width and height of a compressed image, which adds the tags that DC-008 (table 21)
            forbids in an uncompressed file.
    """
    interop = Directory("InteropIFD", (
        ascii_field(1, "InteropIndex", "R98", "R98 - DCF basic file (sRGB)"),
        Field(2, Kind.UNDEFINED, b"0100", "InteropVersion", "0100"),
    ))  # fmt: skip
    fields = (*_exposure_fields(scene), *_time_fields(scene), *_picture_fields(scene))
    if compressed is None:
        return Directory("ExifIFD", fields)
    width, height = compressed
    return Directory("ExifIFD", (
        *fields,
        Field(0x9101, Kind.UNDEFINED, b"\1\2\3\0", "ComponentsConfiguration", "Y, Cb, Cr, -"),
        long_field(0xA002, "ExifImageWidth", width),
        long_field(0xA003, "ExifImageHeight", height),
    ), {_INTEROP_POINTER: interop})  # fmt: skip


def _exposure_fields(scene: Scene) -> tuple[Field, ...]:
    exposure, f_number = scene.exposure_seconds, scene.f_number
    printed_exposure = f"{exposure.numerator}/{exposure.denominator}"
    printed_f_number = f"{float(f_number):.1f}"
    return (
        rational_field(0x829A, "ExposureTime", exposure.numerator, exposure.denominator,
                       printed=printed_exposure),
        rational_field(0x829D, "FNumber", f_number.numerator, f_number.denominator,
                       printed=printed_f_number),
        short_field(0x8822, "ExposureProgram", 3, printed="Aperture-priority AE"),
        short_field(0x8827, "ISO", scene.iso),
        Field(0x9201, Kind.SRATIONAL, _apex(-log2(exposure)), "ShutterSpeedValue", printed_exposure),
        Field(0x9202, Kind.RATIONAL, _apex(2 * log2(f_number)), "ApertureValue", printed_f_number),
        Field(0x9204, Kind.SRATIONAL, (-1, 3), "ExposureCompensation", "-1/3"),
        short_field(0x9207, "MeteringMode", 5, printed="Multi-segment"),
        short_field(0x9209, "Flash", 16, printed="Off, Did not fire"),
        rational_field(0x920A, "FocalLength", 35, 1, printed="35.0 mm"),
        short_field(0xA402, "ExposureMode", 0, printed="Auto"),
        short_field(0xA403, "WhiteBalance", 0, printed="Auto"),
        short_field(0xA405, "FocalLengthIn35mmFormat", 52, printed="52 mm"),
        short_field(0xA406, "SceneCaptureType", 0, printed="Standard"),
    )  # fmt: skip


def _apex(value: float) -> tuple[int, int]:
    fraction = Fraction(value).limit_denominator(1_000_000)
    return fraction.numerator, fraction.denominator


def _time_fields(scene: Scene) -> tuple[Field, ...]:
    return (
        ascii_field(0x9003, "DateTimeOriginal", exif_time(scene)),
        ascii_field(0x9004, "CreateDate", exif_time(scene)),
        ascii_field(0x9010, "OffsetTime", scene.utc_offset),
        ascii_field(0x9011, "OffsetTimeOriginal", scene.utc_offset),
        ascii_field(0x9012, "OffsetTimeDigitized", scene.utc_offset),
        ascii_field(0x9291, "SubSecTimeOriginal", "042"),
    )


def _picture_fields(scene: Scene) -> tuple[Field, ...]:
    comment = f"Frame {scene.iso} of {scene.author.encode('ascii', 'replace').decode()}"
    return (
        Field(0x9000, Kind.UNDEFINED, b"0232", "ExifVersion", "0232"),
        Field(0x9286, Kind.UNDEFINED, b"ASCII\0\0\0" + comment.encode("ascii"), "UserComment", comment),
        Field(0xA000, Kind.UNDEFINED, b"0100", "FlashpixVersion", "0100"),
        short_field(0xA001, "ColorSpace", 1, printed="sRGB"),
        ascii_field(0xA430, "OwnerName", scene.author),
        ascii_field(0xA431, "SerialNumber", "NL2-004711"),
        rational_field(0xA432, "LensInfo", 24, 1, 70, 1, 28, 10, 28, 10, printed="24-70mm f/2.8"),
        ascii_field(0xA433, "LensMake", CAMERA_MAKE),
        ascii_field(0xA434, "LensModel", "NL 24-70mm f/2.8"),
    )


def gps_directory(scene: Scene) -> Directory:
    """Return the GPS IFD; time in UTC, position in WGS-84."""
    utc = scene.taken_utc
    hemispheres = {"N": "North", "S": "South", "E": "East", "W": "West"}
    latitude, longitude = scene.latitude, scene.longitude
    return Directory("GPS", (
        Field(0, Kind.BYTE, b"\2\3\0\0", "GPSVersionID", "2.3.0.0"),
        ascii_field(1, "GPSLatitudeRef", latitude.hemisphere, hemispheres[latitude.hemisphere]),
        rational_field(2, "GPSLatitude", latitude.degrees, 1, latitude.minutes, 1,
                       latitude.seconds_hundredths, 100, printed=latitude.printed),
        ascii_field(3, "GPSLongitudeRef", longitude.hemisphere, hemispheres[longitude.hemisphere]),
        rational_field(4, "GPSLongitude", longitude.degrees, 1, longitude.minutes, 1,
                       longitude.seconds_hundredths, 100, printed=longitude.printed),
        Field(5, Kind.BYTE, b"\0", "GPSAltitudeRef", "Above Sea Level"),
        rational_field(6, "GPSAltitude", scene.altitude_cm, 100,
                       printed=f"{_hundredths(scene.altitude_cm)} m"),
        rational_field(7, "GPSTimeStamp", utc.hour, 1, utc.minute, 1, utc.second, 1,
                       printed=utc.strftime("%H:%M:%S")),
        ascii_field(16, "GPSImgDirectionRef", "T", "True North"),
        rational_field(17, "GPSImgDirection", scene.direction_hundredths, 100,
                       printed=_hundredths(scene.direction_hundredths)),
        ascii_field(18, "GPSMapDatum", "WGS-84"),
        Field(27, Kind.UNDEFINED, b"ASCII\0\0\0GPS", "GPSProcessingMethod", "GPS"),
        ascii_field(29, "GPSDateStamp", utc.strftime("%Y:%m:%d")),
    ))  # fmt: skip


def _hundredths(number: int) -> str:
    """Print a number of hundredths as ExifTool does: no zeros at the end."""
    return f"{number / 100:.2f}".rstrip("0").rstrip(".")


def thumbnail_directory(scene: Scene) -> Directory:
    """Return IFD1 with a small JPEG of the picture."""
    buffer = BytesIO()
    scene.picture(48, 32).save(buffer, "JPEG", quality=80)
    thumbnail = buffer.getvalue()
    fields = (
        short_field(0x0103, "Compression", 6, printed="JPEG (old-style)"),
        rational_field(0x011A, "XResolution", 72, 1, printed="72"),
        rational_field(0x011B, "YResolution", 72, 1, printed="72"),
        short_field(0x0128, "ResolutionUnit", 2, printed="inches"),
        long_field(0x0202, "ThumbnailLength", len(thumbnail)),
    )
    return Directory("IFD1", fields, data=Data(0x0201, thumbnail))


def exif_block(
    scene: Scene,
    width: int,
    height: int,
    *,
    order: ByteOrder = "<",
    orientation: int | None = 1,
    thumbnail: bool = False,
) -> Block:
    """Return a complete EXIF block: a TIFF structure, without the mark that JPEG puts before it."""
    ifd0 = Directory(
        "IFD0",
        (
            *camera_fields(scene, orientation=orientation),
            short_field(0x0213, "YCbCrPositioning", 1, printed="Centered"),
        ),
        {EXIF_POINTER: exif_directory(scene, compressed=(width, height)), GPS_POINTER: gps_directory(scene)},
    )
    chain = [ifd0, thumbnail_directory(scene)] if thumbnail else [ifd0]
    structure = tiff_structure(chain, order=order)
    printed_order = "Little-endian (Intel, II)" if order == "<" else "Big-endian (Motorola, MM)"
    return Block(structure.content, {"File:ExifByteOrder": printed_order, **structure.tags})
