# ruff: noqa: E501 - one line a format reads better
"""The image formats we accept, and how their first bytes look.

Sources of the signatures: the specification of each format; for camera raw formats the headers that
LibRaw and ExifTool document. Comparing constant bytes is all that happens here: nothing is parsed, so
the server process may do it before it takes more of an upload.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from metaextract_extractor.domain.xml_heads import is_prolog, looks_like_svg

HEAD_BYTES: Final = 4096
"""How much of a file `sniff` wants to see."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: short name, what it stands for, extensions and media types (the usual one first)."""

    name: str
    title: str
    extensions: tuple[str, ...]
    media_types: tuple[str, ...]
    raw: bool = False
    family: str = ""
    """The container that its signature shows; its own name when empty. `none` if it has no signature."""


FORMATS: Final[tuple[Format, ...]] = (
    Format("JPEG", "JPEG / JFIF / Exif", ("jpg", "jpeg", "jpe", "jfif"), ("image/jpeg", "image/pjpeg")),
    Format("MPO", "Multi-Picture Object", ("mpo",), ("image/mpo",), family="JPEG"),
    Format("JPS", "Stereo JPEG", ("jps",), ("image/x-jps",), family="JPEG"),
    Format("PNG", "Portable Network Graphics", ("png",), ("image/png",)),
    Format("APNG", "Animated PNG", ("apng",), ("image/apng", "image/vnd.mozilla.apng"), family="PNG"),
    Format("WEBP", "WebP", ("webp",), ("image/webp",)),
    Format("GIF", "Graphics Interchange Format", ("gif",), ("image/gif",)),
    Format("BMP", "Windows Bitmap", ("bmp", "dib"), ("image/bmp", "image/x-ms-bmp")),
    Format("ICO", "Windows Icon", ("ico", "cur"), ("image/x-icon", "image/vnd.microsoft.icon")),
    Format("ICNS", "Apple Icon", ("icns",), ("image/icns", "image/x-icns")),
    Format("TIFF", "Tagged Image File Format", ("tiff", "tif"), ("image/tiff", "image/tiff-fx")),
    Format("BTF", "BigTIFF", ("btf", "tf8"), ("image/x-tiff-big",), family="TIFF"),
    Format("HEIC", "High Efficiency Image, HEVC", ("heic", "hif", "heics"), ("image/heic", "image/heic-sequence"), family="HEIF"),
    Format("HEIF", "High Efficiency Image", ("heif", "heifs"), ("image/heif", "image/heif-sequence")),
    Format("AVIF", "AV1 Image", ("avif", "avifs"), ("image/avif", "image/avif-sequence")),
    Format("JXL", "JPEG XL", ("jxl",), ("image/jxl",)),
    Format("JP2", "JPEG 2000", ("jp2", "jpf"), ("image/jp2",)),
    Format("JPX", "JPEG 2000 Extended", ("jpx",), ("image/jpx",), family="JP2"),
    Format("JPM", "JPEG 2000 Compound", ("jpm",), ("image/jpm",), family="JP2"),
    Format("MJ2", "Motion JPEG 2000", ("mj2",), ("video/mj2",), family="JP2"),
    Format("J2C", "JPEG 2000 codestream", ("j2k", "j2c", "jpc"), ("image/x-j2c", "image/j2c")),
    Format("PSD", "Photoshop Document", ("psd",), ("image/vnd.adobe.photoshop", "application/vnd.adobe.photoshop")),
    Format("PSB", "Photoshop Large Document", ("psb",), ("application/vnd.adobe.photoshop",), family="PSD"),
    Format("SVG", "Scalable Vector Graphics", ("svg",), ("image/svg+xml",)),
    Format("SVGZ", "Compressed SVG", ("svgz",), ("image/svg+xml",), family="GZIP"),
    Format("EXR", "OpenEXR", ("exr",), ("image/x-exr",)),
    Format("HDR", "Radiance HDR", ("hdr",), ("image/vnd.radiance",)),
    Format("DDS", "DirectDraw Surface", ("dds",), ("image/vnd-ms.dds", "image/vnd.ms-dds")),
    Format("TGA", "Truevision TGA", ("tga",), ("image/x-tga", "image/tga"), family="none"),
    Format("PBM", "Portable Bitmap", ("pbm",), ("image/x-portable-bitmap", "image/x-portable-anymap"), family="PNM"),
    Format("PGM", "Portable Graymap", ("pgm",), ("image/x-portable-graymap", "image/x-portable-anymap"), family="PNM"),
    Format("PPM", "Portable Pixmap", ("ppm", "pnm"), ("image/x-portable-pixmap", "image/x-portable-anymap"), family="PNM"),
    Format("FITS", "Flexible Image Transport System", ("fits", "fit", "fts"), ("application/fits", "image/fits")),
    Format("EXV", "Exiv2 metadata container", ("exv",), ("image/x-exv",)),
    Format("DNG", "Digital Negative", ("dng",), ("image/x-adobe-dng",), raw=True, family="TIFF"),
    Format("CR2", "Canon Raw 2", ("cr2",), ("image/x-canon-cr2",), raw=True, family="TIFF"),
    Format("CR3", "Canon Raw 3", ("cr3",), ("image/x-canon-cr3",), raw=True),
    Format("CRW", "Canon Raw", ("crw",), ("image/x-canon-crw",), raw=True),
    Format("NEF", "Nikon Electronic Format", ("nef",), ("image/x-nikon-nef",), raw=True, family="TIFF"),
    Format("NRW", "Nikon Raw", ("nrw",), ("image/x-nikon-nrw",), raw=True, family="TIFF"),
    Format("ARW", "Sony Alpha Raw", ("arw",), ("image/x-sony-arw",), raw=True, family="TIFF"),
    Format("SR2", "Sony Raw 2", ("sr2",), ("image/x-sony-sr2",), raw=True, family="TIFF"),
    Format("SRF", "Sony Raw", ("srf",), ("image/x-sony-srf",), raw=True, family="TIFF"),
    Format("ORF", "Olympus Raw", ("orf",), ("image/x-olympus-orf",), raw=True),
    Format("RAF", "Fujifilm Raw", ("raf",), ("image/x-fuji-raf", "image/x-fujifilm-raf"), raw=True),
    Format("PEF", "Pentax Electronic File", ("pef",), ("image/x-pentax-pef",), raw=True, family="TIFF"),
    Format("X3F", "Sigma Raw", ("x3f",), ("image/x-sigma-x3f",), raw=True),
    Format("SRW", "Samsung Raw", ("srw",), ("image/x-samsung-srw",), raw=True, family="TIFF"),
    Format("RW2", "Panasonic Raw 2", ("rw2",), ("image/x-panasonic-rw2",), raw=True),
    Format("RWL", "Leica Raw", ("rwl",), ("image/x-leica-rwl",), raw=True, family="RW2"),
    Format("RAW", "Camera raw", ("raw",), ("image/x-raw", "image/x-panasonic-raw"), raw=True, family="none"),
    Format("3FR", "Hasselblad Raw", ("3fr",), ("image/x-hasselblad-3fr",), raw=True, family="TIFF"),
    Format("FFF", "Hasselblad Flexible File Format", ("fff",), ("image/x-hasselblad-fff",), raw=True, family="TIFF"),
    Format("IIQ", "Phase One Intelligent Image Quality", ("iiq",), ("image/x-phaseone-iiq",), raw=True, family="TIFF"),
    Format("MRW", "Minolta Raw", ("mrw",), ("image/x-minolta-mrw",), raw=True),
    Format("KDC", "Kodak Digital Camera", ("kdc",), ("image/x-kodak-kdc",), raw=True, family="TIFF"),
    Format("DCR", "Kodak Digital Camera Raw", ("dcr",), ("image/x-kodak-dcr",), raw=True, family="TIFF"),
    Format("GPR", "GoPro Raw", ("gpr",), ("image/x-gopro-gpr",), raw=True, family="TIFF"),
    Format("ERF", "Epson Raw", ("erf",), ("image/x-epson-erf",), raw=True, family="TIFF"),
    Format("MEF", "Mamiya Raw", ("mef",), ("image/x-mamiya-mef",), raw=True, family="TIFF"),
    Format("MOS", "Leaf Raw", ("mos",), ("image/x-leaf-mos",), raw=True, family="TIFF"),
)  # fmt: skip

BY_NAME: Final[Mapping[str, Format]] = MappingProxyType({entry.name: entry for entry in FORMATS})
BY_EXTENSION: Final[Mapping[str, Format]] = MappingProxyType(
    {extension: entry for entry in FORMATS for extension in entry.extensions}
)

_SIGNATURES: Final[tuple[tuple[bytes, int, str], ...]] = (
    (b"\xff\x01Exiv2", 0, "EXV"),
    (b"\xff\xd8\xff", 0, "JPEG"),
    (b"\x89PNG\r\n\x1a\n", 0, "PNG"),
    (b"GIF87a", 0, "GIF"),
    (b"GIF89a", 0, "GIF"),
    (b"WEBP", 8, "WEBP"),
    (b"HEAPCCDR", 6, "CRW"),
    (b"II*\x00", 0, "TIFF"),
    (b"MM\x00*", 0, "TIFF"),
    (b"II+\x00", 0, "TIFF"),
    (b"MM\x00+", 0, "TIFF"),
    (b"IIU\x00", 0, "RW2"),
    (b"IIRO", 0, "ORF"),
    (b"IIRS", 0, "ORF"),
    (b"MMOR", 0, "ORF"),
    (b"FUJIFILMCCD-RAW", 0, "RAF"),
    (b"FOVb", 0, "X3F"),
    (b"\x00MRM", 0, "MRW"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", 0, "JP2"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", 0, "JXL"),
    (b"\xff\x0a", 0, "JXL"),
    (b"\xff\x4f\xff\x51", 0, "J2C"),
    (b"8BPS", 0, "PSD"),
    (b"BM", 0, "BMP"),
    (b"\x00\x00\x01\x00", 0, "ICO"),
    (b"\x00\x00\x02\x00", 0, "ICO"),
    (b"icns", 0, "ICNS"),
    (b"\x76\x2f\x31\x01", 0, "EXR"),
    (b"#?RADIANCE", 0, "HDR"),
    (b"#?RGBE", 0, "HDR"),
    (b"DDS ", 0, "DDS"),
    (b"SIMPLE  =", 0, "FITS"),
)

_BRANDS: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"mif2"), "HEIF"
        ),
        **dict.fromkeys((b"avif", b"avis"), "AVIF"),
        b"crx ": "CR3",
    }
)

_PNM_EXTENSIONS: Final = {
    b"1": "pbm", b"4": "pbm", b"2": "pgm", b"5": "pgm", b"3": "ppm", b"6": "ppm",
}  # fmt: skip

_SAYING_LITTLE: Final = {"GZIP": "SVGZ", "XML": "SVG"}
"""Families that may hold anything, and the one image format of each."""

_ICON_HEAD: Final = struct.Struct("<4xH12xI")
"""ICONDIR and the offset in its first ICONDIRENTRY, which stands in front of all pictures."""

_TGA_HEAD: Final = struct.Struct("<xBB9xHHBx")
_TGA_KINDS: Final = frozenset({1, 2, 3, 9, 10, 11, 32, 33})
_TGA_DEPTHS: Final = frozenset({1, 8, 15, 16, 24, 32})

_KYOCERA_AT: Final = 25
_KYOCERA: Final = b"ARECOYK"
"""The maker's name from right to left: Contax raw files, the only ones of that name without a signature."""

_NO_IMAGES: Final = (
    b"%PDF",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x7fELF",
    b"MZ",
    b"RIFF",
    b"OggS",
)
"""How documents, archives, programs, sound and films begin."""


def extension_of(file_name: str) -> str:
    """Return the extension of a file name in lower case without dot; empty if it is none that we know."""
    extension = file_name.rpartition(".")[2].lower()
    return extension if "." in file_name and extension in BY_EXTENSION else ""


def fitting_extension(head: bytes, extension: str) -> str:
    """Return the extension if the content bears it out, else the usual one of what the content shows.

    Empty if neither is known.
    """
    family = sniff(head)
    named = BY_EXTENSION.get(extension)
    if named is not None and family in ((named.family or named.name), ""):
        return extension
    if family == "PNM":
        return _PNM_EXTENSIONS[head[1:2]]
    known = BY_NAME.get(family)
    return known.extensions[0] if known else extension


def sniff(head: bytes) -> str:
    """Return the container family that the first bytes show; empty if they show none.

    `XML`: a document that has said nothing but its prolog so far, so that it may be an SVG.
    """
    if head[4:8] == b"ftyp":
        return _brand(head)
    for signature, offset, family in _SIGNATURES:
        if head.startswith(signature, offset) and _bears_out(head, family):
            return family
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3].isspace():
        return "PNM"
    if head.startswith(b"\x1f\x8b"):
        return "GZIP"
    if looks_like_svg(head):
        return "SVG"
    return "XML" if len(head) >= HEAD_BYTES and is_prolog(head) else ""


def is_accepted(head: bytes, extension: str) -> bool:
    """Whether a file with these first bytes and this extension is an image format that we read.

    Content decides. The extension counts only for formats without a signature, and for gzip and the prolog
    of XML, which say nothing of what follows.
    """
    family = sniff(head)
    named = BY_EXTENSION.get(extension)
    if named is not None and family in _SAYING_LITTLE:
        return named.name == _SAYING_LITTLE[family]
    if family in _SAYING_LITTLE:
        return False
    if family:
        return True
    # A text or archive under the name of a format without signature is still no image.
    if named is None or named.family != "none" or _is_something_else(head):
        return False
    return looks_like_tga(head) if named.name == "TGA" else head.startswith(_KYOCERA, _KYOCERA_AT)


def looks_like_tga(head: bytes) -> bool:
    """Whether the first bytes make sense as a TGA header, which has no signature (Truevision TGA 2.0)."""
    if len(head) < _TGA_HEAD.size:
        return False
    colour_map, kind, width, height, depth = _TGA_HEAD.unpack_from(head)
    if colour_map not in (0, 1) or kind not in _TGA_KINDS or depth not in _TGA_DEPTHS:
        return False
    return bool(width and height)


def _brand(head: bytes) -> str:
    length = min(int.from_bytes(head[:4], "big"), len(head), 256)
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, length - 3, 4))]
    families = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    # `mif1` is the general brand that AVIF files carry too; a specific one wins.
    return next((family for family in families if family != "HEIF"), families[0] if families else "")


def _bears_out(head: bytes, family: str) -> bool:
    """Whether what stands beside a short signature fits it."""
    if family == "WEBP":
        return head.startswith(b"RIFF")
    if family == "ICO":  # a TGA may begin alike
        count, offset = _ICON_HEAD.unpack_from(head) if len(head) >= _ICON_HEAD.size else (0, 0)
        return bool(count > 0 and offset >= _ICON_HEAD.size)
    return True


def _is_something_else(head: bytes) -> bool:
    known = head.startswith(_NO_IMAGES) or head[4:8] == b"ftyp"
    return known or (b"\x00" not in head and head[:64].isascii())
