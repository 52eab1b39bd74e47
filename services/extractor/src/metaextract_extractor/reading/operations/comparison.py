"""What is printed on a picture against what is embedded in its file: place, time, address."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rapidfuzz import fuzz

from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.insights_place import Position
from metaextract_extractor.domain.insights_time import Precision, TimeCandidate
from metaextract_extractor.domain.operations_ocr import (
    AddressCorrespondence,
    BurnedAddress,
    BurnedPosition,
    BurnedTime,
    Correspondence,
    OverlayComparison,
    PositionCorrespondence,
    TimeCorrespondence,
)
from metaextract_extractor.reading.insights.position import distance_metres
from metaextract_extractor.reading.insights.written_time import WrittenTime, read_time
from metaextract_extractor.reading.operations.overlay_addresses import country_code, folded

POSITION_METRES_MAX: Final = 111.2
"""A thousandth of a degree of latitude: receivers and cell positions of one moment differ by that much."""

METRES_PER_DEGREE: Final = 111_200
TIME_SECONDS_MAX: Final = 60.0
"""Between the shutter and the printing of an overlay."""

_CLOCK_SECONDS: Final = {Precision.MINUTE: 60.0, Precision.SECOND: 1.0, Precision.SUBSECOND: 0.0}
_DAY_SECONDS: Final = 86_400.0
_QUARTER_SECONDS: Final = 900
_ZONE_SECONDS_MAX: Final = 26 * 3600
_NAME_LIKENESS_MIN: Final = 85


def compared(
    positions: Sequence[BurnedPosition],
    times: Sequence[BurnedTime],
    addresses: Sequence[BurnedAddress],
    insights: Insights,
) -> OverlayComparison:
    """Compare; of several burned statements the one that fits best."""
    return OverlayComparison(
        position=_position(positions, insights),
        time=_time(times, insights),
        address=_address(addresses, insights),
    )


def _position(burned: Sequence[BurnedPosition], insights: Insights) -> PositionCorrespondence:
    place = insights.place
    embedded = (place.latitude_degrees, place.longitude_degrees) if place else (None, None)
    latitude, longitude = embedded
    if latitude is None or longitude is None:
        outcome = Correspondence.BURNED_ONLY if burned else Correspondence.NEITHER
        first = burned[0] if burned else None
        return PositionCorrespondence(
            outcome,
            burned_latitude_degrees=first.latitude_degrees if first else None,
            burned_longitude_degrees=first.longitude_degrees if first else None,
        )
    if not burned:
        return PositionCorrespondence(
            Correspondence.EMBEDDED_ONLY,
            embedded_latitude_degrees=latitude,
            embedded_longitude_degrees=longitude,
        )
    there = Position("", latitude, longitude, None, 0.0)
    distance, one = min(
        (
            (
                distance_metres(Position("", one.latitude_degrees, one.longitude_degrees, None, 0.0), there),
                one,
            )
            for one in burned
        ),
        key=lambda pair: pair[0],
    )
    most = POSITION_METRES_MAX + one.resolution_degrees * METRES_PER_DEGREE
    return PositionCorrespondence(
        outcome=Correspondence.MATCH if distance <= most else Correspondence.MISMATCH,
        distance_metres=round(distance, 1),
        distance_metres_max=round(most, 1),
        latitude_difference_degrees=round(abs(one.latitude_degrees - latitude), 7),
        longitude_difference_degrees=round(_around(one.longitude_degrees - longitude), 7),
        burned_latitude_degrees=one.latitude_degrees,
        burned_longitude_degrees=one.longitude_degrees,
        embedded_latitude_degrees=latitude,
        embedded_longitude_degrees=longitude,
    )


def _around(degrees: float) -> float:
    """Return a difference of longitudes the short way round."""
    return min(abs(degrees), 360 - abs(degrees))


def _time(burned: Sequence[BurnedTime], insights: Insights) -> TimeCorrespondence:
    candidate = insights.capture_time.best if insights.capture_time else None
    if candidate is None:
        outcome = Correspondence.BURNED_ONLY if burned else Correspondence.NEITHER
        return TimeCorrespondence(outcome, burned_iso8601=burned[0].iso8601 if burned else "")
    if not burned:
        return TimeCorrespondence(Correspondence.EMBEDDED_ONLY, embedded_iso8601=candidate.iso8601)
    every = [_times(one.iso8601, candidate) for one in burned]
    decided = [one for one in every if one.seconds is not None]
    return min(decided, key=lambda one: abs(one.seconds or 0.0)) if decided else every[0]


def _times(burned: str, candidate: TimeCandidate) -> TimeCorrespondence:
    one, other = read_time(burned), read_time(candidate.iso8601)
    undecided = TimeCorrespondence(
        Correspondence.UNDECIDED, burned_iso8601=burned, embedded_iso8601=candidate.iso8601
    )
    if one is None or other is None:
        return undecided
    if not (one.has_clock and other.has_clock):
        return _dates(one, other, undecided)
    in_utc = one.offset_minutes is not None and other.offset_minutes is not None
    seconds = (_moment(one, in_utc) - _moment(other, in_utc)).total_seconds()
    most = TIME_SECONDS_MAX + max(_CLOCK_SECONDS[one.precision], _CLOCK_SECONDS[other.precision])
    matches = abs(seconds) <= most
    return TimeCorrespondence(
        outcome=Correspondence.MATCH if matches else Correspondence.MISMATCH,
        seconds=seconds,
        seconds_max=most,
        in_utc=in_utc,
        zone_explains=not matches and _is_zone(seconds, most),
        burned_iso8601=burned,
        embedded_iso8601=candidate.iso8601,
    )


def _dates(one: WrittenTime, other: WrittenTime, undecided: TimeCorrespondence) -> TimeCorrespondence:
    """Without a time of day only whole days can be compared."""
    whole = (Precision.YEAR, Precision.MONTH)
    if one.precision in whole or other.precision in whole:
        return undecided
    seconds = (one.clock.date() - other.clock.date()).total_seconds()
    return TimeCorrespondence(
        outcome=Correspondence.MATCH if not seconds else Correspondence.MISMATCH,
        seconds=seconds,
        seconds_max=_DAY_SECONDS - 1,
        burned_iso8601=undecided.burned_iso8601,
        embedded_iso8601=undecided.embedded_iso8601,
    )


def _moment(time: WrittenTime, in_utc: bool) -> datetime:
    moment = time.moment(time.offset_minutes or 0) if in_utc else time.clock
    return (moment or time.clock).replace(tzinfo=UTC)


def _is_zone(seconds: float, most: float) -> bool:
    """Whether two clocks in different zones would differ like that: by quarter hours, a day at most."""
    if abs(seconds) > _ZONE_SECONDS_MAX:
        return False
    rest = abs(seconds) % _QUARTER_SECONDS
    return min(rest, _QUARTER_SECONDS - rest) <= most


def _address(burned: Sequence[BurnedAddress], insights: Insights) -> AddressCorrespondence:
    names = _embedded_names(insights)
    text = ", ".join(dict.fromkeys(one for pair in names for one in pair if one))
    if not names:
        outcome = Correspondence.BURNED_ONLY if burned else Correspondence.NEITHER
        return AddressCorrespondence(outcome, burned[0].text if burned else "")
    if not burned:
        return AddressCorrespondence(Correspondence.EMBEDDED_ONLY, "", text)
    outcomes = [_names(one, city, country) for one in burned for city, country in names]
    order = (Correspondence.MATCH, Correspondence.UNDECIDED, Correspondence.MISMATCH)
    return AddressCorrespondence(next(one for one in order if one in outcomes), burned[0].text, text)


def _embedded_names(insights: Insights) -> list[tuple[str, str]]:
    """Town and country: as somebody wrote them, and of the town nearest to the position."""
    place = insights.place
    if place is None:
        return []
    names = [(one.city, one.country or one.country_code) for one in place.stated]
    if place.name is not None:
        names.append((place.name.city, place.name.country_code))
    return [(city, country) for city, country in names if city or country]


def _names(burned: BurnedAddress, city: str, country: str) -> Correspondence:
    if city and fuzz.partial_ratio(folded(city), folded(burned.text)) >= _NAME_LIKENESS_MIN:
        return Correspondence.MATCH
    code = country.upper() if len(country) == 2 else country_code(country)  # noqa: PLR2004 - ISO 3166-1
    if not code or not burned.country_code:
        return Correspondence.UNDECIDED
    if code != burned.country_code:
        return Correspondence.MISMATCH
    return Correspondence.UNDECIDED if city and burned.city else Correspondence.MATCH
