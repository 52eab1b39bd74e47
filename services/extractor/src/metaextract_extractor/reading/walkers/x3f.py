"""X3F, the raw format of Sigma's Foveon cameras: header in front, directory at the end.

Source: Foveon, "X3F Raw Image File Format", revision of 2008-09-02 (header, extended data, directory,
property list); versions from 2.3 on as ExifTool documents them.
"""

import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import (
    Entry,
    Prints,
    Section,
    binary_text,
    bit_names,
    decoded,
    emit,
    number_text,
    walk_record,
)
from metaextract_extractor.reading.walkers.bmff import guarded
from metaextract_extractor.reading.walkers.nested import walk_nested
from metaextract_extractor.reading.walkers.scalars import exposure_time

_GROUP: Final = "SigmaRaw"
_HEADER_BYTES: Final = 40
_EXTENDED_BYTES: Final = 160
_KINDS_BYTES: Final = 32
_SECTION_HEAD_BYTES: Final = 28
_SECTION_ENTRY_BYTES: Final = 12
_SECTIONS_MAX: Final = 64
_PROPERTIES_MAX: Final = 1024
_JPEG_SECTION: Final = b"SECi\0\0\x02\0\x02\0\0\0\x12\0\0\0"
_EXIF_JPEG: Final = b"\xff\xd8\xff\xe1"
_PROPERTY_HEAD_BYTES: Final = 24
_LENS: Final = "LENSMODEL"
"""Its printed form needs a table of lenses, so only its place is told."""


def _version(value: int) -> str:
    return f"{value >> 16}.{value & 0xFFFF}"


_HEADER: Final = (
    Entry(4, "I", "FileVersion", "1", convert=_version),
    Entry(8, "16s", "ImageUniqueID", "2", convert=bytes.hex),
    Entry(24, "I", "MarkBits", "6", prints=bit_names({})),
    Entry(28, "I", "ImageWidth", "7"),
    Entry(32, "I", "ImageHeight", "8"),
    Entry(36, "I", "Rotation", "9"),
)
_HEADER_TEXTS: Final = ((40, "WhiteBalance", "10"), (72, "SceneCaptureType", "18"))
_HEADER_TEXT_BYTES: Final = 32
_HEADER_4: Final = (
    Entry(4, "I", "FileVersion", "1", convert=_version),
    Entry(40, "I", "ImageWidth", "10"),
    Entry(44, "I", "ImageHeight", "11"),
    Entry(48, "I", "Rotation", "12"),
)
_HEADER_4_BYTES: Final = 0x300
_EXTENDED: Final = (
    "", "ExposureAdjust", "Contrast", "Shadow", "Highlight", "Saturation", "Sharpness", "RedAdjust",
    "GreenAdjust", "BlueAdjust", "X3FillLight",
)  # fmt: skip


def _exposure_time(text: str) -> str:
    return exposure_time(float(text))


def _fraction(text: str) -> str:
    """Print steps of exposure as whole numbers, halves or thirds."""
    value = float(text) * 1.00001
    if value == 0:
        return "0"
    for parts, ending in ((1, ""), (2, "/2"), (3, "/3")):
        if int(value * parts) / (value * parts) > 0.999:  # noqa: PLR2004 - close enough
            return f"{int(value * parts):+d}{ending}"
    return f"{value:+.3g}"


_PROPERTIES: Final[Mapping[str, tuple[str, str, Prints | None]]] = {
    "AEMODE": ("MeteringMode", "", {"8": "8-segment", "C": "Center-weighted average", "A": "Average"}),
    "AFAREA": ("AFArea", "", None),
    "AFINFOCUS": ("AFInFocus", "", None),
    "AFMODE": ("FocusMode", "", None),
    "AP_DESC": ("ApertureDisplayed", "", None),
    "APERTURE": ("FNumber", "Image", lambda text: f"{float(text):.1f}"),
    "BRACKET": ("BracketShot", "", None),
    "BURST": ("BurstShot", "", None),
    "CAMMANUF": ("Make", "", None),
    "CAMMODEL": ("Model", "", None),
    "CAMNAME": ("CameraName", "", None),
    "CAMSERIAL": ("SerialNumber", "", None),
    "CM_DESC": ("SceneCaptureType", "", None),
    "COLORSPACE": ("ColorSpace", "", None),
    "DRIVE": ("DriveMode", "", {
        "SINGLE": "Single Shot", "MULTI": "Multi Shot", "2S": "2 s Timer", "10S": "10 s Timer",
        "UP": "Mirror Up", "AB": "Auto Bracket", "OFF": "Off"}),
    "EVAL_STATE": ("EvalState", "", None),
    "EXPCOMP": ("ExposureCompensation", "Image", _fraction),
    "EXPNET": ("NetExposureCompensation", "Image", _fraction),
    "EXPTIME": ("IntegrationTime", "Image", _exposure_time),
    "FIRMVERS": ("FirmwareVersion", "", None),
    "FLASH": ("FlashMode", "", str.capitalize),
    "FLASHEXPCOMP": ("FlashExpComp", "", None),
    "FLASHPOWER": ("FlashPower", "", None),
    "FLASHTTLMODE": ("FlashTTLMode", "", None),
    "FLASHTYPE": ("FlashType", "", None),
    "FLENGTH": ("FocalLength", "", lambda text: f"{float(text):.1f} mm"),
    "FLEQ35MM": ("FocalLengthIn35mmFormat", "", lambda text: f"{float(text):.1f} mm"),
    "FOCUS": ("Focus", "", {
        "AF": "Auto-focus Locked", "NO LOCK": "Auto-focus Didn't Lock", "M": "Manual"}),
    "IMAGERBOARDID": ("ImagerBoardID", "", None),
    "IMAGERTEMP": ("SensorTemperature", "", lambda text: f"{text} C"),
    "IMAGEBOARDID": ("ImageBoardID", "", None),
    "ISO": ("ISO", "", None),
    "LENSARANGE": ("LensApertureRange", "", None),
    "LENSFRANGE": ("LensFocalRange", "", None),
    "PMODE": ("ExposureProgram", "", {
        "P": "Program", "A": "Aperture Priority", "S": "Shutter Priority", "M": "Manual"}),
    "RESOLUTION": ("Quality", "", {"LOW": "Low", "MED": "Medium", "HI": "High"}),
    "SENSORID": ("SensorID", "", None),
    "SH_DESC": ("ShutterSpeedDisplayed", "", None),
    "SHUTTER": ("ExposureTime", "Image", _exposure_time),
    "TIME": ("DateTimeOriginal", "Time", None),
    "WB_DESC": ("WhiteBalance", "", None),
    "VERSION_BF": ("VersionBF", "", None),
}  # fmt: skip
"""Key -> name, category, printed form."""


def walk_x3f(view: View, walk: Walk, path: str) -> None:
    """Walk an X3F file."""
    with walk.within("file", path, view):
        _walk_header(view, walk, path)
        size = (walk.width_pixels, walk.height_pixels)
        (start,) = struct.unpack("<I", view.read(view.size_bytes - 4, 4))
        walk.understood(view.part(view.size_bytes - 4))
        there = view.has(start, _SECTION_ENTRY_BYTES)
        walk.reference(resolved=there)
        if there and view.read(start, 4) == b"SECd":
            _walk_directory(view, start, walk, path)
        else:
            walk.not_read(path, view.part(_HEADER_BYTES), Why.DAMAGED)
            walk.picture_without_end(path)  # the directory stands last
        walk.format_name = "X3F"
        walk.width_pixels, walk.height_pixels = size


def _walk_header(view: View, walk: Walk, path: str) -> None:
    walk.format_name = "X3F"
    (version,) = struct.unpack("<I", view.read(4, 4))
    numbers = (version >> 16, version & 0xFFFF)
    of_version_4 = numbers[0] >= 4  # noqa: PLR2004 - version
    extended = not of_version_4 and numbers > (2, 0)
    length = _HEADER_4_BYTES if of_version_4 else _HEADER_BYTES
    if extended:
        length = 104 if numbers > (2, 2) else 72  # the older has no scene
    header = view.part(0, length)
    section = Section(f"{path}-{'Header4' if of_version_4 else 'Header'}", _GROUP, category="Other")
    values = walk_record(header, walk, section, _HEADER_4 if of_version_4 else _HEADER, "<")
    if not of_version_4:
        _walk_header_texts(header, walk, section)
    walk.understood(header)
    walk.width_pixels, walk.height_pixels = values.get("ImageWidth"), values.get("ImageHeight")
    if extended and view.has(length, _EXTENDED_BYTES):
        _walk_extended(view.part(length, _EXTENDED_BYTES), walk, f"{path}-Header")


def _walk_header_texts(header: View, walk: Walk, section: Section) -> None:
    for at, name, tag_id in _HEADER_TEXTS:
        if header.has(at, _HEADER_TEXT_BYTES):
            text = header.read(at, _HEADER_TEXT_BYTES).split(b"\0", 1)[0]
            place = header.part(at, len(text)) if text else None
            emit(walk, section, name, decoded(text), place, tag_id=tag_id)


def _walk_extended(view: View, walk: Walk, path: str) -> None:
    """Numbers whose meaning is told by bytes in front of them."""
    section = Section(path, _GROUP, category="Camera")
    kinds = view.read(0, _KINDS_BYTES)
    walk.understood(view)
    for number, kind in enumerate(kinds):
        if 0 < kind < len(_EXTENDED):
            entry = Entry(
                _KINDS_BYTES + number * 4,
                "f",
                _EXTENDED[kind],
                str(kind),
                prints=lambda value: f"{value:.1f}",
            )
            walk_record(view, walk, section, (entry,), "<")


def _walk_directory(view: View, start: int, walk: Walk, path: str) -> None:
    (count,) = struct.unpack("<I", view.read(start + 8, 4))
    walk.understood(view.part(start, _SECTION_ENTRY_BYTES))
    for number in range(min(count, _SECTIONS_MAX)):
        at = start + _SECTION_ENTRY_BYTES * (number + 1)
        if not view.has(at, _SECTION_ENTRY_BYTES):
            return
        offset, length, kind = struct.unpack("<II4s", view.read(at, _SECTION_ENTRY_BYTES))
        walk.understood(view.part(at, _SECTION_ENTRY_BYTES))
        there = view.has(offset, length) and length > 0
        walk.reference(resolved=there)
        if not there:
            continue
        content = view.part(offset, length)
        with guarded(walk, path, content):
            if kind == b"PROP":
                _walk_properties(content, walk, f"{path}-SigmaRaw-SigmaRaw")
            elif kind in (b"IMAG", b"IMA2"):
                _walk_image(content, kind, walk, f"{path}-SigmaRaw")
            elif kind == b"CAMF":
                walk.not_read(path, content, Why.ENCRYPTED)
            else:
                walk.not_read(path, content, Why.VENDOR)


def _walk_image(content: View, kind: bytes, walk: Walk, path: str) -> None:
    if content.size_bytes <= _SECTION_HEAD_BYTES:
        return
    walk.understood(content.part(0, _SECTION_HEAD_BYTES))
    picture = content.part(_SECTION_HEAD_BYTES)
    walk.understood(picture)
    if content.read(0, len(_JPEG_SECTION)) != _JPEG_SECTION:
        return
    width, height = struct.unpack("<II", content.read(16, 8))
    walk.image("preview", path, picture, width, height)
    section = Section(path, _GROUP, category="Preview")
    full = picture.size_bytes >= len(_EXIF_JPEG) and picture.read(0, len(_EXIF_JPEG)) == _EXIF_JPEG
    if full and kind == b"IMA2":
        walk_nested("jpeg", picture, walk, path)
        emit(walk, section, "JpgFromRaw", binary_text(picture.size_bytes), None, tag_id="IMA2")
    else:
        emit(walk, section, "PreviewImage", binary_text(picture.size_bytes), None, tag_id=kind.decode())


def _walk_properties(content: View, walk: Walk, path: str) -> None:
    """Read pairs of offsets into a run of UTF-16 text."""
    with walk.within("vendor", path, content):
        mark, count, coding, length = struct.unpack("<4s4xII4xI", content.read(0, _PROPERTY_HEAD_BYTES))
        texts_at = _PROPERTY_HEAD_BYTES + 8 * count
        if mark != b"SECp" or coding != 0 or not content.has(texts_at, length * 2):
            walk.not_read(path, content, Why.DAMAGED)
            return
        texts = content.part(texts_at, length * 2)
        characters = texts.all(walk.budgets.value_bytes_max)
        section = Section(path, _GROUP, category="Camera")
        walk.understood(content)
        for number in range(min(count, _PROPERTIES_MAX)):
            key_at, value_at = struct.unpack("<II", content.read(_PROPERTY_HEAD_BYTES + number * 8, 8))
            key, value = _utf16(characters, key_at), _utf16(characters, value_at)
            if key is None or value is None:
                return
            place = texts.part(value_at * 2, len(value) * 2) if value and value.isascii() else None
            _emit_property(key, value, place, walk, section)


def _utf16(data: bytes, at: int) -> str | None:
    """Return the text that begins at a character and ends with a null; None if it begins past the end."""
    if at * 2 >= len(data):
        return None
    end = at * 2
    while data[end : end + 2] not in (b"\0\0", b"", b"\0"):
        end += 2
    return data[at * 2 : end].decode("utf-16-le", "replace")


def _emit_property(key: str, text: str, place: View | None, walk: Walk, section: Section) -> None:
    if key not in _PROPERTIES:
        if key == _LENS and place is not None:
            walk.locate(section.path, section.group, key, place)
        return
    name, category, prints = _PROPERTIES[key]
    try:
        value = _converted(key, text)
        emit(walk, section, name, value, place, tag_id=key, prints=prints, category=category)
    except (ValueError, OverflowError):
        return  # no number where one should stand: what ExifTool makes of that is its own


def _converted(key: str, text: str) -> str:
    if key == "EXPTIME":
        return number_text(float(text) * 1e-6)
    if key == "TIME":
        seconds = int(text)
        return (
            f"{datetime.fromtimestamp(seconds, UTC):%Y:%m:%d %H:%M:%S}" if seconds else "0000:00:00 00:00:00"
        )
    return text
