"""Our own readers of file structures: pure functions over a `View` that write into a `Walk`.

`walk_file` chooses by what the first bytes show. Paths begin as those of ExifTool (family 5), so that the
fields of both meet.
"""

import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from metaextract_extractor.domain.formats import HEAD_BYTES
from metaextract_extractor.domain.result import Why
from metaextract_extractor.domain.xml_heads import is_svg, looks_like_svg
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.bitmap import walk_bitmap
from metaextract_extractor.reading.walkers.ciff import walk_ciff
from metaextract_extractor.reading.walkers.cr3 import walk_cr3
from metaextract_extractor.reading.walkers.gif import walk_gif
from metaextract_extractor.reading.walkers.heif import walk_heif
from metaextract_extractor.reading.walkers.icc import walk_icc
from metaextract_extractor.reading.walkers.iptc import walk_iptc
from metaextract_extractor.reading.walkers.jp2 import walk_jp2
from metaextract_extractor.reading.walkers.jpeg import walk_jpeg
from metaextract_extractor.reading.walkers.jumbf import walk_jumbf
from metaextract_extractor.reading.walkers.jxl import walk_jxl
from metaextract_extractor.reading.walkers.mrw import walk_mrw
from metaextract_extractor.reading.walkers.nested import Walker, register
from metaextract_extractor.reading.walkers.photoshop import walk_irb
from metaextract_extractor.reading.walkers.png import walk_png
from metaextract_extractor.reading.walkers.psd import walk_psd
from metaextract_extractor.reading.walkers.raf import walk_raf
from metaextract_extractor.reading.walkers.riff import walk_riff
from metaextract_extractor.reading.walkers.rw2 import walk_rw2
from metaextract_extractor.reading.walkers.svg import walk_svg
from metaextract_extractor.reading.walkers.tiff import walk_tiff
from metaextract_extractor.reading.walkers.x3f import walk_x3f
from metaextract_extractor.reading.walkers.xmp import walk_xmp

_XML_PATH: Final = "XMP"
"""Where everything in an XML document stands, to ExifTool."""

_WALKERS: Final[Mapping[str, tuple[Walker, str]]] = MappingProxyType(
    {
        "JPEG": (walk_jpeg, "JPEG"),
        "EXV": (walk_jpeg, "EXV"),
        "TIFF": (walk_tiff, "TIFF"),
        "RW2": (walk_rw2, "TIFF"),
        "ORF": (walk_tiff, "ORF"),
        "RAF": (walk_raf, "RAF"),
        "MRW": (walk_mrw, "MRW"),
        "CRW": (walk_ciff, "CRW"),
        "X3F": (walk_x3f, "X3F"),
        "CR3": (walk_cr3, "MOV"),
        "HEIF": (walk_heif, "MOV"),
        "AVIF": (walk_heif, "MOV"),
        "JXL": (walk_jxl, "JXL"),
        "JP2": (walk_jp2, "JP2"),
        "J2C": (walk_jp2, "JP2"),
        "PNG": (walk_png, "PNG"),
        "GIF": (walk_gif, "GIF"),
        "WEBP": (walk_riff, "RIFF"),
        "PSD": (walk_psd, "PSD"),
        "SVG": (walk_svg, _XML_PATH),
        **dict.fromkeys(("BMP", "ICO", "ICNS", "PNM", "DDS", "HDR", "EXR", "FITS"), (walk_bitmap, "")),
    }
)

register(
    {
        "exif": walk_tiff,
        "xmp": walk_xmp,
        "iptc": walk_iptc,
        "icc": walk_icc,
        "irb": walk_irb,
        "jumbf": walk_jumbf,
        "jpeg": walk_jpeg,
    }
)


def walk_file(view: View, walk: Walk, family: str, extension: str) -> None:
    """Walk a file of the container family that `domain.formats.sniff` found.

    Raises `BudgetExceededError` and nothing else; what was found until then stands in `walk`.
    """
    if family == "GZIP":
        _walk_svgz(view, walk)
    elif family in _WALKERS:
        walker, path = _WALKERS[family]
        walker(view, walk, path)
    elif extension == "tga":
        walk_bitmap(view, walk, "TGA")


def _walk_svgz(view: View, walk: Walk) -> None:
    """Unpack within the budget; what is longer is read as far as that goes, what is no SVG not at all."""
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: with the head of gzip (RFC 1952)
    try:
        read = view.beginning if walk.broken_off else view.all
        packed = read(walk.unpacked_bytes_left)
        text = unpacking.decompress(packed, walk.unpacked_bytes_left)
    except (zlib.error, MissingBytesError):
        walk.not_read(_XML_PATH, view, Why.DAMAGED)
        return
    if not unpacking.eof and len(text) < walk.unpacked_bytes_left:
        walk.reference(resolved=False)  # it breaks off
    walk.unpack(len(text))
    if not (looks_like_svg(text[:HEAD_BYTES]) or is_svg(text)):
        walk.not_read(_XML_PATH, view, Why.UNKNOWN)
        return
    walk.only_here.add(_XML_PATH)
    walk_svg(View.unpacked(text), walk, _XML_PATH)
    walk.format_name = "SVGZ"
