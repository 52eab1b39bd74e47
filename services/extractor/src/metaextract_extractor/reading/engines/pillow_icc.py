"""The colour profile as LittleCMS reads it. Source: ICC.1:2022, clauses 7.2 and 9.2."""

import io
from typing import Any, Final

from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.engines.testimony import Scalar, Testimony, rounded, text

PROFILE_BYTES_MAX: Final = 4 * 1024 * 1024

_TEXTS: Final = (
    ("ProfileDescription", "desc", "profile_description"),
    ("ProfileCopyright", "cprt", "copyright"),
    ("DeviceMfgDesc", "dmnd", "manufacturer"),
    ("DeviceModelDesc", "dmdd", "model"),
    ("ViewingCondDesc", "vued", "viewing_condition"),
    ("ScreeningDesc", "scrd", "screening_description"),
)
_POINTS: Final = (
    ("MediaWhitePoint", "wtpt", "media_white_point"),
    ("MediaBlackPoint", "bkpt", "media_black_point"),
    ("RedMatrixColumn", "rXYZ", "red_colorant"),
    ("GreenMatrixColumn", "gXYZ", "green_colorant"),
    ("BlueMatrixColumn", "bXYZ", "blue_colorant"),
    ("Luminance", "lumi", "luminance"),
)


def add_icc(testimony: Testimony, cms: Any, profile: bytes) -> None:  # noqa: ANN401 - `PIL.ImageCms`
    """Add the header and the descriptions of a profile."""
    if len(profile) > PROFILE_BYTES_MAX:
        testimony.notice("PART_UNREADABLE", "The colour profile is too long.")
        return
    try:
        facts = cms.ImageCmsProfile(io.BytesIO(profile)).profile
    except cms.PyCMSError as error:
        message = "the colour profile is damaged"
        raise ValueError(message) from error
    for tag_id, name, value in _header(facts):
        testimony.add(Standard.ICC, "ICC-header", name, value, tag_id=str(tag_id))
    for name, tag, attribute in _TEXTS:
        testimony.add(Standard.ICC, "ICC_Profile", name, getattr(facts, attribute), tag_id=tag)
    for name, tag, attribute in _POINTS:
        point = getattr(facts, attribute)
        testimony.add(Standard.ICC, "ICC_Profile", name, _point(point[0]) if point else None, tag_id=tag)
    matrix = facts.chromatic_adaptation
    if matrix:
        cells = tuple(cell for row in matrix[0] for cell in row)
        testimony.add(Standard.ICC, "ICC_Profile", "ChromaticAdaptation", _point(cells), tag_id="chad")


def _header(facts: Any) -> tuple[tuple[int, str, Scalar | None], ...]:  # noqa: ANN401 - `CmsProfile`
    made = facts.creation_date
    return (
        (8, "ProfileVersion", facts.icc_version >> 16),
        (12, "ProfileClass", facts.device_class),
        (16, "ColorSpaceData", facts.xcolor_space),
        (20, "ProfileConnectionSpace", facts.connection_space),
        (24, "ProfileDateTime", made.strftime("%Y:%m:%d %H:%M:%S") if made else None),
        (44, "CMMFlags", facts.header_flags),
        (48, "DeviceManufacturer", facts.header_manufacturer.strip("\0")),
        (52, "DeviceModel", facts.header_model.strip("\0")),
        (56, "DeviceAttributes", f"{facts.attributes >> 32} {facts.attributes & 0xFFFFFFFF}"),
        (64, "RenderingIntent", facts.rendering_intent),
        (84, "ProfileID", " ".join(str(one) for one in facts.profile_id)),
    )


def _point(values: tuple[float, ...]) -> str:
    """Fixed-point numbers of 16 fractional bits (s15Fixed16Number) have five decimals worth printing."""
    return " ".join(text(rounded(round(one, 5))) for one in values)
