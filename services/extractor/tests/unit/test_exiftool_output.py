"""ExifTool's JSON becomes fields, and no text changes on the way."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_extractor.adapters.workers.protocol import Known, answer_from_json, answer_to_json
from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.engines.exiftool import VALUE_CHARACTERS_MAX, Found, found

MAKE = "EXIF:IFD0:Camera::JPEG-APP1-IFD0:string:271:Make"


def text(*pairs: tuple[str, str], source: str = "/spool/1.jpg") -> bytes:
    """Hand-written JSON: the values are pieces of JSON text."""
    fields = ",\n  ".join(f"{json.dumps(key)}: {value}" for key, value in pairs)
    return f'[{{\n  "SourceFile": {json.dumps(source)},\n  {fields}\n}}]\n'.encode()


def field(value: str, key: str = MAKE) -> Field:
    (one,) = found(text((key, value))).fields
    return one


def test_a_field_has_all_that_its_key_and_value_say() -> None:
    assert field('{"id": 271, "table": "Exif::Main", "val": "Canon", "num": "canon"}') == Field(
        path="JPEG-APP1-IFD0",
        standard=Standard.EXIF,
        group="IFD0",
        category="Camera",
        name="Make",
        tag_id="271",
        raw="canon",
        printed="Canon",
        type="string",
        engine="exiftool",
    )


@pytest.mark.parametrize(
    ("value", "printed", "raw"),
    [
        ("1.10", "1.10", 1.1),
        ("1.0", "1.0", 1.0),
        ("0.00100", "0.00100", 0.001),
        ("-0", "-0", -0.0),
        ("1e3", "1e3", 1000.0),
        ("5", "5", 5),
        ('"007"', "007", "007"),
        ('"1/60"', "1/60", "1/60"),
        ("true", "true", True),
        ("123456789012345", "123456789012345", 123456789012345),
        ("9007199254740992", "9007199254740992", 2**53),
        ("9007199254740993", "9007199254740993", "9007199254740993"),
        ("-9007199254740993", "-9007199254740993", "-9007199254740993"),
        ('["a", "b, c"]', "a, b, c", ["a", "b, c"]),
        ("[1.50, 2]", "1.50, 2", [1.5, 2]),
        ("[9007199254740993]", "9007199254740993", ["9007199254740993"]),
        ('""', "", ""),
    ],
)
def test_numbers_keep_their_text_and_their_value(value: str, printed: str, raw: object) -> None:
    one = field(f'{{"id": 1, "val": {value}}}')
    assert one.printed == printed
    assert one.raw == raw
    assert type(one.raw) is type(raw)


def test_the_raw_value_is_the_unconverted_one() -> None:
    one = field('{"id": 1, "val": "1/60", "num": 0.01666666667}')
    assert (one.printed, one.raw) == ("1/60", 0.01666666667)


def test_a_number_that_no_float_can_hold_is_text() -> None:
    assert field('{"id": 1, "val": 1e999}').raw == "1e999"


def test_a_long_value_is_cut_and_the_result_says_so() -> None:
    long = "x" * (VALUE_CHARACTERS_MAX + 1)
    seen = found(text((MAKE, json.dumps({"id": 1, "val": long, "num": long}))))
    (one,) = seen.fields
    assert one.printed == one.raw == long[:-1]
    assert [(notice.code, notice.engine) for notice in seen.warnings] == [("FIELD_TRUNCATED", "")]
    assert "IFD0:Make" in seen.warnings[0].message


def test_the_longest_value_that_is_kept_is_not_cut() -> None:
    seen = found(text((MAKE, json.dumps({"id": 1, "val": "x" * VALUE_CHARACTERS_MAX}))))
    assert seen.warnings == ()


def test_a_long_list_is_cut_too() -> None:
    one = field(json.dumps({"id": 1, "val": ["x" * 1000] * 100}))
    assert len(one.printed) == VALUE_CHARACTERS_MAX
    assert len(json.dumps(one.raw)) <= VALUE_CHARACTERS_MAX + 100


def test_a_name_with_control_characters_loses_them() -> None:
    """An XML box may name its elements as it likes; ExifTool does not escape them."""
    key = "XML:XML-\0xmlns:Unknown::JP2-XML::ID-x:Tag\nX"
    output = f'[{{"SourceFile": "1.jp2", "{key}": {{"id": "x", "val": "1"}}}}]'.encode()
    (one,) = found(output).fields
    assert (one.group, one.name, one.printed) == ("XML-xmlns", "TagX", "1")


def test_repeated_names_are_counted_within_their_group() -> None:
    keys = [
        f"EXIF:{group}:Camera:{copy}:x:string:1:Make"
        for group, copy in (("IFD0", ""), ("IFD0", "Copy1"), ("IFD1", ""))
    ]
    fields = found(text(*((key, '{"id": 1, "val": "x"}') for key in keys))).fields
    assert [(one.group, one.occurrence) for one in fields] == [("IFD0", 0), ("IFD0", 1), ("IFD1", 0)]


@pytest.mark.parametrize(
    "pair",
    [
        ("SourceFile2", '"x"'),
        ("EXIF:Make", '{"val": 1}'),
        (MAKE + ":more", '{"val": 1}'),
        (MAKE, '"not an object"'),
        ("File:System:Image::::1:FileName", '{"id": 1, "val": "spool name"}'),
        ("File:System:Image::::1:Directory", '{"id": 1, "val": "/spool"}'),
    ],
)
def test_what_is_no_field_of_the_file_is_left_out(pair: tuple[str, str]) -> None:
    assert found(text(pair)).fields == ()


def test_the_name_of_our_copy_stands_nowhere() -> None:
    seen = found(text((MAKE, '{"id": 1, "val": "x"}'), source="/spool/secret.jpg"))
    assert "secret" not in repr(seen)


def test_warnings_and_errors_of_the_engine_are_told() -> None:
    pairs = [
        (f"ExifTool:ExifTool:ExifTool:{copy}:::{name}:{name}", f'{{"id": "{name}", "val": "{name} text"}}')
        for name, copy in (("Warning", ""), ("Warning", "Copy1"), ("Error", ""))
    ]
    assert [(one.code, one.message, one.engine) for one in found(text(*pairs)).warnings] == [
        ("ENGINE_WARNING", "Warning text", "exiftool"),
        ("ENGINE_WARNING", "Warning text", "exiftool"),
        ("ENGINE_ERROR", "Error text", "exiftool"),
    ]


def test_format_and_size_are_what_the_engine_concludes() -> None:
    seen = found(
        text(
            ("File:File:Other::::0:FileType", '{"id": "FileType", "val": "JPEG"}'),
            ("File:File:Other::::0:MIMEType", '{"id": "MIMEType", "val": "image/jpeg"}'),
            ("Composite:Composite:Image::::0:ImageSize", '{"id": "x", "val": "160x120", "num": "160 120"}'),
        )
    )
    assert (seen.format_name, seen.media_type) == ("JPEG", "image/jpeg")
    assert (seen.width_pixels, seen.height_pixels) == (160, 120)
    assert seen.fields[-1].standard is Standard.COMPOSITE
    assert seen.fields[-1].path == ""


@pytest.mark.parametrize("size", ["x", "1", "-1 2", "1 2 3", "", "99999999999 2"])
def test_a_size_that_makes_no_sense_is_absent(size: str) -> None:
    seen = found(text(("Composite:Composite:Image::::0:ImageSize", json.dumps({"val": size, "num": size}))))
    assert (seen.width_pixels, seen.height_pixels) == (None, None)


def test_no_output_is_no_fields() -> None:
    assert found(b"") == Found("", "", None, None, (), ())


def test_text_that_is_not_utf_8_is_made_so() -> None:
    assert field('{"val": "a\\u00e9b"}').printed == "aéb"
    (one,) = found(text((MAKE, '{"val": "a-b"}')).replace(b"a-b", b"a\xffb")).fields
    assert one.printed == "a\ufffdb"


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(st.tuples(VALUES, VALUES), max_size=5))
def test_whatever_a_file_says_survives_the_way_to_the_server(values: list[tuple[Any, Any]]) -> None:
    pairs = [
        (f"EXIF:IFD0:Camera:Copy{number}:x:string:1:Make", json.dumps({"val": val, "num": num}))
        for number, (val, num) in enumerate(values)
    ]
    seen = found(text(*pairs) if pairs else b"")
    reading = Reading("", "", None, None, None, None, fields=seen.fields, warnings=seen.warnings)
    assert answer_from_json(answer_to_json(Known(reading))) == Known(reading)
    assert all(math.isfinite(one.raw) for one in seen.fields if isinstance(one.raw, float))
