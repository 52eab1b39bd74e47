"""The metadata inside a gain map that is a JPEG of its own (Android Ultra HDR 1.0, ISO 21496-1 annex C)."""

from contextlib import suppress
from typing import Final

from metaextract_extractor.domain.result import ByteRange
from metaextract_extractor.reading.insights.image_header import jpeg_segments
from metaextract_extractor.reading.insights.stated import Stated
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import BudgetExceededError, Walk
from metaextract_extractor.reading.walkers.xmp import walk_xmp

_APP1: Final = 0xE1
_APP2: Final = 0xE2
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\x00"
_ISO: Final = b"urn:iso:std:iso:ts:21496:-1\x00"


def inner_numbers(view: View, place: ByteRange) -> Stated:
    """Return the fields of the XMP inside the map; none if it has none."""
    content = _segment(view, place, _APP1, _XMP)
    walk = Walk()
    if content is not None:
        with suppress(BudgetExceededError):
            walk_xmp(content, walk, "XMP")
    return Stated(walk.fields)


def announces_iso_21496(view: View, place: ByteRange) -> bool:
    """Whether the map carries ISO 21496-1 metadata."""
    return _segment(view, place, _APP2, _ISO) is not None


def _segment(view: View, place: ByteRange, code: int, signature: bytes) -> View | None:
    """Return the content of the first segment with this signature."""
    try:
        picture = view.part(place.offset_bytes, place.length_bytes)
        for found, segment in jpeg_segments(picture):
            fits = found == code and segment.size_bytes > len(signature)
            if fits and segment.read(0, len(signature)) == signature:
                return segment.part(len(signature))
    except MissingBytesError:
        pass
    return None
