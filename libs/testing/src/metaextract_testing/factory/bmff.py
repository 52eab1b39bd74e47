"""Files made of ISO base media boxes: HEIC, AVIF and JPEG 2000.

Sources: ISO/IEC 23008-12 (HEIF); AV1 Image File Format; ISO/IEC 15444-1, annex I. The encoders place the
EXIF and XMP items; for JPEG 2000 the uuid boxes are our own.
"""

import struct
from io import BytesIO
from uuid import UUID

import pillow_heif

from metaextract_testing.factory.exif import exif_block
from metaextract_testing.factory.icc import srgb_block
from metaextract_testing.factory.made import MadeImage
from metaextract_testing.factory.scene import scene
from metaextract_testing.factory.xmp import xmp_block

_XMP_UUID = UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes
_EXIF_UUID = b"JpgTiffExif->JP2"
_BOX_HEAD_BYTES = 8


def make_heic(seed: int) -> MadeImage:
    """Make a HEIC (HEVC) with EXIF and XMP items."""
    facts, width, height = scene("heic", seed), 128, 96
    exif, xmp = exif_block(facts, width, height, order=">"), xmp_block(facts)
    buffer = BytesIO()
    # One encoder thread: x265's slices may differ between runs otherwise.
    pillow_heif.from_pillow(facts.picture(width, height)).save(
        buffer, quality=60, exif=exif.content, xmp=xmp.content, enc_params={"x265:pools": "1"}
    )
    tags = {
        "File:FileType": "HEIC",
        "File:MIMEType": "image/heic",
        "QuickTime:ImageSpatialExtent": f"{width}x{height}",
        **exif.tags,
        **xmp.tags,
    }
    return MadeImage(f"heic-{seed}.heic", "image/heic", buffer.getvalue(), tags)


def make_avif(seed: int) -> MadeImage:
    """Make an AVIF (AV1) with EXIF, XMP and an ICC profile.

    Without an orientation: Pillow would take it out and rewrite the whole EXIF block in its own way.
    """
    facts, width, height = scene("avif", seed), 128, 96
    exif = exif_block(facts, width, height, orientation=None)
    xmp, icc = xmp_block(facts), srgb_block()
    buffer = BytesIO()
    facts.picture(width, height).save(
        buffer, "AVIF", quality=60, max_threads=1,
        exif=exif.content, xmp=xmp.content, icc_profile=icc.content,
    )  # fmt: skip
    tags = {
        "File:FileType": "AVIF",
        "File:MIMEType": "image/avif",
        "QuickTime:ImageSpatialExtent": f"{width}x{height}",
        **exif.tags,
        **xmp.tags,
        **icc.tags,
    }
    return MadeImage(f"avif-{seed}.avif", "image/avif", buffer.getvalue(), tags)


def make_jp2(seed: int) -> MadeImage:
    """Make a JPEG 2000 file with uuid boxes for XMP and EXIF in front of the code stream."""
    facts, width, height = scene("jp2", seed), 128, 96
    exif, xmp = exif_block(facts, width, height), xmp_block(facts)
    buffer = BytesIO()
    facts.picture(width, height).save(buffer, "JPEG2000")
    pillow_jp2 = buffer.getvalue()
    code_stream_at = _box_offset(pillow_jp2, b"jp2c")
    content = b"".join((
        pillow_jp2[:code_stream_at],
        _box(b"uuid", _XMP_UUID + xmp.content),
        _box(b"uuid", _EXIF_UUID + exif.content),
        pillow_jp2[code_stream_at:],
    ))  # fmt: skip
    tags = {
        "File:FileType": "JP2",
        "File:MIMEType": "image/jp2",
        "Jpeg2000:ImageWidth": str(width),
        "Jpeg2000:ImageHeight": str(height),
        "Jpeg2000:NumberOfComponents": "3",
        "Jpeg2000:MajorBrand": "JPEG 2000 Image (.JP2)",
        **exif.tags,
        **xmp.tags,
    }
    return MadeImage(f"jp2-{seed}.jp2", "image/jp2", content, tags)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + _BOX_HEAD_BYTES, kind) + content


def _box_offset(content: bytes, kind: bytes) -> int:
    """Return where the first top-level box of this kind starts.

    Raises:
        ValueError: there is none, or a box has no usable length.
    """
    at = 0
    while at + _BOX_HEAD_BYTES <= len(content):
        length, found = struct.unpack_from(">I4s", content, at)
        if found == kind:
            return at
        if length < _BOX_HEAD_BYTES:
            break
        at += length
    message = f"no {kind.decode()} box"
    raise ValueError(message)
