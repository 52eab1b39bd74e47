"""When the picture was taken, as far as the file says. Shapes as in insights.proto."""

from dataclasses import dataclass
from enum import StrEnum


class Event(StrEnum):
    """What a stated time is the time of."""

    UNSPECIFIED = "unspecified"
    CAPTURE = "capture"
    """The picture was taken (Exif DateTimeOriginal, IPTC DateCreated, photoshop:DateCreated)."""
    POSITION = "position"
    """A satellite receiver had this time: at or shortly before the capture."""
    DIGITISED = "digitised"
    """It became digital: the same for cameras, later for scans (Exif DateTimeDigitized, xmp:CreateDate)."""
    MODIFIED = "modified"
    """The file was changed last: no earlier than the capture."""


class Precision(StrEnum):
    """The smallest part that was stated."""

    UNSPECIFIED = "unspecified"
    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    MINUTE = "minute"
    SECOND = "second"
    SUBSECOND = "subsecond"


class ZoneSource(StrEnum):
    """Where the offset from UTC comes from."""

    UNSPECIFIED = "unspecified"
    """It is not known."""
    WRITTEN = "written"
    """It stands in the value itself."""
    OFFSET_TAG = "offset_tag"
    """Exif OffsetTime, OffsetTimeOriginal, OffsetTimeDigitized or TIFF/EP TimeZoneOffset."""
    STANDARD = "standard"
    """The standard says that this time is UTC (GPS, PNG tIME, ISO base media)."""
    GPS_DIFFERENCE = "gps_difference"
    """Local time minus satellite time, in quarter hours."""
    MAKER_NOTE = "maker_note"
    """The zone that the camera was set to."""
    PLACE = "place"
    """The civil time of the place at that date (IANA time zone database)."""


class Doubt(StrEnum):
    """Why a stated time may be wrong."""

    UNSPECIFIED = "unspecified"
    FUTURE = "future"
    """It lies more than a day after the reading."""
    BEFORE_1990 = "before_1990"
    """There were no digital cameras for sale: right for scans, wrong for cameras."""
    CLOCK_NOT_SET = "clock_not_set"
    """Within the first hour of a year, where clocks begin that lost their power."""


class Difference(StrEnum):
    """How two stated times differ."""

    UNSPECIFIED = "unspecified"
    ZONE = "zone"
    """By whole quarter hours: one clock reading in two zones, or a zone that was not set."""
    CLOCK = "clock"
    """By something else."""
    ORDER = "order"
    """Changed before it was taken."""


@dataclass(frozen=True, slots=True)
class TimeCandidate:
    """One stated time. `group`, `name`: the field that states the date; `written`: its value as it stands.

    `iso8601` has as many parts as were stated (`2019`, `2019-05-01T10:11:12.5+02:00`) and an offset only
    where one is known; `utc` is empty without it. `zone`: `+02:00`, or empty.
    """

    event: Event
    group: str
    name: str
    written: str
    iso8601: str
    precision: Precision
    zone: str
    zone_source: ZoneSource
    utc: str
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeConflict:
    """A candidate that contradicts the best one by more than its precision allows.

    `seconds`: the candidate minus the best; as clock readings unless `in_utc`.
    """

    group: str
    name: str
    difference: Difference
    seconds: float
    in_utc: bool


@dataclass(frozen=True, slots=True)
class ZoneEvidence:
    """An offset from UTC that something in the file suggests. `group`, `name` are empty for a place."""

    zone: str
    source: ZoneSource
    group: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class CaptureTime:
    """All stated times, likeliest capture time first, and what speaks against it.

    `reason`: why the first one comes first. `zones`: every hint at the camera's offset from UTC;
    `zones_agree` is None if there are fewer than two.
    """

    best: TimeCandidate
    reason: str
    candidates: tuple[TimeCandidate, ...]
    conflicts: tuple[TimeConflict, ...]
    zones: tuple[ZoneEvidence, ...]
    zones_agree: bool | None
