"""Text that is burned into a picture, what it states, and whether the file says the same."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PixelBox:
    """A rectangle in the upright picture, in pixels, from its left upper corner."""

    left_pixels: int
    top_pixels: int
    width_pixels: int
    height_pixels: int


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text. `confidence`: 0 to 100, as Tesseract states it, which is no probability."""

    text: str
    confidence: float
    box: PixelBox


class PositionNotation(StrEnum):
    """How a position is written."""

    DECIMAL = "decimal"
    """47.3769, 8.5417, with signs, hemispheres or labels."""
    DEGREES_MINUTES = "degrees_minutes"
    """47° 22.614' N."""
    DEGREES_MINUTES_SECONDS = "degrees_minutes_seconds"
    """47° 22' 36.8" N."""


@dataclass(frozen=True, slots=True)
class BurnedPosition:
    """A position in degrees, north and east positive. `lines`: indices of the lines that state it.

    `resolution_degrees`: one unit of the last printed digit. `corrected`: letters were read as the digits
    that they resemble. `confidence`: the least of its lines.
    """

    latitude_degrees: float
    longitude_degrees: float
    notation: PositionNotation
    resolution_degrees: float
    corrected: bool
    confidence: float
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BurnedTime:
    """A date, perhaps with a time of day.

    `iso8601` has as many parts as are printed (`2023-05-14`, `2023-05-14T13:22`, with `:05` and an offset
    such as `+05:30` where printed). `other_iso8601`: the other reading where day and month can be exchanged,
    else empty; the order of the first is that which fits the file's own times, else day before month.
    """

    iso8601: str
    other_iso8601: str
    corrected: bool
    confidence: float
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BurnedAddress:
    """What looks like an address: lines with a postcode or the name of a country, and those beside them.

    `country_code` is ISO 3166-1 alpha-2. Empty where it was not recognised. A heuristic.
    """

    text: str
    city: str
    state: str
    postcode: str
    country: str
    country_code: str
    confidence: float
    lines: tuple[int, ...]


class MeasurementKind(StrEnum):
    """What a printed number with a unit or label is."""

    ALTITUDE = "altitude"
    SPEED = "speed"
    TEMPERATURE = "temperature"
    HUMIDITY = "humidity"
    DIRECTION = "direction"


@dataclass(frozen=True, slots=True)
class BurnedMeasurement:
    """A printed number. `unit`: `m`, `ft`, `km/h`, `mph`, `kn`, `m/s`, `°C`, `°F`, `%`, `°`.

    `compass`: such as `NNE`, beside a direction, else empty.
    """

    kind: MeasurementKind
    value: float
    unit: str
    compass: str
    confidence: float
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BurnedPlusCode:
    """A plus code (Open Location Code) as printed, full or short."""

    code: str
    confidence: float
    lines: tuple[int, ...]


class Correspondence(StrEnum):
    """What burned and embedded statements of one kind say of each other."""

    NEITHER = "neither"
    """Neither the picture nor the file states it."""
    MATCH = "match"
    MISMATCH = "mismatch"
    EMBEDDED_ONLY = "embedded_only"
    BURNED_ONLY = "burned_only"
    UNDECIDED = "undecided"
    """Both state it, but not in a way that can be compared."""


@dataclass(frozen=True, slots=True)
class PositionCorrespondence:
    """Burned against embedded position.

    They match up to `distance_metres_max`: 111 m (a thousandth of a degree) and what the printed digits leave
    open. Numbers are absent without both.
    """

    outcome: Correspondence
    distance_metres: float | None = None
    distance_metres_max: float | None = None
    latitude_difference_degrees: float | None = None
    longitude_difference_degrees: float | None = None
    burned_latitude_degrees: float | None = None
    burned_longitude_degrees: float | None = None
    embedded_latitude_degrees: float | None = None
    embedded_longitude_degrees: float | None = None


@dataclass(frozen=True, slots=True)
class TimeCorrespondence:
    """Burned against embedded capture time, as clock readings, or in UTC where both offsets are known.

    They match up to `seconds_max`: a minute, and what the less precise of them leaves open.
    `zone_explains`: a mismatch that another time zone would explain. `seconds`: burned minus embedded.
    """

    outcome: Correspondence
    seconds: float | None = None
    seconds_max: float | None = None
    in_utc: bool = False
    zone_explains: bool = False
    burned_iso8601: str = ""
    embedded_iso8601: str = ""


@dataclass(frozen=True, slots=True)
class AddressCorrespondence:
    """Burned address against the names of the place in the file, or nearest to its position.

    Matches if city or, without one, country is the same; a nearest town is often another than the postal one,
    so different towns of one country are undecided.
    """

    outcome: Correspondence
    burned: str = ""
    embedded: str = ""


@dataclass(frozen=True, slots=True)
class OverlayComparison:
    """What is printed on the picture against what is embedded in the file."""

    position: PositionCorrespondence
    time: TimeCorrespondence
    address: AddressCorrespondence


@dataclass(frozen=True, slots=True)
class TextRecognition:
    """The text found in the picture, what was understood of it, and how it fits the file.

    Boxes count in a picture of `width_pixels` by `height_pixels`, upright. `truncated`: the time for it was
    used up before everything was tried. `engine`: name and version; `language`: of its data.
    `camera_app`: the program that printed it, by its words, else empty. Lists are in the order of the lines,
    which is from top to bottom.
    """

    engine: str
    language: str
    source: str
    width_pixels: int
    height_pixels: int
    truncated: bool
    lines: tuple[TextLine, ...]
    positions: tuple[BurnedPosition, ...]
    times: tuple[BurnedTime, ...]
    addresses: tuple[BurnedAddress, ...]
    measurements: tuple[BurnedMeasurement, ...]
    plus_codes: tuple[BurnedPlusCode, ...]
    camera_app: str
    comparison: OverlayComparison
