"""The command writes files and their truth; the search for ExifTool says clearly what is missing."""

import hashlib
import json
import sys
from pathlib import Path

import pytest

from metaextract_testing import ExifToolMissingError, exiftool_path
from metaextract_testing.__main__ import main
from metaextract_testing.factory import FORMATS, make


def test_the_command_writes_every_image_and_its_truth(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    assert main([str(folder), "--formats", "jpeg, png", "--count", "2"]) == 0
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert set(truth) == {"jpeg-0.jpg", "jpeg-1.jpg", "png-0.png", "png-1.png"}
    assert {path.name for path in folder.iterdir()} == {*truth, "truth.json"}
    for name, facts in truth.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == facts["sha256"]
    assert truth["png-1.png"]["tags"] == make("png", seed=1).tags


def test_the_command_makes_all_formats_with_known_tags_by_default(tmp_path: Path) -> None:
    main([str(tmp_path)])
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert len(truth) == len(FORMATS)
    assert all(facts["tags"] for facts in truth.values())


@pytest.mark.parametrize("arguments", [["--formats", "jpeg,xcf"], ["--formats", ","], ["--count", "0"]])
def test_the_command_refuses_what_it_cannot_make(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path / "out"), *arguments])
    assert stopped.value.code == 2
    assert arguments[0] in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_help_says_what_the_command_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    assert "truth.json" in capsys.readouterr().out


def _executable(folder: Path) -> Path:
    folder.mkdir()
    path = folder / "exiftool"
    path.write_text("#!/bin/sh\n", encoding="ascii")
    path.chmod(0o755)
    return path


def test_the_exiftool_beside_the_interpreter_wins_over_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside, on_path = _executable(tmp_path / "venv"), _executable(tmp_path / "bin")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert exiftool_path() == beside
    beside.unlink()
    assert exiftool_path() == on_path


def test_a_missing_exiftool_is_an_error_that_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ExifToolMissingError, match=r"exiftool-vendored\.pl"):
        exiftool_path()
