"""What is laid out in a sandbox, and under which names."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from metaextract_extractor.adapters.workers.visible import layout, visible_to
from metaextract_testing import exiftool_path


def test_places_within_places_are_laid_out_once(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "c").touch()
    paths = [tmp_path / "a" / "b", tmp_path / "a", tmp_path / "c", tmp_path / "a"]
    assert layout(paths).places == (tmp_path / "a", tmp_path / "c")


def test_links_on_the_way_are_kept_as_links(tmp_path: Path) -> None:
    real = tmp_path / "real" / "bin"
    real.mkdir(parents=True)
    (real / "python3.11").touch()
    (real / "python3").symlink_to("python3.11")
    (tmp_path / "current").symlink_to("real")
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "python").symlink_to(tmp_path / "current" / "bin" / "python3")
    found = layout([tmp_path / "venv" / "python"])
    assert found.places == (real / "python3.11",)
    assert {link: target for target, link in found.links} == {
        tmp_path / "venv" / "python": str(tmp_path / "current" / "bin" / "python3"),
        tmp_path / "current": "real",
        real / "python3": "python3.11",
    }


def test_links_within_what_is_laid_out_come_with_it(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.so").symlink_to("a.so.1")
    (tmp_path / "lib" / "a.so.1").touch()
    assert layout([tmp_path / "lib", tmp_path / "lib" / "a.so"]).links == ()


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert len(layout([tmp_path / "a"]).places) == 1


def test_what_is_laid_out_is_enough_for_python_and_exiftool(tmp_path: Path) -> None:
    """Copied to another root by the same plan, every place and link is there and leads to the same file."""
    visible = asyncio.run(visible_to(exiftool_path()))
    plan = layout((*visible.readable, *visible.executable, Path(sys.executable)))
    assert visible.exiftool == exiftool_path().resolve()
    assert visible.exiftool in visible.executable
    assert all(place.exists() and not place.is_symlink() for place in plan.places)
    for needed in (Path(os.__file__), Path(sys.executable).resolve(), visible.exiftool):
        assert any(needed.is_relative_to(place) for place in plan.places), needed
    where = ["perl", "-MPOSIX", "-e", "print $INC{'POSIX.pm'}"]
    perl = subprocess.run(where, capture_output=True, text=True, check=True).stdout
    assert any(Path(perl).resolve().is_relative_to(place) for place in plan.places)


def test_neither_home_nor_the_checkout_is_visible(tmp_path: Path) -> None:
    visible = asyncio.run(visible_to(exiftool_path()))
    places = layout((*visible.readable, *visible.executable)).places
    checkout = Path(__file__).parents[4]
    for hidden in (Path.home(), checkout, checkout / "services", Path("/usr/bin"), Path("/etc"), tmp_path):
        assert not any(hidden.is_relative_to(place) for place in places), hidden


@pytest.mark.parametrize(
    ("first_line", "expected"),
    [
        ("#!/bin/sh", ["sh"]),
        ("#!/usr/bin/env perl", ["env", "perl"]),
        ("#!/usr/bin/env no-such-program", ["env"]),
        ("#!", []),
        ("\x7fELF", []),
    ],
)
def test_the_interpreters_of_a_script_may_be_run(
    tmp_path: Path, first_line: str, expected: list[str]
) -> None:
    assert shutil.which("perl")
    script = tmp_path / "exiftool"
    script.write_text(first_line + "\n")
    visible = asyncio.run(visible_to(script))
    names = [one.name for one in visible.executable]
    assert names[0] == "exiftool"
    assert names[1 : 1 + len(expected)] == expected
    assert all(name.startswith("ld-") for name in names[1 + len(expected) :])
