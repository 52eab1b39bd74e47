"""Whether the small pictures inside the file fit the large one."""

from collections.abc import Iterator
from typing import Final

from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.insights_picture import Likeness, Preview, PreviewComparison
from metaextract_extractor.domain.operations_forensics import (
    ForensicEvidence,
    ForensicStatement,
    ForensicTopic,
    NotExamined,
)
from metaextract_extractor.reading.operations.forensics_statements import (
    fact,
    indication,
    of_bytes,
    of_number,
)

ASPECT_TOLERANCE: Final = 0.03
_TOPIC: Final = ForensicTopic.THUMBNAIL
_COMPARED_KINDS: Final = frozenset({"thumbnail", "preview", "full_size"})


def thumbnail_statements(insights: Insights) -> Iterator[ForensicStatement | NotExamined]:
    """Yield what comparisons of previews with the image show."""
    compared = [
        one for one in (insights.previews.images if insights.previews else ()) if one.kind in _COMPARED_KINDS
    ]
    if not compared:
        yield NotExamined(
            "thumbnail.other_picture", "The file holds no thumbnail or preview that could be compared."
        )
    for one in compared:
        yield from _statements(one, one.comparison)


def _statements(one: Preview, found: PreviewComparison) -> Iterator[ForensicStatement | NotExamined]:
    if found.correlation is None:
        yield NotExamined("thumbnail.other_picture", f"{one.path}: {found.reason}")
        return
    if found.likeness is Likeness.DIFFERENT:
        yield indication(
            _TOPIC,
            "other_picture",
            f"The {_name(one)} shows something else than the image, or another part or state of it.",
            [*_numbers(found), _where(one)],
            "Cameras make thumbnails before they correct, crop or merge the picture.",
            "Programs change the image and forget the thumbnail.",
        )
    turn_degrees = _turn(found)
    if turn_degrees:
        yield fact(
            _TOPIC,
            "turned",
            f"The image must be turned by {turn_degrees} degrees clockwise to fit the {_name(one)}.",
            [*_numbers(found), _where(one)],
            "The image was turned without loss by a viewer, or a camera turns one and not the other.",
        )
    if _shapes_differ(found):
        yield fact(
            _TOPIC,
            "aspect_ratio",
            f"The {_name(one)} has another shape than the image"
            f"{', even without its black bars' if found.bars else ''}.",
            [
                of_number("Width by height of the small picture", found.aspect_ratio),
                of_number("Width by height of the image", found.image_aspect_ratio),
                _where(one),
            ],
            "Exif thumbnails are often 160 by 120 whatever the image is.",
            "The image was cropped, in the camera or after it.",
        )


def _shapes_differ(found: PreviewComparison) -> bool:
    one, other = found.aspect_ratio, found.image_aspect_ratio
    if not one or not other:
        return False
    if _turn(found) % 180:
        one = 1 / one
    return abs(one / other - 1) > ASPECT_TOLERANCE


def _turn(found: PreviewComparison) -> int:
    """The turn after which both show the same; what fits best of what does not fit is none."""
    return found.turn_degrees or 0 if found.likeness is Likeness.SAME else 0


def _numbers(found: PreviewComparison) -> list[ForensicEvidence]:
    return [
        of_number("Correlation of grey values (1 is the same)", found.correlation),
        of_number("Bits of 64 in which the pHashes differ", found.hamming_distance),
        of_number("Turn of the image that fits best, degrees clockwise", found.turn_degrees),
    ]


def _where(one: Preview) -> ForensicEvidence:
    size = (
        f"{one.format} {one.width_pixels or '?'} x {one.height_pixels or '?'} pixels, {one.size_bytes} bytes"
    )
    return of_bytes(one.path, size, one.places)


def _name(one: Preview) -> str:
    return {"full_size": "full-size preview"}.get(one.kind, one.kind)
