"""What a pixel of the picture consists of, as its format's own header says. `mode` is Pillow's word for it.

Exif repeats some of this, often of another picture: so it is asked only where the file is a TIFF, and not of
camera raw files, whose first directory describes a preview.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from metaextract.extractor.v1.result_pb2 import FileFacts
from metaextract_gateway.adapters.http.legacy.metadata.tags import Tags, number


@dataclass(frozen=True, slots=True)
class Pixels:
    """None is what the header does not say. `channel_bits`: of one channel; `bits`: of a whole pixel."""

    mode: str | None = None
    channel_bits: int | None = None
    bits: int | None = None
    palette: bool | None = None
    transparency: bool | None = None


_Reader: TypeAlias = Callable[[Tags], Pixels]

_BYTE: Final = 8
_WIDE: Final = 16
_GREY: Final = MappingProxyType({1: "1", _WIDE: "I;16"})
_JPEG_MODES: Final = {1: "L", 3: "RGB", 4: "CMYK"}
_PNG_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # ISO/IEC 15948, table 11.1
_PNG_PALETTE: Final = 3
_PNG_MODES: Final = {2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}
_TIFF_MODES: Final = {
    (0, 1): "L", (1, 1): "L", (1, 2): "LA", (2, 3): "RGB", (2, 4): "RGBA", (3, 1): "P", (5, 4): "CMYK",
    (6, 3): "YCbCr", (8, 3): "LAB",
}  # fmt: skip
"""By photometric interpretation and samples per pixel (TIFF 6.0, section 8)."""
_TIFF_PALETTE: Final = 3
_PSD_MODES: Final = {0: "1", 1: "L", 2: "P", 3: "RGB", 4: "CMYK", 9: "LAB"}
_JP2_MODES: Final = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_JP2_CMYK: Final = 12
_BITS_VARY: Final = 255
_WEBP_ALPHA: Final = 16  # RFC 9649, section 2.7.1
_ALPHA: Final = ("auxid:1", ":alpha")  # ISO/IEC 23008-12, ISO/IEC 23091-2


def pixels(file: FileFacts, tags: Tags) -> Pixels:
    """Return what the header of this file's format says."""
    read = _READERS.get(file.format.name)
    return read(tags) if read else Pixels()


def _jpeg(tags: Tags) -> Pixels:
    channels, depth = tags.integer(("File", "ColorComponents")), tags.integer(("File", "BitsPerSample"))
    bits = depth * channels if depth and channels else None
    return Pixels(_JPEG_MODES.get(channels or 0), depth, bits, palette=False, transparency=False)


def _png(tags: Tags) -> Pixels:
    depth, kind = tags.integer(("PNG", "BitDepth")), tags.integer(("PNG", "ColorType"))
    channels = _PNG_CHANNELS.get(-1 if kind is None else kind)
    if depth is None or kind is None or channels is None:
        return Pixels()
    mode = _PNG_MODES.get(kind) or _GREY.get(depth, "L")
    has_alpha = channels in (2, 4) or tags.get(("PNG", "Transparency")) is not None
    return Pixels(mode, depth, depth * channels, kind == _PNG_PALETTE, has_alpha)


def _gif(tags: Tags) -> Pixels:
    """A frame names the colour that is transparent, if one is (GIF 89a, section 23)."""
    has_map = tags.raw(("GIF", "HasColorMap"))
    depth = tags.integer(("GIF", "BitsPerPixel"))
    has_alpha = tags.get(("GIF", "TransparentColor")) is not None
    return Pixels("P", depth, depth, None if has_map is None else bool(has_map), has_alpha)


def _webp(tags: Tags) -> Pixels:
    """Without the flags of the extended form there is one lossy picture, or a lossless one that says so."""
    flags = tags.integer(("RIFF", "WebP_Flags"))
    is_used = tags.raw(("RIFF", "AlphaIsUsed"))
    has_alpha = bool(is_used) if flags is None else bool(flags & _WEBP_ALPHA)
    channels = 4 if has_alpha else 3
    return Pixels("RGBA" if has_alpha else "RGB", _BYTE, channels * _BYTE, False, has_alpha)


def _bmp(tags: Tags) -> Pixels:
    """A depth of zero means that another format is inside."""
    depth = tags.integer(("File", "BitDepth"))
    if not depth:
        return Pixels()
    if depth <= _BYTE:
        return Pixels("P", depth, depth, palette=True, transparency=False)
    has_alpha = bool(tags.integer(("File", "AlphaMask")))
    mode = "RGBA" if has_alpha else "RGB"
    return Pixels(mode, _BYTE if depth > _WIDE else None, depth, False, has_alpha)


def _ico(tags: Tags) -> Pixels:
    return Pixels(bits=tags.integer(("File", "BitsPerPixel")) or None)


def _tiff(tags: Tags) -> Pixels:
    kind, channels = (
        tags.integer(("IFD0", name)) for name in ("PhotometricInterpretation", "SamplesPerPixel")
    )
    listed = _whole_numbers(tags.raw(("IFD0", "BitsPerSample")))
    depth, channels = listed[0] if listed else None, channels or len(listed) or 1
    mode = _TIFF_MODES.get((-1 if kind is None else kind, channels))
    mode = _GREY.get(depth or 0, mode) if mode == "L" else mode
    bits = (sum(listed) if len(listed) == channels else depth * channels) if depth else None
    palette = None if kind is None else kind == _TIFF_PALETTE
    return Pixels(mode, depth, bits, palette, mode[-1] == "A" if mode else None)


def _psd(tags: Tags) -> Pixels:
    """Further channels may be transparency, or spot colours, or masks."""
    depth, channels, kind = (
        tags.integer(("Photoshop", name)) for name in ("BitDepth", "NumChannels", "ColorMode")
    )
    mode = _PSD_MODES.get(-1 if kind is None else kind)
    bits = depth * channels if depth and channels else None
    has_more = channels is not None and mode is not None and channels > len(mode)
    palette = None if mode is None else mode == "P"
    return Pixels(mode, depth, bits, palette, None if has_more or mode is None else False)


def _jp2(tags: Tags) -> Pixels:
    """The depth is stored less one, with its sign in the highest bit (ISO/IEC 15444-1, I.5.3.1)."""
    channels, stored = (
        tags.integer(("Jpeg2000", name)) for name in ("NumberOfComponents", "BitsPerComponent")
    )
    depth = None if stored is None or stored == _BITS_VARY else (stored & 0x7F) + 1
    mode = _JP2_MODES.get(channels or 0)
    if channels == len("CMYK") and tags.integer(("Jpeg2000", "ColorSpace")) == _JP2_CMYK:
        mode = "CMYK"
    bits = depth * channels if depth and channels else None
    return Pixels(mode, depth, bits, None, mode[-1] == "A" if mode else None)


def _heif(tags: Tags) -> Pixels:
    """Colour is coded as luma and chroma, which decoders turn into RGB; alpha is a picture of its own."""
    listed = _whole_numbers(tags.raw(("QuickTime", "ImagePixelDepth")))
    depth = tags.integer(("HEIF", "PrimaryImageBitDepth")) or (listed[0] if listed else None)
    kinds = [tag.raw for tag in tags if tag.name == "AuxiliaryImageType"]
    has_alpha = any(isinstance(kind, str) and kind.endswith(_ALPHA) for kind in kinds)
    mode = "RGBA" if has_alpha else "RGB"
    return Pixels(mode, depth, depth * len(mode) if depth else None, False, has_alpha)


def _pnm(mode: str) -> _Reader:
    return lambda _tags: Pixels(mode, palette=False, transparency=False)


def _whole_numbers(raw: object) -> list[int]:
    parts = raw if isinstance(raw, list) else str(raw).split()
    found = [number(part) for part in parts]
    whole = [one for one in found if isinstance(one, int) and one > 0]
    return whole if len(whole) == len(found) else []


_READERS: Final[Mapping[str, _Reader]] = MappingProxyType({
    "JPEG": _jpeg, "MPO": _jpeg, "JPS": _jpeg, "PNG": _png, "APNG": _png, "GIF": _gif, "WEBP": _webp,
    "BMP": _bmp, "ICO": _ico, "TIFF": _tiff, "BTF": _tiff, "PSD": _psd, "PSB": _psd, "JP2": _jp2,
    "JPX": _jp2, "HEIC": _heif, "HEIF": _heif, "AVIF": _heif, "PBM": _pnm("1"), "PGM": _pnm("L"),
    "PPM": _pnm("RGB"),
})  # fmt: skip
