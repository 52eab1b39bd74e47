"""What a worker needs to see of the file system: what Python, Perl and ExifTool are made of."""

import asyncio
import os
import shutil
import sys
import sysconfig
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROGRAM_PATH: Final = os.defpath
"""PATH of workers."""

LINKS_COUNT_MAX: Final = 40
"""As many symbolic links as Linux follows in one path."""

# Shared libraries, the list of where they are, and the rules of time zones.
_LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo")
_LOADERS: Final = ("/lib", "/lib64")
_DEVICES: Final = ("/dev/urandom", "/dev/random")


@dataclass(frozen=True, slots=True)
class Visible:
    """Files and folders (with all that is in them), by the names that programs use for them."""

    exiftool: Path
    readable: tuple[Path, ...]
    executable: tuple[Path, ...]
    devices: tuple[Path, ...] = tuple(Path(one) for one in _DEVICES)


async def visible_to(exiftool: Path, others: Iterable[Path] = ()) -> Visible:
    """Find what this Python and this ExifTool need; `others` may be read as well.

    Python and Perl themselves are asked where they look. Raises `OSError` if there is no such ExifTool.
    """
    interpreters = _interpreters(exiftool)
    perl = next((one for one in interpreters if one.name.startswith("perl")), None)
    python_folders, perl_folders = await asyncio.gather(
        _lines(sys.executable, "-I", "-c", r"import sys; print(*sys.path, sep='\n')"),
        _lines(perl, "-e", r'print map {"$_\n"} @INC') if perl else _nothing(),
    )
    folders = [Path(one) for one in (*python_folders, *perl_folders)]
    return _together(exiftool.resolve(), interpreters, [*folders, *others])  # noqa: ASYNC240 - once, at the start


def _together(exiftool: Path, interpreters: Iterable[Path], readable: Iterable[Path]) -> Visible:
    everything = (*map(Path, _LIBRARIES), *_python_itself(), exiftool.parent / "lib", *readable)
    loaders = (one for folder in _LOADERS for one in Path(folder).glob("ld-*.so*"))
    return Visible(
        exiftool=exiftool,
        readable=tuple(one.absolute() for one in dict.fromkeys(everything) if one.exists()),
        executable=tuple(dict.fromkeys((exiftool, *interpreters, *loaders))),
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """How to lay out visible paths elsewhere: real places, none within another, and links to them."""

    places: tuple[Path, ...]
    links: tuple[tuple[str, Path], ...]
    """Target and link."""


def layout(paths: Iterable[Path]) -> Layout:
    """Follow every symbolic link on the way to each of `paths`."""
    links: dict[Path, str] = {}
    found = {_traced(path, links) for path in paths}
    places = sorted(one for one in found if not any(parent in found for parent in one.parents))
    outside = ((target, link) for link, target in links.items() if not _within(link, places))
    return Layout(tuple(places), tuple(outside))


def _within(path: Path, places: Iterable[Path]) -> bool:
    return any(path.is_relative_to(place) for place in places)


def _traced(path: Path, links: dict[Path, str]) -> Path:
    """Return the real place of `path`; add the links that lead there to `links`."""
    parts = deque(path.absolute().parts[1:])
    place, followed_count = Path("/"), 0
    while parts:
        part = parts.popleft()
        step = place.parent if part == ".." else place / part
        if not step.is_symlink() or followed_count == LINKS_COUNT_MAX:
            place = step
            continue
        followed_count += 1
        target = links[step] = str(step.readlink())
        if target.startswith("/"):
            place = Path("/")
        parts.extendleft(reversed([one for one in Path(target).parts if one != "/"]))
    return place


def _python_itself() -> tuple[Path, ...]:
    names = sysconfig.get_config_vars("LIBDIR", "INSTSONAME")
    shared = [Path(names[0], names[1])] if all(names) else []
    return Path(sys.executable), Path(sys.prefix, "pyvenv.cfg"), *shared


def _interpreters(script: Path) -> tuple[Path, ...]:
    """Return what the kernel runs for `script`; for `#!/usr/bin/env NAME` that is env and NAME."""
    with script.open("rb") as file:
        first = file.readline(256)
    if not first.startswith(b"#!"):
        return ()
    words = [os.fsdecode(word) for word in first[2:].split()]
    found = [Path(words[0])] if words else []
    if found and found[0].name == "env":
        named = shutil.which(words[-1], path=PROGRAM_PATH)
        found += [Path(named)] if named else []
    return tuple(one for one in found if one.exists())


async def _lines(*command: str | Path) -> list[str]:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, env={"PATH": PROGRAM_PATH}
    )
    output, _ = await process.communicate()
    return [line for line in os.fsdecode(output).splitlines() if line.startswith("/")]


async def _nothing() -> list[str]:
    return []
