"""Results as lines and as a spreadsheet."""

import csv
import io
import json

import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1.result_pb2 import Field
from metaextract_gateway.adapters.http.renderings.lines import ndjson
from metaextract_gateway.adapters.http.renderings.spreadsheet import COLUMNS, as_csv, harmless


def extraction(*fields: Field) -> pb.Extraction:
    made = pb.Extraction(name="extractions/1", state=pb.Extraction.STATE_SUCCEEDED)
    made.result.fields.extend(fields)
    return made


def field(**about) -> Field:
    raw = about.pop("raw", None)
    made = Field(**about)
    match raw:
        case None:
            pass
        case list():
            made.raw.list_value.extend(raw)
        case str():
            made.raw.string_value = raw
        case _:
            made.raw.number_value = raw
    return made


def rows(*fields: Field) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(extraction(*fields)).decode(), newline="")))


def test_the_first_line_is_the_envelope_and_each_other_one_a_field() -> None:
    lines = ndjson(extraction(field(name="ISO", raw=100), field(name="Make", raw="a\nb"))).splitlines()

    envelope, *fields = [json.loads(line) for line in lines]
    assert envelope["extraction"]["name"] == "extractions/1"
    assert "fields" not in envelope["extraction"]["result"]
    assert [one["field"]["raw"] for one in fields] == [100, "a\nb"]


def test_a_row_of_the_spreadsheet_holds_what_is_known_and_leaves_empty_what_is_not() -> None:
    located = field(
        path="JPEG-APP1-IFD0",
        standard=Field.STANDARD_EXIF,
        group="IFD0",
        name="Make",
        tag_id="271",
        raw=["a", 1, 0.5],
        printed='a, "1", 0.5\r\nnext',
        engine="exiftool",
        location={"offset_bytes": 7, "length_bytes": 3},
    )
    first, second = rows(located, field(name="Width", raw=-3))

    assert list(first) == list(COLUMNS)
    assert first | {"standard": "exif", "raw": '["a", 1, 0.5]', "offset_bytes": "7"} == first
    assert first["printed"] == 'a, "1", 0.5\r\nnext'
    assert (second["raw"], second["offset_bytes"], second["confidence"]) == ("-3", "", "")


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|'C'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"]
)
def test_no_value_of_a_file_becomes_a_formula(text: str) -> None:
    (row,) = rows(field(group=text, name=text, raw=text, printed=text))

    assert {row["group"], row["name"], row["raw"], row["printed"]} == {f"'{text}"}


@pytest.mark.parametrize("text", ["-3", "+10", "-0.25", "-1e-7", "a=b", "", "12:30"])
def test_numbers_and_harmless_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text
