"""What Exif and IPTC IIM say, as properties of XMP (CIPA DC-010; IPTC Photo Metadata Standard 2023, appendix;
Metadata Working Group guidelines 2.0). Facts of coding, such as strips, are no metadata of a sidecar.
"""

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from metaextract_gateway.adapters.http.renderings.xmp_values import Scalar

Values: TypeAlias = list[Scalar]
Found: TypeAlias = Mapping[str, Values]
"""Values of one standard by tag name."""
Mapped: TypeAlias = Iterator[tuple[tuple[str, str], Values]]
"""Values of properties, by ExifTool's group and id of the property."""

_EXIF_SAME: Final = (
    "ExposureTime FNumber ExposureProgram SpectralSensitivity ExifVersion FlashpixVersion ShutterSpeedValue "
    "ApertureValue BrightnessValue MaxApertureValue SubjectDistance MeteringMode LightSource FocalLength "
    "UserComment ColorSpace RelatedSoundFile FlashEnergy FocalPlaneXResolution FocalPlaneYResolution "
    "FocalPlaneResolutionUnit ExposureIndex SensingMethod FileSource SceneType CustomRendered ExposureMode "
    "WhiteBalance DigitalZoomRatio SceneCaptureType GainControl Contrast Saturation Sharpness "
    "SubjectDistanceRange ImageUniqueID CompressedBitsPerPixel GPSAltitude GPSAltitudeRef GPSSatellites "
    "GPSStatus GPSMeasureMode GPSDOP GPSSpeedRef GPSSpeed GPSTrackRef GPSTrack GPSImgDirectionRef "
    "GPSImgDirection GPSMapDatum GPSDestBearingRef GPSDestBearing GPSDestDistanceRef GPSDestDistance "
    "GPSProcessingMethod GPSAreaInformation GPSDifferential GPSHPositioningError"
)
_EXIF: Final[Mapping[str, tuple[str, ...]]] = {
    **{name: (f"exif:{name}",) for name in _EXIF_SAME.split()},
    "ISO": ("exif:ISOSpeedRatings", "exifEX:PhotographicSensitivity"),
    "ExposureCompensation": ("exif:ExposureBiasValue",),
    "ExifImageWidth": ("exif:PixelXDimension",),
    "ExifImageHeight": ("exif:PixelYDimension",),
    "FocalLengthIn35mmFormat": ("exif:FocalLengthIn35mmFilm",),
    "Make": ("tiff:Make",),
    "Model": ("tiff:Model",),
    "Orientation": ("tiff:Orientation",),
    "XResolution": ("tiff:XResolution",),
    "YResolution": ("tiff:YResolution",),
    "ResolutionUnit": ("tiff:ResolutionUnit",),
    "ImageDescription": ("dc:description",),
    "Copyright": ("dc:rights",),
    "Software": ("xmp:CreatorTool",),
    "LensMake": ("exifEX:LensMake",),
    "LensModel": ("exifEX:LensModel",),
    "LensSerialNumber": ("exifEX:LensSerialNumber",),
    "SerialNumber": ("exifEX:BodySerialNumber",),
    "OwnerName": ("exifEX:CameraOwnerName",),
    "SensitivityType": ("exifEX:SensitivityType",),
    "StandardOutputSensitivity": ("exifEX:StandardOutputSensitivity",),
    "RecommendedExposureIndex": ("exifEX:RecommendedExposureIndex",),
    "InteropIndex": ("exifEX:InteroperabilityIndex",),
    "Gamma": ("exifEX:Gamma",),
}
_IPTC: Final[Mapping[str, str]] = {
    "ObjectName": "dc:title",
    "Caption-Abstract": "dc:description",
    "Keywords": "dc:subject",
    "By-line": "dc:creator",
    "CopyrightNotice": "dc:rights",
    "By-lineTitle": "photoshop:AuthorsPosition",
    "Headline": "photoshop:Headline",
    "Credit": "photoshop:Credit",
    "Source": "photoshop:Source",
    "City": "photoshop:City",
    "Province-State": "photoshop:State",
    "Country-PrimaryLocationName": "photoshop:Country",
    "OriginalTransmissionReference": "photoshop:TransmissionReference",
    "SpecialInstructions": "photoshop:Instructions",
    "Category": "photoshop:Category",
    "SupplementalCategories": "photoshop:SupplementalCategories",
    "Urgency": "photoshop:Urgency",
    "Writer-Editor": "photoshop:CaptionWriter",
    "Sub-location": "iptcCore:Location",
    "Country-PrimaryLocationCode": "iptcCore:CountryCode",
    "SubjectReference": "iptcCore:SubjectCode",
}
# Exif's time, what tells its fraction and its zone, and the properties that it is.
_TIMES: Final = (
    (
        "DateTimeOriginal",
        "SubSecTimeOriginal",
        "OffsetTimeOriginal",
        "exif:DateTimeOriginal photoshop:DateCreated",
    ),
    ("CreateDate", "SubSecTimeDigitized", "OffsetTimeDigitized", "exif:DateTimeDigitized xmp:CreateDate"),
    ("ModifyDate", "SubSecTime", "OffsetTime", "xmp:ModifyDate"),
)
_FLASH_BITS: Final = (
    ("Fired", 0, 1),
    ("Return", 1, 3),
    ("Mode", 3, 3),
    ("Function", 5, 1),
    ("RedEyeMode", 6, 1),
)


def of_exif(found: Found) -> Mapped:
    """Yield the properties that Exif fields are."""
    for name, targets in _EXIF.items():
        if found.get(name):
            for target in targets:
                yield _key(target), found[name]
    yield from _lists(found)
    yield from _flash(found)
    yield from _times(found)
    yield from _position(found)


def of_iptc(found: Found) -> Mapped:
    """Yield the properties that IPTC datasets are."""
    for name, target in _IPTC.items():
        if found.get(name):
            yield _key(target), found[name]
    if date := _text(found, "DateCreated"):
        time = _text(found, "TimeCreated")
        yield _key("photoshop:DateCreated"), [f"{date} {time}" if time else date]


def _lists(found: Found) -> Mapped:
    """Yield what Exif writes in one text and XMP as a list."""
    for name, target in (
        ("ComponentsConfiguration", "exif:ComponentsConfiguration"),
        ("SubjectArea", "exif:SubjectArea"),
    ):
        if parts := _text(found, name).split():
            yield _key(target), [*parts]
    if parts := _text(found, "LensInfo").split():
        yield _key("exifEX:LensSpecification"), [_number(part) for part in parts]
    if artists := [one for part in _text(found, "Artist").split(";") if (one := part.strip())]:
        yield _key("dc:creator"), [*artists]
    if version := _text(found, "GPSVersionID"):
        yield _key("exif:GPSVersionID"), [version.replace(" ", ".")]


def _flash(found: Found) -> Mapped:
    stated = found.get("Flash", [None])[0]
    if isinstance(stated, float):
        for part, shift, mask in _FLASH_BITS:
            bits = int(stated) >> shift & mask
            yield _key(f"exif:Flash{part}"), [bool(bits) if mask == 1 else float(bits)]


def _times(found: Found) -> Mapped:
    for name, fraction, zone, targets in _TIMES:
        if time := _text(found, name):
            digits = _text(found, fraction).strip()
            fractional = f".{digits}" if digits.isdigit() and len(time) == len("2024:01:01 00:00:00") else ""
            for target in targets.split():
                yield _key(target), [f"{time}{fractional}{_text(found, zone).strip()}"]


def _position(found: Found) -> Mapped:
    """Yield coordinates with their sign: Exif keeps the hemisphere apart."""
    for name, negative in (
        ("GPSLatitude", "S"),
        ("GPSLongitude", "W"),
        ("GPSDestLatitude", "S"),
        ("GPSDestLongitude", "W"),
    ):
        degrees = found.get(name, [None])[0]
        hemisphere = _text(found, f"{name}Ref")[:1].upper()
        if isinstance(degrees, float) and hemisphere:
            yield _key(f"exif:{name}"), [-abs(degrees) if hemisphere == negative else abs(degrees)]
    date, time = _text(found, "GPSDateStamp"), _text(found, "GPSTimeStamp")
    if date and time:
        yield _key("exif:GPSTimeStamp"), [f"{date} {time}Z"]


def _key(target: str) -> tuple[str, str]:
    prefix, _, id_ = target.partition(":")
    return f"XMP-{prefix}", id_


def _text(found: Found, name: str) -> str:
    value = found.get(name, [""])[0]
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value if isinstance(value, str) else ""


def _number(text: str) -> Scalar:
    try:
        return float(text)
    except ValueError:
        return "0/0"
