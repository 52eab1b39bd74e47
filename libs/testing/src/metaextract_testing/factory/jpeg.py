"""JPEG with every kind of metadata segment. Sources: ITU-T T.81, annex B; JFIF 1.02; ICC.1:2022, B.4."""

import struct
from io import BytesIO

from metaextract_testing.factory.exif import exif_block
from metaextract_testing.factory.icc import srgb_block
from metaextract_testing.factory.iptc import photoshop_block
from metaextract_testing.factory.made import Block, MadeImage
from metaextract_testing.factory.scene import Scene, scene
from metaextract_testing.factory.xmp import xmp_block

APP1, APP2, APP13, APP15, COM = 0xE1, 0xE2, 0xED, 0xEF, 0xFE
SEGMENT_PAYLOAD_BYTES_MAX = 0xFFFF - 2
SOI_AND_JFIF_BYTES = 20


def segment(marker: int, payload: bytes) -> bytes:
    """Return a marker segment.

    Raises:
        struct.error: the payload is longer than a segment can be.
    """
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def metadata_segments(facts: Scene, width: int, height: int) -> Block:
    """Return APP1 (EXIF with a thumbnail, then XMP), APP2 (ICC), APP13 (IPTC) and COM."""
    exif = exif_block(facts, width, height, order=">", orientation=6, thumbnail=True)
    xmp, icc, photoshop = xmp_block(facts), srgb_block(), photoshop_block(facts)
    comment = f"{facts.title}: comment segment"
    content = b"".join((
        segment(APP1, b"Exif\0\0" + exif.content),
        segment(APP1, b"http://ns.adobe.com/xap/1.0/\0" + xmp.content),
        segment(APP2, b"ICC_PROFILE\0\x01\x01" + icc.content),
        segment(APP13, b"Photoshop 3.0\0" + photoshop.content),
        segment(COM, comment.encode()),
    ))  # fmt: skip
    return Block(content, {**exif.tags, **xmp.tags, **icc.tags, **photoshop.tags, "File:Comment": comment})


def frame_tags(width: int, height: int, subsampling: str) -> dict[str, str]:
    """Return what JFIF and the frame header of a Pillow JPEG at 300 dpi say."""
    return {
        "File:FileType": "JPEG",
        "File:MIMEType": "image/jpeg",
        "File:ImageWidth": str(width),
        "File:ImageHeight": str(height),
        "File:EncodingProcess": "Baseline DCT, Huffman coding",
        "File:BitsPerSample": "8",
        "File:ColorComponents": "3",
        "File:YCbCrSubSampling": subsampling,
        "JFIF:JFIFVersion": "1.01",
        "JFIF:ResolutionUnit": "inches",
        "JFIF:XResolution": "300",
        "JFIF:YResolution": "300",
    }


def insert_metadata(pillow_jpeg: bytes, segments: bytes) -> bytes:
    """Put segments behind the JFIF segment, which must stay the first one (JFIF 1.02, page 2)."""
    return pillow_jpeg[:SOI_AND_JFIF_BYTES] + segments + pillow_jpeg[SOI_AND_JFIF_BYTES:]


def make_jpeg(seed: int) -> MadeImage:
    """Make a JPEG that carries JFIF, EXIF, GPS, thumbnail, XMP, ICC, IPTC and a comment."""
    facts, width, height = scene("jpeg", seed), 160, 112
    buffer = BytesIO()
    facts.picture(width, height).save(buffer, "JPEG", quality=85, subsampling="4:2:0", dpi=(300, 300))
    metadata = metadata_segments(facts, width, height)
    tags = {**frame_tags(width, height, "YCbCr4:2:0 (2 2)"), **metadata.tags}
    content = insert_metadata(buffer.getvalue(), metadata.content)
    return MadeImage(f"jpeg-{seed}.jpg", "image/jpeg", content, tags)
