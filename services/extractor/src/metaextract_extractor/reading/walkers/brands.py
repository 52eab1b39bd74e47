"""The file type box: major brand, minor version, compatible brands.

Source: ISO/IEC 14496-12, section 4.3; ISO/IEC 15444-1, annex I.5.2. Texts of the brands as ExifTool prints
them.
"""

import struct
from collections.abc import Mapping
from typing import Final

from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Section, decoded, emit

BRAND_BYTES: Final = 4
_FIXED_BYTES: Final = 8
_BRANDS_MAX: Final = 256

BRANDS: Final[Mapping[str, str]] = {
    "heic": "High Efficiency Image Format HEVC still image (.HEIC)",
    "hevc": "High Efficiency Image Format HEVC sequence (.HEICS)",
    "mif1": "High Efficiency Image Format still image (.HEIF)",
    "msf1": "High Efficiency Image Format sequence (.HEIFS)",
    "heix": "High Efficiency Image Format still image (.HEIF)",
    "avif": "AV1 Image File Format (.AVIF)",
    "avis": "AV1 Image Sequence (.AVIF)",
    "avio": "AV1 Intra-Only Image (.AVIF)",
    "miaf": "Multi-Image Application Format (.AVIF)",
    "crx ": "Canon Raw (.CRX)",
    "isom": "MP4 Base Media v1 [IS0 14496-12:2003]",
    "mp41": "MP4 v1 [ISO 14496-1:ch13]",
    "mp42": "MP4 v2 [ISO 14496-14]",
    "qt  ": "Apple QuickTime (.MOV/QT)",
    "mjp2": "Motion JPEG 2000 [ISO 15444-3] General Profile",
    "mj2s": "Motion JPEG 2000 [ISO 15444-3] Simple Profile",
    "M4V ": "Apple iTunes Video (.M4V) Video",
    "MSNV": "MPEG-4 (.MP4) for SonyPSP",
    "XAVC": "Sony XAVC",
    "pana": "Panasonic Digital Camera",
}
"""Major brands of image files and of the films beside them."""

JP2_BRANDS: Final[Mapping[str, str]] = {
    "jp2 ": "JPEG 2000 Image (.JP2)",
    "jpm ": "JPEG 2000 Compound Image (.JPM)",
    "jpx ": "JPEG 2000 with extensions (.JPX)",
    "jxl ": "JPEG XL Image (.JXL)",
    "jph ": "High-throughput JPEG 2000 (.JPH)",
}


def walk_file_type(view: View, walk: Walk, section: Section, brands: Mapping[str, str]) -> str:
    """Read an `ftyp` box's content; return the major brand, empty if it is cut off."""
    if view.size_bytes < _FIXED_BYTES:
        return ""
    content = view.all(_FIXED_BYTES + BRAND_BYTES * _BRANDS_MAX)
    major = decoded(content[:BRAND_BYTES])
    if major in brands or section.group == "Jpeg2000":
        emit(walk, section, "MajorBrand", major, view.part(0, BRAND_BYTES), tag_id="0", prints=brands)
    version, middle, last = struct.unpack_from(">HBB", content, BRAND_BYTES)
    emit(
        walk, section, "MinorVersion", f"{version:x}.{middle:x}.{last:x}",
        view.part(BRAND_BYTES, BRAND_BYTES), tag_id="1",
    )  # fmt: skip
    _compatible(view, walk, section, content)
    return major


def _compatible(view: View, walk: Walk, section: Section, content: bytes) -> None:
    count = (len(content) - _FIXED_BYTES) // BRAND_BYTES
    found = [content[_FIXED_BYTES + BRAND_BYTES * at :][:BRAND_BYTES] for at in range(count)]
    texts = [decoded(one) for one in found if b"\0" not in one]
    if 0 < count < _BRANDS_MAX:
        place = view.part(_FIXED_BYTES, count * BRAND_BYTES)
        emit(walk, section, "CompatibleBrands", texts, place, tag_id="2")
