"""Whether what the file says can be true.

Each rule says which fields it rests on, and whether it had any to look at. A finding says that two statements
do not fit, never which of them is wrong.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from metaextract_extractor.domain.quality import Finding, Plausibility, Severity
from metaextract_extractor.domain.result import Embedded
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.stated import Stated
from metaextract_extractor.reading.insights.written_time import WrittenTime, read_time, read_zone, zone_text

Verdict: TypeAlias = Finding | bool
"""A finding, True where the rule is kept, False where there was nothing to look at."""

FUTURE_TOLERANCE: Final = timedelta(hours=14)
"""The clock of a camera shows local time, at most so far ahead of UTC."""

POSITION_TOLERANCE_MINUTES: Final = 10
"""A receiver may keep its last position for some minutes."""

THUMBNAIL_TOLERANCE: Final = 0.05
"""Thumbnails are rounded to whole pixels, often to blocks of 8."""

_QUARTER_HOUR: Final = 15
_ZONE_LEAST_MINUTES: Final = -12 * 60
_ZONE_MOST_MINUTES: Final = 14 * 60
_ZONES_APART_SECONDS: Final = (_ZONE_MOST_MINUTES - _ZONE_LEAST_MINUTES) * 60
_DAY_MINUTES: Final = 24 * 60
_LATITUDE_MAX: Final = 90
_LONGITUDE_MAX: Final = 180
_RATIO_TOLERANCE: Final = 0.01
_THUMBNAIL_RATIOS: Final = (4 / 3, 3 / 4, 1.0)
"""DCF 2.0 §3.3.4 wants 160x120 whatever the picture: such thumbnails have bars, and tell nothing."""


def assess_plausibility(evidence: Evidence, *, now: datetime | None = None) -> Plausibility:
    """Apply every rule. `now`: when the file was received, in UTC; None leaves out what needs it."""
    stated = Stated.of(evidence)
    verdicts = {name: rule(evidence, stated, now) for name, rule in _RULES.items()}
    return Plausibility(
        checked=tuple(name for name, verdict in verdicts.items() if verdict is not False),
        findings=tuple(verdict for verdict in verdicts.values() if isinstance(verdict, Finding)),
    )


def _not_in_the_future(_evidence: Evidence, stated: Stated, now: datetime | None) -> Verdict:
    taken = _time(stated, "ExifIFD", "DateTimeOriginal", "ExifIFD", "OffsetTimeOriginal")
    if taken is None or now is None:
        return False
    received = now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now
    offset = taken.offset_minutes
    latest = received + (FUTURE_TOLERANCE if offset is None else timedelta(minutes=offset + 1))
    if taken.clock <= latest:
        return True
    return _finding(
        "CAPTURE_IN_FUTURE",
        f"The capture time {taken.iso8601(offset)} lies after the upload.",
        "ExifIFD:DateTimeOriginal",
    )


def _position_in_range(_evidence: Evidence, stated: Stated, _now: datetime | None) -> Verdict:
    latitude, longitude = stated.number("GPS", "GPSLatitude"), stated.number("GPS", "GPSLongitude")
    if latitude is None and longitude is None:
        return False
    for value, most, name in (
        (latitude, _LATITUDE_MAX, "GPSLatitude"),
        (longitude, _LONGITUDE_MAX, "GPSLongitude"),
    ):
        if value is not None and abs(value) > most:
            return _finding(
                "POSITION_OUT_OF_RANGE", f"{name} is {value:g} degrees; {most} is the most.", f"GPS:{name}"
            )
    return True


def _position_not_the_origin(_evidence: Evidence, stated: Stated, _now: datetime | None) -> Verdict:
    latitude, longitude = stated.number("GPS", "GPSLatitude"), stated.number("GPS", "GPSLongitude")
    if latitude is None or longitude is None:
        return False
    if latitude == longitude == 0:
        return _finding(
            "POSITION_ZERO",
            "The position is exactly 0, 0, in the Gulf of Guinea: what receivers write without a fix.",
            "GPS:GPSLatitude",
            "GPS:GPSLongitude",
        )
    return True


def _hemispheres_stated(_evidence: Evidence, stated: Stated, _now: datetime | None) -> Verdict:
    """Exif 3.0 §4.6.6: without its reference a coordinate has no sign."""
    given = [name for name in ("GPSLatitude", "GPSLongitude") if stated.number("GPS", name)]
    if not given:
        return False
    lost = [name for name in given if not stated.text("GPS", f"{name}Ref")]
    if not lost:
        return True
    return _finding(
        "HEMISPHERE_MISSING",
        f"{' and '.join(lost)} come without their hemisphere.",
        *(f"GPS:{name}" for name in lost),
    )


def _satellite_time_fits_the_clock(_evidence: Evidence, stated: Stated, _now: datetime | None) -> Verdict:
    date, time = stated.text("GPS", "GPSDateStamp"), stated.text("GPS", "GPSTimeStamp")
    satellite = read_time(f"{date} {_padded(time)}") if date and time else None
    local = _time(stated, "ExifIFD", "DateTimeOriginal", "ExifIFD", "OffsetTimeOriginal")
    if satellite is None or local is None or not satellite.has_clock or not local.has_clock:
        return False
    minutes = (local.clock - satellite.clock).total_seconds() / 60
    evidence = ("ExifIFD:DateTimeOriginal", "GPS:GPSTimeStamp")
    if local.offset_minutes is not None:
        if abs(minutes - local.offset_minutes) <= POSITION_TOLERANCE_MINUTES:
            return True
        off = minutes - local.offset_minutes
        return _finding(
            "GPS_TIME_AGAINST_OFFSET",
            f"The clock with its offset {zone_text(local.offset_minutes)} and the satellite time differ by "
            f"{_hours(off)}.",
            *evidence,
            "ExifIFD:OffsetTimeOriginal",
        )
    nearest = round(minutes / _QUARTER_HOUR) * _QUARTER_HOUR
    possible = _ZONE_LEAST_MINUTES <= nearest <= _ZONE_MOST_MINUTES
    if possible and abs(minutes - nearest) <= POSITION_TOLERANCE_MINUTES:
        return True
    return _finding(
        "GPS_TIME_AGAINST_CLOCK",
        f"The clock and the satellite time differ by {_hours(minutes)}, which no time zone explains.",
        *evidence,
    )


def _dimensions_match(evidence: Evidence, stated: Stated, _now: datetime | None) -> Verdict:
    told = stated.number("ExifIFD", "ExifImageWidth"), stated.number("ExifIFD", "ExifImageHeight")
    real = evidence.walk.width_pixels, evidence.walk.height_pixels
    if None in real:
        real = stated.integer("File", "ImageWidth"), stated.integer("File", "ImageHeight")
    if None in told or None in real or 0 in told:
        return False
    if sorted(map(float, filter(None, told))) == sorted(map(float, filter(None, real))):
        return True
    return _finding(
        "DIMENSIONS_DIFFER",
        f"Exif says {told[0]:g} x {told[1]:g} pixels, the picture has {real[0]} x {real[1]}.",
        "ExifIFD:ExifImageWidth",
        "ExifIFD:ExifImageHeight",
    )


def _thumbnail_has_the_shape(evidence: Evidence, _stated: Stated, _now: datetime | None) -> Verdict:
    width, height = evidence.walk.width_pixels, evidence.walk.height_pixels
    small = next((one for one in evidence.walk.embedded if _is_measured_thumbnail(one)), None)
    if small is None or not width or not height or not small.width_pixels or not small.height_pixels:
        return False
    shape, thumbnail = width / height, small.width_pixels / small.height_pixels
    tolerance = THUMBNAIL_TOLERANCE + 1 / min(small.width_pixels, small.height_pixels)
    alike = any(abs(thumbnail / wanted - 1) <= tolerance for wanted in (shape, 1 / shape))
    if alike or any(abs(thumbnail / ratio - 1) <= _RATIO_TOLERANCE for ratio in _THUMBNAIL_RATIOS):
        return True
    return _finding(
        "THUMBNAIL_SHAPE",
        f"The thumbnail ({small.width_pixels} x {small.height_pixels}) has another shape than the picture "
        f"({width} x {height}).",
        small.path,
    )


def _changed_after_made(_evidence: Evidence, stated: Stated, _now: datetime | None) -> Verdict:
    made = _time(stated, "ExifIFD", "CreateDate", "ExifIFD", "OffsetTimeDigitized")
    changed = _time(stated, "IFD0", "ModifyDate", "ExifIFD", "OffsetTime")
    if made is None or changed is None:
        return False
    seconds = (changed.clock - made.clock).total_seconds()
    if changed.offset_minutes is not None and made.offset_minutes is not None:
        seconds -= (changed.offset_minutes - made.offset_minutes) * 60
    one_zone = (made.offset_minutes is None) == (changed.offset_minutes is None)
    if seconds >= (-1 if one_zone else -_ZONES_APART_SECONDS):
        return True
    return _finding(
        "CHANGED_BEFORE_MADE",
        f"The file says it was changed {_hours(-seconds / 60)} before it was made.",
        "IFD0:ModifyDate",
        "ExifIFD:CreateDate",
    )


def _time(stated: Stated, group: str, name: str, zone_group: str, zone_name: str) -> WrittenTime | None:
    time = read_time(stated.text(group, name))
    if time is None or time.offset_minutes is not None:
        return time
    offset = read_zone(stated.text(zone_group, zone_name))
    return WrittenTime(time.clock, time.precision, time.fraction, offset)


def _padded(clock: str) -> str:
    return ":".join(part.zfill(2) for part in clock.split(":"))


def _hours(minutes: float) -> str:
    minutes = abs(minutes)
    if minutes >= 2 * _DAY_MINUTES:
        return f"{minutes / _DAY_MINUTES:.0f} days"
    return f"{minutes / 60:.1f} h" if minutes >= 60 else f"{minutes:.0f} min"  # noqa: PLR2004 - an hour


def _is_measured_thumbnail(one: Embedded) -> bool:
    return one.kind == "thumbnail" and bool(one.width_pixels and one.height_pixels)


def _finding(rule: str, statement: str, *evidence: str) -> Finding:
    return Finding(rule, statement, Severity.WARNING, evidence)


_RULES: Final[dict[str, Callable[[Evidence, Stated, datetime | None], Verdict]]] = {
    "CAPTURE_IN_FUTURE": _not_in_the_future,
    "POSITION_OUT_OF_RANGE": _position_in_range,
    "POSITION_ZERO": _position_not_the_origin,
    "HEMISPHERE_MISSING": _hemispheres_stated,
    "GPS_TIME": _satellite_time_fits_the_clock,
    "DIMENSIONS_DIFFER": _dimensions_match,
    "THUMBNAIL_SHAPE": _thumbnail_has_the_shape,
    "CHANGED_BEFORE_MADE": _changed_after_made,
}
