"""The camera's offset from UTC: everything in the file that suggests one, the most trusted first."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzfpy

from metaextract_extractor.domain.insights_time import ZoneEvidence, ZoneSource
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.position import best_position
from metaextract_extractor.reading.insights.stated import Stated
from metaextract_extractor.reading.insights.written_time import (
    WrittenTime,
    aware,
    read_time,
    read_zone,
    valid_offset,
    zone_text,
)

RESIDUE_SECONDS_MAX: Final = 180
"""How far from a whole quarter hour local minus satellite time may be: the fix may be a little older."""

_QUARTER_SECONDS: Final = 15 * 60
_MAKERS: Final = ("Canon", "Nikon", "GoPro")
_REPEATED_IN: Final = (
    ("XMP-exif", "DateTimeOriginal"),
    ("XMP-photoshop", "DateCreated"),
    ("XMP-xmp", "CreateDate"),
    ("FLIR", "DateTimeOriginal"),
)


def zones_of(evidence: Evidence, stated: Stated, camera: WrittenTime | None) -> tuple[ZoneEvidence, ...]:
    """Collect the hints. `camera`: the reading of the camera's clock; without it only tags are left."""
    hints = [*_offset_tags(stated)]
    if camera is not None:
        hints += _satellites(stated, camera)
        hints += _maker_notes(stated, camera)
        hints += _repetitions(stated, camera)
        hints += _place(evidence, camera)
    return tuple(hints)


def time_zone_at(latitude_degrees: float, longitude_degrees: float) -> str:
    """Return the IANA name of the time zone of a place, `Etc/GMT…` at sea."""
    return tzfpy.get_tz(longitude_degrees, latitude_degrees)


def _offset_tags(stated: Stated) -> Iterator[ZoneEvidence]:
    """Exif 3.0 §4.6.5.2 (OffsetTime…), TIFF/EP §5.2.47 (TimeZoneOffset, in hours, first for the capture)."""
    for name in ("OffsetTimeOriginal", "OffsetTimeDigitized"):
        offset = read_zone(stated.text("ExifIFD", name))
        if offset is not None:
            yield ZoneEvidence(zone_text(offset), ZoneSource.OFFSET_TAG, "ExifIFD", name)
    for group in ("ExifIFD", "IFD0"):
        hours = stated.numbers(group, "TimeZoneOffset")[:1]
        offset = valid_offset(hours[0] * 60) if hours else None
        if offset is not None:
            yield ZoneEvidence(zone_text(offset), ZoneSource.OFFSET_TAG, group, "TimeZoneOffset")


def _satellites(stated: Stated, camera: WrittenTime) -> Iterator[ZoneEvidence]:
    """Local time minus satellite time, if it is near a whole quarter hour."""
    date, time = stated.text("GPS", "GPSDateStamp"), stated.text("GPS", "GPSTimeStamp")
    fix = read_time(f"{date} {time}")
    offset = _difference(camera.clock, fix.clock) if fix is not None and fix.has_clock else None
    if offset is not None:
        yield ZoneEvidence(zone_text(offset), ZoneSource.GPS_DIFFERENCE, "GPS", "GPSDateStamp")


def _maker_notes(stated: Stated, camera: WrittenTime) -> Iterator[ZoneEvidence]:
    """The zone that the camera was set to, in minutes; left out while its daylight saving is on.

    Whether the stated zone then includes the extra hour is not documented.
    """
    for group in _MAKERS:
        offset = valid_offset(stated.number(group, "TimeZone"))
        if offset is not None and not stated.number(group, "DaylightSavings"):
            yield ZoneEvidence(zone_text(offset), ZoneSource.MAKER_NOTE, group, "TimeZone")
    utc = read_time(stated.text("Olympus", "DateTimeUTC"))
    offset = _difference(camera.clock, utc.clock) if utc is not None and utc.has_clock else None
    if offset is not None:
        yield ZoneEvidence(zone_text(offset), ZoneSource.MAKER_NOTE, "Olympus", "DateTimeUTC")


def _repetitions(stated: Stated, camera: WrittenTime) -> Iterator[ZoneEvidence]:
    """The same clock reading, repeated somewhere with a zone."""
    for group, name in _REPEATED_IN:
        time = read_time(stated.text(group, name))
        if time is None or time.offset_minutes is None or valid_offset(time.offset_minutes) is None:
            continue
        if abs(time.clock - camera.clock) < timedelta(seconds=1):
            yield ZoneEvidence(zone_text(time.offset_minutes), ZoneSource.WRITTEN, group, name)


def _place(evidence: Evidence, camera: WrittenTime) -> Iterator[ZoneEvidence]:
    position = best_position(evidence)
    if position is None:
        return
    zone = time_zone_at(position.latitude_degrees, position.longitude_degrees)
    if not zone or zone.startswith("Etc/"):  # at sea clocks follow the ship
        return
    try:
        offset = ZoneInfo(zone).utcoffset(camera.clock)
    except (ZoneInfoNotFoundError, ValueError, OverflowError):
        return
    if offset is not None and offset.total_seconds() % 60 == 0:
        yield ZoneEvidence(zone_text(int(offset.total_seconds() // 60)), ZoneSource.PLACE)


def _difference(local: datetime, utc: datetime) -> int | None:
    """Return local minus UTC in minutes, as a whole number of quarter hours that a zone can have."""
    seconds = (aware(local, 0) - aware(utc, 0)).total_seconds()
    quarters = round(seconds / _QUARTER_SECONDS)
    if abs(seconds - quarters * _QUARTER_SECONDS) > RESIDUE_SECONDS_MAX:
        return None
    return valid_offset(quarters * 15)
