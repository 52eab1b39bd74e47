"""Text that is burned into pictures, read with the real Tesseract, and compared with what the file says."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.operations import Operation, OperationOutcome
from metaextract_extractor.domain.operations_ocr import Correspondence, MeasurementKind, TextRecognition
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.evidence import Evidence, Subject
from metaextract_extractor.reading.insights.drawing import drawn
from metaextract_extractor.reading.operations.run import DECODERS_OFF, NO_LANGUAGE, NOT_DECODED, run_operation
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Walk
from metaextract_testing.factory import make
from metaextract_testing.factory.overlay import LAYOUTS, MadeOverlay, make_overlay
from metaextract_testing.factory.scene import scene

TESSDATA = Path(__file__).parents[4] / ".venv" / "share" / "tessdata"
"""Where `make setup` puts the language data."""


def jpeg(image: Image.Image, quality: int = 80) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def field(group: str, name: str, raw: object, printed: str = "") -> Field:
    return Field("JPEG", Standard.EXIF, group, "", name, "", raw, printed or str(raw), "", "x")


def outcome(
    folder: Path, content: bytes, *fields: Field, tessdata: Path | None = TESSDATA, decoders: bool = True
) -> OperationOutcome:
    path = folder / "picture.jpg"
    path.write_bytes(content)
    with Image.open(BytesIO(content)) as image:
        walk = Walk(width_pixels=image.width, height_pixels=image.height)
    evidence = Evidence(Subject(path, View.of(BytesSource(content)), "JPEG", "jpg"), walk, list(fields))
    insights = drawn(evidence, now=datetime(2026, 1, 1, tzinfo=UTC))
    return run_operation(
        Operation.OCR, evidence, tessdata=tessdata, pixel_decoders=decoders, insights=insights
    )


def text_of(folder: Path, content: bytes, *fields: Field) -> TextRecognition:
    found = outcome(folder, content, *fields)
    assert (found.operation, found.delivered, found.reason) == ("ocr", True, "")
    assert found.ocr is not None
    return found.ocr


def exif_of(made: MadeOverlay) -> tuple[Field, ...]:
    """What the file would say that the picture says."""
    latitude, longitude, taken = made.facts.latitude_degrees, made.facts.longitude_degrees, made.facts.taken
    assert latitude is not None
    assert longitude is not None
    assert taken is not None
    return (
        field("GPS", "GPSLatitude", abs(latitude)),
        field("GPS", "GPSLatitudeRef", "N" if latitude >= 0 else "S"),
        field("GPS", "GPSLongitude", abs(longitude)),
        field("GPS", "GPSLongitudeRef", "E" if longitude >= 0 else "W"),
        field("ExifIFD", "DateTimeOriginal", f"{taken:%Y:%m:%d %H:%M:%S}"),
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_an_overlay_says_is_read(tmp_path: Path, layout: str) -> None:
    made = make_overlay(layout, seed=1)
    text, facts = text_of(tmp_path, jpeg(made.image)), made.facts
    assert facts.taken is not None
    assert f"{facts.taken:%Y-%m-%dT%H:%M}" in {
        one[:16] for time in text.times for one in (time.iso8601, time.other_iso8601)
    }
    if facts.latitude_degrees is not None:
        (position,) = text.positions
        assert position.latitude_degrees == pytest.approx(facts.latitude_degrees, abs=2e-5)
        assert position.longitude_degrees == pytest.approx(facts.longitude_degrees, abs=2e-5)
    if facts.city:
        (address,) = text.addresses
        assert (address.city, address.country) == (facts.city, facts.country)
    if facts.offset:
        assert text.times[0].iso8601.endswith(facts.offset)
    numbers = {one.kind: one.value for one in text.measurements}
    for kind, value in (
        (MeasurementKind.ALTITUDE, facts.altitude_metres),
        (MeasurementKind.SPEED, facts.speed_kilometres_per_hour),
        (MeasurementKind.TEMPERATURE, facts.temperature_celsius),
    ):
        assert value is None or numbers[kind] == value


def test_lines_tell_where_they_stand_in_the_full_picture(tmp_path: Path) -> None:
    made = make_overlay("trail-camera", seed=1, size=(4000, 3000))
    text = text_of(tmp_path, jpeg(made.image))
    assert (text.width_pixels, text.height_pixels) == (4000, 3000)
    (line,) = [one for one in text.lines if "/" in one.text]
    assert line.box.top_pixels > 2800
    assert line.box.top_pixels + line.box.height_pixels <= 3000
    assert line.confidence > 60


def test_a_picture_that_lies_on_its_side_is_read_upright(tmp_path: Path) -> None:
    made = make_overlay("survey", seed=2)
    lying = made.image.transpose(Image.Transpose.ROTATE_90)  # needs a turn by 90 degrees clockwise
    text = text_of(tmp_path, jpeg(lying), field("IFD0", "Orientation", 6, "Rotate 90 CW"))
    assert (text.width_pixels, text.height_pixels) == made.image.size
    assert text.positions[0].latitude_degrees == made.facts.latitude_degrees


def test_a_picture_without_text_is_delivered_empty(tmp_path: Path) -> None:
    text = text_of(tmp_path, jpeg(scene("jpeg", 5).picture(640, 480)))
    assert text.lines == text.positions == text.times == text.addresses == ()
    assert text.comparison.position.outcome is Correspondence.NEITHER
    assert not text.truncated


def test_the_same_position_and_time_match_and_the_distance_is_told(tmp_path: Path) -> None:
    made = make_overlay("survey", seed=4)
    found = text_of(tmp_path, jpeg(made.image), *exif_of(made)).comparison
    assert found.position.outcome is Correspondence.MATCH
    assert found.position.distance_metres is not None
    assert found.position.distance_metres < 2
    assert (found.time.outcome, found.time.seconds) == (Correspondence.MATCH, 0)


def test_another_position_and_time_are_a_mismatch_in_numbers(tmp_path: Path) -> None:
    made, other = make_overlay("survey", seed=4), make_overlay("survey", seed=5)
    found = text_of(tmp_path, jpeg(made.image), *exif_of(other)).comparison
    assert (found.position.outcome, found.time.outcome) == (Correspondence.MISMATCH, Correspondence.MISMATCH)
    assert found.position.distance_metres is not None
    assert found.position.distance_metres_max is not None
    assert found.position.distance_metres > 1000 > found.position.distance_metres_max
    assert made.facts.taken is not None
    assert other.facts.taken is not None
    clocks = [one.facts.taken.replace(tzinfo=None) for one in (made, other) if one.facts.taken]
    assert found.time.seconds == (clocks[0] - clocks[1]).total_seconds()


def test_a_clock_in_another_zone_is_a_mismatch_that_a_zone_explains(tmp_path: Path) -> None:
    made = make_overlay("survey", seed=4)
    assert made.facts.taken is not None
    shifted = made.facts.taken.replace(hour=(made.facts.taken.hour + 2) % 24)
    text = text_of(
        tmp_path, jpeg(made.image), field("ExifIFD", "DateTimeOriginal", f"{shifted:%Y:%m:%d %H:%M:%S}")
    )
    assert text.comparison.time.outcome is Correspondence.MISMATCH
    assert text.comparison.time.zone_explains


def test_what_only_one_side_says_is_told(tmp_path: Path) -> None:
    made = make_overlay("survey", seed=4)
    burned = text_of(tmp_path, jpeg(made.image)).comparison
    assert {burned.position.outcome, burned.time.outcome, burned.address.outcome} == {
        Correspondence.BURNED_ONLY
    }
    plain = jpeg(scene("jpeg", 5).picture(640, 480))
    embedded = text_of(tmp_path, plain, *exif_of(made), field("XMP-photoshop", "City", "Leeds")).comparison
    assert {embedded.position.outcome, embedded.time.outcome, embedded.address.outcome} == {
        Correspondence.EMBEDDED_ONLY
    }


@pytest.mark.parametrize(
    ("country", "expected"),
    [("Norway", Correspondence.UNDECIDED), ("Brazil", Correspondence.MISMATCH)],
)
def test_an_address_is_compared_with_the_named_place(
    tmp_path: Path, country: str, expected: Correspondence
) -> None:
    made = next(
        one for seed in range(20) if (one := make_overlay("survey", seed=seed)).facts.country == "Norway"
    )
    place = (field("XMP-photoshop", "City", "Hamar"), field("XMP-photoshop", "Country", country))
    assert text_of(tmp_path, jpeg(made.image), *place).comparison.address.outcome is expected
    same = field("XMP-photoshop", "City", "Ålesund")
    assert text_of(tmp_path, jpeg(made.image), same).comparison.address.outcome is Correspondence.MATCH


@pytest.mark.parametrize(
    ("content", "tessdata", "decoders", "reason"),
    [
        (jpeg(scene("jpeg", 1).picture(64, 64)), None, True, NO_LANGUAGE),
        (jpeg(scene("jpeg", 1).picture(64, 64)), Path("/nowhere"), True, NO_LANGUAGE),
        (jpeg(scene("jpeg", 1).picture(64, 64)), TESSDATA, False, DECODERS_OFF),
    ],
    ids=["no folder", "empty folder", "decoders off"],
)
def test_what_stands_against_it_is_said(
    tmp_path: Path, content: bytes, tessdata: Path | None, decoders: bool, reason: str
) -> None:
    found = outcome(tmp_path, content, tessdata=tessdata, decoders=decoders)
    assert found == OperationOutcome("ocr", False, reason)


def test_language_data_that_are_none_are_missing(tmp_path: Path) -> None:
    (tmp_path / "eng.traineddata").write_bytes(b"\0" * 1000)
    found = outcome(tmp_path, jpeg(scene("jpeg", 1).picture(64, 64)), tessdata=tmp_path)
    assert found == OperationOutcome("ocr", False, NO_LANGUAGE)


def test_pixels_that_nobody_decodes_are_said(tmp_path: Path) -> None:
    content = make("svg", seed=1).content
    path = tmp_path / "drawing.svg"
    path.write_bytes(content)
    evidence = Evidence(Subject(path, View.of(BytesSource(content)), "SVG", "svg"), Walk())
    found = run_operation(
        Operation.OCR, evidence, tessdata=TESSDATA, pixel_decoders=True, insights=Insights()
    )
    assert found == OperationOutcome("ocr", False, NOT_DECODED)
