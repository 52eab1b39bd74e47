"""Formats with little to say: their headers are the truth; Netpbm adds a comment.

ExifTool 13.59 does not know TGA, DDS and ICNS (it takes TGA for a cursor), so no tags are claimed for these.
"""

from io import BytesIO

from metaextract_testing.factory.made import MadeImage
from metaextract_testing.factory.scene import scene


def make_bmp(seed: int) -> MadeImage:
    """Make a 24-bit Windows bitmap at 300 dpi."""
    facts, width, height = scene("bmp", seed), 64, 48
    buffer = BytesIO()
    facts.picture(width, height).save(buffer, "BMP", dpi=(300, 300))
    tags = {
        "File:FileType": "BMP",
        "File:MIMEType": "image/bmp",
        "File:BMPVersion": "Windows V3",
        "File:ImageWidth": str(width),
        "File:ImageHeight": str(height),
        "File:Planes": "1",
        "File:BitDepth": "24",
        "File:Compression": "None",
        "File:PixelsPerMeterX": "11811",
        "File:PixelsPerMeterY": "11811",
    }
    return MadeImage(f"bmp-{seed}.bmp", "image/bmp", buffer.getvalue(), tags)


def make_ico(seed: int) -> MadeImage:
    """Make a Windows icon of two sizes."""
    facts = scene("ico", seed)
    buffer = BytesIO()
    facts.picture(32, 32).save(buffer, "ICO", sizes=[(16, 16), (32, 32)])
    tags = {
        "File:FileType": "ICO",
        "File:MIMEType": "image/x-icon",
        "File:ImageCount": "2",
    }
    return MadeImage(f"ico-{seed}.ico", "image/x-icon", buffer.getvalue(), tags)


def make_ppm(seed: int) -> MadeImage:
    """Make a binary Netpbm pixmap with a comment. Source: netpbm's ppm(5)."""
    facts, width, height = scene("ppm", seed), 64, 48
    comment = f"{facts.caption}: comment line"
    header = f"P6\n# {comment}\n{width} {height}\n255\n".encode("ascii")
    tags = {
        "File:FileType": "PPM",
        "File:MIMEType": "image/x-portable-pixmap",
        "File:ImageWidth": str(width),
        "File:ImageHeight": str(height),
        "File:Comment": comment,
    }
    content = header + facts.picture(width, height).tobytes()
    return MadeImage(f"ppm-{seed}.ppm", "image/x-portable-pixmap", content, tags)


def make_tga(seed: int) -> MadeImage:
    """Make a Truevision TGA, without known tags."""
    return _without_tags("tga", "TGA", "image/x-tga", (64, 48), seed)


def make_dds(seed: int) -> MadeImage:
    """Make a DirectDraw surface, without known tags."""
    return _without_tags("dds", "DDS", "image/vnd.ms-dds", (64, 48), seed)


def make_icns(seed: int) -> MadeImage:
    """Make an Apple icon, without known tags."""
    return _without_tags("icns", "ICNS", "image/icns", (16, 16), seed)


def _without_tags(
    image_format: str, pillow_format: str, media_type: str, size: tuple[int, int], seed: int
) -> MadeImage:
    buffer = BytesIO()
    scene(image_format, seed).picture(*size).save(buffer, pillow_format)
    return MadeImage(f"{image_format}-{seed}.{image_format}", media_type, buffer.getvalue(), {})
