"""The short film inside a still: where it is, and whether it is really there.

Android Motion Photo format 1.0 (Camera and Container XMP; lengths count from the end of the file, the `mpvd`
box of HEIC holds the film); GCamera MicroVideoOffset before it; Samsung's trailer (`SEFH` directory of
blocks, counted back from itself, `SEFT` at the very end), as ExifTool documents it.
"""

from typing import Final

from metaextract_extractor.domain.insights_several import MotionPhoto, MotionScheme
from metaextract_extractor.domain.result import ByteRange
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.stated import OFFSET_MAX, Stated, text_of
from metaextract_extractor.reading.insights.top_boxes import top_boxes
from metaextract_extractor.reading.view import MissingBytesError, View

_ITEMS_MAX: Final = 64
_BLOCKS_MAX: Final = 256
_BLOCK_ENTRY_BYTES: Final = 12
_MOTION_PHOTO_BLOCK: Final = 0x0A30
_SEMANTIC: Final = "motionphoto"


def motion_photo(evidence: Evidence) -> MotionPhoto | None:
    """Find the film: where several accounts lead to several places, the first that leads to a film.

    A film that is announced without saying where has no place.
    """
    stated = Stated.of(evidence)
    view = evidence.subject.view
    mime, item = _container_item(view, stated)
    accounts = [
        (MotionScheme.MPVD_BOX, _boxed(evidence)),
        (MotionScheme.MOTION_PHOTO, item),
        (MotionScheme.SAMSUNG, samsung_film(view)),
        (MotionScheme.MICRO_VIDEO, _from_end(view, _offset(stated, "MicroVideoOffset"))),
        (MotionScheme.MOTION_PHOTO, _from_end(view, _offset(stated, "MotionPhotoOffset"))),
    ]
    films = [_described(stated, scheme, view, place, mime) for scheme, place in accounts if place]
    if films:
        return next((film for film in films if film.verified), films[0])
    if stated.flag("XMP-GCamera", "MotionPhoto"):
        return _described(stated, MotionScheme.MOTION_PHOTO, view, None, mime)
    if stated.flag("XMP-GCamera", "MicroVideo") or _offset(stated, "MicroVideoOffset"):
        return _described(stated, MotionScheme.MICRO_VIDEO, view, None, mime)
    return None


def samsung_film(view: View) -> ByteRange | None:
    """Return the place of the film in Samsung's trailer."""
    try:
        end = view.size_bytes
        if end < 32 or view.read(end - 4, 4) != b"SEFT":  # noqa: PLR2004 - the least that makes a trailer
            return None
        length = int.from_bytes(view.read(end - 8, 4), "little")
        start = end - 8 - length
        if start < 0 or view.read(start, 4) != b"SEFH":
            return None
        count = int.from_bytes(view.read(start + 8, 4), "little")
        for index in range(min(count, _BLOCKS_MAX)):
            entry = view.read(start + 12 + index * _BLOCK_ENTRY_BYTES, _BLOCK_ENTRY_BYTES)
            if int.from_bytes(entry[2:4], "little") == _MOTION_PHOTO_BLOCK:
                back, size = int.from_bytes(entry[4:8], "little"), int.from_bytes(entry[8:12], "little")
                return _block_content(view, start - back, size)
    except MissingBytesError:
        pass
    return None


def film_brand(view: View, place: ByteRange) -> str:
    """Return the major brand if a film begins there (ISO/IEC 14496-12 §4.3); else empty."""
    try:
        head = view.read(place.offset_bytes, 12)
    except MissingBytesError:
        return ""
    return head[8:12].decode("ascii", "replace") if head[4:8] == b"ftyp" else ""


def _block_content(view: View, start: int, size: int) -> ByteRange | None:
    """A block begins with 4 bytes of type, the length of its name and the name."""
    if start < 0 or size < 8:  # noqa: PLR2004 - type and length
        return None
    skip = 8 + int.from_bytes(view.read(start + 4, 4), "little")
    content = ByteRange(start + skip, size - skip)
    return (
        content if content.length_bytes > 0 and view.has(content.offset_bytes, content.length_bytes) else None
    )


def _boxed(evidence: Evidence) -> ByteRange | None:
    if evidence.subject.family not in ("HEIF", "AVIF"):
        return None
    view = evidence.subject.view
    content = next((content for kind, content in top_boxes(view) if kind == b"mpvd"), None)
    return content.place() if content is not None else None


def _container_item(view: View, stated: Stated) -> tuple[str, ByteRange | None]:
    """Media type and place of the film's item.

    The items behind it follow in order up to the end of the file, so their lengths count too. ExifTool
    flattens the directory into lists, in which items without a length leave no gap: they are aligned from
    the end.
    """
    semantics = _list(stated, "DirectoryItemSemantic")
    at = next((index for index, one in enumerate(semantics) if one.lower() == _SEMANTIC), None)
    if at is None or at == 0:
        return "", None
    mimes, lengths = _list(stated, "DirectoryItemMime"), _list(stated, "DirectoryItemLength")
    mime = mimes[at] if len(mimes) == len(semantics) else ""
    behind = len(semantics) - at
    wanted = lengths[-behind:]
    if len(wanted) < behind or not all(one.isdecimal() and len(one) < 16 for one in wanted):  # noqa: PLR2004
        return mime, None
    sizes = [int(one) for one in wanted]
    rest = _from_end(view, sum(sizes))
    return mime, ByteRange(rest.offset_bytes, sizes[0]) if rest is not None and sizes[0] else None


def _list(stated: Stated, name: str) -> list[str]:
    field = stated.first("XMP-GContainer", name)
    if field is None:
        return []
    values = field.raw if isinstance(field.raw, list | tuple) else [text_of(field)]
    return [str(value) for value in values[:_ITEMS_MAX]]


def _offset(stated: Stated, name: str) -> int | None:
    return stated.integer("XMP-GCamera", name, OFFSET_MAX)


def _from_end(view: View, length: int | None) -> ByteRange | None:
    if not length or not 0 < length < view.size_bytes:
        return None
    return ByteRange(view.size_bytes - length, length)


def _described(
    stated: Stated, scheme: MotionScheme, view: View, place: ByteRange | None, mime: str
) -> MotionPhoto:
    brand = film_brand(view, place) if place is not None else ""
    moment = _offset(stated, "MotionPhotoPresentationTimestampUs")
    if moment is None:
        moment = _offset(stated, "MicroVideoPresentationTimestampUs")
    return MotionPhoto(
        scheme=scheme,
        place=place,
        verified=bool(brand),
        brand=brand.strip(),
        media_type=mime,
        presentation_microseconds=moment,
    )
