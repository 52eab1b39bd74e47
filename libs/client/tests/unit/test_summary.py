import pytest

from metaextract_client.cli.summary import summary
from metaextract_client.models import extraction_from_json

EXIF = "STANDARD_EXIF"


def lines(**members) -> dict[str, str]:
    """Summarise an extraction with these members."""
    result = members.pop("result", {})
    return dict(summary(extraction_from_json({"state": "STATE_SUCCEEDED", "result": result, **members})))


def insights(**subjects) -> dict[str, str]:
    return lines(insights=subjects)


def test_of_what_the_file_does_not_speak_nothing_is_said():
    assert lines() == {}
    assert insights(place={}, capture_time={}, privacy={}, generation={}, provenance={}) == {}


def test_the_capture_time_comes_with_its_source_and_what_speaks_against_it():
    best = {
        "iso8601": "2019-05-01T10:11:12+02:00",
        "group": "ExifIFD",
        "name": "DateTimeOriginal",
        "doubts": ["DOUBT_CLOCK_NOT_SET"],
    }

    assert insights(capture_time={"best": best, "conflicts": [{}]})["taken"] == (
        "2019-05-01 10:11:12+02:00 (ExifIFD:DateTimeOriginal); 1 other time contradicts it; "
        "doubtful: clock not set"
    )


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({"latitude_degrees": 0, "longitude_degrees": -0.00147}, "0.00000, -0.00147"),
        (
            {
                "latitude_degrees": 51.47789,
                "longitude_degrees": 0,
                "name": {"city": "Greenwich", "country": "United Kingdom"},
            },
            "51.47789, 0.00000, near Greenwich, United Kingdom",
        ),
        ({"stated": [{"city": "Bergen", "country": "Norway"}]}, "Bergen, Norway"),
        ({"doubts": ["PLACE_DOUBT_HEMISPHERE_MISSING"]}, "doubtful: hemisphere missing"),
    ],
)
def test_a_place_is_a_position_or_else_what_somebody_wrote(place, text):
    assert insights(place=place)["place"] == text


@pytest.mark.parametrize(
    ("make", "model", "text"),
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5, RF24mm"),
        ("SONY", "ILCE-7M4", "SONY ILCE-7M4, RF24mm"),
        ("", "X1", "X1, RF24mm"),
    ],
)
def test_a_device_is_named_once(make, model, text):
    values = {"Make": make, "Model": model, "LensModel": "RF24mm"}
    fields = [{"standard": EXIF, "name": name, "printed": value} for name, value in values.items()]

    assert lines(result={"fields": fields})["device"] == text


@pytest.mark.parametrize(
    ("provenance", "text"),
    [
        (
            {"state": "PROVENANCE_STATE_VALID", "signer": {"organization": "Acme", "trusted": True}},
            "Content Credentials are intact, signed by Acme, on the trust list",
        ),
        (
            {"state": "PROVENANCE_STATE_VALID", "signer": {"common_name": "me", "trusted": False}},
            "Content Credentials are intact, signed by me, not on the trust list",
        ),
        (
            {"state": "PROVENANCE_STATE_VALID"},
            "Content Credentials are intact, signed by somebody unnamed, whom no trust list was asked about",
        ),
        (
            {
                "state": "PROVENANCE_STATE_INVALID",
                "integrity": {"failures": [{"code": "assertion.dataHash.mismatch"}]},
            },
            "Content Credentials do not fit the file: assertion.dataHash.mismatch",
        ),
        (
            {"state": "PROVENANCE_STATE_PRESENT_UNVERIFIED", "reason": "They stand elsewhere."},
            "Content Credentials are there but not verified: They stand elsewhere.",
        ),
    ],
)
def test_integrity_and_signer_are_told_apart(provenance, text):
    assert insights(provenance=provenance)["provenance"] == text


def test_a_generator_is_what_the_file_says():
    generation = {
        "digital_source_types": [{"uri": "http://x/y", "meaning": "Made by a trained model"}],
        "generations": [{"dialect": "a1111", "models": [{"name": "model-x"}]}],
        "mentions": [{"generator": "Midjourney"}, {"generator": "Midjourney"}],
    }

    assert insights(generation=generation)["generator"] == (
        "the file says: Made by a trained model, a1111 settings with model-x, Midjourney"
    )


def test_confidence_is_words_first_and_a_number_second():
    confidence = {
        "score": 0.98765,
        "fields_count": 240,
        "witnessed_count": 214,
        "agreed_count": 212,
        "conflicts_count": 2,
        "witnesses": ["pillow", "exifread"],
    }

    assert lines(quality={"confidence": confidence})["confidence"] == (
        "212 of 240 values agreed by 3 engines, 2 conflicts (score 0.9876)"
    )
    assert lines(quality={"confidence": {}})["confidence"] == "read by one engine, witnessed by none"


def test_what_is_not_wholly_sure_is_not_rounded_up():
    confidence = {"score": 0.99996, "witnessed_count": 1}
    shown = lines(quality={"confidence": confidence, "completeness": {"score": 0.99996}})

    assert shown["confidence"].endswith("(score 0.9999)")
    assert shown["completeness"] == "99.9 % of what the file says"
    assert lines(quality={"completeness": {"score": 1}})["completeness"].startswith("100.0 %")


def test_completeness_of_a_file_that_breaks_off_is_a_range():
    completeness = {"score": 0.9956, "score_low": 0.8196, "score_high": 0.9991}

    assert lines(quality={"completeness": completeness})["completeness"] == (
        "99.5 % of what the file says (it breaks off: 81 to 100 %)"
    )
    guess = {"score_low": 0.1196, "score_high": 0.9101}
    assert lines(quality={"completeness": guess})["completeness"] == (
        "11 to 92 % of what the file says: nobody knows what stood behind the break"
    )
    whole = {"score": 0.9, "score_low": 0.9, "score_high": 0.9}
    assert "breaks off" not in lines(quality={"completeness": whole})["completeness"]


def test_completeness_names_what_is_missing():
    completeness = {"score": 0.9725, "gaps_count": 3, "unknown_tags_count": 8}

    assert lines(quality={"completeness": completeness})["completeness"] == (
        "97.2 % of what the file says; 3 ranges not decoded; 8 tags that nobody knows"
    )
    assert "completeness" not in lines(quality={"completeness": {}})


def test_privacy_is_a_count_of_fields_and_what_they_tell_of():
    findings = [
        {"subject": "PRIVACY_SUBJECT_PLACE", "exact": True},
        {"subject": "PRIVACY_SUBJECT_DEVICE"},
        {"subject": "PRIVACY_SUBJECT_PLACE"},
    ]

    text = insights(privacy={"findings": findings, "fields_count": 7})["privacy"]

    assert text.startswith("7 fields tell of place, device")


def test_a_basic_reading_says_so():
    text = lines(result={"fallback": {"engine": "exiftool", "cause": "crashed"}})["basic"]

    assert text == "read without exiftool (crashed): less was found than usual"


def test_a_format_that_the_engine_does_not_know_is_read_without_it():
    text = lines(result={"fallback": {"engine": "exiftool", "cause": "unknown_format"}})["basic"]

    assert text == "read without exiftool, which does not know this format"


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        ({"operation": "ocr", "reason": "no time left"}, "ocr was not delivered: no time left"),
        (
            {"operation": "ocr", "delivered": True, "ocr": {"lines": [{"text": "a"}, {"text": "b"}]}},
            "ocr: a / b",
        ),
        ({"operation": "ocr", "delivered": True, "ocr": {}}, "ocr: no text on the picture"),
        (
            {"operation": "embedding", "delivered": True, "embedding": {"dimension": 256}},
            "embedding: 256 numbers",
        ),
        (
            {"operation": "forensics", "delivered": True, "forensics": {}},
            "forensics: nothing to state, which proves nothing",
        ),
        (
            {
                "operation": "forensics",
                "delivered": True,
                "forensics": {"statements": [{"text": "Saved twice.", "strength": "FORENSIC_STRENGTH_FACT"}]},
            },
            "forensics: Saved twice. (fact)",
        ),
    ],
)
def test_operations_tell_what_they_brought_or_why_not(outcome, text):
    assert lines(operations=[outcome])["operation"] == text


def test_three_pieces_of_advice_are_enough():
    actions = [{"action": f"Do {number}."} for number in range(5)]
    extraction = extraction_from_json({"quality": {"recommended_actions": actions}})

    assert summary(extraction)[1:] == [("advice", f"Do {number}.") for number in range(3)]
