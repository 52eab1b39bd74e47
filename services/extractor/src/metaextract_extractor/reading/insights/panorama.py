"""Panoramas and photo spheres, from what the file says of its projection; pixels are not looked at.

Google Photo Sphere XMP Metadata (GPano); CIPA DC-007 §5.2.4 (panorama images).
"""

from typing import Final

from metaextract_extractor.domain.insights_picture import Panorama
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.stated import Stated

_GROUP: Final = "XMP-GPano"
_FULL_CIRCLE: Final = 360.0
_HALF_CIRCLE: Final = 180.0
_MPF_PANORAMA: Final = 0x020001
_NAMES: Final = (
    "ProjectionType",
    "FullPanoWidthPixels",
    "CroppedAreaImageWidthPixels",
    "UsePanoramaViewer",
    "PoseHeadingDegrees",
)


def panorama(evidence: Evidence) -> Panorama | None:
    """Describe the projection; None if nothing says that it is a panorama."""
    stated = Stated.of(evidence)
    marks = _marks(stated)
    if not marks:
        return None
    projection = stated.text(_GROUP, "ProjectionType").lower()
    full = stated.integer(_GROUP, "FullPanoWidthPixels"), stated.integer(_GROUP, "FullPanoHeightPixels")
    cropped = (
        stated.integer(_GROUP, "CroppedAreaImageWidthPixels"),
        stated.integer(_GROUP, "CroppedAreaImageHeightPixels"),
    )
    angles = (
        (_angle(cropped[0], full[0], _FULL_CIRCLE), _angle(cropped[1], full[1], _HALF_CIRCLE))
        if projection == "equirectangular"
        else (None, None)
    )
    return Panorama(
        projection=projection,
        spherical=angles == (_FULL_CIRCLE, _HALF_CIRCLE),
        horizontal_degrees=angles[0],
        vertical_degrees=angles[1],
        full_width_pixels=full[0],
        full_height_pixels=full[1],
        cropped_width_pixels=cropped[0],
        cropped_height_pixels=cropped[1],
        cropped_left_pixels=stated.integer(_GROUP, "CroppedAreaLeftPixels"),
        cropped_top_pixels=stated.integer(_GROUP, "CroppedAreaTopPixels"),
        heading_degrees=stated.number(_GROUP, "PoseHeadingDegrees"),
        pitch_degrees=stated.number(_GROUP, "PosePitchDegrees"),
        roll_degrees=stated.number(_GROUP, "PoseRollDegrees"),
        initial_heading_degrees=stated.number(_GROUP, "InitialViewHeadingDegrees"),
        initial_pitch_degrees=stated.number(_GROUP, "InitialViewPitchDegrees"),
        initial_roll_degrees=stated.number(_GROUP, "InitialViewRollDegrees"),
        initial_field_of_view_degrees=stated.number(_GROUP, "InitialHorizontalFOVDegrees"),
        source_photos_count=stated.integer(_GROUP, "SourcePhotosCount"),
        stitching_software=stated.text(_GROUP, "StitchingSoftware"),
        evidence=", ".join(marks),
    )


def _marks(stated: Stated) -> list[str]:
    marks = [f"{_GROUP}:{name}" for name in _NAMES if stated.first(_GROUP, name)]
    if any(stated.number(one.group, one.name) == _MPF_PANORAMA for one in stated.named("MPImageType")):
        marks.append("MPImageType")
    return marks


def _angle(cropped: int | None, full: int | None, whole_degrees: float) -> float | None:
    """How much of the whole angle the picture covers."""
    if not cropped or not full or not 0 < cropped <= full:
        return None
    return round(whole_degrees * cropped / full, 3)
