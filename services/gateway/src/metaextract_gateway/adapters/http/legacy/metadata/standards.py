"""The tags themselves, by the standard that defines them, and the few that everybody looks for."""

import re
from collections.abc import Iterable
from typing import Any, Final

from metaextract.extractor.v1.result_pb2 import Field, FileFacts
from metaextract_gateway.adapters.http.legacy.metadata.pixels import pixels
from metaextract_gateway.adapters.http.legacy.metadata.tags import Tag, Tags, number

_MAIN_DIRECTORIES: Final = {"IFD0": 0, "ExifIFD": 1, "GPS": 2, "InteropIFD": 3}
_FURTHER_IMAGE: Final = re.compile(r"IFD[1-9]\d*")
_EMBEDDED: Final = ("Thumbnail", "Preview", "JpgFromRaw", "OtherImage")
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DISPLAYED: Final = frozenset({
    "CameraTemperature", "CanonFirmwareVersion", "DriveMode", "FirmwareVersion", "FlashMode", "FocusMode",
    "ImageQuality", "ImageStabilization", "InternalSerialNumber", "Lens", "LensModel", "LensSerialNumber",
    "LensType", "OwnerName", "PictureMode", "Quality", "SceneMode", "SerialNumber", "ShutterCount",
})  # fmt: skip


def exif(tags: Tags) -> dict[str, Any]:
    """Return EXIF tags with raw values; the main image's directories go before all others.

    A further directory (IFD1 and on) describes the thumbnail or another page: of it only the tags that
    say so themselves are taken, lest the thumbnail's compression is read as the picture's.
    """
    found: dict[str, Any] = {}
    ranked = sorted(
        tags.of(Field.STANDARD_EXIF), key=lambda tag: _MAIN_DIRECTORIES.get(tag.group, len(_MAIN_DIRECTORIES))
    )
    for tag in ranked:
        if not _FURTHER_IMAGE.fullmatch(tag.group) or tag.name.startswith(_EMBEDDED):
            found.setdefault(tag.name, tag.raw)
    return found


def iptc(tags: Tags) -> dict[str, Any] | None:
    """Return IPTC IIM tags with raw values; None without any."""
    return _first((tag.name, tag.raw) for tag in tags.of(Field.STANDARD_IPTC)) or None


def xmp(tags: Tags) -> dict[str, Any] | None:
    """Return XMP properties as `XMP-ns:Tag` with raw values; None without any."""
    return _first((f"{tag.group}:{tag.name}", tag.raw) for tag in tags.of(Field.STANDARD_XMP)) or None


def content_credentials(tags: Tags) -> dict[str, Any]:
    """Return what JUMBF boxes hold, C2PA manifests above all, as `Group:Tag` with raw values."""
    return _first((f"{tag.group}:{tag.name}", tag.raw) for tag in tags.of(Field.STANDARD_JUMBF))


def makernote(tags: Tags) -> dict[str, Any]:
    """Return the maker notes by vendor, and the few of them that people look for.

    `enrichmentLevel` is `partial` where there are some: named and printed, but not interpreted further.
    """
    raw: dict[str, dict[str, Any]] = {}
    displayed: dict[str, Tag] = {}
    for tag in tags.of(Field.STANDARD_MAKERNOTE):
        raw.setdefault(tag.group, {}).setdefault(tag.name, tag.raw)
        if tag.name in _DISPLAYED and tag.printed:
            displayed.setdefault(tag.name, tag)
    make, model = tags.exif("Make"), tags.exif("Model")
    return {
        "raw": raw,
        "enriched": {
            "manufacturer": (make.printed if make else next(iter(raw))) if raw else None,
            "model": model.printed if model else None,
            "deviceSpecific": {},
            "enrichmentLevel": "partial" if raw else "none",
            "displayFields": [
                {"label": _WORD.sub(" ", name), "value": tag.printed} for name, tag in displayed.items()
            ],
            "highlights": [],
        },
    }


def normalized(file: FileFacts, tags: Tags) -> dict[str, Any]:
    """Return what several standards can say, under one name each; only what one of them says.

    `image_quality` is the legacy's name for the format.
    """
    color_space = tags.exif("ColorSpace")
    known: dict[str, Any] = {
        **_camera(tags),
        "image_quality": file.format.name,
        "bit_depth": pixels(file, tags).channel_bits,
        "color_space": color_space.printed if color_space else None,
        "headline": tags.raw(("IPTC", "Headline"), ("XMP-photoshop", "Headline")),
        "keywords": tags.raw(("IPTC", "Keywords"), ("XMP-dc", "Subject")),
        "location_city": tags.raw(("IPTC", "City"), ("XMP-photoshop", "City")),
        "title": tags.raw(("XMP-dc", "Title"), ("IPTC", "ObjectName")),
        "creator": tags.raw(("XMP-dc", "Creator"), ("IPTC", "By-line"), ("IFD0", "Artist")),
    }
    searched = ("camera_make", "camera_model", "creator", "title", "headline", "keywords", "location_city")
    known["searchable_text"] = " ".join(_words(known[key]) for key in searched if known[key])
    return {key: value for key, value in known.items() if value not in (None, "")}


def _camera(tags: Tags) -> dict[str, Any]:
    make, model, shutter = (tags.exif(name) for name in ("Make", "Model", "ExposureTime"))
    iso, f_number, focal_length, flash = (
        number(tag.raw) if (tag := tags.exif(name)) else None
        for name in ("ISO", "FNumber", "FocalLength", "Flash")
    )
    exposure = shutter.printed if shutter else None
    known_exposure = iso is not None and f_number is not None and exposure
    return {
        "camera_make": make.printed if make else None,
        "camera_model": model.printed if model else None,
        "iso": iso,
        "aperture": f_number,
        "shutter_speed": exposure,
        "focal_length": focal_length,
        "flash_used": bool(flash & 1) if isinstance(flash, int) else None,  # bit 0: fired (Exif 3.0, 4.6.5)
        "exposure_triangle": f"ISO {iso}, f/{f_number}, {exposure}" if known_exposure else None,
    }


def _words(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _first(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found.setdefault(key, value)
    return found
