"""What is fuzzed, each walker on its own and all behind `walk_file`, and what must hold whatever the bytes.

A walker raises nothing but `BudgetExceededError`; every place that it states is in the file; everything that
it says can be sent. The same for a file of which only the first half has arrived.
"""

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final

from pydantic import TypeAdapter

from metaextract_extractor.domain.formats import HEAD_BYTES, sniff
from metaextract_extractor.domain.result import ByteRange, Container, Embedded, Field, Notice, Unread
from metaextract_extractor.reading.dispatch import walk_file
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import BudgetExceededError, Walk
from metaextract_extractor.reading.walkers.bitmap import walk_bitmap
from metaextract_extractor.reading.walkers.ciff import walk_ciff
from metaextract_extractor.reading.walkers.cr3 import walk_cr3
from metaextract_extractor.reading.walkers.gif import walk_gif
from metaextract_extractor.reading.walkers.heif import walk_heif
from metaextract_extractor.reading.walkers.icc import walk_icc
from metaextract_extractor.reading.walkers.iptc import walk_iptc
from metaextract_extractor.reading.walkers.jp2 import walk_jp2
from metaextract_extractor.reading.walkers.jpeg import walk_jpeg
from metaextract_extractor.reading.walkers.jumbf import walk_jumbf
from metaextract_extractor.reading.walkers.jxl import walk_jxl
from metaextract_extractor.reading.walkers.mrw import walk_mrw
from metaextract_extractor.reading.walkers.photoshop import walk_irb
from metaextract_extractor.reading.walkers.png import walk_png
from metaextract_extractor.reading.walkers.psd import walk_psd
from metaextract_extractor.reading.walkers.raf import walk_raf
from metaextract_extractor.reading.walkers.riff import walk_riff
from metaextract_extractor.reading.walkers.rw2 import walk_rw2
from metaextract_extractor.reading.walkers.svg import walk_svg
from metaextract_extractor.reading.walkers.tiff import walk_tiff
from metaextract_extractor.reading.walkers.x3f import walk_x3f
from metaextract_extractor.reading.walkers.xmp import walk_xmp

INTEGER_MAX: Final = 2**53

Target = Callable[[View, Walk], None]


def _whole(view: View, walk: Walk) -> None:
    family = ""
    for length in (HEAD_BYTES, 64):
        with suppress(MissingBytesError):
            family = sniff(view.all(length))
            break
    walk_file(view, walk, family, "tga")


TARGETS: Final[Mapping[str, Target]] = MappingProxyType(
    {
        "file": _whole,
        "bitmap": lambda view, walk: walk_bitmap(view, walk, ""),
        "ciff": lambda view, walk: walk_ciff(view, walk, "CRW"),
        "cr3": lambda view, walk: walk_cr3(view, walk, "MOV"),
        "exif": lambda view, walk: walk_tiff(view, walk, "JPEG-APP1"),
        "gif": lambda view, walk: walk_gif(view, walk, "GIF"),
        "heif": lambda view, walk: walk_heif(view, walk, "MOV"),
        "icc": lambda view, walk: walk_icc(view, walk, "JPEG-APP2-ICC_Profile"),
        "iptc": lambda view, walk: walk_iptc(view, walk, "JPEG-APP13-Photoshop-IPTC"),
        "irb": lambda view, walk: walk_irb(view, walk, "JPEG-APP13-Photoshop"),
        "jp2": lambda view, walk: walk_jp2(view, walk, "JP2"),
        "jpeg": lambda view, walk: walk_jpeg(view, walk, "JPEG"),
        "jumbf": lambda view, walk: walk_jumbf(view, walk, "JPEG-APP11-JUMBF"),
        "jxl": lambda view, walk: walk_jxl(view, walk, "JXL"),
        "mrw": lambda view, walk: walk_mrw(view, walk, "MRW"),
        "png": lambda view, walk: walk_png(view, walk, "PNG"),
        "psd": lambda view, walk: walk_psd(view, walk, "PSD"),
        "raf": lambda view, walk: walk_raf(view, walk, "RAF"),
        "riff": lambda view, walk: walk_riff(view, walk, "RIFF"),
        "rw2": lambda view, walk: walk_rw2(view, walk, "TIFF"),
        "svg": lambda view, walk: walk_svg(view, walk, "SVG"),
        "tiff": lambda view, walk: walk_tiff(view, walk, "TIFF"),
        "x3f": lambda view, walk: walk_x3f(view, walk, "X3F"),
        "xmp": lambda view, walk: walk_xmp(view, walk, "JPEG-APP1-XMP"),
    }
)

_SENT: Final = TypeAdapter(tuple[list[Field], list[Container], list[Unread], list[Embedded], list[Notice]])


class Arriving:
    """A file of which the first bytes are here."""

    def __init__(self, data: bytes, received_bytes: int) -> None:
        self._data = data
        self._received_bytes = received_bytes

    @property
    def size_bytes(self) -> int:
        """Length of the whole file."""
        return len(self._data)

    def read(self, offset: int, length: int) -> bytes:
        """Slice, or say what is missing."""
        if offset < 0 or length < 0 or offset + length > self._received_bytes:
            raise MissingBytesError(ByteRange(max(offset, 0), max(length, 1)))
        return self._data[offset : offset + length]


def _is_exact_in_json(raw: object) -> bool:
    """RFC 8259, section 6: readers keep integers up to 2**53, and there is no infinity."""
    match raw:
        case list() | tuple():
            return all(map(_is_exact_in_json, raw))
        case int():
            return abs(raw) <= INTEGER_MAX
        case float():
            return math.isfinite(raw)
    return raw is None or isinstance(raw, str)


def check(target: Target, data: bytes) -> None:
    """Walk the bytes whole and half; raises what a walker must not raise, or `AssertionError`."""
    for received_bytes in (len(data), len(data) // 2):
        check_arriving(target, data, received_bytes)


def check_arriving(target: Target, data: bytes, received_bytes: int) -> None:
    """Walk what has arrived of the bytes; raises as `check` does."""
    walk = Walk()
    with suppress(BudgetExceededError):
        target(View.of(Arriving(data, received_bytes)), walk)
    _check_walk(walk, len(data))


def _check_walk(walk: Walk, size_bytes: int) -> None:
    places = [field.location for field in walk.fields if field.location is not None]
    places += [one.place for one in walk.located]
    places += [place for one in (*walk.containers, *walk.embedded) for place in one.places]
    for place in places:
        assert place.offset_bytes >= 0, place
        assert place.length_bytes > 0, place
        assert place.offset_bytes + place.length_bytes <= size_bytes, place
    assert all(field.name and field.group for field in walk.fields)
    for field in walk.fields:
        assert _is_exact_in_json(field.raw), (field.name, field.raw)
    assert len(walk.fields) <= walk.budgets.fields_max
    assert len(walk.containers) <= walk.budgets.containers_max
    _SENT.dump_json((walk.fields, walk.containers, walk.unread, walk.embedded, walk.notices))
