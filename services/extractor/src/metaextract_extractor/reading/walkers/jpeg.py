"""JPEG: its marker segments, and the standards that live in them.

Sources: ITU-T T.81 annex B; Exif 3.0 section 4.5; Adobe XMP part 3, section 1.1.3; ICC.1 annex B.4; CIPA
DC-007 (MPF); ISO/IEC 19566-5 annex D (JUMBF in APP11); Exiv2's EXV container. The entropy-coded data is
never read: what follows the picture is found by the offsets that MPF and XMP tell, and by the last bytes of
the file.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers import jpeg_markers as markers
from metaextract_extractor.reading.walkers.icc import walk_icc
from metaextract_extractor.reading.walkers.jpeg_fields import (
    walk_adobe,
    walk_comment,
    walk_ducky,
    walk_frame,
    walk_jfif,
    walk_jfxx,
)
from metaextract_extractor.reading.walkers.jpeg_parts import Boxes, Chunks, ExtendedXmp
from metaextract_extractor.reading.walkers.jpeg_trailers import Trailers
from metaextract_extractor.reading.walkers.mpf import walk_mpf
from metaextract_extractor.reading.walkers.photoshop import walk_irb
from metaextract_extractor.reading.walkers.tiff import walk_tiff
from metaextract_extractor.reading.walkers.xmp import walk_xmp

SOI: Final = b"\xff\xd8"
EXV: Final = b"\xff\x01Exiv2"

_EXIF: Final = b"Exif\0"
_TIFF: Final = (b"II*\0", b"MM\0*")
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_EXTENSION: Final = b"http://ns.adobe.com/xmp/extension/\0"
_ICC: Final = b"ICC_PROFILE\0"
_MPF: Final = b"MPF\0"
_PHOTOSHOP: Final = b"Photoshop 3.0\0"
_HEAD_BYTES: Final = 40
_PACKET_BYTES_MAX: Final = 64 * 1024
_ICC_CHUNK_BYTES: Final = 2


def walk_jpeg(view: View, walk: Walk, path: str = "JPEG") -> None:
    """Walk a JPEG or EXV file, or a JPEG inside another file whose `path` has more than one part."""
    top = "-" not in path and path in ("JPEG", "EXV")
    with walk.within("file" if top else "image", path, view):
        start = 0
        head = view.read(0, min(len(EXV), view.size_bytes))
        if head == EXV:
            start = len(EXV)
            path = "EXV" if top else path
        elif head[:2] == SOI:
            start = len(SOI)
        if start == 0:
            walk.not_read(path, view, Why.DAMAGED)
            return
        if top and not walk.format_name:
            walk.format_name = path
        walk.understood(view.part(0, start))
        _Jpeg(view, walk, path, top).walk(start)


@dataclass(slots=True)
class _Jpeg:
    """One JPEG stream."""

    view: View
    walk_: Walk
    path: str
    top: bool
    icc: Chunks = field(default_factory=Chunks)
    exif: list[View] = field(default_factory=list)
    photoshop: list[View] = field(default_factory=list)
    boxes: Boxes = field(default_factory=Boxes)
    extended_xmp: ExtendedXmp = field(default_factory=ExtendedXmp)
    trailers: Trailers = field(init=False)
    frame_seen: bool = False

    def __post_init__(self) -> None:
        self.trailers = Trailers(self.view, self.walk_, self.path)

    def walk(self, start: int) -> None:
        """Walk all segments, put together what was spread over several, look behind the picture."""
        end = start
        picture_follows, ends = True, False
        try:
            stop = self.view.size_bytes
            for segment in markers.segments(self.view, start, self.walk_, self.path):
                if segment.offset >= stop:
                    ends = True
                    break
                end = segment.end
                picture_follows = segment.marker != markers.EOI
                ends = segment.marker in (markers.SOS, markers.EOI)
                self._segment(segment)
                stop = self.trailers.begin
        except MissingBytesError:
            self.walk_.reference(resolved=False)
            self.walk_.not_read(self.path, self.view.part(end), Why.MISSING)
        self._flush_exif()
        self._flush_photoshop()
        self._left_over()
        self.extended_xmp.walk(self.walk_, f"{self.path}-APP1-XMP")
        if self.top:
            if not ends:
                self._breaks_off()
            self.trailers.walk(end, picture_follows=picture_follows)

    def _breaks_off(self) -> None:
        """Say that the file ends before its picture begins; if it ends as pictures do, it is damaged."""
        with suppress(MissingBytesError):
            size = self.view.size_bytes
            if self.view.read(size - 2, 2) != bytes((0xFF, markers.EOI)):
                self.walk_.picture_without_end(self.path)

    def _segment(self, segment: markers.Segment) -> None:
        walk, content = self.walk_, segment.content
        path = f"{self.path}-{segment.name}"
        walk.understood(self.view.part(segment.offset, segment.end - segment.offset - content.size_bytes))
        if segment.marker != 0xE1:  # noqa: PLR2004 - APP1: what is too long for one goes on in the next
            self._flush_exif()
        if segment.marker != 0xED:  # noqa: PLR2004 - APP13: runs of them are one
            self._flush_photoshop()
        if markers.APP0 <= segment.marker <= markers.APP15:
            self._application(segment, path)
        elif segment.is_frame:
            with walk.within("image", path, content, keep=True):
                again = self.frame_seen
                walk_frame(content, segment.marker, walk, path, top=self.top, again=again)
                self.frame_seen = True
        elif segment.marker == markers.COM:
            with walk.within("text", path, content):
                walk_comment(content, walk, path)
        elif segment.marker == markers.DQT:
            with walk.within("image", path, content, keep=True):
                walk.understood(content)
        else:
            walk.understood(content)

    def _application(self, segment: markers.Segment, path: str) -> None:
        content, walk = segment.content, self.walk_
        try:
            head = content.read(0, min(_HEAD_BYTES, content.size_bytes))
        except MissingBytesError:
            walk.reference(resolved=False)
            walk.not_read(path, content, Why.MISSING)
            return
        number = segment.marker - markers.APP0
        known = {
            0: self._app0,
            1: self._app1,
            2: self._app2,
            11: self._app11,
            12: self._app12,
            13: self._app13,
            14: self._app14,
        }.get(number)
        if known is None or not known(head, content, path):
            with walk.within("vendor", path, content):
                walk.not_read(path, content, Why.VENDOR)

    def _app0(self, head: bytes, content: View, path: str) -> bool:
        walker = {b"JFIF\0": walk_jfif, b"JFXX\0": walk_jfxx}.get(head[:5])
        if walker is None:
            return False
        with self.walk_.within("image", path, content):
            self.walk_.understood(content.part(0, 5))
            walker(content.part(5), self.walk_, f"{path}-{head[:4].decode()}")
        return True

    def _app1(self, head: bytes, content: View, path: str) -> bool:
        at = head[:10].find(_EXIF)
        if 0 <= at <= 4 and content.size_bytes > at + 6:  # noqa: PLR2004 - some put bytes before it
            self.walk_.understood(content.part(0, at + 6))
            if at or head[6:10] in _TIFF:
                self._flush_exif()
            self.exif.append(content.part(at + 6))
            return True
        self._flush_exif()
        if head.startswith(_XMP):
            self._xmp(content.part(len(_XMP)), path)
            self.walk_.understood(content.part(0, len(_XMP)))
            return True
        if head.startswith(_XMP_EXTENSION):
            return self.extended_xmp.add(content.part(len(_XMP_EXTENSION)), self.walk_, path)
        return False

    def _xmp(self, packet: View, path: str) -> None:
        walk_xmp(packet, self.walk_, f"{path}-XMP")
        try:
            data = packet.all(_PACKET_BYTES_MAX)
        except MissingBytesError:
            return
        self.extended_xmp.see_main(data)
        self.trailers.see_packet(data)

    def _app2(self, head: bytes, content: View, path: str) -> bool:
        if head.startswith(_ICC) and content.size_bytes > len(_ICC) + _ICC_CHUNK_BYTES:
            self.walk_.understood(content.part(0, len(_ICC) + _ICC_CHUNK_BYTES))
            number, count = content.read(len(_ICC), _ICC_CHUNK_BYTES)
            whole = self.icc.add(number, count, content.part(len(_ICC) + _ICC_CHUNK_BYTES))
            if whole is not None:
                walk_icc(whole, self.walk_, f"{path}-ICC_Profile")
            return True
        if head.startswith(_MPF):
            with self.walk_.within("mpf", path, content):
                self.walk_.understood(content.part(0, len(_MPF)))
                self.trailers.images.extend(walk_mpf(content.part(len(_MPF)), self.walk_, path))
            return True
        return False

    def _app11(self, head: bytes, content: View, path: str) -> bool:
        return head[:2] == b"JP" and self.boxes.add(content, self.walk_, path)

    def _app12(self, head: bytes, content: View, path: str) -> bool:
        if head[:5] != b"Ducky":
            return False
        with self.walk_.within("vendor", path, content):
            self.walk_.understood(content.part(0, 5))
            walk_ducky(content.part(5), self.walk_, f"{path}-Ducky")
        return True

    def _app13(self, head: bytes, content: View, _path: str) -> bool:
        if not head.startswith(_PHOTOSHOP):
            return False
        self.walk_.understood(content.part(0, len(_PHOTOSHOP)))
        self.photoshop.append(content.part(len(_PHOTOSHOP)))
        return True

    def _app14(self, head: bytes, content: View, path: str) -> bool:
        if head[:5] != b"Adobe" or content.size_bytes < 12:  # noqa: PLR2004 - its fixed length
            return False
        with self.walk_.within("image", path, content):
            self.walk_.understood(content.part(0, 5))
            walk_adobe(content.part(5), self.walk_, f"{path}-Adobe")
        return True

    def _flush_exif(self) -> None:
        if self.exif:
            parts, self.exif = self.exif, []
            walk_tiff(View.joined(parts), self.walk_, f"{self.path}-APP1")

    def _flush_photoshop(self) -> None:
        if self.photoshop:
            blocks = View.joined(self.photoshop)
            self.photoshop = []
            if blocks.size_bytes:
                walk_irb(blocks, self.walk_, f"{self.path}-APP13-Photoshop")

    def _left_over(self) -> None:
        for part in self.icc.left_over():
            self.walk_.not_read(f"{self.path}-APP2-ICC_Profile", part, Why.DAMAGED)
        self.boxes.walk(self.walk_, f"{self.path}-APP11-JUMBF")
