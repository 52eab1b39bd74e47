"""`metaextract privacy`."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from metaextract_client.cli.options import ServerOptions, UnreachableError, server_options
from metaextract_client.cli.request_ids import request_id_of
from metaextract_client.cli.summary import words
from metaextract_client.cli.text import shown
from metaextract_client.errors import MetaExtractError, ServerUnreachableError
from metaextract_client.models import Extraction, Json

_FIELDS_SHOWN_MAX: Final = 8


@click.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@server_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def privacy(*, paths: tuple[Path, ...], server: ServerOptions, as_json: bool) -> None:
    """Say what files give away about people, devices and places.

    Away from a terminal: tab-separated columns file, subject, exact, statement, fields.

    \b
    Exit codes: 0 all read, whatever they give away, 1 one could not be read, 2 wrong usage,
                3 the server cannot be reached.
    """
    reports: list[Json] = []

    def found(path: Path, report: Json) -> None:
        if as_json:
            reports.append({"path": str(path), **report})
        else:
            _print(path, report)

    try:
        failures = asyncio.run(_assess(server, paths, found))
    except ServerUnreachableError as error:
        raise UnreachableError(str(error)) from error
    if as_json:
        click.echo(json.dumps(reports))
    if failures:
        raise click.exceptions.Exit(1)


async def _assess(server: ServerOptions, paths: tuple[Path, ...], found: Callable[[Path, Json], None]) -> int:
    """Call `found` with the report of each file, and return how many could not be read."""
    failures = 0
    async with server.client() as client:
        for path in paths:
            try:
                request_id = await asyncio.to_thread(request_id_of, path)
                found(path, _report(await client.extract(path, request_id=request_id)))
            except ServerUnreachableError:
                raise  # the next file would fare no better
            except (MetaExtractError, OSError) as error:
                failures += 1
                click.echo(f"{shown(str(path))}: {shown(str(error))}", err=True)
    return failures


def _report(extraction: Extraction) -> Json:
    report = extraction.insights.get("privacy")
    if report is None:
        message = "the server could not assess what it gives away"
        raise MetaExtractError(message)
    return dict(report)


def _print(path: Path, report: Json) -> None:
    findings = report.get("findings", ())
    if not sys.stdout.isatty():
        for one in findings:
            click.echo("\t".join(map(shown, (str(path), *_columns(one)))))
        return
    click.secho(shown(str(path)), bold=True)
    if not findings:
        click.echo("  Nothing was found that identifies anybody, which is no proof.")
    for one in findings:
        fields = one.get("fields", ())
        more = len(fields) - _FIELDS_SHOWN_MAX
        named = ", ".join(fields[:_FIELDS_SHOWN_MAX]) + (f" and {more} more" if more > 0 else "")
        click.secho(f"  {_subject(one):<9}", fg="red" if one.get("exact") else "yellow", nl=False)
        click.echo(f"{shown(one.get('statement', ''))} {shown(named)}")


def _columns(finding: Json) -> tuple[str, str, str, str]:
    exact = "exact" if finding.get("exact") else ""
    return _subject(finding), exact, finding.get("statement", ""), " ".join(finding.get("fields", ()))


def _subject(finding: Json) -> str:
    return words(finding.get("subject", ""), "PRIVACY_SUBJECT_")
