"""`metaextract redact`."""

import asyncio
import json
from pathlib import Path
from typing import Final

import click

from metaextract_client.cli.options import ServerOptions, UnreachableError, server_options
from metaextract_client.cli.text import shown
from metaextract_client.errors import MetaExtractError, ProblemError, ServerUnreachableError
from metaextract_client.redaction import Redaction, RedactionProfile

_PROFILES: Final = {one.value.replace("_", "-"): one for one in RedactionProfile}
_GROUPS_SHOWN_MAX: Final = 6
_WORDS: Final = {
    "shows_picture": "needed to show the picture",
    "colour": "what the colours mean",
    "orientation": "which way is up",
    "rounded": "rounded to 0.1 degrees (11 km)",
    "town": "nothing smaller than a town",
    "not_removable": "identifies nobody, and the format does not let go of it",
}


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--profile",
    required=True,
    type=click.Choice(sorted(_PROFILES), case_sensitive=False),
    help="What the copy is made without.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; PATH with `-redacted` before its extension if not given.",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite the file to write, should it exist.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
@server_options
def redact(
    *, path: Path, profile: str, output: Path | None, force: bool, as_json: bool, server: ServerOptions
) -> None:
    """Write a copy of a file without what should not be handed on; the picture stays as it is.

    \b
    Profiles:
      position                       without anything that tells the place
      coarse-position                the place no more exact than 11 km, or the town
      remove-all                     without anything but the picture
      keep-colour-and-orientation    the same, but colour profile and orientation stay

    The server reads each copy again, and hands out none in which something is left. What can be seen in the
    picture itself stays in it. PATH is never written to.

    \b
    Exit codes: 0 written, 1 not written (stderr says why), 2 wrong usage,
                3 the server cannot be reached.
    """
    target = output if output is not None else path.with_stem(f"{path.stem}-redacted")
    if target.exists():
        if target.samefile(path):
            raise click.UsageError("PATH itself is never written to: name another file.")
        if not force:
            raise click.UsageError(f"{shown(str(target))} exists; --force overwrites it.")
    try:
        done = asyncio.run(_redact(server, path, target, _PROFILES[profile.lower()], overwrite=force))
    except ServerUnreachableError as error:
        raise UnreachableError(str(error)) from error
    except ProblemError as error:
        reason = f" ({error.reason})" if error.reason else ""
        raise click.ClickException(shown(f"{error}{reason}")) from error
    except MetaExtractError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(shown(error.strerror or str(error))) from error
    if as_json:
        click.echo(json.dumps({"path": str(path), "output": str(target), **_members(done)}))
    else:
        _print(target, done)


async def _redact(
    server: ServerOptions, path: Path, target: Path, profile: RedactionProfile, *, overwrite: bool
) -> Redaction:
    async with server.client() as client:
        return await client.redact(path, target, profile, overwrite=overwrite)


def _members(done: Redaction) -> dict[str, object]:
    names = ("profile", "format", "verified", "pixels_unchanged", "values_searched_count", "removed_count")
    members: dict[str, object] = {name: getattr(done, name) for name in names}
    return {**members, "removed": dict(done.removed), "kept": dict(done.kept), "size_bytes": done.size_bytes}


def _print(target: Path, done: Redaction) -> None:
    click.echo(f"{shown(str(target))}: {done.size_bytes:,} bytes, {shown(done.format)}")
    click.echo(f"  removed   {_removed(done)}")
    for reason, count in done.kept.items():
        click.echo(f"  kept      {_fields(count)}: {_WORDS.get(reason, shown(reason))}")
    picture = "the picture is the same" if done.pixels_unchanged else "there is no picture in it"
    searched = f"; {done.values_searched_count} removed values are nowhere in it"
    click.echo(f"  verified  {picture}{searched if done.values_searched_count else ''}")


def _removed(done: Redaction) -> str:
    if not done.removed_count:
        return "nothing: there was nothing of the kind"
    groups = [f"{shown(group)} ({count})" for group, count in done.removed.items()]
    more = len(groups) - _GROUPS_SHOWN_MAX
    named = ", ".join(groups[:_GROUPS_SHOWN_MAX]) + (f" and {more} more groups" if more > 0 else "")
    return f"{_fields(done.removed_count)}: {named}"


def _fields(count: int) -> str:
    return "1 field" if count == 1 else f"{count} fields"
