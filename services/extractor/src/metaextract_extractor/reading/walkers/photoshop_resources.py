"""The image resources of Photoshop that are plain values.

Source: Adobe Photoshop File Formats Specification (November 2019), "Image Resources".
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import (
    Entry,
    Section,
    as_raw,
    binary_text,
    emit,
    number_text,
    walk_record,
)
from metaextract_extractor.reading.walkers.scalars import utf8, western

_THUMBNAIL_HEADER_BYTES: Final = 28
_JPEG: Final = b"\xff\xd8\xff"
_CHANNEL_BYTES: Final = 13
_CHANNELS_MAX: Final = 64
_UNITS: Final = {1: "inches", 2: "cm"}
_PROGRESSIVE: Final = 0x0101


def _hundredths(value: float) -> str:
    return number_text(int(value * 100 + 0.5) / 100)


def _fixed(value: int) -> float:
    return value / 0x10000


_RESOLUTION: Final = (
    Entry(0, "I", "XResolution", convert=_fixed, prints=_hundredths),
    Entry(4, "H", "DisplayedUnitsX", tag_id="2", prints=_UNITS),
    Entry(8, "I", "YResolution", tag_id="4", convert=_fixed, prints=_hundredths),
    Entry(12, "H", "DisplayedUnitsY", tag_id="6", prints=_UNITS),
)
_PRINT_SCALE: Final = (
    Entry(0, "H", "PrintStyle", prints={0: "Centered", 1: "Size to Fit", 2: "User Defined"}),
    Entry(2, "ff", "PrintPosition"),
    Entry(10, "f", "PrintScale"),
)
_PIXELS: Final = (Entry(4, "d", "PixelAspectRatio"),)
_QUALITY: Final = (
    Entry(0, "h", "PhotoshopQuality", prints=lambda value: str(value + 4)),
    Entry(
        2,
        "h",
        "PhotoshopFormat",
        tag_id="1",
        prints={0: "Standard", 1: "Optimized", _PROGRESSIVE: "Progressive"},
    ),
)
_SCANS: Final = (
    Entry(4, "h", "ProgressiveScans", tag_id="2", prints={1: "3 Scans", 2: "4 Scans", 3: "5 Scans"}),
)
_CHANNEL: Final = (
    Entry(
        0,
        "H",
        "ChannelColorSpace",
        prints={0: "RGB", 1: "HSB", 2: "CMYK", 7: "Lab", 8: "Grayscale"},
    ),
    Entry(2, "4H", "ChannelColorData"),
    Entry(11, "B", "ChannelOpacity", prints=lambda value: f"{value}%"),
    Entry(
        12,
        "B",
        "ChannelColorIndicates",
        prints={0: "Selected Areas", 1: "Masked Areas", 2: "Spot Color"},
    ),
)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: its number, what it holds, and where to write it down."""

    number: int
    content: View
    walk: Walk
    path: str

    def section(self, inner: str = "", group: str = "Photoshop", category: str = "Image") -> Section:
        path = f"{self.path}-{inner}" if inner else self.path
        return Section(path, group, Standard.PHOTOSHOP, category)

    def emit(self, name: str, value: object, at: View | None, **more: str) -> None:
        emit(self.walk, self.section(**more), name, value, at, tag_id=str(self.number))


def _record(inner: str, entries: tuple[Entry, ...]) -> Callable[[Resource], None]:
    def read(one: Resource) -> None:
        walk_record(one.content, one.walk, one.section(inner), entries)

    return read


def _quality(one: Resource) -> None:
    section = one.section("JPEG_Quality")
    values = walk_record(one.content, one.walk, section, _QUALITY)
    if values.get("PhotoshopFormat") == _PROGRESSIVE:
        walk_record(one.content, one.walk, section, _SCANS)


def _channels(one: Resource) -> None:
    content = one.content.part(4) if one.content.has(4, 0) else one.content
    for index in range(min(content.size_bytes // _CHANNEL_BYTES, _CHANNELS_MAX)):
        record = content.part(index * _CHANNEL_BYTES, _CHANNEL_BYTES)
        walk_record(record, one.walk, one.section("ChannelOptions", f"Channel{index}"), _CHANNEL)


def pascal_texts(data: bytes) -> str:
    """Join texts that each begin with their length."""
    found = []
    at = 0
    while at < len(data) and at + data[at] < len(data):
        found.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return western(b", ".join(found))


def unicode_text(data: bytes) -> str:
    """Decode big-endian UTF-16 up to the first null."""
    return data[: len(data) // 2 * 2].decode("utf-16-be", "replace").split("\0")[0]


def _alpha_names(one: Resource) -> None:
    data = one.content.read(0, one.content.size_bytes)
    single = len(data) > 1 and data[0] == len(data) - 1
    at = one.content.part(1) if single and b"\0" not in data[1:] else None
    one.emit("AlphaChannelsNames", pascal_texts(data), at)


def _clipping_path(one: Resource) -> None:
    data = one.content.read(0, one.content.size_bytes)
    if not data:
        return
    name = data[: data[0] + 1]
    at = one.content.part(1, len(name) - 1) if b"\0" not in name[1:] else None
    one.emit("ClippingPathName", pascal_texts(name), at)


def _bytes_as_numbers(one: Resource) -> None:
    data = one.content.read(0, one.content.size_bytes)
    value = " ".join(map(str, data))
    flag = {"0": "False", "1": "True"}.get(value, f"Unknown ({value})")
    emit(
        one.walk, one.section(category="Author"), "CopyrightFlag", value, one.content,
        tag_id=str(one.number), prints=lambda _value: flag,
    )  # fmt: skip


def _address(one: Resource) -> None:
    text = utf8(one.content.read(0, one.content.size_bytes))
    at = one.content if "\0" not in text else None
    one.emit("URL", text.replace("\0", ""), at, category="Author")


def _integer(name: str) -> Callable[[Resource], None]:
    def read(one: Resource) -> None:
        if one.content.has(0, 4):
            place = one.content.part(0, 4)
            one.emit(name, int.from_bytes(place.read(0, 4), "big"), place)

    return read


def _workflow(one: Resource) -> None:
    data = one.content.read(0, one.content.size_bytes)
    length = int.from_bytes(data[:4], "big") * 2
    if len(data) < 4 or len(data) < 4 + length:  # noqa: PLR2004 - the count
        one.emit("WorkflowURL", "<err>", None)
        return
    text = data[4 : 4 + length].decode("utf-16-be", "replace")
    one.emit("WorkflowURL", text.replace("\0", ""), one.content.part(4, length) if "\0" not in text else None)


def _addresses(one: Resource) -> None:
    data = one.content.read(0, one.content.size_bytes)
    if len(data) < 4:  # noqa: PLR2004 - the count
        return
    found: list[str] = []
    at = 4
    for _ in range(min(int.from_bytes(data[:4], "big"), len(data) // 12)):
        at += 8
        length = int.from_bytes(data[at : at + 4], "big") * 2
        if len(data) < at + 4 + length:
            break
        found.append(data[at + 4 : at + 4 + length].decode("utf-16-be", "replace").replace("\0", ""))
        at += 4 + length
    section = one.section()
    one.walk.value(
        section.path,
        Standard.PHOTOSHOP,
        section.group,
        "URL_List",
        as_raw(found),
        ", ".join(found),
        tag_id=str(one.number),
        category=section.category,
    )


def _counted_text(one: Resource, start: int) -> tuple[str, View | None, int] | None:
    """Return a text behind its count of UTF-16 units, where it stands, and how many bytes it has."""
    if not one.content.has(start, 4):
        return None
    room = one.content.size_bytes - start - 4
    length = min(int.from_bytes(one.content.read(start, 4), "big") * 2, room)
    text = unicode_text(one.content.read(start + 4, length))
    used = len(text.encode("utf-16-be", "replace"))
    return text, (one.content.part(start + 4, used) if used else None), length


def _slices(one: Resource) -> None:
    section = one.section("SliceInfo", category="Other")
    name = _counted_text(one, 20)
    if name is None:
        return
    emit(one.walk, section, "SlicesGroupName", name[0], name[1], tag_id="20")
    count = Entry(24 + name[2], "I", "NumSlices", tag_id="24")
    walk_record(one.content, one.walk, section, (count,))


def _version(one: Resource) -> None:
    section = one.section("VersionInfo")
    real = Entry(4, "B", "HasRealMergedData", prints={0: "No", 1: "Yes"})
    walk_record(one.content, one.walk, section, (real,))
    writer = _counted_text(one, 5)
    if writer is None:
        return
    emit(one.walk, section, "WriterName", writer[0], writer[1], tag_id="5")
    reader = _counted_text(one, 9 + writer[2])
    if reader is not None:
        emit(one.walk, section, "ReaderName", reader[0], reader[1], tag_id="9")


def _digest(one: Resource) -> None:
    data = one.content.read(0, one.content.size_bytes)
    one.emit("IPTCDigest", data.hex(), one.content)


def _thumbnail(one: Resource) -> None:
    name = "PhotoshopThumbnail" if one.number == 0x040C else "PhotoshopBGRThumbnail"  # noqa: PLR2004
    if one.content.size_bytes <= _THUMBNAIL_HEADER_BYTES:
        return
    width, height = struct.unpack(">II", one.content.read(4, 8))
    picture = one.content.part(_THUMBNAIL_HEADER_BYTES)
    if picture.all(3) == _JPEG:
        one.walk.image("thumbnail", one.path, picture, width, height)
    one.emit(name, binary_text(picture.size_bytes), None, category="Preview")


RESOURCES: Final[dict[int, Callable[[Resource], None]]] = {
    0x03ED: _record("ResolutionInfo", _RESOLUTION),
    0x03EE: _alpha_names,
    0x0406: _quality,
    0x0409: _thumbnail,
    0x040A: _bytes_as_numbers,
    0x040B: _address,
    0x040C: _thumbnail,
    0x040D: _integer("GlobalAngle"),
    0x0419: _integer("GlobalAltitude"),
    0x041A: _slices,
    0x041B: _workflow,
    0x041E: _addresses,
    0x0421: _version,
    0x0425: _digest,
    0x0426: _record("PrintScaleInfo", _PRINT_SCALE),
    0x0428: _record("PixelInfo", _PIXELS),
    0x0435: _channels,
    0x0BB7: _clipping_path,
}

THUMBNAILS: Final = frozenset(number for number, read in RESOURCES.items() if read is _thumbnail)
"""Resources that are pictures, and may be long."""
