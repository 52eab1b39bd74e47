"""`metaextract formats`."""

import asyncio
import dataclasses
import json
import sys

import click
from rich.console import Console
from rich.table import Table

from metaextract_client.cli.options import ServerOptions, UnreachableError, server_options
from metaextract_client.errors import MetaExtractError, ServerUnreachableError
from metaextract_client.models import Format


@click.command()
@server_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def formats(*, server: ServerOptions, as_json: bool) -> None:
    """List the image formats that the server reads.

    `support` is how well files of a format are read, by the server's latest conformance run:
    `comprehensive`, `advanced`, `basic` or `limited`.

    Away from a terminal: tab-separated columns name, title, extensions, raw, media types, support.

    Exit codes: 0 fine, 1 the server answered with an error, 2 wrong usage, 3 server unreachable.
    """
    try:
        accepted = asyncio.run(_formats(server))
    except ServerUnreachableError as error:
        raise UnreachableError(str(error)) from error
    except MetaExtractError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(f) for f in accepted], indent=2))
    elif sys.stdout.isatty():
        Console().print(_table(accepted))
    else:
        for f in accepted:
            click.echo("\t".join(_columns(f, raw="raw")))


async def _formats(server: ServerOptions) -> tuple[Format, ...]:
    async with server.client() as client:
        return await client.formats()


def _table(accepted: tuple[Format, ...]) -> Table:
    table = Table(box=None, header_style="bold", caption=f"{len(accepted)} formats", caption_justify="left")
    for column in ("Name", "Title", "Extensions", "Camera raw", "Media types", "Support"):
        table.add_column(column)
    for f in accepted:
        table.add_row(*_columns(f, raw="yes"))
    return table


def _columns(f: Format, *, raw: str) -> tuple[str, ...]:
    level = f.support.level.removeprefix("SUPPORT_LEVEL_").lower()
    extensions, media_types = " ".join(f.extensions), " ".join(f.media_types)
    return (f.name, f.title, extensions, raw if f.raw else "", media_types, level)
