"""Every picture inside the picture, and whether it shows the same: a thumbnail often survives an edit."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from metaextract_extractor.domain.insights_picture import Likeness, Preview, PreviewComparison, Previews
from metaextract_extractor.domain.result import ByteRange, Embedded
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.hashing import dhash, phash
from metaextract_extractor.reading.insights.image_header import Header, read_header
from metaextract_extractor.reading.insights.likeness import compare, without_comparison
from metaextract_extractor.reading.insights.pixels import draft, embedded_draft, is_raw, view_of
from metaextract_extractor.reading.insights.stated import (
    INTEGER_MAX,
    OFFSET_MAX,
    Stated,
    binary_length,
    integer_of,
    number_of,
)
from metaextract_extractor.reading.view import MissingBytesError, View

if TYPE_CHECKING:
    from PIL import Image

PREVIEWS_MAX: Final = 64
DRAFT_PIXELS: Final = 256
"""Longest side of the drafts that are compared and hashed."""

HASHED_BYTES_MAX: Final = 64 * 1024 * 1024
"""Bytes of all previews together that are read for their digests."""

_READ_BYTES: Final = 1024 * 1024
_SAME_SUBJECT: Final = frozenset({"thumbnail", "preview", "full_size"})
"""Kinds that should show what the main image shows."""

# Start and length of a picture, as ExifTool names both, and what it is.
_PAIRS: Final = (
    ("ThumbnailOffset", "ThumbnailLength", "thumbnail"),
    ("PreviewImageStart", "PreviewImageLength", "preview"),
    ("JpgFromRawStart", "JpgFromRawLength", "full_size"),
    ("OtherImageStart", "OtherImageLength", "preview"),
    ("MPImageStart", "MPImageLength", "mpf"),
)
# Pictures whose place no field states.
_UNPLACED: Final = {
    "PhotoshopThumbnail": "thumbnail",
    "ThumbnailImage": "thumbnail",
    "ThumbnailTIFF": "thumbnail",
    "PreviewImage": "preview",
    "PreviewTIFF": "preview",
    "JpgFromRaw": "full_size",
    "OtherImage": "preview",
    "DepthImage": "depth",
    "EmbeddedPNG": "image",
}
_SIZE: Final = re.compile(r"(\d{1,6})[x ](\d{1,6})")


_TRUSTED_FAMILIES: Final = frozenset(
    {"JPEG", "EXV", "TIFF", "RW2", "ORF", "RAF", "MRW", "CRW", "X3F", "CR3", "BMP", "ICO"}
)
"""Containers in which stated offsets count from the file; elsewhere the structure may have been packed."""

STAND_IN_PIXELS_MIN: Final = 256
"""Longest side of a preview that may stand in for camera raw."""

STAND_INS_TRIED_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """What the file shows, small, RGB, as stored. `places`: of the preview that stands in for camera raw."""

    image: "Image.Image"
    places: tuple[ByteRange, ...] = ()

    @property
    def source(self) -> str:
        """`image`, or `preview`."""
        return "preview" if self.places else "image"


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    path: str
    places: tuple[ByteRange, ...]
    size_bytes: int
    size_pixels: tuple[int | None, int | None] = (None, None)


def shown(evidence: Evidence, longest: int, *, pixel_decoders: bool) -> Shown | None:
    """Decode the main image at a size near `longest` pixels; of camera raw its largest preview."""
    image = draft(evidence, longest, pixel_decoders=pixel_decoders)
    return Shown(image) if image else _stand_in(evidence, longest, pixel_decoders=pixel_decoders)


def previews(evidence: Evidence, main: Shown | None, *, pixel_decoders: bool) -> Previews | None:
    """Describe every embedded picture and compare those that should show the same as the main image."""
    found = list(_found(evidence))[:PREVIEWS_MAX]
    if not found:
        return None
    left = HASHED_BYTES_MAX
    images = []
    for one in found:
        images.append(_described(evidence, one, main, left, pixel_decoders=pixel_decoders))
        left -= one.size_bytes
    return Previews(tuple(images), _worst(images))


def _stand_in(evidence: Evidence, longest: int, *, pixel_decoders: bool) -> Shown | None:
    """Decode the largest preview of camera raw, which the camera made from it; None for other files."""
    if not pixel_decoders or not is_raw(evidence):
        return None
    candidates = []
    for one in _found(evidence):
        view = view_of(evidence, one.places) if one.kind in _SAME_SUBJECT else None
        header = read_header(view) if view is not None else Header("")
        width, height = header.width_pixels or 0, header.height_pixels or 0
        if view is not None and max(width, height) >= STAND_IN_PIXELS_MIN:
            candidates.append((width * height, one, view))
    for _, one, view in sorted(candidates, key=lambda each: -each[0])[:STAND_INS_TRIED_MAX]:
        image = embedded_draft(view, longest, pixel_decoders=pixel_decoders)
        if image is not None:
            return Shown(image, one.places)
    return None


def _found(evidence: Evidence) -> Iterator[_Found]:
    """What the walkers placed, then what only fields state; each place once."""
    size = evidence.subject.view.size_bytes
    known: set[int] = set()
    lengths: set[int] = set()
    stated = Stated.of(evidence)
    for one in (*_walked(evidence), *_placed(evidence, stated)):
        if not one.places or one.places[0].offset_bytes in known or not _fits(one, size):
            continue
        known.add(one.places[0].offset_bytes)
        lengths.add(one.size_bytes)
        yield one
    for one in _unplaced(evidence, stated):
        if one.size_bytes not in lengths:
            lengths.add(one.size_bytes)
            yield one


def _fits(one: _Found, size_bytes: int) -> bool:
    return all(
        place.length_bytes > 0
        and place.offset_bytes > 0
        and place.offset_bytes + place.length_bytes <= size_bytes
        for place in one.places
    )


def _walked(evidence: Evidence) -> list[_Found]:
    return [
        _Found(_kind_of(one), one.path, one.places, _length(one), _size_of(one))
        for one in evidence.walk.embedded
        if one.kind != "video"
    ]


def _kind_of(one: Embedded) -> str:
    """Thumbnails of Content Credentials show the picture at a signing, or an ingredient of it."""
    return "credentials_thumbnail" if "JUMBF" in one.path else one.kind


def _size_of(one: Embedded) -> tuple[int | None, int | None]:
    known = all(size is None or 0 <= size <= INTEGER_MAX for size in (one.width_pixels, one.height_pixels))
    return (one.width_pixels, one.height_pixels) if known else (None, None)


def _length(one: Embedded) -> int:
    return sum(place.length_bytes for place in one.places)


def _placed(evidence: Evidence, stated: Stated) -> Iterator[_Found]:
    trusted = evidence.subject.family in _TRUSTED_FAMILIES
    for start_name, length_name, kind in _PAIRS:
        for field in stated.named(start_name):
            start = integer_of(number_of(field), OFFSET_MAX)
            length = stated.integer(field.group, length_name, OFFSET_MAX)
            if start is None or length is None or length <= 0 or start <= 0:
                continue
            place = ByteRange(start, length)
            if not trusted and not _is_picture(evidence, place):
                continue
            stated_size = _stated_size(stated, field.group, start_name)
            yield _Found(kind, field.path, (place,), length, stated_size)


def _is_picture(evidence: Evidence, place: ByteRange) -> bool:
    view = view_of(evidence, (place,))
    return view is not None and bool(read_header(view).format)


def _stated_size(stated: Stated, group: str, start_name: str) -> tuple[int | None, int | None]:
    name = {"PreviewImageStart": "PreviewImageSize"}.get(start_name)
    match = _SIZE.fullmatch(stated.text(group, name)) if name else None
    return (int(match[1]), int(match[2])) if match else (None, None)


def _unplaced(evidence: Evidence, stated: Stated) -> Iterator[_Found]:
    """Pictures that ExifTool saw, but whose place nobody knows: packed, or in a maker's structure.

    Where a walker placed the strips of a directory, ExifTool's TIFF made of them is the same picture.
    """
    directories = {one.path.rpartition("-")[2] for one in evidence.walk.embedded}
    for name, kind in _UNPLACED.items():
        for field in stated.named(name):
            length = binary_length(field)
            again = name.endswith("TIFF") and field.group in directories
            if length and field.group != "Composite" and not again:
                yield _Found(kind, field.path, (), length)


def _described(
    evidence: Evidence, one: _Found, main: Shown | None, left: int, *, pixel_decoders: bool
) -> Preview:
    view = view_of(evidence, one.places)
    header = read_header(view) if view is not None else Header("")
    image = (
        embedded_draft(view, DRAFT_PIXELS, pixel_decoders=pixel_decoders, size=one.size_pixels)
        if view is not None
        else None
    )
    return Preview(
        kind=one.kind,
        path=one.path,
        places=one.places,
        size_bytes=one.size_bytes,
        format=header.format,
        width_pixels=header.width_pixels or one.size_pixels[0],
        height_pixels=header.height_pixels or one.size_pixels[1],
        sha256=_digest(view) if view is not None and one.size_bytes <= left else "",
        phash=phash(image) if image else "",
        dhash=dhash(image) if image else "",
        comparison=_comparison(one, image, main, pixel_decoders=pixel_decoders),
    )


def _comparison(
    one: _Found, image: "Image.Image | None", main: Shown | None, *, pixel_decoders: bool
) -> PreviewComparison:
    if main is not None and image is not None and one.kind in _SAME_SUBJECT and one.places != main.places:
        return compare(image, main.image)
    reasons = (
        ("It is not meant to show what the main image shows.", one.kind not in _SAME_SUBJECT),
        ("Pixel decoders are off.", not pixel_decoders),
        ("Its bytes are packed, or not there.", not one.places),
        ("The main image was not decoded.", main is None),
        ("This picture was not decoded.", image is None),
    )
    stands_in = "It stands in for the camera raw image."
    return without_comparison(next((reason for reason, holds in reasons if holds), stands_in))


def _digest(view: View) -> str:
    digest = hashlib.sha256()
    try:
        for at in range(0, view.size_bytes, _READ_BYTES):
            digest.update(view.read(at, min(_READ_BYTES, view.size_bytes - at)))
    except MissingBytesError:
        return ""
    return digest.hexdigest()


def _worst(images: list[Preview]) -> Likeness:
    found = {one.comparison.likeness for one in images if one.kind == "thumbnail"}
    order = (Likeness.DIFFERENT, Likeness.UNKNOWN, Likeness.SAME)
    return next((likeness for likeness in order if likeness in found), Likeness.UNKNOWN)
