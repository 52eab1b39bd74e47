import importlib
import io
import json

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from metaextract_client import AsyncMetaExtract, FieldDefinition, FieldsFound, ProblemError
from metaextract_client.cli import cli

command = importlib.import_module("metaextract_client.cli.fields")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["fields", *arguments], prog_name="metaextract")


async def test_a_search_is_a_page_of_definitions(far):
    async with AsyncMetaExtract(far.url) as client:
        page = await client.search_fields("orient", group="EXIF", group_family=0, language="de", page_size=2)
        rest = await client.search_fields("orient", page_token=page.next_page_token, all_values=True)

    assert [one.field_name for one in (*page.fields, *rest.fields)] == ["Orientation", "GPSAltitude", "Y"]
    assert (page.total_size, page.corrected_query, rest.next_page_token) == (3, "", "")
    assert page.fields[0].values[7].text == "turn 7"
    assert (page.fields[1].count, page.fields[1].flags) == (1, ("FLAG_AVOID", "FLAG_LIST"))
    assert far.field_queries == [
        {"query": "orient", "group": "EXIF", "group_family": "0", "language": "de", "page_size": "2"},
        {"query": "orient", "view": "FIELD_VIEW_FULL", "page_token": "2"},
    ]


async def test_a_definition_is_returned_by_its_name(far):
    async with AsyncMetaExtract(far.url) as client:
        one = await client.field_definition("fieldDefinitions/Exif.Main.Orientation", language="de")
        with pytest.raises(ProblemError) as refused:
            await client.field_definition("Exif.Main.None")

    assert one.descriptions["de"] == "Ausrichtung"
    assert refused.value.reason == "FIELD_DEFINITION_NOT_FOUND"


async def test_the_dictionary_says_what_it_holds(far):
    async with AsyncMetaExtract(far.url) as client:
        groups = await client.field_groups()
        dictionary = await client.field_dictionary()

    assert [(one.family, one.group, one.definitions_count) for one in groups] == [(1, "GPS", 31)]
    assert (dictionary.engine_version, dictionary.names_count) == ("13.59", 21501)


def test_fields_are_columns_away_from_a_terminal(far):
    result = run("gps", "alt", "--limit", "2", "--url", far.url)

    assert result.stdout.splitlines() == [
        "Orientation\tIFD0\tExif::Main\tint16u\t274 (0x0112)\tyes\tOrientation\t"
        "0 = turn 0; 1 = turn 1; 2 = turn 2; 3 = turn 3; and 4 more",
        "GPSAltitude\tGPS\t\trational64u[1]\t6\tno avoid\tAltitude (m)\t",
    ]
    assert far.field_queries == [{"query": "gps alt", "page_size": "2"}]


def test_as_many_pages_are_asked_for_as_the_limit_takes(far, monkeypatch):
    monkeypatch.setattr(command, "_PAGE_SIZE_MAX", 2)

    assert len(run("x", "--limit", "3", "--url", far.url).stdout.splitlines()) == 3
    assert [one["page_size"] for one in far.field_queries] == ["2", "1"]


def test_fields_are_json_when_asked_and_cannot_steer_a_terminal_when_not(far):
    fields = json.loads(run("x", "--json", "--url", far.url).stdout)

    assert [one["tag_id_hex"] for one in fields] == ["0x0112", "", ""]
    assert "\\x1b[31mred" in run("x", "--url", far.url).stdout


def test_on_a_terminal_fields_are_a_table():
    written = io.StringIO()
    found = FieldsFound(fields=(FieldDefinition(field_name="Make", group="[IFD0]"),), total_size=9)
    Console(file=written, width=100).print(command._table(found))

    heading, row, caption = (line.split() for line in written.getvalue().splitlines())
    assert heading == ["Name", "Group", "Table", "Type", "Tag", "id", "Writable", "Description", "Values"]
    assert row == ["Make", "[IFD0]", "no"]
    assert caption == ["1", "of", "9", "fields"]


def test_what_was_searched_instead_is_said(far):
    far.corrected_query = "Orientation"
    result = run("orienttion", "--url", far.url)

    assert result.exit_code == 0
    assert result.stderr == "Nothing is like that; this is Orientation.\n"


def test_nothing_found_is_said(far):
    result = run("nothing", "--url", far.url)

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "No field is like that.\n")


def test_info_says_what_the_dictionary_holds(far):
    lines = run("--info", "--url", far.url).stdout.splitlines()

    assert lines[0].split() == ["engine", "exiftool", "13.59"]
    assert lines[1].split() == ["definitions", "33,744"]
    assert lines[-1].split() == ["languages", "de", "en"]
    assert json.loads(run("--info", "--json", "--url", far.url).stdout)["names_count"] == 21501


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [(["not", "ready"], 1), ([], 2), (["x", "--limit", "0"], 2), (["--group=EXIF"], 0)],
)
def test_the_exit_code_says_what_was_wrong(far, arguments, exit_code):
    assert run(*arguments, "--url", far.url).exit_code == exit_code


def test_fields_of_no_server_is_exit_code_3(closed_port):
    assert run("x", "--url", f"http://127.0.0.1:{closed_port}").exit_code == 3
