"""Where the picture was taken, as far as the file says. Shapes as in insights.proto."""

from dataclasses import dataclass
from enum import StrEnum


class PlaceDoubt(StrEnum):
    """Why a stated position may be wrong."""

    UNSPECIFIED = "unspecified"
    HEMISPHERE_MISSING = "hemisphere_missing"
    """Degrees without N/S or E/W; they were not used."""
    OUT_OF_RANGE = "out_of_range"
    """Beyond 90 or 180 degrees; they were not used."""
    ZERO_ZERO = "zero_zero"
    """Exactly 0, 0: a place in the Gulf of Guinea that receivers without a fix write too."""
    NO_FIX = "no_fix"
    """The receiver said that it had no valid fix (GPSStatus V)."""
    SOURCES_DISAGREE = "sources_disagree"
    """Two positions in the file are farther apart than their precision explains."""
    STATED_COUNTRY_DIFFERS = "stated_country_differs"
    """Somebody wrote another country than the one nearest to the position."""


class Vertical(StrEnum):
    """What an altitude is counted from (Exif 3.0, GPSAltitudeRef)."""

    UNSPECIFIED = "unspecified"
    SEA_LEVEL = "sea_level"
    ELLIPSOID = "ellipsoid"


class North(StrEnum):
    """What a direction is counted from, clockwise."""

    UNSPECIFIED = "unspecified"
    TRUE = "true"
    MAGNETIC = "magnetic"


class StatedRole(StrEnum):
    """What somebody's words about a place mean."""

    UNSPECIFIED = "unspecified"
    """The standard does not tell (IPTC IIM, photoshop:City)."""
    CREATED = "created"
    """Where the camera was."""
    SHOWN = "shown"
    """What is to be seen."""


@dataclass(frozen=True, slots=True)
class Position:
    """A position as one source states it; degrees, north and east positive.

    `source`: the group of the fields. `distance_metres`: from the position that is used.
    """

    source: str
    latitude_degrees: float
    longitude_degrees: float
    altitude_metres: float | None
    distance_metres: float


@dataclass(frozen=True, slots=True)
class Direction:
    """An angle in degrees, clockwise."""

    degrees: float
    north: North


@dataclass(frozen=True, slots=True)
class Movement:
    """Motion of the receiver. `speed` in the unit as stated (`km/h`, `mph`, `knots`)."""

    speed: float | None
    speed_unit: str
    speed_metres_per_second: float | None
    track: Direction | None


@dataclass(frozen=True, slots=True)
class Destination:
    """The destination that the receiver was told (Exif GPSDest…)."""

    latitude_degrees: float | None
    longitude_degrees: float | None
    bearing: Direction | None
    distance_metres: float | None


@dataclass(frozen=True, slots=True)
class PlaceName:
    """The nearest town in ExifTool's geolocation database (GeoNames), without any network.

    `distance_kilometres` and `bearing_degrees` lead from the town to the position; at sea it can be far.
    `population` is rounded to two digits there.
    """

    city: str
    region: str
    subregion: str
    country_code: str
    country: str
    feature_code: str
    feature_type: str
    population: int | None
    latitude_degrees: float
    longitude_degrees: float
    distance_kilometres: float
    bearing_degrees: float | None


@dataclass(frozen=True, slots=True)
class StatedPlace:
    """A place in words, as somebody or a program wrote it. `source`: the group of the fields."""

    source: str
    role: StatedRole
    sublocation: str
    city: str
    state: str
    country: str
    country_code: str


@dataclass(frozen=True, slots=True)
class Place:
    """The position and everything around it. Without a position only `stated` and `doubts` may be filled.

    `latitude_degrees`, `longitude_degrees`: as `source` (the group of the fields) states them.
    `altitude_metres` is negative below its reference. `accuracy_metres`: GPSHPositioningError, the radius
    that the receiver claimed. `time_zone`: IANA name for the position.
    """

    latitude_degrees: float | None
    longitude_degrees: float | None
    source: str
    altitude_metres: float | None
    altitude_from: Vertical
    datum: str
    accuracy_metres: float | None
    dilution_of_precision: float | None
    satellites: str
    method: str
    image_direction: Direction | None
    movement: Movement | None
    destination: Destination | None
    time_zone: str
    name: PlaceName | None
    positions: tuple[Position, ...]
    stated: tuple[StatedPlace, ...]
    doubts: tuple[PlaceDoubt, ...]
