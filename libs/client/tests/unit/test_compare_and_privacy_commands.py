import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metaextract_client.cli import cli

FIELDS = [
    {
        "group": "IFD0",
        "name": "Model",
        "relation": "RELATION_DIFFERENT",
        "values": [{"printed": "X1"}, {"printed": "X\x1b2"}],
    },
    {
        "group": "XMP-dc",
        "name": "Title",
        "occurrence": 1,
        "relation": "RELATION_MISSING",
        "values": [{}, {"printed": "A cat"}],
    },
    {
        "group": "IFD0",
        "name": "Make",
        "relation": "RELATION_EQUAL",
        "values": [{"printed": "Acme"}, {"printed": "Acme"}],
    },
]
FINDINGS = [
    {
        "subject": "PRIVACY_SUBJECT_PLACE",
        "exact": True,
        "statement": "The exact position is in the file.",
        "fields": [f"GPS:Field{number}" for number in range(10)],
    },
    {
        "subject": "PRIVACY_SUBJECT_TIME",
        "statement": "The time is in the file.",
        "fields": ["IFD0:ModifyDate"],
    },
]


@pytest.fixture
def run(far):
    def invoke(command: str, *arguments: str | Path, url: str = "") -> Result:
        return CliRunner().invoke(cli, [command, "--url", url or far.url, *map(str, arguments)])

    return invoke


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    for number, path in enumerate(paths):
        path.write_bytes(b"x" * (number + 1))
    return paths


@pytest.fixture
def compared(far):
    far.comparison = {"different_count": 1, "missing_count": 1, "equal_count": 1, "fields": FIELDS}
    return far


def test_what_differs_is_a_line_each(run, compared, photos):
    result = run("compare", *photos)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "different\tIFD0:Model\tX1\tX\\x1b2\nmissing\tXMP-dc:Title [1]\t\tA cat\n"


def test_all_fields_are_there_when_asked_for(run, compared, photos):
    assert run("compare", "--all", *photos).stdout.splitlines()[2] == "equal\tIFD0:Make\tAcme\tAcme"


def test_files_are_compared_in_the_order_in_which_they_were_named(run, compared, photos):
    run("compare", *reversed(photos))

    sizes = {upload["extraction_id"]: upload["size_bytes"] for upload in compared.uploads}
    assert [sizes[name.removeprefix("extractions/")] for name in compared.compared] == [2, 1]


def test_a_comparison_is_json_when_asked(run, compared, photos):
    document = json.loads(run("compare", "--json", *photos).stdout)

    assert document["paths"] == list(map(str, photos))
    assert [one["relation"] for one in document["fields"]][2] == "RELATION_EQUAL"
    assert document["fields"][1]["values"][0] == {"printed": None}


def test_one_file_cannot_be_compared(run, photos):
    assert run("compare", photos[0]).exit_code == 2


@pytest.mark.parametrize("command", ["compare", "privacy"])
def test_a_file_that_cannot_be_read_is_exit_code_1(run, far, photos, refusal, command):
    far.refuse_names = {"b.jpg": refusal(415, "UNSUPPORTED_FORMAT")}
    result = run(command, *photos)

    assert result.exit_code == 1
    assert "b.jpg" in result.stderr
    assert "UNSUPPORTED_FORMAT" in result.stderr


@pytest.mark.parametrize("command", ["compare", "privacy"])
def test_no_server_is_exit_code_3(run, photos, closed_port, command):
    assert run(command, *photos, url=f"http://127.0.0.1:{closed_port}").exit_code == 3


def test_privacy_is_a_line_for_each_kind_of_thing(run, far, photos):
    far.insights = {"privacy": {"findings": FINDINGS, "fields_count": 11}}
    result = run("privacy", photos[0])

    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert rows[0][:4] == [str(photos[0]), "place", "exact", "The exact position is in the file."]
    assert rows[0][4].split()[9] == "GPS:Field9"
    assert rows[1] == [str(photos[0]), "time", "", "The time is in the file.", "IFD0:ModifyDate"]


def test_privacy_is_json_when_asked(run, far, photos):
    far.insights = {"privacy": {"fields_count": 0}}

    assert json.loads(run("privacy", "--json", photos[0]).stdout) == [
        {"path": str(photos[0]), "fields_count": 0}
    ]


def test_a_server_that_could_not_assess_privacy_is_not_taken_for_a_clean_file(run, photos):
    result = run("privacy", photos[0])

    assert result.exit_code == 1
    assert "could not assess" in result.stderr


def test_operations_are_asked_for_by_name(run, far, photos):
    result = run("extract", "--operation", "ocr", "--operation", "embedding", photos[0])

    assert result.exit_code == 0
    assert far.uploads[0]["operations"] == ["ocr", "embedding"]
    assert run("extract", "--operation", "magic", photos[0]).exit_code == 2


def test_on_a_terminal_a_summary_stands_before_the_fields(far, photos, on_a_terminal):
    far.insights = {"place": {"stated": [{"city": "[red]B\x1b[31mergen"}]}}
    far.quality = {
        "confidence": {"witnessed_count": 2, "agreed_count": 2, "fields_count": 2, "witnesses": ["p"]}
    }

    code, text = on_a_terminal(["extract", "--quiet", "--url", far.url, str(photos[0])], "Make", far.go_on)

    assert code == 0
    assert re.search(r"place +\[red\]B\\x1b\[31mergen", text)
    assert re.search(r"confidence +2 of 2 values agreed by 2 engines, no conflicts", text)
    assert text.index("confidence") < text.index("Make")


def test_on_a_terminal_differences_stand_first(compared, photos, on_a_terminal):
    arguments = ["compare", "--all", "--url", compared.url, *map(str, photos)]

    code, text = on_a_terminal(arguments, "equal", compared.go_on)

    assert code == 0
    assert text.index("IFD0:Model") < text.index("XMP-dc:Title [1]") < text.index("IFD0:Make")
    assert re.search(r"Field +a\.jpg +b\.jpg", text)
    assert re.search(r"XMP-dc:Title \[1\] +- +A cat", text)
    assert "1 different, 1 not in all, 1 equal" in text


def test_on_a_terminal_privacy_is_told_in_words(far, photos, on_a_terminal):
    far.insights = {"privacy": {"findings": FINDINGS, "fields_count": 11}}

    code, text = on_a_terminal(["privacy", "--url", far.url, str(photos[0])], "time", far.go_on)

    assert code == 0
    assert re.search(r"place +The exact position is in the file\. GPS:Field0, .*GPS:Field7 and 2 more", text)


def test_on_a_terminal_nothing_found_is_no_proof(far, photos, on_a_terminal):
    far.insights = {"privacy": {"fields_count": 0}}

    _, text = on_a_terminal(["privacy", "--url", far.url, str(photos[0])], "proof", far.go_on)

    assert "Nothing was found that identifies anybody, which is no proof." in text
