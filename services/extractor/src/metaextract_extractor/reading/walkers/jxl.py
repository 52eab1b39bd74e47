"""JPEG XL: the container of ISO/IEC 18181-2 and the bare codestream of 18181-1.

Sources: ISO/IEC 18181-2, section 9 (boxes Exif, xml, jumb, brob, jxlc, jxlp); ISO/IEC 18181-1, section D.2
(SizeHeader, read bit by bit, the lowest bit of a byte first).
"""

from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Section, emit
from metaextract_extractor.reading.walkers.bmff import Box, boxes, guarded
from metaextract_extractor.reading.walkers.brands import JP2_BRANDS, walk_file_type
from metaextract_extractor.reading.walkers.heif_metadata import exif_start
from metaextract_extractor.reading.walkers.inflating import BROTLI_BUDGET, brotli_inflated
from metaextract_extractor.reading.walkers.nested import walk_nested

_CODESTREAM: Final = b"\xff\x0a"
_SIZE_BITS: Final = (9, 13, 18, 30)
_RATIOS: Final = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_SIZE_HEADER_BYTES: Final = 12
_PART_NUMBER_BYTES: Final = 4
_KIND_BYTES: Final = 4
_BOX_HEAD_BYTES: Final = 8
_COMPRESSED: Final = {
    b"exif": ("exif", "BrotliEXIF"), b"xml ": ("xmp", "BrotliXMP"), b"jumb": ("jumbf", "BrotliJUMB"),
}  # fmt: skip
"""Kind of the packed box, which some write in capitals -> kind of container, name in paths."""
_CODESTREAM_BOXES: Final = ("jxlc", "jxlp")
_UNDERSTOOD: Final = frozenset({"JXL ", "jxll", "jxli", "free", "skip", "jbrd"})


def walk_jxl(view: View, walk: Walk, path: str) -> None:
    """Walk a JPEG XL file, boxed or bare."""
    with walk.within("file", path, view):
        walk.format_name = "JXL"
        if view.read(0, 2) == _CODESTREAM:
            _walk_codestream(view, walk, path)
            return
        inner = f"{path}-JP2"
        ends = False
        for box in boxes(view, walk, inner):
            if box.kind in _CODESTREAM_BOXES:
                walk.picture(inner, view, box.body_at, box.size_bytes)
                ends = _is_last(box)
            if not ends and box.body_at + box.size_bytes == view.size_bytes:
                walk.picture_without_end(inner)
            if not box.whole and box.kind not in _CODESTREAM_BOXES:
                walk.not_read(inner, box.body, Why.DAMAGED)
                continue
            with guarded(walk, inner, box.body):
                _walk_box(box, walk, inner)


def _is_last(box: Box) -> bool:
    """Whether no more of the codestream follows behind this box (9.9): yes if that has not arrived."""
    try:
        return box.kind != "jxlp" or box.body.size_bytes == 0 or box.body.read(0, 1) >= b"\x80"
    except MissingBytesError:
        return True


def _walk_box(box: Box, walk: Walk, path: str) -> None:
    body = box.body
    if box.kind == "ftyp":
        walk_file_type(body, walk, Section(f"{path}-FileType", "Jpeg2000"), JP2_BRANDS)
        walk.understood(body)
    elif box.kind in _CODESTREAM_BOXES:
        start = _PART_NUMBER_BYTES if box.kind == "jxlp" else 0
        if walk.width_pixels is None and body.has(start, 2) and body.read(start, 2) == _CODESTREAM:
            _walk_codestream(body.part(start), walk, path)
        walk.understood(body)
    elif box.kind == "Exif":
        _walk_exif(body, walk, f"{path}-EXIF")
    elif box.kind == "xml ":
        walk_nested("xmp", body, walk, f"{path}-XMP")
    elif box.kind == "jumb":
        walk_nested("jumbf", box.frame, walk, path)
    elif box.kind == "brob":
        _walk_compressed(body, walk, path)
    elif box.kind == "hrgm":
        walk.image("gain_map", path, body)
        walk.understood(body)
    elif box.kind in _UNDERSTOOD:
        walk.understood(body)
    else:
        walk.not_read(path, body, Why.UNKNOWN)


def _walk_exif(body: View, walk: Walk, path: str) -> None:
    start = exif_start(body)
    if start is None:
        walk.not_read(path, body, Why.DAMAGED)
        return
    if start:
        walk.understood(body.part(0, start))
    walk_nested("exif", body.part(start), walk, path)


def _walk_compressed(body: View, walk: Walk, path: str) -> None:
    """Unpack a box (ISO/IEC 18181-2, 9.5) within the budget, and walk what is in it."""
    kind = body.read(0, _KIND_BYTES).lower() if body.size_bytes >= _KIND_BYTES else b""
    holds, name = _COMPRESSED.get(kind, ("vendor", "brob"))
    inner = f"{path}-{name}"
    with walk.within(holds, inner, body):
        walk.understood(body.part(0, len(kind)))
        packed = body.part(len(kind))
        if kind not in _COMPRESSED:
            walk.not_read(inner, packed, Why.UNKNOWN)
            return
        content = brotli_inflated(packed, walk)
        if content is None:
            budget = BROTLI_BUDGET in walk.budgets_exceeded
            walk.not_read(inner, packed, Why.BUDGET if budget else Why.DAMAGED)
            return
        walk.understood(packed)
        walk.only_here.add(inner)
        _walk_unpacked(kind, View.unpacked(content), walk, inner)


def _walk_unpacked(kind: bytes, content: View, walk: Walk, path: str) -> None:
    if kind == b"xml ":
        walk_nested("xmp", content, walk, path)
    elif kind == b"jumb":
        length = _BOX_HEAD_BYTES + content.size_bytes
        framed = length.to_bytes(4, "big") + kind + content.all(content.size_bytes)
        walk_nested("jumbf", View.unpacked(framed), walk, path)
    else:
        _walk_exif(content, walk, path)


class _Bits:
    """Takes bits from bytes, the lowest first; past the end they are 0."""

    def __init__(self, content: bytes) -> None:
        self._value = int.from_bytes(content, "little")

    def take(self, count: int) -> int:
        taken = self._value & ((1 << count) - 1)
        self._value >>= count
        return taken

    def side(self, *, small: bool) -> int:
        """Read one side of the image in pixels."""
        return (self.take(5) + 1) * 8 if small else self.take(_SIZE_BITS[self.take(2)]) + 1


def _walk_codestream(view: View, walk: Walk, path: str) -> None:
    """Read the size of the image; its bits share bytes, so neither side has a place of its own."""
    content = view.read(0, min(view.size_bytes, _SIZE_HEADER_BYTES + 2))
    bits = _Bits(content[2:])
    small = bits.take(1) == 1
    height = bits.side(small=small)
    ratio = bits.take(3)
    if ratio:
        numerator, denominator = _RATIOS[ratio - 1]
        width = height * numerator // denominator
    else:
        width = bits.side(small=small)
    walk.width_pixels, walk.height_pixels = width, height
    section = Section(path, "File", Standard.FILE, "Image")
    emit(walk, section, "ImageWidth", width, None, tag_id="ImageWidth")
    emit(walk, section, "ImageHeight", height, None, tag_id="ImageHeight")
    walk.understood(view)
