"""Pictures in turn, in tracks of ISO base media files (ISO/IEC 14496-12): HEIC sequences, Motion JPEG 2000.

Nothing here writes them, so the boxes are our own; the pictures are those of encoders.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from metaextract_testing.factory.bmff import make_heic
from metaextract_testing.factory.made import MadeImage

_TICKS_A_SECOND = 1000
_TICKS = 100
_SAME_PLACE = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_JPEG_2000 = b"\0\0\0\x0cjP  \r\n\x87\n"


def make_heic_sequence(seed: int) -> MadeImage:
    """Make two HEVC pictures in turn, without a still one (ISO/IEC 23008-12, section 7)."""
    still = make_heic(seed).content
    at = still.index(b"hvcC") - 4
    configuration = still[at : at + int.from_bytes(still[at : at + 4])]
    track = _Track(b"pict", b"hvc1", configuration, 128, 96)
    picture = still[still.rindex(b"mdat") + 4 :]
    content = _movie(b"", b"hevc", (b"msf1", b"hevc", b"iso8"), track, (picture, picture))
    return MadeImage(f"heic-sequence-{seed}.heic", "image/heic", content, {})


def make_mj2(seed: int) -> MadeImage:
    """Make two JPEG 2000 pictures in turn (ISO/IEC 15444-3)."""
    width, height = 64, 48
    buffer = BytesIO()
    Image.new("RGB", (width, height), (seed % 256, 99, 199)).save(buffer, "JPEG2000", no_jp2=True)
    header = _box(b"ihdr", struct.pack(">IIHBBBB", height, width, 3, 7, 7, 0, 0))
    colour = _box(b"colr", b"\1\0\0" + struct.pack(">I", 16))
    track = _Track(b"vide", b"mjp2", _box(b"jp2h", header + colour), width, height)
    picture = _box(b"jp2c", buffer.getvalue())
    content = _movie(_JPEG_2000, b"mjp2", (b"mjp2",), track, (picture, picture))
    return MadeImage(f"mj2-{seed}.mj2", "video/mj2", content, {})


@dataclass(frozen=True, slots=True)
class _Track:
    handler: bytes
    coding: bytes
    configuration: bytes
    width: int
    height: int

    @property
    def entry(self) -> bytes:
        """Say how the pictures are coded."""
        head = struct.pack(">6xH16xHH", 1, self.width, self.height)
        rest = struct.pack(">IIIH32sHh", 0x480000, 0x480000, 0, 1, b"", 24, -1)
        return _box(self.coding, head + rest + self.configuration)


def _movie(
    before: bytes, brand: bytes, brands: Sequence[bytes], track: _Track, pictures: Sequence[bytes]
) -> bytes:
    front = before + _box(b"ftyp", brand + bytes(4) + b"".join(brands))
    length = len(_tracks(track, pictures, 0))
    tracks = _tracks(track, pictures, len(front) + length + 8)
    return front + tracks + _box(b"mdat", b"".join(pictures))


def _tracks(track: _Track, pictures: Sequence[bytes], offset: int) -> bytes:
    ticks = len(pictures) * _TICKS
    header = struct.pack(">4IIHH8x", 0, 0, _TICKS_A_SECOND, ticks, 0x10000, 0x100, 0)
    of_track = struct.pack(">5I8x4H", 0, 0, 1, 0, ticks, 0, 0, 0, 0)
    size = struct.pack(">II", track.width << 16, track.height << 16)
    media = (
        _full(b"mdhd", struct.pack(">4IHH", 0, 0, _TICKS_A_SECOND, ticks, 0x55C4, 0))
        + _full(b"hdlr", bytes(4) + track.handler + bytes(13))
        + _box(b"minf", _full(b"vmhd", bytes(8), 1) + _references() + _table(track, pictures, offset))
    )
    whole = _full(b"tkhd", of_track + _SAME_PLACE + size, 7) + _box(b"mdia", media)
    movie = _full(b"mvhd", header + _SAME_PLACE + bytes(24) + struct.pack(">I", 2))
    return _box(b"moov", movie + _box(b"trak", whole))


def _references() -> bytes:
    return _box(b"dinf", _full(b"dref", struct.pack(">I", 1) + _full(b"url ", b"", 1)))


def _table(track: _Track, pictures: Sequence[bytes], offset: int) -> bytes:
    count = len(pictures)
    lengths = b"".join(struct.pack(">I", len(picture)) for picture in pictures)
    return _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1) + track.entry)
        + _full(b"stts", struct.pack(">3I", 1, count, _TICKS))
        + _full(b"stsc", struct.pack(">4I", 1, 1, count, 1))
        + _full(b"stsz", struct.pack(">2I", 0, count) + lengths)
        + _full(b"stco", struct.pack(">2I", 1, offset)),
    )


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def _full(kind: bytes, content: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags) + content)
