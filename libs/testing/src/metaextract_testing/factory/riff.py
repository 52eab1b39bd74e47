"""WebP. Source: RFC 9649, section 2.7 (extended file format)."""

from io import BytesIO

from metaextract_testing.factory.exif import exif_block
from metaextract_testing.factory.icc import srgb_block
from metaextract_testing.factory.made import MadeImage
from metaextract_testing.factory.scene import scene
from metaextract_testing.factory.xmp import xmp_block


def make_webp(seed: int) -> MadeImage:
    """Make a WebP with ICCP, EXIF and XMP chunks; the last two follow the pixels, as the format orders."""
    facts, width, height = scene("webp", seed), 128, 96
    exif, xmp, icc = exif_block(facts, width, height), xmp_block(facts), srgb_block()
    buffer = BytesIO()
    facts.picture(width, height).save(
        buffer, "WEBP", quality=80, exif=exif.content, xmp=xmp.content, icc_profile=icc.content
    )
    tags = {
        "File:FileType": "Extended WEBP",
        "File:MIMEType": "image/webp",
        "RIFF:ImageWidth": str(width),
        "RIFF:ImageHeight": str(height),
        "RIFF:WebP_Flags": "XMP, EXIF, ICC Profile",
        **exif.tags,
        **xmp.tags,
        **icc.tags,
    }
    return MadeImage(f"webp-{seed}.webp", "image/webp", buffer.getvalue(), tags)
