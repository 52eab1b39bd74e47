"""PNG and APNG with every kind of metadata chunk. Source: W3C PNG (third edition), clause 11."""

import struct
import zlib
from io import BytesIO

from metaextract_testing.factory.exif import exif_block
from metaextract_testing.factory.icc import srgb_block
from metaextract_testing.factory.made import Block, MadeImage
from metaextract_testing.factory.scene import SOFTWARE, Scene, scene
from metaextract_testing.factory.xmp import xmp_block

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SIGNATURE_AND_IHDR_BYTES = len(SIGNATURE) + 25
_PIXELS_PER_METRE = 11_811  # 300 dpi


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk with its length and CRC."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def metadata_chunks(facts: Scene, width: int, height: int) -> Block:
    """Return iCCP, pHYs, tIME, tEXt, zTXt, iTXt (text and XMP) and eXIf, as they stand before IDAT."""
    exif = exif_block(facts, width, height, order=">")
    xmp, icc = xmp_block(facts), srgb_block()
    taken = facts.taken_utc
    stamp = struct.pack(">H5B", taken.year, taken.month, taken.day, taken.hour, taken.minute, taken.second)
    disclaimer = "Look out: " + "long text; " * 40 + "end"
    content = b"".join((
        chunk(b"iCCP", b"sRGB of the factory\0\0" + zlib.compress(icc.content)),
        chunk(b"pHYs", struct.pack(">IIB", _PIXELS_PER_METRE, _PIXELS_PER_METRE, 1)),
        chunk(b"tIME", stamp),
        chunk(b"tEXt", b"Title\0" + facts.title.encode("latin-1")),
        chunk(b"tEXt", b"Author\0" + facts.author.encode("latin-1")),
        chunk(b"tEXt", b"Software\0" + SOFTWARE.encode("latin-1")),
        chunk(b"tEXt", b"Comment\0" + f"{facts.title}: text chunk".encode("latin-1")),
        chunk(b"zTXt", b"Disclaimer\0\0" + zlib.compress(disclaimer.encode("latin-1"))),
        chunk(b"iTXt", b"Description\0\0\0\0\0" + f"{facts.caption}: λ, č".encode()),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp.content),
        chunk(b"eXIf", exif.content),
    ))  # fmt: skip
    tags = {
        "PNG:ProfileName": "sRGB of the factory",
        "PNG-pHYs:PixelsPerUnitX": str(_PIXELS_PER_METRE),
        "PNG-pHYs:PixelsPerUnitY": str(_PIXELS_PER_METRE),
        "PNG-pHYs:PixelUnits": "meters",
        "PNG:ModifyDate": taken.strftime("%Y:%m:%d %H:%M:%S"),
        "PNG:Title": facts.title,
        "PNG:Author": facts.author,
        "PNG:Software": SOFTWARE,
        "PNG:Comment": f"{facts.title}: text chunk",
        "PNG:Disclaimer": disclaimer,
        "PNG:Description": f"{facts.caption}: λ, č",
        **exif.tags,
        **xmp.tags,
        **icc.tags,
    }
    return Block(content, tags)


def header_tags(width: int, height: int, file_type: str, bit_depth: int, color_type: str) -> dict[str, str]:
    """Return what IHDR says."""
    return {
        "File:FileType": file_type,
        "File:MIMEType": f"image/{file_type.lower()}",
        "PNG:ImageWidth": str(width),
        "PNG:ImageHeight": str(height),
        "PNG:BitDepth": str(bit_depth),
        "PNG:ColorType": color_type,
        "PNG:Compression": "Deflate/Inflate",
        "PNG:Filter": "Adaptive",
        "PNG:Interlace": "Noninterlaced",
    }


def _insert_metadata(pillow_png: bytes, chunks: bytes) -> bytes:
    """Put chunks directly behind IHDR: iCCP must precede IDAT, and early text is found early."""
    return pillow_png[:_SIGNATURE_AND_IHDR_BYTES] + chunks + pillow_png[_SIGNATURE_AND_IHDR_BYTES:]


def make_png(seed: int) -> MadeImage:
    """Make a PNG that carries ICC, pHYs, tIME, Latin-1, compressed and UTF-8 text, XMP and EXIF."""
    facts, width, height = scene("png", seed), 128, 96
    buffer = BytesIO()
    facts.picture(width, height).save(buffer, "PNG")
    metadata = metadata_chunks(facts, width, height)
    content = _insert_metadata(buffer.getvalue(), metadata.content)
    tags = {**header_tags(width, height, "PNG", 8, "RGB"), **metadata.tags}
    return MadeImage(f"png-{seed}.png", "image/png", content, tags)


def make_apng(seed: int) -> MadeImage:
    """Make an animated PNG of three frames with the metadata of a PNG."""
    facts, width, height = scene("apng", seed), 64, 48
    frames = [facts.picture(width, height, f"frame {number}") for number in range(3)]
    buffer = BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:], duration=200, loop=2)
    metadata = metadata_chunks(facts, width, height)
    content = _insert_metadata(buffer.getvalue(), metadata.content)
    tags = {
        **header_tags(width, height, "APNG", 8, "RGB"),
        "PNG:AnimationFrames": "3",
        "PNG:AnimationPlays": "2",
        **metadata.tags,
    }
    return MadeImage(f"apng-{seed}.png", "image/apng", content, tags)
