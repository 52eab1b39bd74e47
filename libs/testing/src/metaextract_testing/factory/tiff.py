"""TIFF images in both byte orders and BigTIFF.

Sources: TIFF 6.0; XMP part 3, section 1.1.6, for tags 700 (XMP) and 33723 (IPTC); ICC.1:2022, B.3, for 34675.
"""

from dataclasses import replace

from metaextract_testing.factory.exif import (
    EXIF_POINTER,
    GPS_POINTER,
    camera_fields,
    exif_directory,
    gps_directory,
)
from metaextract_testing.factory.icc import srgb_block
from metaextract_testing.factory.iptc import iptc_block
from metaextract_testing.factory.made import Block, MadeImage
from metaextract_testing.factory.scene import Scene, scene
from metaextract_testing.factory.tiff_structure import (
    ByteOrder,
    Data,
    Directory,
    Field,
    Kind,
    long_field,
    short_field,
    tiff_structure,
)
from metaextract_testing.factory.xmp import xmp_block

STRIP_OFFSETS = 0x0111
_COLOUR_SAMPLES = 3
_WIDTH, _HEIGHT = 96, 64


def strip_fields(
    width: int,
    height: int,
    strip_bytes: int,
    *,
    bits: tuple[int, ...] = (8, 8, 8),
    byte_count_name: str = "StripByteCounts",
) -> tuple[Field, ...]:
    """Return the entries of an uncompressed chunky RGB image in one strip (fourth sample: alpha)."""
    alpha = (
        (short_field(0x0152, "ExtraSamples", 2, printed="Unassociated Alpha"),)
        if len(bits) > _COLOUR_SAMPLES
        else ()
    )
    return (
        long_field(0x0100, "ImageWidth", width),
        long_field(0x0101, "ImageHeight", height),
        short_field(0x0102, "BitsPerSample", *bits),
        short_field(0x0103, "Compression", 1, printed="Uncompressed"),
        short_field(0x0106, "PhotometricInterpretation", 2, printed="RGB"),
        short_field(0x0115, "SamplesPerPixel", len(bits)),
        long_field(0x0116, "RowsPerStrip", height),
        long_field(0x0117, byte_count_name, strip_bytes),
        short_field(0x011C, "PlanarConfiguration", 1, printed="Chunky"),
        *alpha,
    )


def metadata_fields(facts: Scene) -> tuple[tuple[Field, ...], dict[str, str]]:
    """Return the entries that hold XMP, IPTC and ICC, and the tags inside them."""
    blocks: dict[int, tuple[Kind, Block]] = {
        0x02BC: (Kind.BYTE, xmp_block(facts)),
        0x83BB: (Kind.UNDEFINED, iptc_block(facts)),
        0x8773: (Kind.UNDEFINED, srgb_block()),
    }
    fields = tuple(Field(tag, kind, block.content) for tag, (kind, block) in blocks.items())
    return fields, {name: value for _, block in blocks.values() for name, value in block.tags.items()}


def make_tiff(seed: int, *, order: ByteOrder = "<") -> MadeImage:
    """Make an uncompressed TIFF whose directories stand at the front."""
    facts = scene("tiff" if order == "<" else "tiff-be", seed)
    pixels = facts.picture(_WIDTH, _HEIGHT).tobytes()
    extra, extra_tags = metadata_fields(facts)
    ifd0 = Directory(
        "IFD0",
        (*strip_fields(_WIDTH, _HEIGHT, len(pixels)), *camera_fields(facts), *extra),
        {EXIF_POINTER: exif_directory(facts), GPS_POINTER: gps_directory(facts)},
        Data(STRIP_OFFSETS, pixels),
    )
    structure = tiff_structure([ifd0], order=order)
    tags = {
        "File:FileType": "TIFF",
        "File:MIMEType": "image/tiff",
        "File:ExifByteOrder": "Little-endian (Intel, II)" if order == "<" else "Big-endian (Motorola, MM)",
        **structure.tags,
        **extra_tags,
    }
    name = f"tiff-{seed}.tif" if order == "<" else f"tiff-be-{seed}.tif"
    return MadeImage(name, "image/tiff", structure.content, tags)


def make_bigtiff(seed: int) -> MadeImage:
    """Make a BigTIFF with what ExifTool 13.59 reads there.

    It names the Exif IFD ``ExifOffset``, reads no GPS IFD and garbles byte arrays (XPTitle), so the file
    holds neither of these two and its tags carry that group name.
    """
    facts = scene("bigtiff", seed)
    pixels = facts.picture(_WIDTH, _HEIGHT).tobytes()
    extra, extra_tags = metadata_fields(facts)
    camera = tuple(field for field in camera_fields(facts) if field.name != "XPTitle")
    ifd0 = Directory(
        "IFD0",
        (*strip_fields(_WIDTH, _HEIGHT, len(pixels)), *camera, *extra),
        {EXIF_POINTER: replace(exif_directory(facts), group="ExifOffset")},
        Data(STRIP_OFFSETS, pixels),
    )
    structure = tiff_structure([ifd0], big=True)
    tags = {
        "File:FileType": "BTF",
        "File:MIMEType": "image/x-tiff-big",
        **structure.tags,
        **extra_tags,
    }
    return MadeImage(f"bigtiff-{seed}.btf", "image/x-tiff-big", structure.content, tags)
