"""What is known of the pixels without decoding them; null is what is not known."""

from typing import Any, Final

from metaextract.extractor.v1.result_pb2 import Field, FileFacts
from metaextract_gateway.adapters.http.legacy.metadata.file_sections import has_size
from metaextract_gateway.adapters.http.legacy.metadata.tags import Tags, number

_PNG_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # ISO/IEC 15948, table 11.1
_PNG_PALETTE: Final = 3
_PNG_WITH_ALPHA: Final = (4, 6)
_PNG_MODES: Final = {0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}
_JPEG_MODES: Final = {1: "L", 3: "RGB", 4: "CMYK"}
_BITS_OF_A_BYTE: Final = 8
_COUNTED_OR_SINGLE: Final = ("GIF", "JPEG", "PNG")
_DOTS_PER_INCH: Final = {"inches": 1.0, "cm": 2.54}
_INCHES_PER_METRE: Final = 0.0254


def image(file: FileFacts, tags: Tags) -> dict[str, Any]:
    """Return the `image` object; {} without a size. `mode` is Pillow's word for what a pixel consists of."""
    if not has_size(file):
        return {}
    icc = {tag.name: tag.printed for tag in tags.of(Field.STANDARD_ICC)}
    frames = _frames(file, tags)
    return {
        "width": file.width_pixels,
        "height": file.height_pixels,
        "format": file.format.name or None,
        "mode": _mode(file, tags),
        "dpi": _dpi(tags),
        "bits_per_pixel": bits(tags)[1],
        "color_palette": _palette(file, tags),
        "animation": None if frames is None else frames > 1,
        "frames": frames,
        "icc_profile": "yes" if icc else "no",
        "is_animated": None if frames is None else frames > 1,
        "n_frames": frames,
        "has_icc_profile": bool(icc),
        "has_transparency": _transparency(file, tags),
        "icc_profile_details": icc or None,
    }


def bits(tags: Tags) -> tuple[int | None, int | None]:
    """Return bits per channel and bits per pixel of the main image; None where the file does not say."""
    depth = tags.integer(("PNG", "BitDepth"))
    if depth is not None:
        channels = _PNG_CHANNELS.get(tags.integer(("PNG", "ColorType")) or 0)
        return depth, depth * channels if channels else None
    for key in (("QuickTime", "ImagePixelDepth"), ("Meta", "ImagePixelDepth"), ("IFD0", "BitsPerSample")):
        listed = _whole_numbers(tags.raw(key))
        if len(listed) > 1:  # one number for each channel
            return listed[0], sum(listed)
    per_channel = tags.integer(("File", "BitsPerSample"), ("IFD0", "BitsPerSample"))
    channels = tags.integer(("File", "ColorComponents"), ("IFD0", "SamplesPerPixel"))
    if per_channel is not None:
        return per_channel, per_channel * channels if channels else None
    indexed = tags.integer(("GIF", "BitsPerPixel"))
    return indexed, tags.integer(("File", "BitDepth")) if indexed is None else indexed


def _whole_numbers(raw: object) -> list[int]:
    parts = raw if isinstance(raw, list) else str(raw).split()
    found = [number(part) for part in parts]
    whole = [one for one in found if isinstance(one, int)]
    return whole if len(whole) == len(found) else []


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


def _frames(file: FileFacts, tags: Tags) -> int | None:
    """Return how many pictures are shown in turn. The counts are there only where there are several."""
    counted = tags.integer(("GIF", "FrameCount"), ("PNG", "AnimationFrames"))
    return 1 if counted is None and file.format.name in _COUNTED_OR_SINGLE else counted


def _mode(file: FileFacts, tags: Tags) -> str | None:
    if file.format.name == "GIF":
        return "P"
    if file.format.name == "JPEG":
        return _JPEG_MODES.get(tags.integer(("File", "ColorComponents")) or 0)
    if tags.integer(("PNG", "BitDepth")) == _BITS_OF_A_BYTE:
        return _PNG_MODES.get(tags.integer(("PNG", "ColorType")) or 0)
    return None


def _palette(file: FileFacts, tags: Tags) -> str | None:
    color_type = tags.integer(("PNG", "ColorType"))
    if color_type is not None:
        return "yes" if color_type == _PNG_PALETTE else "no"
    has_map = tags.raw(("GIF", "HasColorMap"))
    if has_map is None:
        return "no" if file.format.name == "JPEG" else None
    return "yes" if has_map else "no"


def _transparency(file: FileFacts, tags: Tags) -> bool | None:
    color_type = tags.integer(("PNG", "ColorType"))
    if color_type is None:
        return False if file.format.name == "JPEG" else None
    return color_type in _PNG_WITH_ALPHA or tags.get(("PNG", "Transparency")) is not None
