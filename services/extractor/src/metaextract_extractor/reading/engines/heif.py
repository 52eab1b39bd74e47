"""pillow-heif (libheif) as a further reader of HEIF: items and Exif, no picture is decoded."""

import importlib
from typing import Any, Final

from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.engines.pillow import REFUSALS
from metaextract_extractor.reading.engines.pillow_exif import add_directories
from metaextract_extractor.reading.engines.pillow_icc import add_icc
from metaextract_extractor.reading.engines.testimony import Scalar, Testimony, text, warnings_to
from metaextract_extractor.reading.evidence import EngineError, Report, Subject

FILE_BYTES_MAX: Final = 48 * 1024 * 1024
"""The library holds the whole file in memory, twice for a moment."""

IMAGES_COUNT_MAX: Final = 64

_CODE_POINTS: Final = (
    ("ColorPrimaries", "color_primaries"),
    ("TransferCharacteristics", "transfer_characteristics"),
    ("MatrixCoefficients", "matrix_coefficients"),
    ("VideoFullRangeFlag", "full_range_flag"),
)
"""Coding-independent code points (ITU-T H.273) in the `colr` box."""

HeifFile = Any
"""`pillow_heif.HeifFile`: no types."""


class Heif:
    """The library pillow-heif. What the primary engine does not tell stands in the group `HEIF`."""

    name: Final = "pillow-heif"

    def __init__(self) -> None:
        self._heif: Any = importlib.import_module("pillow_heif")
        self._image: Any = importlib.import_module("PIL.Image")
        self._cms: Any = importlib.import_module("PIL.ImageCms")

    @property
    def version(self) -> str:
        """Of the binding and of libheif."""
        return f"{self._heif.__version__} (libheif {self._heif.libheif_version()})"

    def reads(self, subject: Subject) -> bool:
        """HEIF and AVIF, up to a size."""
        size_bytes = subject.view.size_bytes
        return subject.whole and subject.family in ("HEIF", "AVIF") and size_bytes <= FILE_BYTES_MAX

    def read(self, subject: Subject) -> Report:
        """List the pictures and auxiliary pictures; for HEIF, Exif and colour profile, too."""
        testimony = Testimony(self.name)
        try:
            opened = self._heif.open_heif(subject.path)
            info = opened.info
        except REFUSALS as error:
            message = f"pillow-heif refuses the file ({type(error).__name__})."
            raise EngineError(message) from error
        _add_pictures(testimony, opened, info)
        if subject.family == "HEIF":  # Pillow reads those of AVIF, with the same decoder
            with warnings_to(testimony):
                self._add_metadata(testimony, opened.mimetype, info)
        return testimony.report()

    def _add_metadata(self, testimony: Testimony, media_type: str, info: dict[str, Any]) -> None:
        if media_type.startswith("image/heic"):
            testimony.add(Standard.CONTAINER, "QuickTime", "BitDepthLuma", info["bit_depth"], tag_id="hvcC")
        for name, key in _CODE_POINTS:
            value = info.get("nclx_profile", {}).get(key)
            testimony.add(Standard.CONTAINER, "QuickTime", name, value, tag_id="colr")
        try:
            if isinstance(info.get("exif"), bytes):
                add_directories(testimony, self._image.Exif(), info["exif"])
            if isinstance(info.get("icc_profile"), bytes):
                add_icc(testimony, self._cms, info["icc_profile"])
        except REFUSALS as error:
            testimony.notice("PART_UNREADABLE", f"Exif or ICC is damaged ({type(error).__name__}).")


def _add_pictures(testimony: Testimony, opened: HeifFile, info: dict[str, Any]) -> None:
    """Sizes are those after cropping and rotation (ISO 23008-12: `clap`, `irot`)."""
    _add(testimony, "ImagesCount", len(opened))
    _add(testimony, "PrimaryImageWidth", opened.size[0])
    _add(testimony, "PrimaryImageHeight", opened.size[1])
    _add(testimony, "PrimaryImageMode", opened.mode)
    _add(testimony, "PrimaryImageBitDepth", info.get("bit_depth"))
    _add(testimony, "PrimaryImageChroma", _chroma(info.get("chroma")))
    tiling = info.get("tiling")
    if tiling:
        _add(testimony, "TileColumns", tiling["num_columns"])
        _add(testimony, "TileRows", tiling["num_rows"])
        _add(testimony, "TileSize", f"{tiling['tile_width']} {tiling['tile_height']}")
    thumbnails = info.get("thumbnails", ())
    _add(testimony, "ThumbnailsCount", len(thumbnails))
    for longest_edge in thumbnails[:IMAGES_COUNT_MAX]:
        _add(testimony, "ThumbnailLongestEdge", longest_edge)
    _add(testimony, "DepthImagesCount", len(info.get("depth_images", ())))
    for depth in info.get("depth_images", ())[:IMAGES_COUNT_MAX]:
        _add(testimony, "DepthImageSize", f"{depth.size[0]} {depth.size[1]}")
    kinds = list(info.get("aux", {}).items())
    _add(testimony, "AuxiliaryImagesCount", sum(len(items) for _, items in kinds))
    for kind, items in kinds[:IMAGES_COUNT_MAX]:
        _add(testimony, "AuxiliaryImageType", kind)
        _add(testimony, "AuxiliaryImageItems", " ".join(text(one) for one in items))
    light = info.get("content_light_level")
    if light:
        _add(testimony, "MaxContentLightLevel", light["max_content_light_level"])
        _add(testimony, "MaxPicAverageLightLevel", light["max_pic_average_light_level"])


def _chroma(value: object) -> str | None:
    return ":".join(str(value)) if isinstance(value, int) and value > 0 else None


def _add(testimony: Testimony, name: str, value: Scalar | None) -> None:
    testimony.add(Standard.CONTAINER, "HEIF", name, value)
