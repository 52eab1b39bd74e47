"""Fields that ExifTool does not have: those of the groups that our further engines fill.

Whoever adds such a field to an engine adds it here, too: the dictionary is made from ExifTool's list and
this one. A test reads files with the engines and compares.
"""

from typing import Final

from metaextract_extractor.domain.dictionary import ENGLISH, Entry, EntryValue, Facts
from metaextract_extractor.domain.result import Standard


def _fields(engine: str, group: str, category: str, *fields: tuple[str, str, str, str]) -> tuple[Entry, ...]:
    """Make entries of (name, type, unit, description); they are in a table named as the group."""
    return tuple(
        Entry(
            facts=Facts(
                field_name=name,
                family=group,
                group=group,
                category=category,
                table=group,
                tag_id=name,
                standard=Standard.CONTAINER,
                type=kind,
                unit=unit,
                engine=engine,
            ),
            descriptions={ENGLISH: description},
            values=_VALUES.get((group, name), ()),
        )
        for name, kind, unit, description in fields
    )


def _values(**texts: str) -> tuple[EntryValue, ...]:
    return tuple(EntryValue(raw.removeprefix("_"), {ENGLISH: text}) for raw, text in texts.items())


_VALUES: Final = {
    # What the codes of LibRaw's `flip` mean (LibRaw data structures, libraw_image_sizes_t).
    ("LibRaw", "Flip"): _values(
        _0="Horizontal (normal)", _3="Rotate 180", _5="Rotate 90 counter-clockwise", _6="Rotate 90 clockwise"
    ),
    ("LibRaw", "ThumbnailFormat"): _values(JPEG="JPEG stream", bitmap="RGB pixels"),
    ("LibRaw", "RawType"): _values(Flat="One value for each pixel", Stack="Several values for each pixel"),
}

_LIBRAW: Final = _fields(
    "rawpy",
    "LibRaw",
    "Image",
    ("RawWidth", "integer", "px", "Width of the sensor picture with its margins"),
    ("RawHeight", "integer", "px", "Height of the sensor picture with its margins"),
    ("ImageWidth", "integer", "px", "Width of the visible part of the sensor picture"),
    ("ImageHeight", "integer", "px", "Height of the visible part of the sensor picture"),
    ("LeftMargin", "integer", "px", "Columns to the left of the visible part"),
    ("TopMargin", "integer", "px", "Rows above the visible part"),
    ("CropLeft", "integer", "px", "Left edge of the maker's crop"),
    ("CropTop", "integer", "px", "Upper edge of the maker's crop"),
    ("CropWidth", "integer", "px", "Width of the maker's crop"),
    ("CropHeight", "integer", "px", "Height of the maker's crop"),
    ("PixelAspectRatio", "real", "", "Width of a sensor pixel divided by its height"),
    ("Flip", "integer", "", "Rotation that brings the picture upright"),
    ("ColorsCount", "integer", "", "Colours of the filter array"),
    ("ColorDescription", "string", "", "Colours of the filter array by letter, in the order of the levels"),
    ("ThumbnailFormat", "string", "", "Coding of the embedded preview"),
    ("ThumbnailLength", "integer", "bytes", "Length of the embedded preview"),
    ("ThumbnailWidth", "integer", "px", "Width of the embedded preview"),
    ("ThumbnailHeight", "integer", "px", "Height of the embedded preview"),
    ("RawType", "string", "", "How the sensor picture is laid out"),
    ("RawPattern", "string", "", "Colour filter array, row by row"),
    ("WhiteLevel", "integer", "", "Sensor value of saturation"),
    ("BlackLevels", "string", "", "Sensor value of black, for each colour"),
    ("CameraWhiteLevels", "string", "", "Saturation as the camera states it, for each colour"),
    ("CameraWhiteBalance", "string", "", "White balance multipliers of the shot, for each colour"),
    ("DaylightWhiteBalance", "string", "", "White balance multipliers for daylight, for each colour"),
    ("ColorMatrix", "string", "", "Matrix from camera colours to sRGB, from the file"),
    ("XYZToCameraMatrix", "string", "", "Matrix from CIE XYZ to camera colours, from LibRaw's tables"),
    ("ToneCurve", "string", "", "Linearisation curve, in samples at equal distances, or `linear`"),
)
_HEIF: Final = _fields(
    "pillow-heif",
    "HEIF",
    "Image",
    ("ImagesCount", "integer", "", "Pictures in the file, auxiliary ones not counted"),
    ("PrimaryImageWidth", "integer", "px", "Width of the primary picture after cropping and rotation"),
    ("PrimaryImageHeight", "integer", "px", "Height of the primary picture after cropping and rotation"),
    ("PrimaryImageMode", "string", "", "Channels of the primary picture"),
    ("PrimaryImageBitDepth", "integer", "bits", "Bits of each channel of the primary picture"),
    ("PrimaryImageChroma", "string", "", "Chroma subsampling of the primary picture"),
    ("TileColumns", "integer", "", "Columns of the grid of tiles"),
    ("TileRows", "integer", "", "Rows of the grid of tiles"),
    ("TileSize", "string", "px", "Width and height of a tile"),
    ("ThumbnailsCount", "integer", "", "Thumbnails of the primary picture"),
    ("ThumbnailLongestEdge", "integer", "px", "Longest edge of a thumbnail"),
    ("DepthImagesCount", "integer", "", "Depth maps of the primary picture"),
    ("DepthImageSize", "string", "px", "Width and height of a depth map"),
    ("AuxiliaryImagesCount", "integer", "", "Auxiliary pictures, such as gain maps and mattes"),
    ("AuxiliaryImageType", "string", "", "Type of an auxiliary picture, a URN"),
    ("AuxiliaryImageItems", "string", "", "Items that hold auxiliary pictures of one type"),
    ("MaxContentLightLevel", "integer", "cd/m²", "Brightest pixel of the picture (CTA-861.3, MaxCLL)"),
    ("MaxPicAverageLightLevel", "integer", "cd/m²", "Average brightness of the picture (CTA-861.3, MaxFALL)"),
)

OWN_FIELDS: Final = (*_LIBRAW, *_HEIF)
"""All of them, by engine."""
