"""Where the picture was taken: hemispheres, zero, heights, sources, names."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_extractor.domain.insights_place import North, Place, PlaceDoubt, StatedRole, Vertical
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.evidence import Evidence, Subject
from metaextract_extractor.reading.insights.place import place
from metaextract_extractor.reading.insights.place_name import named, place_name
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_testing.exiftool import exiftool_path


def found(*fields: tuple[str, str, object]) -> Place | None:
    stated = [
        Field("", Standard.EXIF, group, "", name, "", value, str(value), "", "x")
        for group, name, value in fields
    ]
    return place(Evidence(Subject(Path("x"), View([]), "JPEG", "jpg"), Walk(), stated))


def at(latitude: object, north: str, longitude: object, east: str) -> tuple[tuple[str, str, object], ...]:
    return (
        ("GPS", "GPSLatitude", latitude),
        ("GPS", "GPSLatitudeRef", north),
        ("GPS", "GPSLongitude", longitude),
        ("GPS", "GPSLongitudeRef", east),
    )


@pytest.mark.parametrize(("north", "east"), list(itertools.product("NS", "EW")))
def test_all_four_quadrants_have_their_sign(north: str, east: str) -> None:
    one = found(*at(33.5, north, 70.25, east))
    assert one is not None
    assert one.latitude_degrees == (33.5 if north == "N" else -33.5)
    assert one.longitude_degrees == (70.25 if east == "E" else -70.25)
    assert (one.source, one.doubts) == ("GPS", ())


def test_zero_is_a_value_and_zero_zero_is_doubted_but_given() -> None:
    equator = found(*at(0, "N", 34.4, "E"))
    assert equator is not None
    assert (equator.latitude_degrees, equator.doubts) == (0.0, ())
    nowhere = found(*at(0, "S", 0, "W"))
    assert nowhere is not None
    assert (nowhere.latitude_degrees, nowhere.longitude_degrees) == (0.0, 0.0)
    assert nowhere.doubts == (PlaceDoubt.ZERO_ZERO,)


def test_degrees_without_hemisphere_are_not_guessed() -> None:
    one = found(("GPS", "GPSLatitude", 33.5), ("GPS", "GPSLongitude", 70.25), ("GPS", "GPSLatitudeRef", "S"))
    assert one is not None
    assert (one.latitude_degrees, one.doubts) == (None, (PlaceDoubt.HEMISPHERE_MISSING,))
    other = found(
        ("GPS", "GPSLatitude", 33.5),
        ("GPS", "GPSLongitude", 70.25),
        ("XMP-exif", "GPSLatitude", -33.5),
        ("XMP-exif", "GPSLongitude", -70.25),
    )
    assert other is not None
    assert (other.source, other.latitude_degrees) == ("XMP-exif", -33.5)


@pytest.mark.parametrize(("latitude", "longitude"), [(90.1, 10), (10, 180.5), (1e300, 1)])
def test_degrees_beyond_the_globe_are_not_used(latitude: float, longitude: float) -> None:
    one = found(*at(latitude, "N", longitude, "E"))
    assert one is not None
    assert (one.latitude_degrees, one.doubts) == (None, (PlaceDoubt.OUT_OF_RANGE,))


def test_signed_text_of_xmp_is_a_number() -> None:
    one = found(
        ("XMP-drone-dji", "GPSLatitude", "+47.3541841"), ("XMP-drone-dji", "GPSLongitude", "-10.1913155")
    )
    assert one is not None
    assert (one.latitude_degrees, one.longitude_degrees) == (47.3541841, -10.1913155)


@pytest.mark.parametrize(
    ("reference", "version", "metres", "vertical"),
    [
        (0, "0232", 12.5, Vertical.SEA_LEVEL),
        (1, "0232", -12.5, Vertical.SEA_LEVEL),
        (1, "0300", -12.5, Vertical.ELLIPSOID),
        (2, "0300", 12.5, Vertical.SEA_LEVEL),
        (3, "0300", -12.5, Vertical.SEA_LEVEL),
    ],
)
def test_altitude_is_negative_below_its_reference(
    reference: int, version: str, metres: float, vertical: Vertical
) -> None:
    one = found(
        *at(1, "N", 1, "E"),
        ("GPS", "GPSAltitude", 12.5),
        ("GPS", "GPSAltitudeRef", reference),
        ("ExifIFD", "ExifVersion", version),
    )
    assert one is not None
    assert (one.altitude_metres, one.altitude_from) == (metres, vertical)


def test_sources_that_lie_apart_are_told_with_their_distance() -> None:
    one = found(*at(48, "N", 11, "E"), ("XMP-exif", "GPSLatitude", 49.0), ("XMP-exif", "GPSLongitude", 11.0))
    assert one is not None
    assert one.doubts == (PlaceDoubt.SOURCES_DISAGREE,)
    # One degree of latitude: 60 nautical miles.
    assert one.positions[1].distance_metres == pytest.approx(60 * 1852, rel=0.005)


@pytest.mark.parametrize(
    ("reference", "unit", "metres_per_second"),
    [("K", "km/h", 10), ("M", "mph", 16.09344), ("N", "knots", 18.52)],
)
def test_speed_has_its_unit(reference: str, unit: str, metres_per_second: float) -> None:
    one = found(*at(1, "N", 1, "E"), ("GPS", "GPSSpeed", 36), ("GPS", "GPSSpeedRef", reference))
    assert one is not None
    assert one.movement is not None
    assert (one.movement.speed, one.movement.speed_unit) == (36, unit)
    assert one.movement.speed_metres_per_second == pytest.approx(metres_per_second)


def test_direction_destination_and_accuracy_are_given() -> None:
    one = found(
        *at(1, "N", 1, "E"),
        ("GPS", "GPSImgDirection", 7.5),
        ("GPS", "GPSImgDirectionRef", "M"),
        ("GPS", "GPSDestLatitude", 2),
        ("GPS", "GPSDestLatitudeRef", "S"),
        ("GPS", "GPSDestLongitude", 3),
        ("GPS", "GPSDestLongitudeRef", "W"),
        ("GPS", "GPSDestDistance", 2),
        ("GPS", "GPSDestDistanceRef", "K"),
        ("GPS", "GPSHPositioningError", 4.5),
        ("GPS", "GPSStatus", "V"),
    )
    assert one is not None
    assert one.image_direction is not None
    assert (one.image_direction.degrees, one.image_direction.north) == (7.5, North.MAGNETIC)
    assert one.destination is not None
    assert (one.destination.latitude_degrees, one.destination.longitude_degrees) == (-2, -3)
    assert one.destination.distance_metres == 2000
    assert (one.accuracy_metres, one.doubts) == (4.5, (PlaceDoubt.NO_FIX,))


@pytest.mark.parametrize(
    ("latitude", "north", "longitude", "east", "zone"),
    [
        (52.5, "N", 13.4, "E", "Europe/Berlin"),
        (33.9, "S", 18.4, "E", "Africa/Johannesburg"),
        (34.6, "S", 58.4, "W", "America/Argentina/Buenos_Aires"),
        (40.7, "N", 74.0, "W", "America/New_York"),
    ],
)
def test_the_time_zone_of_the_place_is_named(
    latitude: float, north: str, longitude: float, east: str, zone: str
) -> None:
    one = found(*at(latitude, north, longitude, east))
    assert one is not None
    assert one.time_zone == zone


def test_words_about_the_place_stand_beside_it_with_their_meaning() -> None:
    one = found(
        ("IPTC", "City", "Kingston"),
        ("XMP-iptcExt", "LocationShownCity", "Toronto"),
        ("XMP-iptcExt", "LocationCreatedCountryCode", "CA"),
    )
    assert one is not None
    assert [(words.source, words.role) for words in one.stated] == [
        ("IPTC", StatedRole.UNSPECIFIED),
        ("XMP-iptcExt", StatedRole.CREATED),
        ("XMP-iptcExt", StatedRole.SHOWN),
    ]
    assert (one.latitude_degrees, one.time_zone) == (None, "")
    assert found(("IFD0", "Make", "x")) is None


@pytest.fixture(scope="module")
def gazetteer():
    with ExifTool(exiftool_path()) as tool:
        yield tool


def test_exiftool_names_the_place_without_a_file(gazetteer: ExifTool) -> None:
    name = place_name(gazetteer, -33.9249, 18.4241)
    assert name is not None
    assert (name.city, name.country_code, name.region) == ("Cape Town", "ZA", "Western Cape")
    assert name.distance_kilometres < 5
    assert name.population is not None
    assert name.population > 1_000_000


@pytest.mark.parametrize(("latitude", "longitude"), [(-35.0, -30.0), (0.0, -30.0), (0.0, 0.0)])
def test_the_open_sea_has_no_name(gazetteer: ExifTool, latitude: float, longitude: float) -> None:
    at_sea = found(*at(abs(latitude), "S", abs(longitude), "W"))
    assert at_sea is not None
    named_one = named(at_sea, gazetteer)
    assert (named_one.name, named_one.latitude_degrees) == (None, latitude)


class NearZero:
    """A gazetteer with a town beside 0, 0."""

    def geolocation(self, latitude_degrees: float, longitude_degrees: float) -> dict[str, object]:
        return {"City": "Null Island", "Position": "0.01 0.01", "Distance": 1.6, "Country": "Nowhere"}


def test_a_doubtful_zero_position_is_given_no_name_however_near_a_town_is() -> None:
    zero, beside = (found(*at(degrees, "N", degrees, "E")) for degrees in (0.0, 0.02))
    assert zero is not None
    assert beside is not None
    assert named(zero, NearZero()).name is None
    assert named(beside, NearZero()).name is not None


def test_words_with_the_code_of_another_country_are_doubted(gazetteer: ExifTool) -> None:
    for code, doubts in (("FR", (PlaceDoubt.STATED_COUNTRY_DIFFERS,)), ("de", ()), ("DEU", ())):
        one = found(*at(52.52, "N", 13.405, "E"), ("IPTC", "Country-PrimaryLocationCode", code))
        assert one is not None
        one = named(one, gazetteer)
        assert one.name is not None
        assert (one.name.country_code, one.doubts) == ("DE", doubts)


NUMBERS = st.one_of(st.floats(), st.integers(), st.text(max_size=20), st.none(), st.lists(st.integers()))


@given(NUMBERS, st.text(max_size=2), NUMBERS, st.text(max_size=2))
def test_no_value_breaks_it_or_leaves_the_globe(
    latitude: object, north: str, longitude: object, east: str
) -> None:
    one = found(*at(latitude, north, longitude, east), ("GPS", "GPSAltitude", latitude))
    if one is not None and one.latitude_degrees is not None and one.longitude_degrees is not None:
        assert abs(one.latitude_degrees) <= 90
        assert abs(one.longitude_degrees) <= 180
