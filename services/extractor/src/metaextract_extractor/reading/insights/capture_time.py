"""When the picture was taken: every stated time, ranked, with its zone and what contradicts it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from metaextract_extractor.domain.insights_time import (
    CaptureTime,
    Difference,
    Doubt,
    Event,
    Precision,
    TimeCandidate,
    TimeConflict,
    ZoneEvidence,
    ZoneSource,
)
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.stated import Stated
from metaextract_extractor.reading.insights.time_sources import TIME_SOURCES, TimeSource
from metaextract_extractor.reading.insights.time_zones import zones_of
from metaextract_extractor.reading.insights.written_time import WrittenTime, read_time, read_zone, zone_text

FIX_SECONDS_MAX: Final = 300
"""A satellite time may be that much older than the picture before it counts as a contradiction."""

_QUARTER_SECONDS: Final = 15 * 60
_HOURS_MAX: Final = 26 * 3600
"""The widest two zones are apart (+14:00 and -12:00)."""
_COARSE: Final = (Precision.YEAR, Precision.MONTH, Precision.DAY)
_CAMERAS_SINCE: Final = datetime(1990, 1, 1)  # noqa: DTZ001 - a clock reading
_DAMNING: Final = (Doubt.FUTURE, Doubt.CLOCK_NOT_SET)


@dataclass(frozen=True, slots=True)
class _Stated:
    rank: int
    source: TimeSource
    written: str
    time: WrittenTime


def capture_time(evidence: Evidence, *, now: datetime | None = None) -> CaptureTime | None:
    """Rank all stated times. `now`: an aware time; without it nothing is called future."""
    stated = Stated.of(evidence)
    times = [found for rank, source in enumerate(TIME_SOURCES) if (found := _read(stated, rank, source))]
    if not times:
        return None
    camera = next((one.time for one in times if one.source.camera and one.time.has_clock), None)
    zones = zones_of(evidence, stated, camera)
    ranked = sorted(
        ((one, _candidate(stated, one, camera, zones, now)) for one in times),
        key=lambda pair: _order(*pair),
    )
    best, others = ranked[0], ranked[1:]
    return CaptureTime(
        best=best[1],
        reason=best[0].source.reason,
        candidates=tuple(candidate for _, candidate in ranked),
        conflicts=tuple(conflict for other in others if (conflict := _conflict(best, other))),
        zones=zones,
        zones_agree=len({zone.zone for zone in zones}) == 1 if len(zones) > 1 else None,
    )


def _read(stated: Stated, rank: int, source: TimeSource) -> _Stated | None:
    written = stated.text(source.group, source.name)
    if source.time_name and written:
        written = f"{written} {stated.text(source.group, source.time_name)}".strip()
    subseconds = stated.text("ExifIFD", source.subseconds_name) if source.subseconds_name else ""
    time = read_time(written, subseconds)
    if time is None and source.time_name:  # the date may be right where the time of day is not
        written = stated.text(source.group, source.name)
        time = read_time(written)
    return _Stated(rank, source, written, time) if time else None


def _order(one: _Stated, candidate: TimeCandidate) -> tuple[bool, bool, bool, int]:
    damned = any(doubt in _DAMNING for doubt in candidate.doubts)
    return one.source.event is Event.MODIFIED, damned, one.time.precision in _COARSE, one.rank


def _candidate(
    stated: Stated,
    one: _Stated,
    camera: WrittenTime | None,
    zones: tuple[ZoneEvidence, ...],
    now: datetime | None,
) -> TimeCandidate:
    offset, zone_source = _offset(stated, one, camera, zones)
    return TimeCandidate(
        event=one.source.event,
        group=one.source.group,
        name=one.source.name,
        written=one.written,
        iso8601=one.time.iso8601(offset),
        precision=one.time.precision,
        zone="" if offset is None else zone_text(offset),
        zone_source=zone_source,
        utc="" if offset is None else one.time.utc(offset),
        doubts=_doubts(one, offset, now),
    )


def _offset(
    stated: Stated, one: _Stated, camera: WrittenTime | None, zones: tuple[ZoneEvidence, ...]
) -> tuple[int | None, ZoneSource]:
    if not one.time.has_clock:
        return None, ZoneSource.UNSPECIFIED
    if one.time.offset_minutes is not None:
        return one.time.offset_minutes, ZoneSource.WRITTEN
    if one.source.utc:
        return 0, ZoneSource.STANDARD
    if one.source.offset_name:
        own = read_zone(stated.text("ExifIFD", one.source.offset_name))
        if own is not None:
            return own, ZoneSource.OFFSET_TAG
    same_clock = camera is not None and abs(camera.clock - one.time.clock) < timedelta(seconds=1)
    if zones and (one.source.camera or same_clock):
        return read_zone(zones[0].zone), zones[0].source
    return None, ZoneSource.UNSPECIFIED


def _doubts(one: _Stated, offset: int | None, now: datetime | None) -> tuple[Doubt, ...]:
    doubts: list[Doubt] = []
    clock = one.time.clock
    if now is not None and clock > _utc_clock(now) + timedelta(minutes=offset or 0, days=1):
        doubts.append(Doubt.FUTURE)
    if clock < _CAMERAS_SINCE:
        doubts.append(Doubt.BEFORE_1990)
    if one.source.camera and one.time.has_clock and clock.timetuple().tm_yday == 1 and clock.hour == 0:
        doubts.append(Doubt.CLOCK_NOT_SET)
    return tuple(doubts)


def _utc_clock(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(tzinfo=None)


def _conflict(
    best: tuple[_Stated, TimeCandidate], other: tuple[_Stated, TimeCandidate]
) -> TimeConflict | None:
    (one, candidate), (second, other_candidate) = best, other
    in_utc = bool(candidate.utc and other_candidate.utc)
    later, earlier = second.time.clock, one.time.clock
    if in_utc:
        later, earlier = _moment(second, other_candidate), _moment(one, candidate)
    if not all(each.time.precision is Precision.SUBSECOND for each in (one, second)):
        later, earlier = later.replace(microsecond=0), earlier.replace(microsecond=0)
    seconds = (later - earlier).total_seconds()
    if abs(seconds) < _tolerance_seconds(one, second, in_utc=in_utc):
        return None
    difference = _difference(seconds)
    if second.source.event is Event.MODIFIED:
        one_zone_known = bool(candidate.utc) != bool(other_candidate.utc)
        if seconds > 0 or (one_zone_known and -seconds < _HOURS_MAX):
            return None
        difference = Difference.ORDER
    return TimeConflict(second.source.group, second.source.name, difference, round(seconds, 3), in_utc)


def _difference(seconds: float) -> Difference:
    rest = abs(seconds) % _QUARTER_SECONDS
    whole_quarters = min(rest, _QUARTER_SECONDS - rest) <= 1
    return Difference.ZONE if whole_quarters and abs(seconds) <= _HOURS_MAX else Difference.CLOCK


def _moment(one: _Stated, candidate: TimeCandidate) -> datetime:
    return one.time.moment(read_zone(candidate.zone) or 0) or one.time.clock


def _tolerance_seconds(one: _Stated, second: _Stated, *, in_utc: bool) -> float:
    """Two readings agree within the coarser of their steps; a fix may be a little older."""
    steps = {
        Precision.YEAR: 366 * 86400,
        Precision.MONTH: 31 * 86400,
        Precision.DAY: 86400,
        Precision.MINUTE: 60,
    }
    tolerance = max(steps.get(one.time.precision, 1), steps.get(second.time.precision, 1))
    if Event.POSITION in (one.source.event, second.source.event):
        # Without a zone the satellites' UTC cannot be compared with a local clock.
        return max(tolerance, FIX_SECONDS_MAX) if in_utc else max(tolerance, _HOURS_MAX)
    return tolerance
