"""Pillow as a further reader: headers only, no pixel is decoded."""

import importlib
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from metaextract_extractor.reading.engines.bounded_file import BoundedFile, ReadingLimitError
from metaextract_extractor.reading.engines.pillow_exif import add_directories, add_tiff
from metaextract_extractor.reading.engines.pillow_headers import HEADERS
from metaextract_extractor.reading.engines.pillow_icc import add_icc
from metaextract_extractor.reading.engines.testimony import Testimony, warnings_to
from metaextract_extractor.reading.evidence import EngineError, Report, Subject

CANVAS_PIXELS_MAX: Final = 32 * 1024 * 1024
"""WebP: libwebp takes eight bytes of memory for each pixel of the canvas before anything is decoded."""

_BIGTIFF: Final = (b"+\0", b"\0+")

_FORMATS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "JPEG": ("JPEG",),  # which hands multi-picture files to the plugin for MPO
    "PNG": ("PNG",),
    "GIF": ("GIF",),
    "WEBP": ("WEBP",),
    "BMP": ("BMP",),
    "ICO": ("ICO", "CUR"),
    "TIFF": ("TIFF",),
    "AVIF": ("AVIF",),
    "JP2": ("JPEG2000",),
    "PSD": ("PSD",),
    "DDS": ("DDS",),
    "PNM": ("PPM",),
})  # fmt: skip
"""Families (`domain.formats.sniff`) and the plugins of Pillow that may open them; no other is asked."""

_PLUGINS: Final = (
    "Jpeg", "Mpo", "Png", "Gif", "WebP", "Bmp", "Ico", "Cur", "Tiff", "Avif", "Jpeg2K", "Psd", "Dds", "Ppm",
)  # fmt: skip

REFUSALS: Final = (
    OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError,
    EOFError, RuntimeError, MemoryError, struct.error, ReadingLimitError, SystemError,
)  # fmt: skip
"""What Pillow raises on damaged files."""


class Pillow:
    """The library Pillow with its own limits on pixels and on unpacked text."""

    name: Final = "pillow"

    def __init__(self) -> None:
        self._image: Any = importlib.import_module("PIL.Image")
        for plugin in _PLUGINS:
            importlib.import_module(f"PIL.{plugin}ImagePlugin")
        self._cms: Any = importlib.import_module("PIL.ImageCms")

    @property
    def version(self) -> str:
        """As it states it."""
        return str(self._image.__version__)

    def reads(self, subject: Subject) -> bool:
        """Whether one of its plugins is for this family."""
        return subject.whole and subject.family in _FORMATS

    def read(self, subject: Subject) -> Report:
        """Read headers, Exif and colour profile."""
        if subject.family == "WEBP" and _canvas_pixels(subject) > CANVAS_PIXELS_MAX:
            message = f"The canvas has more than {CANVAS_PIXELS_MAX} pixels."
            raise EngineError(message)
        testimony = Testimony(self.name)
        with warnings_to(testimony), BoundedFile(subject.path) as file:
            try:
                image = self._image.open(file, formats=_FORMATS[subject.family])
            except (*REFUSALS, self._image.DecompressionBombError) as error:
                message = f"Pillow refuses the file ({type(error).__name__})."
                raise EngineError(message) from error
            with image:
                self._add(testimony, subject, image)
        return testimony.report()

    def _add(self, testimony: Testimony, subject: Subject, image: Any) -> None:  # noqa: ANN401 - plugins differ
        _part(testimony, "header", lambda: HEADERS.get(subject.family, _nothing)(testimony, image))
        if subject.family == "TIFF":
            big = subject.view.read(2, 2) in _BIGTIFF
            _part(testimony, "TIFF", lambda: add_tiff(testimony, image, big=big))
        elif isinstance(block := image.info.get("exif"), bytes):
            exif = self._image.Exif()
            # `Image.getexif` would decode a PNG without Exif, and make an Orientation out of XMP.
            _part(testimony, "Exif", lambda: add_directories(testimony, exif, block))
        if isinstance(profile := image.info.get("icc_profile"), bytes):
            _part(testimony, "ICC", lambda: add_icc(testimony, self._cms, profile))


def _nothing(_testimony: Testimony, _image: object) -> None:
    """Pillow says nothing of such a header that the primary engine says too."""


def _part(testimony: Testimony, part: str, add: Callable[[], None]) -> None:
    """One part may fail without the others."""
    try:
        add()
    except REFUSALS as error:
        testimony.notice("PART_UNREADABLE", f"Pillow could not read {part} ({type(error).__name__}).")


def _canvas_pixels(subject: Subject) -> int:
    """Return the pixels that the first chunk states (RFC 9649, sections 2.5 to 2.7); 0 if it does not."""
    view = subject.view
    if not view.has(0, 30):
        return 0
    head = view.read(0, 30)
    kind = head[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    return width * height
