"""PSD, written by hand. Source: Adobe Photoshop File Formats Specification (November 2019)."""

import struct

from metaextract_testing.factory.exif import exif_block
from metaextract_testing.factory.icc import srgb_block
from metaextract_testing.factory.iptc import image_resource, photoshop_block
from metaextract_testing.factory.made import MadeImage
from metaextract_testing.factory.scene import scene
from metaextract_testing.factory.xmp import xmp_block

_ICC, _EXIF, _XMP = 0x040F, 0x0422, 0x0424
_RGB = 3
_MEDIA_TYPE = "application/vnd.adobe.photoshop"


def make_psd(seed: int) -> MadeImage:
    """Make a flat RGB PSD with resolution, IPTC, ICC, EXIF and XMP resources."""
    facts, width, height = scene("psd", seed), 64, 48
    photoshop, icc, xmp = photoshop_block(facts), srgb_block(), xmp_block(facts)
    exif = exif_block(facts, width, height, order=">")
    resources = b"".join((
        photoshop.content,
        image_resource(_ICC, icc.content),
        image_resource(_EXIF, exif.content),
        image_resource(_XMP, xmp.content),
    ))  # fmt: skip
    planes = b"".join(band.tobytes() for band in facts.picture(width, height).split())
    content = b"".join((
        struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, height, width, 8, _RGB),
        struct.pack(">I", 0),  # colour mode data: none for RGB
        struct.pack(">I", len(resources)),
        resources,
        struct.pack(">I", 0),  # layer and mask information: a flat image has none
        struct.pack(">H", 0),  # image data: not compressed, plane by plane
        planes,
    ))  # fmt: skip
    tags = {
        "File:FileType": "PSD",
        "File:MIMEType": _MEDIA_TYPE,
        "Photoshop:NumChannels": "3",
        "Photoshop:ImageHeight": str(height),
        "Photoshop:ImageWidth": str(width),
        "Photoshop:BitDepth": "8",
        "Photoshop:ColorMode": "RGB",
        **photoshop.tags,
        **icc.tags,
        **exif.tags,
        **xmp.tags,
    }
    return MadeImage(f"psd-{seed}.psd", _MEDIA_TYPE, content, tags)
