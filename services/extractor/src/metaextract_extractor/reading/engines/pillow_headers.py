"""What Pillow says of the headers of each format, under the names of the primary engine."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.engines.testimony import Testimony

Image = Any
"""`PIL.ImageFile.ImageFile`; each plugin has attributes of its own."""

COMMENTS_COUNT_MAX: Final = 100
GIF_FRAMES_BYTES_MAX: Final = 4 * 1024 * 1024

_KEYWORD: Final = re.compile(r"(?!Raw profile type)[A-Za-z][A-Za-z0-9 ]{0,78}")
"""Raw profiles are containers that ImageMagick writes as text."""
_METRES_PER_INCH: Final = 0.0254


def _size(testimony: Testimony, image: Image, group: str, ids: tuple[str, str]) -> None:
    standard = Standard.FILE if group == "File" else Standard.CONTAINER
    if group == "Photoshop":
        standard = Standard.PHOTOSHOP
    for name, tag_id, pixels in zip(("ImageWidth", "ImageHeight"), ids, image.size, strict=True):
        testimony.add(standard, group, name, pixels, tag_id=tag_id)


def _jpeg(testimony: Testimony, image: Image) -> None:
    _size(testimony, image, "File", ("ImageWidth", "ImageHeight"))
    testimony.add(Standard.FILE, "File", "BitsPerSample", image.bits, tag_id="BitsPerSample")
    testimony.add(Standard.FILE, "File", "ColorComponents", image.layers, tag_id="ColorComponents")
    sampling = [(one[1], one[2]) for one in image.layer]
    if len(sampling) == 3 and sampling[1] == sampling[2] == (1, 1):  # noqa: PLR2004 - Y, Cb, Cr
        ratio = f"{sampling[0][0]} {sampling[0][1]}"
        testimony.add(Standard.FILE, "File", "YCbCrSubSampling", ratio, tag_id="YCbCrSubSampling")
    _jfif(testimony, image.info)
    if isinstance(transform := image.info.get("adobe_transform"), int):
        testimony.add(Standard.CONTAINER, "Adobe", "DCTEncodeVersion", image.info.get("adobe"), tag_id="0")
        testimony.add(Standard.CONTAINER, "Adobe", "ColorTransform", transform, tag_id="3")
    comments = [content for kind, content in image.applist if kind == "COM"]
    for comment in comments[:COMMENTS_COUNT_MAX]:
        testimony.add(Standard.FILE, "File", "Comment", _decoded(comment), tag_id="Comment")
    _mpf(testimony, getattr(image, "mpinfo", None))


def _jfif(testimony: Testimony, info: Mapping[Any, Any]) -> None:
    """ITU-T T.871, clause 10.1."""
    if "jfif_version" not in info:
        return
    version = " ".join(str(one) for one in info["jfif_version"])
    testimony.add(Standard.CONTAINER, "JFIF", "JFIFVersion", version, tag_id="0")
    if "jfif_unit" in info:
        testimony.add(Standard.CONTAINER, "JFIF", "ResolutionUnit", info["jfif_unit"], tag_id="2")
        for name, tag_id, value in zip(
            ("XResolution", "YResolution"), "35", info["jfif_density"], strict=True
        ):
            testimony.add(Standard.CONTAINER, "JFIF", name, value, tag_id=tag_id)


def _mpf(testimony: Testimony, index: Any) -> None:  # noqa: ANN401 - a directory of Pillow
    """CIPA DC-007, clause 5.2.3."""
    if not index:
        return
    version, count = index.get(0xB000), index.get(0xB001)
    if isinstance(version, bytes):
        testimony.add(Standard.MPF, "MPF0", "MPFVersion", version.decode("latin-1"), tag_id=str(0xB000))
    if isinstance(count, int):
        testimony.add(Standard.MPF, "MPF0", "NumberOfImages", count, tag_id=str(0xB001))


def _png(testimony: Testimony, image: Image) -> None:
    """W3C PNG (third edition), clause 11; text keywords become names as in the primary engine."""
    _size(testimony, image, "PNG", ("0", "4"))
    info = image.info
    testimony.add(Standard.CONTAINER, "PNG", "Interlace", int(bool(info.get("interlace"))), tag_id="12")
    if isinstance(info.get("srgb"), int):
        testimony.add(Standard.CONTAINER, "PNG", "SRGBRendering", info["srgb"], tag_id="sRGB")
    if "dpi" in info:
        for name, tag_id, value in zip(("PixelsPerUnitX", "PixelsPerUnitY"), "04", info["dpi"], strict=True):
            testimony.add(
                Standard.CONTAINER, "PNG-pHYs", name, round(value / _METRES_PER_INCH), tag_id=tag_id
            )
        testimony.add(Standard.CONTAINER, "PNG-pHYs", "PixelUnits", 1, tag_id="8")
    if getattr(image, "is_animated", False):
        # Pillow counts a still picture that is not part of the animation, too.
        frames = image.n_frames - bool(info.get("default_image"))
        testimony.add(Standard.CONTAINER, "PNG", "AnimationFrames", frames, tag_id="acTL")
    for keyword, value in info.items():
        if isinstance(value, str) and isinstance(keyword, str) and _KEYWORD.fullmatch(keyword):
            name = "".join(word[:1].upper() + word[1:] for word in keyword.split())
            testimony.add(Standard.CONTAINER, "PNG", name, str(value), tag_id=keyword)


def _gif(testimony: Testimony, image: Image) -> None:
    """GIF89a, clauses 17, 18 and 24, and the Netscape application extension."""
    _size(testimony, image, "GIF", ("0", "2"))
    info = image.info
    version = info.get("version")
    if isinstance(version, bytes):
        testimony.add(
            Standard.CONTAINER, "GIF", "GIFVersion", version[3:].decode("latin-1"), tag_id="Version"
        )
    if "comment" in info:
        testimony.add(Standard.FILE, "File", "Comment", _decoded(info["comment"]), tag_id="Comment")
    if isinstance(info.get("loop"), int):
        testimony.add(Standard.CONTAINER, "GIF", "AnimationIterations", info["loop"], tag_id="1")
    image.fp.seek(0, 2)
    if image.fp.tell() <= GIF_FRAMES_BYTES_MAX and image.n_frames > 1:
        testimony.add(Standard.CONTAINER, "GIF", "FrameCount", image.n_frames, tag_id="FrameCount")


def _webp(testimony: Testimony, image: Image) -> None:
    _size(testimony, image, "RIFF", ("4", "6"))


def _bmp(testimony: Testimony, image: Image) -> None:
    _size(testimony, image, "File", ("4", "8"))
    testimony.add(Standard.FILE, "File", "Compression", image.info.get("compression"), tag_id="16")


def _ico(testimony: Testimony, image: Image) -> None:
    """With several sizes, Pillow names the largest and others the first."""
    if len(image.info.get("sizes", ())) == 1:
        _size(testimony, image, "File", ("0", "1"))


def _in(group: str, ids: tuple[str, str]) -> Callable[[Testimony, Image], None]:
    return lambda testimony, image: _size(testimony, image, group, ids)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8").rstrip("\0")
    except UnicodeDecodeError:
        return content.decode("latin-1").rstrip("\0")


HEADERS: Final[Mapping[str, Callable[[Testimony, Image], None]]] = MappingProxyType({
    "JPEG": _jpeg,
    "PNG": _png,
    "GIF": _gif,
    "WEBP": _webp,
    "BMP": _bmp,
    "ICO": _ico,
    "AVIF": _in("File", ("ImageWidth", "ImageHeight")),
    "JP2": _in("Jpeg2000", ("4", "0")),
    "PSD": _in("Photoshop", ("9", "7")),
    "PNM": _in("File", ("ImageWidth", "ImageHeight")),
})  # fmt: skip
"""By family; TIFF says everything in its tags."""
