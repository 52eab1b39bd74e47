"""The only place where insights decode pixels: small, within budgets, and only if pixel decoders are on.

Budgets are checked against the header before anything is decoded. Pillow and pillow-heif are imported when
they are needed first.
"""

import io
import struct
import warnings
from typing import IO, TYPE_CHECKING, Final, cast

from metaextract_extractor.domain.result import ByteRange
from metaextract_extractor.reading.engines.bounded_file import BoundedFile, ReadingLimitError
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.image_header import read_header
from metaextract_extractor.reading.insights.psd_composite import composite
from metaextract_extractor.reading.view import MissingBytesError, View

if TYPE_CHECKING:
    from PIL import Image

PIXELS_MAX: Final = 32_000_000
"""Largest picture that is decoded whole: 128 MB, for Pillow holds colours in 4 bytes a pixel."""

GREY_PIXELS_MAX: Final = 4 * PIXELS_MAX
"""The same of grey, which is held in one byte a pixel, where the decoder holds nothing else."""

HELD_PIXELS_MAX: Final = 20_000_000
"""The same for decoders that hold file and picture several times over (WebP: 16 bytes a pixel), and for
pictures inside the file."""

JPEG_PIXELS_MAX: Final = 120_000_000
"""Largest baseline JPEG: it is decoded at an eighth of its size, row by row."""

PACKED_BYTES_MAX: Final = 64 * 1024 * 1024
"""Longest file that a decoder may take into memory as it is."""

READ_TIMES_MAX: Final = 4
"""How often a decoder may read a file over."""

EMBEDDED_BYTES_MAX: Final = 24 * 1024 * 1024

_FORMATS: Final = {
    "JPEG": ("JPEG", "MPO"),
    "PNG": ("PNG",),
    "WEBP": ("WEBP",),
    "GIF": ("GIF",),
    "BMP": ("BMP",),
    "ICO": ("ICO",),
    "TIFF": ("TIFF",),
    "PSD": ("PSD",),
    "AVIF": ("AVIF",),
    "JP2": ("JPEG2000",),
    "J2C": ("JPEG2000",),
    "PNM": ("PPM",),
    "TGA": ("TGA",),
}
"""Container family -> Pillow's decoders for it. Pillow must not guess: what it tries is what we allow."""

_MAPPED: Final = ("JPEG", "PNG", "TIFF", "BMP", "GIF", "PSD")
"""Families whose decoders read as they go, so that a long file costs no memory."""

_PLAIN: Final = ("PNG", "TIFF", "BMP")
"""Decoders that hold the picture and a few rows."""

_EMBEDDED_FORMATS: Final = {"JPEG": "JPEG", "PNG": "PNG", "WebP": "WEBP", "GIF": "GIF"}

_DECODING_ERRORS: Final = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    MemoryError,
    RuntimeError,
    AttributeError,
    struct.error,
    ReadingLimitError,
    SystemError,
)
"""What decoders raise on damaged pictures; Pillow's own bomb error is no OSError, and a decoder in C whose
reading is refused is told by Python as a `SystemError`."""


def draft(evidence: Evidence, longest: int, *, pixel_decoders: bool) -> "Image.Image | None":
    """Decode the main image at a size near `longest` pixels, RGB, as stored (orientation not applied).

    None if decoders are off, the file is not whole, its format has no decoder here, a budget forbids it,
    or it is damaged. Camera raw has no draft: use an embedded preview.
    """
    subject = evidence.subject
    if not pixel_decoders or not subject.whole or is_raw(evidence):
        return None
    if subject.family == "HEIF":
        return _heif_draft(evidence, longest)
    formats = _FORMATS.get(subject.family)
    if formats is None or (subject.view.size_bytes > PACKED_BYTES_MAX and subject.family not in _MAPPED):
        return None
    pixels_max = PIXELS_MAX if subject.family in _MAPPED else HELD_PIXELS_MAX
    # Fill bytes would be skipped one by one: the reads are counted.
    with BoundedFile(subject.path, read_bytes_max=READ_TIMES_MAX * subject.view.size_bytes) as file:
        image = _decode(file, formats, longest, pixels_max)
        if image is None and "JPEG2000" in formats:  # it may hold fewer resolutions than were left out
            file.seek(0)
            image = _decode(file, formats, longest, pixels_max, in_full=True)
        return image


def embedded_draft(
    view: View, longest: int, *, pixel_decoders: bool, size: tuple[int | None, int | None] = (None, None)
) -> "Image.Image | None":
    """Decode a picture inside the file, small: JPEG, PNG, WebP, GIF, or bare RGB of exactly `size` pixels."""
    if not pixel_decoders or view.size_bytes > EMBEDDED_BYTES_MAX:
        return None
    name = read_header(view).format
    bare = size[0] and size[1] and size[0] * size[1] * 3 == view.size_bytes
    try:
        data = view.all(EMBEDDED_BYTES_MAX)
    except MissingBytesError:
        return None
    if name in _EMBEDDED_FORMATS:
        return _decode(io.BytesIO(data), (_EMBEDDED_FORMATS[name],), longest, HELD_PIXELS_MAX)
    return _bare(data, size[0] or 0, size[1] or 0, longest) if bare and not name else None


def view_of(evidence: Evidence, places: tuple[ByteRange, ...]) -> View | None:
    """View the bytes of something inside the file; None if they are not all there."""
    try:
        parts = [evidence.subject.view.part(one.offset_bytes, one.length_bytes) for one in places]
    except MissingBytesError:
        return None
    return View.joined(parts) if parts else None


def is_raw(evidence: Evidence) -> bool:
    """Whether it is camera raw, by what the structure or ExifTool recognised."""
    from metaextract_extractor.domain.formats import BY_NAME  # noqa: PLC0415 - only here

    types = [evidence.walk.format_name, *(one.printed for one in evidence.named("FileType"))]
    return any(known.raw for name in types if (known := BY_NAME.get(name)))


def _decode(
    source: BoundedFile | io.BytesIO,
    formats: tuple[str, ...],
    longest: int,
    pixels_max: int,
    *,
    in_full: bool = False,
) -> "Image.Image | None":
    """Decode at a smaller scale where the format offers one, unless `in_full`, and reduce the rest."""
    from PIL import Image  # noqa: PLC0415 - only when pixels are wanted

    try:
        file = cast("IO[bytes]", source)
        with warnings.catch_warnings(action="ignore"), Image.open(file, formats=formats) as image:
            if not _affordable(image, pixels_max):
                return None
            if not in_full:
                _leave_out_detail(image, longest)
            picture = _scalable(image)
            if picture is None:
                return None
            picture.thumbnail((longest, longest), reducing_gap=2.0)
            return _flat(picture)
    except (*_DECODING_ERRORS, Image.DecompressionBombError):
        return None


def _leave_out_detail(image: "Image.Image", longest: int) -> None:
    """Have the decoder skip what is not seen at `longest` pixels; hashes differ by at most 3 bits of 64.

    JPEG is scaled within the cosine transform (1/2, 1/4, 1/8), of JPEG 2000 the finest wavelets are left out.
    """
    from PIL import Jpeg2KImagePlugin  # noqa: PLC0415 - only when pixels are wanted

    if isinstance(image, Jpeg2KImagePlugin.Jpeg2KImageFile):
        image.reduce = max(0, (max(image.size) // (2 * longest)).bit_length() - 1)
        image.load()
    else:
        image.draft("RGB", (longest, longest))


def _scalable(image: "Image.Image") -> "Image.Image | None":
    """Return it in a mode whose pixels Pillow averages: of palettes and bilevel it would only pick some.

    None if Pillow would show it as something else.
    """
    if image.format == "PSD":
        shown = composite(image)
        if shown is None:
            return None
        image = shown
    if image.mode == "1":
        return image.convert("L")
    if image.mode in ("P", "PA"):
        transparent = image.mode == "PA" or "transparency" in image.info
        return image.convert("RGBA" if transparent else "RGB")
    return image


def _bare(data: bytes, width: int, height: int, longest: int) -> "Image.Image":
    """TIFF 6.0 §6: chunky RGB of 8 bits, as thumbnails in camera raw and old Kodak files are stored."""
    from PIL import Image  # noqa: PLC0415 - only when pixels are wanted

    image = Image.frombytes("RGB", (width, height), data)
    image.thumbnail((longest, longest))
    return image


def _affordable(image: "Image.Image", pixels_max: int) -> bool:
    # A progressive JPEG is kept whole as coefficients, 2 bytes a sample, before it is scaled.
    if image.format in ("JPEG", "MPO") and not image.info.get("progressive"):
        pixels_max = JPEG_PIXELS_MAX
    elif pixels_max == PIXELS_MAX and image.format in _PLAIN and image.mode == "L":
        pixels_max = GREY_PIXELS_MAX
    return image.width * image.height <= pixels_max


def _heif_draft(evidence: Evidence, longest: int) -> "Image.Image | None":
    if evidence.subject.view.size_bytes > PACKED_BYTES_MAX:
        return None
    import pillow_heif  # noqa: PLC0415 - a heavy library
    from PIL import Image  # noqa: PLC0415

    try:
        with warnings.catch_warnings(action="ignore"):
            opened = pillow_heif.open_heif(evidence.subject.path, convert_hdr_to_8bit=True)
            if opened.size[0] * opened.size[1] > PIXELS_MAX:
                return None
            image = opened.to_pillow()
            image.thumbnail((longest, longest), reducing_gap=2.0)
            return _flat(image)
    except (*_DECODING_ERRORS, Image.DecompressionBombError):
        return None


def _flat(image: "Image.Image") -> "Image.Image":
    """Bring it to RGB; what is transparent becomes white, deep grey is stretched to 8 bits."""
    from PIL import Image  # noqa: PLC0415

    if image.mode.startswith("I") or image.mode == "F":
        low, high = image.getextrema()
        span = float(high) - float(low) or 1.0  # type: ignore[arg-type]
        return image.point(lambda value: (value - low) * (255 / span)).convert("L").convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")
