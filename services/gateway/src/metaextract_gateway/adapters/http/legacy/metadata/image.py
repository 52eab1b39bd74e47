"""What is known of the picture without decoding it; null is what is not known."""

from typing import Any, Final

from metaextract.extractor.v1.result_pb2 import Field, FileFacts
from metaextract_gateway.adapters.http.legacy.metadata.file_sections import has_size
from metaextract_gateway.adapters.http.legacy.metadata.pixels import pixels
from metaextract_gateway.adapters.http.legacy.metadata.tags import Tags, number

_DOTS_PER_INCH: Final = {"inches": 1.0, "cm": 2.54}
_INCHES_PER_METRE: Final = 0.0254
_WEBP_ANIMATION: Final = 2  # RFC 9649, section 2.7.1
_SEQUENCES: Final = frozenset({"avis", "hevc", "hevx", "msf1"})
"""Brands of files with pictures in turn (ISO/IEC 23008-12, 10.3; AV1 Image File Format, 6.3)."""
_UNTOLD: Final = ("EXV", "FITS", "JXL", "MJ2", "MPO", "SVG", "SVGZ")
"""Formats that may hold several pictures, or none, and do not tell where we read."""


def image(file: FileFacts, tags: Tags) -> dict[str, Any]:
    """Return the `image` object; {} without a size."""
    if not has_size(file):
        return {}
    icc = {tag.name: tag.printed for tag in tags.of(Field.STANDARD_ICC)}
    described = pixels(file, tags)
    is_animated, frames = _is_animated(file, tags), _frames(file, tags)
    return {
        "width": file.width_pixels,
        "height": file.height_pixels,
        "format": file.format.name or None,
        "mode": described.mode,
        "dpi": _dpi(tags),
        "bits_per_pixel": described.bits,
        "color_palette": None if described.palette is None else _yes(described.palette),
        "animation": is_animated,
        "frames": frames,
        "icc_profile": _yes(bool(icc)),
        "is_animated": is_animated,
        "n_frames": frames,
        "has_icc_profile": bool(icc),
        "has_transparency": described.transparency,
        "icc_profile_details": icc or None,
    }


def _yes(true: bool) -> str:
    return "yes" if true else "no"


def _dpi(tags: Tags) -> list[str] | None:
    for group in ("JFIF", "IFD0"):
        unit = tags.get((group, "ResolutionUnit"))
        across, down = (number(tags.raw((group, f"{axis}Resolution"))) for axis in "XY")
        factor = _DOTS_PER_INCH.get(unit.printed) if unit else None
        if factor and across and down:
            return [str(float(across * factor)), str(float(down * factor))]
    across, down = (number(tags.raw(("PNG-pHYs", f"PixelsPerUnit{axis}"))) for axis in "XY")
    if tags.raw(("PNG-pHYs", "PixelUnits")) == 1 and across and down:  # metres
        return [str(round(across * _INCHES_PER_METRE, 4)), str(round(down * _INCHES_PER_METRE, 4))]
    return None


def _is_animated(file: FileFacts, tags: Tags) -> bool | None:
    """Tell whether pictures are shown in turn. Pages and layers are not."""
    match file.format.name:
        case "GIF":
            return (tags.integer(("GIF", "FrameCount")) or 1) > 1
        case "PNG" | "APNG":
            return (tags.integer(("PNG", "AnimationFrames")) or 1) > 1
        case "WEBP":
            return bool((tags.integer(("RIFF", "WebP_Flags")) or 0) & _WEBP_ANIMATION)
        case "HEIC" | "HEIF" | "AVIF":
            brands = (tags.get(("QuickTime", name)) for name in ("MajorBrand", "CompatibleBrands"))
            return any(text in _SEQUENCES for brand in brands if brand for text in brand.texts())
        case name:
            return None if name in _UNTOLD else False


def _frames(file: FileFacts, tags: Tags) -> int | None:
    """Return how many pictures there are, or pages. Formats that may have several count them then."""
    counted = tags.integer(("GIF", "FrameCount"), ("PNG", "AnimationFrames"), ("File", "PageCount"))
    return 1 if counted is None and _is_animated(file, tags) is False else counted
