"""What belongs to the main image: other pictures, films, maps, and the series that it is part of.

CIPA DC-007 (multi-picture format) §5.2.3; Apple's maker note (ContentIdentifier, BurstUUID); Google's camera
XMP (BurstID); JPS (Stereo JPEG) as ExifTool documents it; PNG 3 §11.3.6.1 (acTL).
"""

from typing import Final

from metaextract_extractor.domain.insights_several import (
    Burst,
    LivePhoto,
    MpfImage,
    MultiPicture,
    Stereo,
)
from metaextract_extractor.domain.result import ByteRange
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.gain_map import auxiliary_images, depth_map, gain_map
from metaextract_extractor.reading.insights.motion_photo import motion_photo
from metaextract_extractor.reading.insights.stated import OFFSET_MAX, Stated, number_of
from metaextract_extractor.reading.view import MissingBytesError

_IMAGES_MAX: Final = 256
_DISPARITY: Final = 0x020002
_UNDEFINED: Final = 0xFFFFFFFF
_BURSTS: Final = (
    ("Apple", "BurstUUID", ""),
    ("XMP-GCamera", "BurstID", "BurstPrimary"),
    ("XMP-GCamera", "BurstId", "BurstPrimary"),
)


def multi_picture(evidence: Evidence) -> MultiPicture | None:
    """Gather all of it; None if the image stands alone."""
    stated = Stated.of(evidence)
    auxiliary = auxiliary_images(stated)
    found = MultiPicture(
        mpf_images=_mpf_images(evidence, stated),
        motion_photo=motion_photo(evidence),
        live_photo=_live_photo(stated),
        gain_map=gain_map(evidence, stated, auxiliary),
        depth_map=depth_map(stated, auxiliary),
        auxiliary_images=auxiliary,
        burst=_burst(stated),
        stereo=_stereo(stated),
        animation_frames_count=_frames(stated, evidence.walk.frames_count),
    )
    return found if found != MultiPicture() else None


def _mpf_images(evidence: Evidence, stated: Stated) -> tuple[MpfImage, ...]:
    images: list[MpfImage] = []
    for field in stated.named("MPImageType")[:_IMAGES_MAX]:
        number = field.group.removeprefix("MPImage")
        place = _mpf_place(stated, field.group)
        images.append(
            MpfImage(
                number=int(number) if number.isdecimal() and len(number) < 6 else len(images) + 1,  # noqa: PLR2004
                role=field.printed,
                format=stated.printed(field.group, "MPImageFormat"),
                place=place,
                present=place is not None and _begins_a_jpeg(evidence, place),
            )
        )
    return tuple(images)


def _mpf_place(stated: Stated, group: str) -> ByteRange | None:
    start, length = (stated.integer(group, name, OFFSET_MAX) for name in ("MPImageStart", "MPImageLength"))
    if start is None or not length or start < 0 or length < 0:
        return None
    return ByteRange(start, length)


def _begins_a_jpeg(evidence: Evidence, place: ByteRange) -> bool:
    view = evidence.subject.view
    if not view.has(place.offset_bytes, place.length_bytes):
        return False
    try:
        return view.read(place.offset_bytes, 2) == b"\xff\xd8"
    except MissingBytesError:
        return False


def _live_photo(stated: Stated) -> LivePhoto | None:
    for name in ("ContentIdentifier", "MediaGroupUUID"):
        identifier = stated.text("Apple", name)
        if identifier:
            return LivePhoto(identifier)
    return None


def _burst(stated: Stated) -> Burst | None:
    for group, name, primary in _BURSTS:
        identifier = stated.text(group, name)
        if identifier:
            return Burst(identifier, f"{group}:{name}", stated.flag(group, primary) if primary else None)
    return None


def _stereo(stated: Stated) -> Stereo | None:
    views = [one for one in stated.named("MPImageType") if number_of(one) == _DISPARITY]
    if len(views) > 1:
        return Stereo(
            layout="multi_picture",
            images_count=len(views),
            baseline_metres=_measured(stated, "BaselineLength"),
            convergence_degrees=_measured(stated, "ConvergenceAngle"),
        )
    layout = stated.printed("JPS", "JPSLayout")
    return Stereo(layout, 2, None, None) if layout else None


def _measured(stated: Stated, name: str) -> float | None:
    """DC-007 §5.2.4: a denominator of all ones means unknown; zero by zero has no quotient."""
    number = next((number_of(one) for one in stated.named(name)), None)
    return None if number is None or number >= _UNDEFINED else number


def _frames(stated: Stated, counted: int | None) -> int | None:
    """Return what the file states, or what our walkers `counted`."""
    for count in (stated.integer("PNG", "AnimationFrames"), stated.integer("GIF", "FrameCount"), counted):
        if count is not None and 1 < count < 2**31:
            return count
    return None
