"""The name of a place, from the geolocation database that comes with ExifTool. No network is used."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol

from metaextract_extractor.domain.insights_place import Place, PlaceDoubt, PlaceName
from metaextract_extractor.reading.insights.stated import integer_of, numbers_of

NEAR_KILOMETRES: Final = 50
"""Farther from any town the nearest one may lie across a border, or the sea."""

_CODE_CHARACTERS: Final = 2
"""ISO 3166-1 alpha-2."""


class Gazetteer(Protocol):
    """What knows the towns of the world: ExifTool."""

    def geolocation(self, latitude_degrees: float, longitude_degrees: float) -> Mapping[str, object]:
        """Return ExifTool's Geolocation tags (raw values, without that prefix); empty if there are none."""
        ...


def place_name(gazetteer: Gazetteer, latitude_degrees: float, longitude_degrees: float) -> PlaceName | None:
    """Return the nearest town."""
    found = gazetteer.geolocation(latitude_degrees, longitude_degrees)
    position = numbers_of(found.get("Position"))
    distance, bearing, population = (
        _number(found.get(name)) for name in ("Distance", "Bearing", "Population")
    )
    city = _text(found.get("City"))
    if not city or len(position) != 2 or distance is None:  # noqa: PLR2004 - a pair
        return None
    return PlaceName(
        city=city,
        region=_text(found.get("Region")),
        subregion=_text(found.get("Subregion")),
        country_code=_text(found.get("CountryCode")),
        country=_text(found.get("Country")),
        feature_code=_text(found.get("FeatureCode")),
        feature_type=_text(found.get("FeatureType")),
        population=integer_of(population),
        latitude_degrees=position[0],
        longitude_degrees=position[1],
        distance_kilometres=distance,
        bearing_degrees=bearing,
    )


def named(place: Place, gazetteer: Gazetteer) -> Place:
    """Return the place with its name, and whether somebody's words speak of another country.

    A position far from every town has no name, nor has 0, 0: it stands for an unknown one.
    """
    if place.latitude_degrees is None or place.longitude_degrees is None:
        return place
    if PlaceDoubt.ZERO_ZERO in place.doubts:
        return place
    name = place_name(gazetteer, place.latitude_degrees, place.longitude_degrees)
    if name is None or name.distance_kilometres > NEAR_KILOMETRES:
        return place
    doubts = place.doubts
    if _another_country(place, name):
        doubts = (*doubts, PlaceDoubt.STATED_COUNTRY_DIFFERS)
    return replace(place, name=name, doubts=doubts)


def _another_country(place: Place, name: PlaceName) -> bool:
    """Only ISO codes are compared: names of countries come in every language."""
    codes = {one.country_code.strip().upper() for one in place.stated}
    codes = {code for code in codes if len(code) == _CODE_CHARACTERS and code.isalpha()}
    return bool(codes) and name.country_code.upper() not in codes


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) else ""


def _number(value: object) -> float | None:
    numbers = numbers_of(value)
    return numbers[0] if len(numbers) == 1 else None
