"""Pictures and films that belong together in one file or one series. Shapes as in insights.proto."""

from dataclasses import dataclass
from enum import StrEnum

from metaextract_extractor.domain.result import ByteRange


class MotionScheme(StrEnum):
    """Who defined how film and picture are joined."""

    UNSPECIFIED = "unspecified"
    MOTION_PHOTO = "motion_photo"
    """Android Motion Photo 1.0: Camera:MotionPhoto, Container:Directory."""
    MICRO_VIDEO = "micro_video"
    """Google's older form: GCamera:MicroVideoOffset."""
    SAMSUNG = "samsung"
    """A `MotionPhoto_Data` block of Samsung's SEF trailer."""
    MPVD_BOX = "mpvd_box"
    """The `mpvd` box of a HEIC motion photo."""


class GainMapScheme(StrEnum):
    """Who defined the gain map."""

    UNSPECIFIED = "unspecified"
    APPLE = "apple"
    ULTRA_HDR = "ultra_hdr"
    """hdrgm: in XMP (Adobe Gain Map 1.0, Android Ultra HDR 1.0)."""
    ISO_21496_1 = "iso_21496_1"


class DepthScheme(StrEnum):
    """Who defined the depth map."""

    UNSPECIFIED = "unspecified"
    GDEPTH = "gdepth"
    """Google Depth Map metadata, base64 in XMP."""
    DYNAMIC_DEPTH = "dynamic_depth"
    AUXILIARY_IMAGE = "auxiliary_image"
    """An auxiliary item of a HEIF or AVIF file."""
    APPLE_XMP = "apple_xmp"
    """apdi:AuxiliaryImageType depth or disparity."""


@dataclass(frozen=True, slots=True)
class MpfImage:
    """An individual image of CIPA DC-007. `number` from 1; `role` as the standard names the type."""

    number: int
    role: str
    format: str
    place: ByteRange | None
    present: bool
    """Whether an image begins at its place."""


@dataclass(frozen=True, slots=True)
class MotionPhoto:
    """A short film that belongs to the picture. `verified`: a `ftyp` box stands at its place.

    `place` is None if the file announces a film that is not there. `brand`: of the `ftyp` box.
    `presentation_microseconds`: the moment of the still in the film, if stated.
    """

    scheme: MotionScheme
    place: ByteRange | None
    verified: bool
    brand: str
    media_type: str
    presentation_microseconds: int | None


@dataclass(frozen=True, slots=True)
class LivePhoto:
    """The still of an Apple Live Photo; its film is another file with the same identifier."""

    content_identifier: str


@dataclass(frozen=True, slots=True)
class GainMap:
    """How the picture becomes HDR. Lists have one or three values (red, green, blue), as log2 of the gain.

    `place` is None if the map is an item whose place is not known. `headroom_stops`: Apple's, as computed
    from the maker note by Apple's published formula. `base_is_hdr`: the main image is the HDR one.
    """

    scheme: GainMapScheme
    place: ByteRange | None
    version: str
    minimum: tuple[float, ...]
    maximum: tuple[float, ...]
    gamma: tuple[float, ...]
    offset_sdr: tuple[float, ...]
    offset_hdr: tuple[float, ...]
    capacity_minimum: float | None
    capacity_maximum: float | None
    base_is_hdr: bool | None
    headroom_stops: float | None


@dataclass(frozen=True, slots=True)
class DepthMap:
    """Distances. `format`: `RangeInverse`, `RangeLinear`, `disparity`, …; near and far in `units`."""

    scheme: DepthScheme
    format: str
    near: float | None
    far: float | None
    units: str
    media_type: str


@dataclass(frozen=True, slots=True)
class AuxiliaryImage:
    """A further item of a HEIF or AVIF file. `type`: its URN; `meaning`: `alpha`, `depth`, `matte`, …."""

    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Burst:
    """A series that the picture belongs to. `primary`: it was chosen as its best, if stated."""

    id: str
    source: str
    primary: bool | None


@dataclass(frozen=True, slots=True)
class Stereo:
    """Two views. `layout`: `multi_picture` (two MPF images) or as a JPS header names it."""

    layout: str
    images_count: int
    baseline_metres: float | None
    convergence_degrees: float | None


@dataclass(frozen=True, slots=True)
class MultiPicture:
    """Everything beside the main image that belongs to it."""

    mpf_images: tuple[MpfImage, ...] = ()
    motion_photo: MotionPhoto | None = None
    live_photo: LivePhoto | None = None
    gain_map: GainMap | None = None
    depth_map: DepthMap | None = None
    auxiliary_images: tuple[AuxiliaryImage, ...] = ()
    burst: Burst | None = None
    stereo: Stereo | None = None
    animation_frames_count: int | None = None
