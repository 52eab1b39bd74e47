"""What the file is and how large its picture: which of the readers to believe."""

from collections.abc import Iterator, Mapping
from typing import Final

from metaextract_extractor.domain.formats import BY_EXTENSION, BY_NAME
from metaextract_extractor.reading.engines.exiftool import Found
from metaextract_extractor.reading.evidence import EngineError, Report, Subject
from metaextract_extractor.reading.walk import Walk, tellable_pixels

UNKNOWN_FORMAT: Final = "unknown_format"

_TOLD_AS_ANOTHER: Final = frozenset({("JP2", "MJ2")})
"""What ExifTool says, and our walkers by the brand: to it Motion JPEG 2000 is any JPEG 2000."""

_SIZES: Final = (("LibRaw", "CropWidth", "CropHeight"), ("LibRaw", "ImageWidth", "ImageHeight"))
"""Fields of witnesses that tell the size of the picture, where neither ExifTool nor our walkers do."""


def recognised(found: Found, subject: Subject) -> Found:
    """Return what ExifTool found; raise `EngineError` if it did not know the format, or took it for another.

    Without a signature (TGA) it takes a file for whatever begins alike: a cursor, or a film.
    """
    if found.format_name and (subject.family or _fits_the_name(found.format_name, subject.extension)):
        return found
    raise EngineError(UNKNOWN_FORMAT)


def _fits_the_name(format_name: str, extension: str) -> bool:
    claimed, named = BY_NAME.get(format_name), BY_EXTENSION.get(extension)
    if claimed is None or named is None:
        return False
    return claimed == named or (claimed.raw and named.raw)


def named(primary: Found | None, walk: Walk, subject: Subject) -> str:
    """Return the name of the format, empty if nobody knows one.

    ExifTool knows finer ones than our walkers, but of a document or an archive (`XML`, `GZIP`) it may tell
    the wrapping alone.
    """
    if primary is not None and (primary.format_name, walk.format_name) in _TOLD_AS_ANOTHER:
        return walk.format_name
    if primary is not None and (primary.format_name in BY_NAME or not walk.format_name):
        return primary.format_name
    return walk.format_name or subject.family


def media_type_of(primary: Found | None, format_name: str) -> str:
    """Return the media type that ExifTool tells, unless it is that of a wrapping, or of another format."""
    if primary is None:
        return ""
    known = BY_NAME.get(format_name)
    fits = primary.format_name == format_name or (
        known is not None and primary.media_type in known.media_types
    )
    return primary.media_type if fits else ""


def as_document(primary: Found, walk: Walk) -> None:
    """Note that ExifTool took an SVG with a long prolog for any XML, and told its elements by other names."""
    if primary.format_name == "XML" and walk.format_name == "SVG":
        walk.only_here.add("XMP")


def sized(primary: Found | None, walk: Walk, reports: Mapping[str, Report]) -> tuple[int | None, int | None]:
    """Return width and height of the picture, both by the same reader: ExifTool, our walkers, a witness."""
    return next(_sizes(primary, walk, reports), (None, None))


def _sizes(primary: Found | None, walk: Walk, reports: Mapping[str, Report]) -> Iterator[tuple[int, int]]:
    pairs: list[tuple[object, object]] = []
    if primary is not None:
        pairs.append((primary.width_pixels, primary.height_pixels))
    pairs.append((tellable_pixels(walk.width_pixels), tellable_pixels(walk.height_pixels)))
    for report in reports.values():
        said = {(one.group, one.name): one.raw for one in report.fields}
        pairs += [(said.get((group, width)), said.get((group, height))) for group, width, height in _SIZES]
    for width_pixels, height_pixels in pairs:
        if (
            isinstance(width_pixels, int)
            and isinstance(height_pixels, int)
            and width_pixels
            and height_pixels
        ):
            yield width_pixels, height_pixels
