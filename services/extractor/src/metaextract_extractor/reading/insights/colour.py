"""What the pixel values mean: ICC profile, claims of the other places, code points, depth, dynamic range."""

from typing import Final

from metaextract_extractor.domain.insights_colour import CodingPoints, Colour, ColourClaim, IccProfile
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.colour_spaces import (
    chromaticity,
    space_of_chromaticities,
    space_of_colorants,
)
from metaextract_extractor.reading.insights.compression import main_directory
from metaextract_extractor.reading.insights.stated import Stated, integer_of, numbers_of
from metaextract_extractor.reading.insights.written_time import read_time

_HEADER: Final = "ICC-header"
_TAGS: Final = "ICC_Profile"
_CHROMATICITIES: Final = (
    "RedX",
    "RedY",
    "GreenX",
    "GreenY",
    "BlueX",
    "BlueY",
    "WhitePointX",
    "WhitePointY",
)
# ITU-T H.273 table 2 (primaries) and table 3 (transfer).
_PRIMARIES: Final = {
    1: "sRGB",
    5: "BT.601-625",
    6: "BT.601-525",
    9: "BT.2020",
    11: "DCI-P3",
    12: "Display P3",
}
_PQ: Final = 16
_HLG: Final = 18
_SDR: Final = frozenset({1, 4, 5, 6, 7, 11, 12, 13, 14, 15})
_UNSPECIFIED: Final = 2
# ISO/IEC 15444-1 annex I.5.3.3 (EnumCS).
_JP2_SPACES: Final = {16: "sRGB", 17: "Grey", 18: "sYCC", 20: "e-sRGB", 21: "ROMM RGB"}
_ALIKE: Final = {"sYCC": "sRGB", "ROMM RGB": "ProPhoto RGB"}
_PNG_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADOBE_INTEROP: Final = "R03"


def colour(evidence: Evidence) -> Colour | None:
    """Gather what is said of colour; None if nothing is."""
    stated = Stated.of(evidence)
    points = _coding_points(stated)
    icc = _profile(stated)
    claims = tuple(_claims(stated, icc, points))
    bits, channels = _samples(evidence, stated)
    light = (
        stated.integer("QuickTime", "MaxContentLightLevel"),
        stated.integer("QuickTime", "MaxPicAverageLightLevel"),
    )
    if not claims and bits is None and channels is None and points is None:
        return None
    spaces = {_ALIKE.get(one.space, one.space) for one in claims if one.space}
    uncalibrated = any(not one.space for one in claims)
    return Colour(
        space=next((one.space for one in claims if one.space), ""),
        icc=icc,
        claims=claims,
        claims_agree=len(spaces) + (uncalibrated and "sRGB" in spaces) <= 1 if len(claims) > 1 else None,
        coding_points=points,
        bits_per_sample=bits,
        channels_count=channels,
        dynamic_range=_dynamic_range(points),
        content_light_level_maximum=light[0],
        frame_average_light_level_maximum=light[1],
    )


def _profile(stated: Stated) -> IccProfile | None:
    if stated.first(_HEADER, "ProfileVersion") is None:
        return None
    columns = [stated.numbers(_TAGS, f"{name}MatrixColumn") for name in ("Red", "Green", "Blue")]
    whole = all(len(column) == 3 for column in columns)  # noqa: PLR2004 - XYZ
    created = read_time(stated.text(_HEADER, "ProfileDateTime"))
    return IccProfile(
        description=stated.text(_TAGS, "ProfileDescription"),
        version=stated.printed(_HEADER, "ProfileVersion"),
        device_class=stated.printed(_HEADER, "ProfileClass"),
        space=stated.text(_HEADER, "ColorSpaceData"),
        connection_space=stated.text(_HEADER, "ProfileConnectionSpace"),
        rendering_intent=stated.printed(_HEADER, "RenderingIntent"),
        creator=stated.printed(_HEADER, "ProfileCreator"),
        manufacturer=stated.printed(_HEADER, "DeviceManufacturer"),
        model=stated.text(_HEADER, "DeviceModel"),
        copyright=stated.text(_TAGS, "ProfileCopyright"),
        created=created.iso8601(None) if created else "",
        profile_id=_profile_id(stated),
        media_white=stated.numbers(_TAGS, "MediaWhitePoint"),
        media_black=stated.numbers(_TAGS, "MediaBlackPoint"),
        family=space_of_colorants(*columns) if whole else "",
        primaries=tuple(xy for column in columns if (xy := chromaticity(column))) if whole else (),
        embedded_count=len(stated.named("ProfileVersion")),
    )


def _profile_id(stated: Stated) -> str:
    """ICC.1:2022 §7.2.18: an MD5; all zero means that it was not computed."""
    parts = stated.numbers(_HEADER, "ProfileID")
    if len(parts) != 16 or not any(parts) or not all(0 <= part <= 255 for part in parts):  # noqa: PLR2004
        return ""
    return bytes(int(part) for part in parts).hex()


def _claims(stated: Stated, icc: IccProfile | None, points: CodingPoints | None) -> list[ColourClaim]:
    """Strongest first: code points (HEIF §12.1.5, PNG 3 §4.3), profile, sRGB, cHRM, then words beside."""
    claims: list[ColourClaim] = []
    if points is not None and points.primaries != _UNSPECIFIED:
        group, _, name = points.source.partition(":")
        claims.append(
            ColourClaim(group, name, stated.printed(group, name), _PRIMARIES.get(points.primaries, ""))
        )
    if icc is not None and (icc.family or icc.description):
        claims.append(
            ColourClaim(_TAGS, "ProfileDescription", icc.description, icc.family or icc.description)
        )
    claims += _container_claims(stated)
    claims += _exif_claims(stated)
    name = stated.text("XMP-photoshop", "ICCProfileName")
    if name:
        claims.append(ColourClaim("XMP-photoshop", "ICCProfileName", name, _space_named(name)))
    return claims


def _container_claims(stated: Stated) -> list[ColourClaim]:
    claims = []
    if stated.first("PNG", "SRGBRendering"):
        claims.append(ColourClaim("PNG", "SRGBRendering", stated.printed("PNG", "SRGBRendering"), "sRGB"))
    chromaticities = [stated.number("PNG", name) for name in _CHROMATICITIES]
    known = [value for value in chromaticities if value is not None]
    if len(known) == len(_CHROMATICITIES):
        space = space_of_chromaticities(known)
        written = " ".join(f"{value:g}" for value in known)
        claims.append(ColourClaim("PNG", "RedX", written, space or "other primaries"))
    code = stated.integer("Jpeg2000", "ColorSpace")
    if code is not None:
        printed = stated.printed("Jpeg2000", "ColorSpace")
        claims.append(ColourClaim("Jpeg2000", "ColorSpace", printed, _JP2_SPACES.get(code, printed)))
    if stated.text("File", "ColorSpace") == "sRGB":
        claims.append(ColourClaim("File", "ColorSpace", "sRGB", "sRGB"))
    return claims


def _exif_claims(stated: Stated) -> list[ColourClaim]:
    """Exif 3.0 §4.6.5.1 (ColorSpace) and DCF 2.0 §6.2 (R03: the optional space, Adobe RGB)."""
    code = stated.integer("ExifIFD", "ColorSpace")
    spaces = {1: "sRGB", 2: "Adobe RGB", 0xFFFF: ""}
    if code not in spaces:
        return []
    space = spaces[code]
    if not space and stated.text("InteropIFD", "InteropIndex").startswith(_ADOBE_INTEROP):
        space = "Adobe RGB"
    return [ColourClaim("ExifIFD", "ColorSpace", stated.printed("ExifIFD", "ColorSpace"), space)]


def _space_named(name: str) -> str:
    """What a profile name means, for the names in daily use; else the name itself."""
    known = (
        ("sRGB", "sRGB"),
        ("Adobe RGB", "Adobe RGB"),
        ("Display P3", "Display P3"),
        ("ProPhoto", "ProPhoto RGB"),
    )
    return next((space for part, space in known if part in name), name)


def _coding_points(stated: Stated) -> CodingPoints | None:
    for group in ("PNG-cICP", "QuickTime"):
        numbers = [
            stated.integer(group, name)
            for name in ("ColorPrimaries", "TransferCharacteristics", "MatrixCoefficients")
        ]
        known = [number for number in numbers if number is not None]
        if len(known) == len(numbers):
            full = stated.integer(group, "VideoFullRangeFlag")
            primaries, transfer, matrix = known
            in_full = None if full is None else bool(full)
            return CodingPoints(primaries, transfer, matrix, in_full, f"{group}:ColorPrimaries")
    return None


def _dynamic_range(points: CodingPoints | None) -> str:
    if points is None:
        return ""
    return {_PQ: "PQ", _HLG: "HLG"}.get(points.transfer, "SDR" if points.transfer in _SDR else "")


def _samples(evidence: Evidence, stated: Stated) -> tuple[int | None, int | None]:
    """Bits per sample and number of channels, from the header of the image itself."""
    match evidence.subject.family:
        case "JPEG":
            return stated.integer("File", "BitsPerSample"), stated.integer("File", "ColorComponents")
        case "PNG":
            channels = _PNG_CHANNELS.get(stated.integer("PNG", "ColorType") or 0)
            bits = stated.integer("PNG", "BitDepth")
            return bits, channels if bits is not None else None
        case "HEIF" | "AVIF":
            # Alpha, depth and gain map are items too; the picture has the most channels.
            fields = stated.every("QuickTime", "ImagePixelDepth")
            depths = max((numbers_of(field.raw) for field in fields), key=len, default=())
        case "JP2" | "J2C":
            bits = stated.integer("Jpeg2000", "BitsPerComponent")
            channels = stated.integer("Jpeg2000", "NumberOfComponents")
            return (bits & 127) + 1 if bits is not None else None, channels
        case "PSD":
            return stated.integer("Photoshop", "BitDepth"), stated.integer("Photoshop", "NumChannels")
        case "TIFF":
            depths = stated.numbers(main_directory(stated), "BitsPerSample")
        case _:
            return None, None
    return (integer_of(depths[0]), len(depths)) if depths else (None, None)
