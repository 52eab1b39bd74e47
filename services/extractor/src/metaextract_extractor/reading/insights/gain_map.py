"""HDR gain maps and depth maps: what they are, whose they are, and their numbers.

Adobe Gain Map specification 1.0 and Android Ultra HDR 1.0 (hdrgm), ISO 21496-1, Apple "Applying Apple HDR
effect to your photos" (headroom from maker note tags 33 and 48), Google Depthmap Metadata, Dynamic Depth 1.0.
"""

from typing import Final

from metaextract_extractor.domain.insights_several import (
    AuxiliaryImage,
    DepthMap,
    DepthScheme,
    GainMap,
    GainMapScheme,
)
from metaextract_extractor.domain.result import ByteRange
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.gain_map_xmp import announces_iso_21496, inner_numbers
from metaextract_extractor.reading.insights.stated import OFFSET_MAX, Stated, text_of
from metaextract_extractor.reading.view import MissingBytesError, View

_AUXILIARY_MAX: Final = 64
_HDRGM: Final = "XMP-hdrgm"
_NUMBERS: Final = (
    "GainMapMin",
    "GainMapMax",
    "Gamma",
    "OffsetSDR",
    "OffsetHDR",
    "HDRCapacityMin",
    "HDRCapacityMax",
)
_MEANINGS: Final = (
    ("hdrgainmap", "gain_map"),
    ("tmap", "gain_map"),
    ("auxid:1", "alpha"),
    (":alpha", "alpha"),
    ("auxid:2", "depth"),
    (":depth", "depth"),
    ("disparity", "depth"),
    ("portraiteffectsmatte", "portrait_matte"),
    ("semanticskinmatte", "skin_matte"),
    ("semantichairmatte", "hair_matte"),
    ("semanticteethmatte", "teeth_matte"),
    ("semanticglassesmatte", "glasses_matte"),
    ("semanticskymatte", "sky_matte"),
    ("styledeltamap", "style_delta_map"),
    ("linearthumbnail", "linear_thumbnail"),
)


def auxiliary_images(stated: Stated) -> tuple[AuxiliaryImage, ...]:
    """List the auxiliary items by their URN (HEIF §6.5.8; the rest are Apple's and Adobe's own)."""
    fields = [one for one in stated.named("AuxiliaryImageType") if one.group == "QuickTime"]
    return tuple(_auxiliary(text_of(field)) for field in fields[:_AUXILIARY_MAX])


def gain_map(evidence: Evidence, stated: Stated, auxiliary: tuple[AuxiliaryImage, ...]) -> GainMap | None:
    """Describe the gain map."""
    place = _place(evidence, stated)
    apple_item = any("apple" in one.type and one.meaning == "gain_map" for one in auxiliary)
    version = stated.text(_HDRGM, "Version")
    apple_version = stated.text("XMP-HDRGainMap", "HDRGainMapVersion")
    if version and not apple_item:
        return _described(GainMapScheme.ULTRA_HDR, evidence, stated, place, version)
    if apple_item or apple_version:
        return _described(GainMapScheme.APPLE, evidence, stated, place, apple_version)
    if any(one.meaning == "gain_map" for one in auxiliary):
        return _described(GainMapScheme.UNSPECIFIED, evidence, stated, place, "")
    if place is not None:
        return _described(_scheme_inside(evidence.subject.view, place), evidence, stated, place, "")
    return None


def _scheme_inside(view: View, place: ByteRange) -> GainMapScheme:
    """What the metadata of the map itself says of its scheme."""
    inner = inner_numbers(view, place)
    if inner.first(_HDRGM, "Version"):
        return GainMapScheme.ULTRA_HDR
    if inner.first("XMP-HDRGainMap", "HDRGainMapVersion"):
        return GainMapScheme.APPLE
    return GainMapScheme.ISO_21496_1 if announces_iso_21496(view, place) else GainMapScheme.UNSPECIFIED


def apple_headroom_stops(stated: Stated) -> float | None:
    """Apple's published formula; log2 of how much brighter than white the picture may become."""
    headroom, gain = stated.number("Apple", "HDRHeadroom"), stated.number("Apple", "HDRGain")
    if headroom is None or gain is None:
        return None
    if headroom < 1:
        stops = -20 * gain + 1.8 if gain <= 0.01 else -0.101 * gain + 1.601  # noqa: PLR2004 - Apple's
    else:
        stops = -70 * gain + 3.0 if gain <= 0.01 else -0.303 * gain + 2.303  # noqa: PLR2004 - Apple's
    return round(max(stops, 0.0), 6)


def depth_map(stated: Stated, auxiliary: tuple[AuxiliaryImage, ...]) -> DepthMap | None:
    """Describe the depth map."""
    if stated.first("XMP-GDepth", "Format") or stated.first("XMP-GDepth", "DepthImage"):
        return DepthMap(
            scheme=DepthScheme.GDEPTH,
            format=stated.text("XMP-GDepth", "Format"),
            near=stated.number("XMP-GDepth", "Near"),
            far=stated.number("XMP-GDepth", "Far"),
            units=stated.text("XMP-GDepth", "Units"),
            media_type=stated.text("XMP-GDepth", "Mime"),
        )
    semantics = text_of(stated.first("XMP-GContainer", "DirectoryItemSemantic")).lower()
    if "depth" in semantics:
        return _bare_depth(DepthScheme.DYNAMIC_DEPTH, "")
    words = stated.text("XMP-apdi", "AuxiliaryImageType").lower()
    if words in ("depth", "disparity"):
        return _bare_depth(DepthScheme.APPLE_XMP, words)
    if any(one.meaning == "depth" for one in auxiliary):
        return _bare_depth(DepthScheme.AUXILIARY_IMAGE, "")
    return None


def _bare_depth(scheme: DepthScheme, kind: str) -> DepthMap:
    return DepthMap(scheme, kind, None, None, "", "")


def _auxiliary(urn: str) -> AuxiliaryImage:
    meaning = next((meaning for part, meaning in _MEANINGS if urn.lower().endswith(part)), "")
    return AuxiliaryImage(urn, meaning)


def _place(evidence: Evidence, stated: Stated) -> ByteRange | None:
    """As a walker placed it, else the item of the container directory, which stands at the end."""
    for one in evidence.walk.embedded:
        if one.kind == "gain_map" and len(one.places) == 1:
            return one.places[0]
    field = stated.first("XMP-GContainer", "DirectoryItemSemantic")
    semantics = field.raw if field and isinstance(field.raw, list | tuple) else ()
    length = stated.integer("XMP-GContainer", "DirectoryItemLength", OFFSET_MAX)
    size = evidence.subject.view.size_bytes
    if list(semantics) == ["Primary", "GainMap"] and length and 0 < length < size:
        place = ByteRange(size - length, length)
        return place if _is_jpeg(evidence, place) else None
    return None


def _is_jpeg(evidence: Evidence, place: ByteRange) -> bool:
    try:
        return evidence.subject.view.read(place.offset_bytes, 2) == b"\xff\xd8"
    except MissingBytesError:
        return False


def _described(
    scheme: GainMapScheme,
    evidence: Evidence,
    stated: Stated,
    place: ByteRange | None,
    version: str,
) -> GainMap:
    """The numbers of the file itself, or of the XMP inside the map, where Ultra HDR has them."""
    own = {name: stated.numbers(_HDRGM, name) for name in _NUMBERS}
    base_is_hdr = stated.flag(_HDRGM, "BaseRenditionIsHDR")
    if place is not None and not any(own.values()):
        inner = inner_numbers(evidence.subject.view, place)
        own = {name: inner.numbers(_HDRGM, name) for name in _NUMBERS}
        base_is_hdr = inner.flag(_HDRGM, "BaseRenditionIsHDR")
        version = version or inner.text(_HDRGM, "Version")
    return GainMap(
        scheme=scheme,
        place=place,
        version=version,
        minimum=own["GainMapMin"],
        maximum=own["GainMapMax"],
        gamma=own["Gamma"],
        offset_sdr=own["OffsetSDR"],
        offset_hdr=own["OffsetHDR"],
        capacity_minimum=next(iter(own["HDRCapacityMin"]), None),
        capacity_maximum=next(iter(own["HDRCapacityMax"]), None),
        base_is_hdr=base_is_hdr,
        headroom_stops=apple_headroom_stops(stated),
    )
