"""How the main image is packed: codec, loss, profile, and for JPEG its tables and quality."""

from typing import Final

from metaextract_extractor.domain.insights_picture import Compression, JpegCompression
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.jpeg_tables import (
    huffman_is_standard,
    quality_of,
    read_head,
    subsampling_of,
)
from metaextract_extractor.reading.insights.pixels import is_raw
from metaextract_extractor.reading.insights.stated import Stated, integer_of, number_of
from metaextract_extractor.reading.insights.top_boxes import top_boxes
from metaextract_extractor.reading.view import MissingBytesError, View

STANDARD_TABLES: Final = "libjpeg, or another encoder that scales the tables of ITU-T T.81 annex K"

_CHUNKS_MAX: Final = 1_000
_MARKERS_MAX: Final = 100
_BMP_JPEG: Final = 4
_LOSSLESS_TIFF: Final = frozenset(
    {1, 2, 3, 4, 5, 8, 32771, 32773, 32809, 32895, 32896, 32897, 32898, 32908, 32946, 34661, 34925, 50000}
)
_LOSSY_TIFF: Final = frozenset({6, 33003, 34892})
_NOT_OF_RAW: Final = (1, 6, 7)
"""What raw files use for their previews; the raw data itself has codes of the makers."""

_PSD_CODECS: Final = {0: "Uncompressed", 1: "RLE", 2: "ZIP", 3: "ZIP with prediction"}
_AV1_PROFILES: Final = {0: "Main", 1: "High", 2: "Professional"}
_WAVELETS: Final = {0: "irreversible 9-7", 1: "reversible 5-3"}


def compression(evidence: Evidence) -> Compression | None:
    """Say how the image data are packed; None where neither structure nor fields tell."""
    stated = Stated.of(evidence)
    family = evidence.subject.family
    known = {
        "JPEG": _jpeg,
        "PNG": _png,
        "WEBP": _webp,
        "GIF": _gif,
        "HEIF": _hevc_or_av1,
        "AVIF": _hevc_or_av1,
        "TIFF": _tiff,
        "BMP": _bmp,
        "JP2": _jpeg_2000,
        "J2C": _jpeg_2000,
        "PSD": _psd,
    }.get(family)
    return known(evidence, stated) if known else None


def jpeg_compression(view: View, stated: Stated) -> tuple[JpegCompression, int | None] | None:
    """Describe a JPEG stream and tell its bits per sample; None if it has no frame header."""
    head = read_head(view)
    if not head.process:
        return None
    quality, exact = quality_of(head)
    described = JpegCompression(
        process=head.process,
        progressive=head.progressive,
        arithmetic=head.arithmetic,
        quality=quality,
        quality_exact=exact,
        quality_stated=_quality_stated(stated),
        encoder=_encoder(stated, exact=exact),
        subsampling=subsampling_of(head.components),
        tables=tuple(head.tables.values()),
        huffman_standard=huffman_is_standard(head),
        restart_interval_blocks=head.restart_interval_blocks,
        adobe_transform=head.adobe_transform,
    )
    return described, head.bits_per_sample


def _jpeg(evidence: Evidence, stated: Stated) -> Compression | None:
    found = jpeg_compression(evidence.subject.view, stated)
    if found is None:
        return None
    jpeg, bits = found
    lossless = jpeg.process.endswith("lossless")
    return Compression("JPEG", lossless, jpeg.process, "", jpeg.subsampling, bits, jpeg)


def _packed(codec: str, lossless: bool | None, bits: int | None = None, chroma: str = "") -> Compression:
    return Compression(codec, lossless, "", "", chroma, bits, None)


def _quality_stated(stated: Stated) -> str:
    """What the program said of it: Photoshop's scale of 0 to 12, Ducky's 0 to 100."""
    for group, name in (("Photoshop", "PhotoshopQuality"), ("Ducky", "Quality")):
        text = stated.printed(group, name)
        if text:
            return f"{group} {text}"
    return ""


def _encoder(stated: Stated, *, exact: bool) -> str:
    """ExifTool's catalogue of tables where it was asked (JPEGDigest), else what the tables prove."""
    digest = stated.printed("File", "JPEGDigest")
    if digest and not digest.startswith("Unknown"):
        return digest
    return STANDARD_TABLES if exact else ""


def _png(_evidence: Evidence, stated: Stated) -> Compression:
    return _packed("Deflate", True, stated.integer("PNG", "BitDepth"))


def _gif(_evidence: Evidence, _stated: Stated) -> Compression:
    return _packed("LZW", True, 8)


def _webp(evidence: Evidence, _stated: Stated) -> Compression | None:
    """RFC 9649 §2: a file or its frames hold `VP8 ` (lossy) or `VP8L` (lossless) chunks."""
    codecs = _webp_codecs(evidence.subject.view)
    if codecs == {b"VP8L"}:
        return _packed("VP8L", lossless=True, bits=8, chroma="4:4:4")
    if codecs:
        return _packed("VP8" if codecs == {b"VP8 "} else "VP8, VP8L", lossless=False, bits=8, chroma="4:2:0")
    return None


def _webp_codecs(view: View) -> set[bytes]:
    codecs: set[bytes] = set()
    at = 12
    try:
        for _ in range(_CHUNKS_MAX):
            if not view.has(at, 8):
                break
            header = view.read(at, 8)
            kind, length = header[:4], int.from_bytes(header[4:], "little")
            if kind in (b"VP8 ", b"VP8L"):
                codecs.add(kind)
            # A frame holds 16 bytes about itself, then chunks.
            at += 8 + (16 if kind == b"ANMF" else length + length % 2)
    except MissingBytesError:
        pass
    return codecs


def _hevc_or_av1(evidence: Evidence, stated: Stated) -> Compression | None:
    """The configuration record of the first coded item: hvcC (ISO/IEC 14496-15 §8.3.3) or av1C."""
    chroma = stated.printed("QuickTime", "ChromaFormat").removeprefix("YUV ")
    chroma = "4:0:0" if chroma.startswith("Mono") else chroma.split(" ")[0]
    if stated.first("QuickTime", "HEVCConfigurationVersion"):
        level = stated.number("QuickTime", "GeneralLevelIDC")
        return Compression(
            codec="HEVC",
            lossless=None,
            profile=stated.printed("QuickTime", "GeneralProfileIDC"),
            # general_level_idc is thirty times the level (ITU-T H.265 §A.4.1).
            level=f"{level / 30:.1f}" if level is not None else "",
            chroma_subsampling=chroma,
            bits_per_sample=stated.integer("QuickTime", "BitDepthLuma"),
            jpeg=None,
        )
    if stated.first("QuickTime", "AV1ConfigurationVersion"):
        depth = stated.numbers("QuickTime", "ImagePixelDepth")
        profile, level_name = _av1_profile(evidence, stated)
        bits = integer_of(depth[0]) if depth else None
        return Compression("AV1", None, profile, level_name, chroma, bits, None)
    return None


def _av1_profile(evidence: Evidence, stated: Stated) -> tuple[str, str]:
    """Second byte of av1C: seq_profile and seq_level_idx_0 (AV1 in ISOBMFF §2.3.3; AV1 annex A.3)."""
    field = stated.first("QuickTime", "AV1ConfigurationVersion")
    if field is None or field.location is None:
        return "", ""
    try:
        second = evidence.subject.view.read(field.location.offset_bytes + 1, 1)[0]
    except MissingBytesError:
        return "", ""
    index = second & 31
    return _AV1_PROFILES.get(second >> 5, ""), f"{2 + (index >> 2)}.{index & 3}"


def _tiff(evidence: Evidence, stated: Stated) -> Compression | None:
    """TIFF 6.0 §8 and its supplements, of the image itself: in raw files that is a sub-directory."""
    group = main_directory(stated)
    code = stated.integer(group, "Compression")
    if code is None or (group == "IFD0" and code in _NOT_OF_RAW and is_raw(evidence)):
        return None
    lossless = True if code in _LOSSLESS_TIFF else False if code in _LOSSY_TIFF else None
    bits = stated.numbers(group, "BitsPerSample")
    return _packed(stated.printed(group, "Compression"), lossless, integer_of(bits[0]) if bits else None)


def main_directory(stated: Stated) -> str:
    """The first directory whose SubfileType says full resolution; without any word of it the first."""
    for field in stated.named("SubfileType"):
        if number_of(field) == 0 and stated.first(field.group, "Compression"):
            return field.group
    return "IFD0"


def _bmp(_evidence: Evidence, stated: Stated) -> Compression | None:
    packing = stated.integer("File", "Compression")
    if packing is None:
        return None
    codec = stated.printed("File", "Compression") if packing else "Uncompressed"
    return _packed(codec, lossless=packing != _BMP_JPEG)


def _jpeg_2000(evidence: Evidence, stated: Stated) -> Compression:
    """A reversible wavelet can still be cut short, so only the other one is certain to lose something."""
    bits = stated.integer("Jpeg2000", "BitsPerComponent")
    transformation = _wavelet(evidence.subject.view)
    return Compression(
        codec="JPEG 2000",
        lossless=False if transformation == 0 else None,
        profile=_WAVELETS.get(transformation, "") if transformation is not None else "",
        level="",
        chroma_subsampling="",
        bits_per_sample=(bits & 127) + 1 if bits is not None else None,
        jpeg=None,
    )


def _wavelet(view: View) -> int | None:
    """ISO/IEC 15444-1 annex A.6.1 (COD): the last parameter before the precincts."""
    try:
        stream = view if view.read(0, 2) == b"\xff\x4f" else None
        if stream is None:
            stream = next((content for kind, content in top_boxes(view) if kind == b"jp2c"), None)
        if stream is None or stream.read(0, 2) != b"\xff\x4f":
            return None
        at = 2
        for _ in range(_MARKERS_MAX):
            marker, length = stream.read(at, 2), int.from_bytes(stream.read(at + 2, 2), "big")
            if marker == b"\xff\x52":
                return stream.read(at + 13, 1)[0]
            if marker == b"\xff\x90" or length < 2:  # noqa: PLR2004 - first tile; it counts itself
                return None
            at += 2 + length
    except MissingBytesError:
        pass
    return None


def _psd(_evidence: Evidence, stated: Stated) -> Compression | None:
    """Photoshop file format, image data section: raw, RLE or ZIP, all of them lossless."""
    codec = _PSD_CODECS.get(stated.integer("Photoshop", "Compression") or 0)
    if codec is None or stated.first("Photoshop", "Compression") is None:
        return None
    return _packed(codec, True, stated.integer("Photoshop", "BitDepth"))
