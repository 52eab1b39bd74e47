"""Panasonic's RW2 and RAW: TIFF with tags of its own, and the camera's JPEG in one of them.

Source: ExifTool's documentation of Panasonic raw tags; the header's version is 0x55.
"""

from types import MappingProxyType
from typing import Final

from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.exif_tags import EXIF, Tag
from metaextract_extractor.reading.walkers.jpeg import walk_jpeg
from metaextract_extractor.reading.walkers.tiff import walk_embedding_tiff

_JPG_FROM_RAW: Final = 0x2E
_NAMES: Final = {
    0x01: "PanasonicRawVersion",
    0x02: "SensorWidth",
    0x03: "SensorHeight",
    0x04: "SensorTopBorder",
    0x05: "SensorLeftBorder",
    0x06: "SensorBottomBorder",
    0x07: "SensorRightBorder",
    0x08: "SamplesPerPixel",
    0x0A: "BitsPerSample",
    0x0E: "LinearityLimitRed",
    0x0F: "LinearityLimitGreen",
    0x10: "LinearityLimitBlue",
    0x17: "ISO",
    0x1C: "BlackLevelRed",
    0x1D: "BlackLevelGreen",
    0x1E: "BlackLevelBlue",
    0x24: "WBRedLevel",
    0x25: "WBGreenLevel",
    0x26: "WBBlueLevel",
    0x2D: "RawFormat",
    0x2F: "CropTop",
    0x30: "CropLeft",
    0x31: "CropBottom",
    0x32: "CropRight",
    0x37: "ISO",
}
TAGS: Final = MappingProxyType(
    {
        **{number: Tag(name) for number, name in _NAMES.items()},
        0x1B: Tag("NoiseReductionParams", read_as="int16u"),
        **{number: EXIF[number] for number in (0x0112, 0x0116, 0x013B, 0x8298)},
        0x010F: Tag("Make", category="Camera"),
        0x0110: Tag("Model", category="Camera"),
    }
)
"""Tags of the first directory that are printed plainly."""


def walk_rw2(view: View, walk: Walk, path: str = "TIFF") -> None:
    """Walk an RW2 file; the JPEG in its first directory is a file of its own, with Exif."""
    walk_embedding_tiff(view, walk, path, TAGS, {_JPG_FROM_RAW: ("JPEG", walk_jpeg)})
