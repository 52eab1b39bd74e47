"""The environment is read once, and a mistake in it is named before anything starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from contextlib import asynccontextmanager
from pydantic import Field
from pydantic_settings import SettingsConfigDict
from metaextract_common.process import run
from metaextract_common.settings import ServiceSettings

class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="EXAMPLE_", frozen=True, extra="forbid")
    bytes_max: int = Field(default=1, gt=0)

@asynccontextmanager
async def running(settings):
    raise AssertionError("must not start")
    yield ""

run("example", Settings, running)
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("EXAMPLE_")}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={**kept, "EXAMPLE_LISTEN": "127.0.0.1:0", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_valid_configuration_is_checked_without_starting() -> None:
    done = run("--check-config", EXAMPLE_BYTES_MAX="7")
    assert (done.returncode, done.stdout, done.stderr) == (0, "The configuration is valid.\n", "")


@pytest.mark.parametrize("arguments", [[], ["--check-config"]], ids=["start", "check"])
def test_every_mistake_is_named_at_once(arguments) -> None:
    done = run(*arguments, EXAMPLE_BYTE_MAX="7", EXAMPLE_BYTES_MAX="0", EXAMPLE_LOG_FORMAT="xml")
    assert done.returncode == 2
    assert done.stdout == ""
    for name in ("EXAMPLE_BYTE_MAX: no such setting", "EXAMPLE_BYTES_MAX: ", "EXAMPLE_LOG_FORMAT: "):
        assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_setting_is_named() -> None:
    done = run(EXAMPLE_LISTEN="127.0.0.1:0", EXAMPLE_bytes_max="x")
    assert done.returncode == 2
    assert "EXAMPLE_BYTES_MAX: " in done.stderr


def test_the_variables_of_other_programs_are_none_of_our_business() -> None:
    assert run("--check-config", EXAMPLES_ARE_OTHERS="1", ANOTHER_LISTEN="x").returncode == 0


def test_a_file_in_the_working_folder_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("EXAMPLE_BYTES_MAX=0\n")
    monkeypatch.chdir(tmp_path)
    assert run("--check-config").returncode == 0
