"""What is understood of burned-in text: positions, times, addresses, numbers. Without any picture."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.operations_ocr import (
    MeasurementKind,
    PixelBox,
    PositionNotation,
    TextLine,
)
from metaextract_extractor.reading.operations.overlay_addresses import addresses, country_code
from metaextract_extractor.reading.operations.overlay_measurements import camera_app, measurements
from metaextract_extractor.reading.operations.overlay_positions import plus_codes, positions
from metaextract_extractor.reading.operations.overlay_times import times


def lines(*texts: str) -> list[TextLine]:
    """Write lines one below the other, the first the surest."""
    return [TextLine(text, 95.0 - row, PixelBox(10, 30 * row, 300, 24)) for row, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("texts", "latitude", "longitude"),
    [
        (["Lat 12.345678° Long 76.543210°"], 12.345678, 76.54321),
        (["Lat: -12.34, Lon: -56.78"], -12.34, -56.78),
        (["Latitude: 47.37690", "Longitude: -8.54170"], 47.3769, -8.5417),
        (["Latitude", "N 47.3769", "E 8.5417"], 47.3769, 8.5417),
        (["S13.0257 E119.9390"], -13.0257, 119.939),
        (["13.0257S, 119.9390W"], -13.0257, -119.939),
        (["47.3769 N 8.5417 E"], 47.3769, 8.5417),
        (["47.376900, 8.541700"], 47.3769, 8.5417),
        (["Lat/Long: 47.376900, -8.541700"], 47.3769, -8.5417),
        (["8.5417 E 47.3769 N"], 47.3769, 8.5417),
        (["0.0000 N 0.0000 E"], 0.0, 0.0),
        ([r"""30°23'00.8"N 38°08'56.9"W"""], 30.383556, -38.149139),
        (["30°23\u201900.8\u201dS 38°08\u201956.9\u201dE"], -30.383556, 38.149139),
        (["N 47° 22.614' E 8° 32.502'"], 47.3769, 8.5417),
        (["\u221233.8688, 151.2093"], -33.8688, 151.2093),
    ],
)
def test_positions_are_read_as_people_print_them(texts: list[str], latitude: float, longitude: float) -> None:
    (found,) = positions(lines(*texts))
    assert found.latitude_degrees == pytest.approx(latitude, abs=1e-6)
    assert found.longitude_degrees == pytest.approx(longitude, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "f/2.8 1/250 ISO 100",
        "12.99, 14.99",
        "1920.0000",
        "95.1234, 200.5678",
        "S 47.3769 8.5417",  # the letter of the other may be lost, and with it its sign
        "47°61'00.0\"N 8°32'30.1\"E",
        "2019/12/14 23:47",
    ],
)
def test_what_is_no_position_is_none(text: str) -> None:
    assert positions(lines(text)) == ()


def test_a_position_tells_its_notation_its_last_digit_and_its_lines() -> None:
    (one,) = positions(lines("Storgata 12", "Latitude: 47.37690", "Longitude: 8.54"))
    assert one.notation is PositionNotation.DECIMAL
    assert one.resolution_degrees == pytest.approx(0.01)
    assert (one.lines, one.confidence) == ((1, 2), 93.0)


def test_letters_between_digits_are_corrected_and_told() -> None:
    (one,) = positions(lines("Lat 12.3O5678 Long 76.5432l0"))
    assert (one.latitude_degrees, one.longitude_degrees, one.corrected) == (12.305678, 76.543210, True)
    (plain,) = positions(lines("Lat 12.305678 Long 76.543210"))
    assert not plain.corrected


def test_a_dollar_before_degrees_is_a_hemisphere() -> None:
    (one,) = positions(lines("$13.0257 E119.9390"))
    assert one.latitude_degrees == -13.0257


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2023-05-14 13:22:05"], "2023-05-14T13:22:05"),
        (["2019/12/14 23:47"], "2019-12-14T23:47"),
        (["2019.12.14"], "2019-12-14"),
        (["2016-12-1321:17:48"], "2016-12-13T21:17:48"),
        (["05 May 2022 07:09:28"], "2022-05-05T07:09:28"),
        (["May 5, 2022 7:09 pm"], "2022-05-05T19:09"),
        (["31/12/21 09:22 AM GMT+05:30"], "2021-12-31T09:22+05:30"),
        (["10/17/2024  12:31AM"], "2024-10-17T00:31"),
        (["17.10.2024 12:31 PM UTC-3"], "2024-10-17T12:31-03:00"),
        (["2023-05-14T13:22:05Z"], "2023-05-14T13:22:05+00:00"),
        (["Date: 30.07.2016", "Time: 15:31:00"], "2016-07-30T15:31:00"),
        (["'98 12 24"], "1998-12-24"),
        (["2018/08/30 21.21"], "2018-08-30T21:21"),
        (["2O19/12/14 23:47"], "2019-12-14T23:47"),
    ],
)
def test_times_are_read_as_cameras_print_them(texts: list[str], expected: str) -> None:
    (found,) = times(lines(*texts))
    assert found.iso8601 == expected


@pytest.mark.parametrize(
    "text", ["192.168.10.12", "31/02/2021", "f/2.8 1/250", "12:34:56", "1/2/3", "1850-01-01"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert times(lines(text)) == ()


def test_day_and_month_that_can_be_exchanged_are_told_both_ways() -> None:
    (found,) = times(lines("03/04/2021 10:00"))
    assert (found.iso8601, found.other_iso8601) == ("2021-04-03T10:00", "2021-03-04T10:00")


def test_the_dates_of_the_file_decide_between_day_and_month() -> None:
    (found,) = times(lines("03/04/2021 10:00"), {date(2021, 3, 4)})
    assert (found.iso8601, found.other_iso8601) == ("2021-03-04T10:00", "2021-04-03T10:00")


@pytest.mark.parametrize(
    ("texts", "city", "postcode", "code"),
    [
        (["Storgata 12, 6002 Alesund, Norway"], "Alesund", "6002", "NO"),
        (["214 Harbour Road", "Portland, OR 97209, United States"], "Portland", "97209", "US"),
        (["17 Station Road, Bengaluru, Karnataka 560001, India"], "Bengaluru", "560001", "IN"),
        (["8 Queen Street, Leeds LS1 4DY, United Kingdom"], "Leeds", "LS1 4DY", "GB"),
        (["8 Queen Street, Leeds LS14DY, United Kingdom"], "Leeds", "LS14DY", "GB"),
        (["Kisumu, Kenya"], "Kisumu", "", "KE"),
        (["Zürich, Switzerlund"], "Zürich", "", "CH"),
    ],
)
def test_addresses_are_taken_apart(texts: list[str], city: str, postcode: str, code: str) -> None:
    (found,) = addresses(lines(*texts), frozenset())
    assert (found.city, found.postcode, found.country_code) == (city, postcode, code)
    assert found.text == ", ".join(texts)


def test_a_heading_and_the_full_address_below_it_are_one_address() -> None:
    (found,) = addresses(lines("Alesund, Norway", "Storgata 12, 6002 Alesund, Norway"), frozenset())
    assert (found.postcode, found.lines) == ("6002", (0, 1))


@pytest.mark.parametrize(
    "text", ["HF2 PRO COVERT", "Lat 12.3456 Long 56.7890", "Kenya", "Meeting at 10:00, Norway"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert addresses(lines(text), frozenset()) == ()


def test_countries_are_recognised_with_a_wrong_letter_but_short_ones_only_exactly() -> None:
    assert (country_code("Norwoy"), country_code("UK"), country_code("UX"), country_code("")) == (
        "",
        "GB",
        "",
        "",
    )
    assert country_code("United Stales") == "US"


@pytest.mark.parametrize(
    ("text", "kind", "value", "unit"),
    [
        ("Altitude: 1583.1 m", MeasurementKind.ALTITUDE, 1583.1, "m"),
        ("Elevation 423ft", MeasurementKind.ALTITUDE, 423, "ft"),
        ("123 km/h", MeasurementKind.SPEED, 123, "km/h"),
        ("60 MPH", MeasurementKind.SPEED, 60, "mph"),
        ("-4°C   10/17/2024", MeasurementKind.TEMPERATURE, -4, "°C"),
        ("71°F", MeasurementKind.TEMPERATURE, 71, "°F"),
        ("Humidity: 45%", MeasurementKind.HUMIDITY, 45, "%"),
        ("Heading 273° W", MeasurementKind.DIRECTION, 273, "°"),
        ("128° SE", MeasurementKind.DIRECTION, 128, "°"),
    ],
)
def test_numbers_with_units_are_read(text: str, kind: MeasurementKind, value: float, unit: str) -> None:
    (found,) = measurements(lines(text))
    assert (found.kind, found.value, found.unit) == (kind, value, unit)


@pytest.mark.parametrize(
    "text", [r"""30°23'00.8"N 38°08'56.9"W""", "Altitude: 2998. 24m", "Heading 400°", "12:45 PM"]
)
def test_what_is_no_measurement_is_none(text: str) -> None:
    assert measurements(lines(text)) == ()


def test_plus_codes_and_apps_are_found() -> None:
    codes = plus_codes(lines("8FVC9G8F+6X Zurich", "9G8F+6XQ", "A+B"))
    assert [one.code for one in codes] == ["8FVC9G8F+6X", "9G8F+6XQ"]
    assert camera_app(lines("14:22", "GPS Map Carnera Lite")) == "GPS Map Camera"
    assert camera_app(lines("Alesund")) == ""


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.text(max_size=60) | st.text("0123456789.,:/°'\"NSEW+- latonLATgmtAPM", max_size=60), max_size=6
    )
)
def test_no_text_at_all_makes_a_parser_fail(texts: list[str]) -> None:
    given_lines = lines(*texts)
    for one in positions(given_lines):
        assert abs(one.latitude_degrees) <= 90
        assert abs(one.longitude_degrees) <= 180
    for time in times(given_lines):
        date.fromisoformat(time.iso8601[:10])
    addresses(given_lines, frozenset())
    measurements(given_lines)
    plus_codes(given_lines)
    camera_app(given_lines)
