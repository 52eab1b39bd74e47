"""The Exif and TIFF directories that Pillow found."""

from typing import Any, Final

from metaextract_extractor.reading.engines.exif_testimony import Given, add_exif
from metaextract_extractor.reading.engines.testimony import Scalar, Testimony, quotient, rounded

_EXIF_IFD: Final = 0x8769
_GPS_IFD: Final = 0x8825
_INTEROP_IFD: Final = 0xA005
_SUB: Final = ((_EXIF_IFD, "ExifIFD"), (_GPS_IFD, "GPS"), (_INTEROP_IFD, "InteropIFD"))
_SUB_OF_BIGTIFF: Final = ((_EXIF_IFD, "ExifOffset"),)
"""In BigTIFF the primary engine calls it so, and sees no others."""


def add_directories(testimony: Testimony, exif: Any, block: bytes) -> None:  # noqa: ANN401 - `PIL.Image.Exif`
    """Add an Exif block: `exif` is an empty `PIL.Image.Exif`."""
    exif.load(block)
    for tag_id, value in exif.items():
        _add(testimony, "IFD0", tag_id, value)
    _add_sub(testimony, exif, _SUB)
    for tag_id, value in exif.get_ifd(-1).items():  # ExifTags.IFD.IFD1
        _add(testimony, "IFD1", tag_id, value)


def add_tiff(testimony: Testimony, image: Any, *, big: bool) -> None:  # noqa: ANN401 - `TiffImageFile`
    """Add the first directory of a TIFF file and those that hang on it."""
    for tag_id, value in image.tag_v2.items():
        _add(testimony, "IFD0", tag_id, value)
    _add_sub(testimony, image.getexif(), _SUB_OF_BIGTIFF if big else _SUB)


def _add_sub(testimony: Testimony, exif: Any, directories: tuple[tuple[int, str], ...]) -> None:  # noqa: ANN401
    for pointer, group in directories:
        for tag_id, value in exif.get_ifd(pointer).items():
            _add(testimony, group, tag_id, value)


def _add(testimony: Testimony, group: str, tag_id: object, value: object) -> None:
    given = _given(value)
    if given is not None and isinstance(tag_id, int):
        add_exif(testimony, group, int(tag_id), given)


def _given(value: object) -> Given | None:
    if isinstance(value, str | bytes):
        return value
    values = value if isinstance(value, tuple | list) else (value,)
    numbers = [_number(one) for one in values]
    return [one for one in numbers if one is not None] if None not in numbers else None


def _number(value: Any) -> Scalar | None:  # noqa: ANN401 - `IFDRational` has no useful base class
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return rounded(value)
    if hasattr(value, "numerator") and hasattr(value, "denominator"):
        return quotient(value.numerator, value.denominator)
    return None
