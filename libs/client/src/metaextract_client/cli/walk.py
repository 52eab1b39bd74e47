"""Which files a list of paths stands for."""

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path


def image_files(
    paths: Iterable[Path], extensions: frozenset[str], complain: Callable[[Path, OSError], None]
) -> Iterator[Path]:
    """Yield files as they were named, and those in folders whose extension is in `extensions`, each once.

    Folders are walked to the bottom, in order of name, without following links to folders. extensions: in
    lower case, without dot. complain: called for a folder that cannot be read.
    """
    seen: set[str] = set()
    for path in _named(paths, extensions, complain):
        place = os.path.abspath(path)  # noqa: PTH100 - links are files of their own
        if place not in seen:
            seen.add(place)
            yield path


def _named(
    paths: Iterable[Path], extensions: frozenset[str], complain: Callable[[Path, OSError], None]
) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
            continue
        if not path.is_dir():
            complain(path, OSError(errno.EINVAL, "not a regular file"))
            continue
        for folder, subfolders, names in os.walk(path, onerror=lambda e: complain(Path(e.filename), e)):
            subfolders.sort()
            for name in sorted(names):
                found = Path(folder, name)
                if found.suffix.lower().removeprefix(".") in extensions and found.is_file():
                    yield found
