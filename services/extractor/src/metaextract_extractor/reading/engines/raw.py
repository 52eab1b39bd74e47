"""LibRaw, through rawpy: what it knows of the sensor picture of a camera raw file, in the group `LibRaw`."""

import importlib
from pathlib import Path
from typing import Any, Final

from metaextract_extractor.domain.formats import BY_EXTENSION
from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.engines.testimony import Scalar, Testimony, quotient, rounded, text
from metaextract_extractor.reading.evidence import EngineError, Report, Subject

RAW_PIXELS_MAX: Final = 128 * 1024 * 1024
"""The sensor picture has two bytes for each pixel once it is unpacked."""

CURVE_SAMPLES: Final = 17

_FAMILIES: Final = frozenset({"CR3", "CRW", "RW2", "ORF", "RAF", "X3F", "MRW"})

Opened = Any
"""`rawpy.RawPy`: compiled, so its types are not checked."""


class Raw:
    """LibRaw. `levels`: unpack the sensor data, too, without which it tells no levels, matrices and patterns.

    Unpacking decodes the whole sensor picture (up to 256 MiB and a second or more), so it is for requests
    that ask for it.
    """

    name: Final = "rawpy"

    def __init__(self, *, levels: bool = False) -> None:
        self._rawpy: Any = importlib.import_module("rawpy")
        self._levels = levels

    @property
    def version(self) -> str:
        """Of the binding and of LibRaw."""
        return f"{self._rawpy.__version__} (LibRaw {'.'.join(map(str, self._rawpy.libraw_version))})"

    def reads(self, subject: Subject) -> bool:
        """Whether it is a raw format, or a TIFF that does not call itself a plain one."""
        if subject.family == "TIFF":
            named = BY_EXTENSION.get(subject.extension)
            return subject.whole and (named is None or named.raw)
        return subject.whole and subject.family in _FAMILIES

    def read(self, subject: Subject) -> Report:
        """Identify, and unpack if that was asked for."""
        testimony = Testimony(self.name)
        opened = self._rawpy.RawPy()
        try:
            self._identify(testimony, opened, subject.path)
            self._add_thumbnail(testimony, opened)
            if self._levels:
                self._add_levels(testimony, opened)
        finally:
            opened.close()
        return testimony.report()

    def _identify(self, testimony: Testimony, opened: Opened, path: Path) -> None:
        try:
            opened.open_file(str(path))
        except self._rawpy.LibRawError as error:
            message = f"LibRaw refuses the file ({type(error).__name__})."
            raise EngineError(message) from error
        sizes = opened.sizes
        for name, value in (
            ("RawWidth", sizes.raw_width),
            ("RawHeight", sizes.raw_height),
            ("ImageWidth", sizes.width),
            ("ImageHeight", sizes.height),
            ("LeftMargin", sizes.left_margin),
            ("TopMargin", sizes.top_margin),
            ("CropLeft", sizes.crop_left_margin),
            ("CropTop", sizes.crop_top_margin),
            ("CropWidth", sizes.crop_width),
            ("CropHeight", sizes.crop_height),
            ("PixelAspectRatio", rounded(sizes.pixel_aspect)),
            ("Flip", sizes.flip),
            ("ColorsCount", opened.num_colors),
            ("ColorDescription", opened.color_desc.decode("latin-1")),
        ):
            _add(testimony, name, value)

    def _add_thumbnail(self, testimony: Testimony, opened: Opened) -> None:
        """The library hands out the embedded JPEG as it stands, without decoding it."""
        try:
            thumbnail = opened.extract_thumb()
        except (self._rawpy.LibRawError, NotImplementedError):
            return
        if thumbnail.format is self._rawpy.ThumbFormat.JPEG:
            _add(testimony, "ThumbnailFormat", "JPEG")
            _add(testimony, "ThumbnailLength", len(thumbnail.data))
        else:
            _add(testimony, "ThumbnailFormat", "bitmap")
            _add(testimony, "ThumbnailWidth", int(thumbnail.data.shape[1]))
            _add(testimony, "ThumbnailHeight", int(thumbnail.data.shape[0]))

    def _add_levels(self, testimony: Testimony, opened: Opened) -> None:
        if opened.sizes.raw_width * opened.sizes.raw_height > RAW_PIXELS_MAX:
            testimony.notice("PART_UNREADABLE", "The sensor picture is too large to unpack.")
            return
        try:
            opened.unpack()
            _add_sensor(testimony, opened)
        except (self._rawpy.LibRawError, NotImplementedError, MemoryError) as error:
            testimony.notice("PART_UNREADABLE", f"LibRaw could not unpack it ({type(error).__name__}).")


def _add_sensor(testimony: Testimony, opened: Opened) -> None:
    white, black = opened.white_level, opened.black_level_per_channel
    _add(testimony, "RawType", opened.raw_type.name)
    pattern = opened.raw_pattern
    if pattern is not None:
        colors = opened.color_desc.decode("latin-1")
        _add(testimony, "RawPattern", " ".join("".join(colors[one] for one in row) for row in pattern))
    _add(testimony, "WhiteLevel", white)
    if max(black) <= white:  # sums of damaged tables are not levels
        _add(testimony, "BlackLevels", _listed(black))
    _add(testimony, "CameraWhiteLevels", _listed(opened.camera_white_level_per_channel))
    _add(testimony, "CameraWhiteBalance", _listed(opened.camera_whitebalance))
    _add(testimony, "DaylightWhiteBalance", _listed(opened.daylight_whitebalance))
    for name, matrix in (("ColorMatrix", opened.color_matrix), ("XYZToCameraMatrix", opened.rgb_xyz_matrix)):
        if matrix.any():
            _add(testimony, name, _listed(matrix.flatten().tolist()))
    _add(testimony, "ToneCurve", _curve(opened.tone_curve))


def _curve(curve: Any) -> str:  # noqa: ANN401 - an array of numpy
    """Say a curve in samples at equal distances, ends included."""
    last = len(curve) - 1
    places = [last * one // (CURVE_SAMPLES - 1) for one in range(CURVE_SAMPLES)]
    if all(int(value) == place for place, value in enumerate(curve)):
        return "linear"
    return " ".join(str(int(curve[one])) for one in places)


def _listed(values: list[float] | None) -> str | None:
    """Write floats of 32 bits with the digits that they have."""
    return " ".join(text(quotient(float(f"{one:.7g}"), 1)) for one in values) if values else None


def _add(testimony: Testimony, name: str, value: Scalar | None) -> None:
    testimony.add(Standard.CONTAINER, "LibRaw", name, value)
