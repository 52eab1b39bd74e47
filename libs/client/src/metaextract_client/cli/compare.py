"""`metaextract compare`."""

import asyncio
import dataclasses
import json
import sys
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from metaextract_client.cli.concurrency import as_finished
from metaextract_client.cli.options import ServerOptions, UnreachableError, server_options
from metaextract_client.cli.request_ids import request_id_of
from metaextract_client.cli.summary import words
from metaextract_client.cli.text import shown
from metaextract_client.errors import MetaExtractError, ServerUnreachableError
from metaextract_client.finding_models import ComparedField, Comparison, Relation

FILES_COUNT_MAX: Final = 100
_JOBS: Final = 4
_ABSENT: Final = "-"


def _several(context: click.Context, parameter: click.Parameter, value: tuple[Path, ...]) -> tuple[Path, ...]:
    if not 2 <= len(value) <= FILES_COUNT_MAX:  # noqa: PLR2004 - one cannot be compared
        raise click.BadParameter(f"name 2 to {FILES_COUNT_MAX} files", context, parameter)
    return value


@click.command()
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=_several,
)
@server_options
@click.option("--all", "everything", is_flag=True, help="Also the fields that are equal in all files.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, always with all fields.")
def compare(*, paths: tuple[Path, ...], server: ServerOptions, everything: bool, as_json: bool) -> None:
    """Lay the metadata of files side by side: what differs first, then what some lack.

    Values are compared as what they mean: 1/250, 0.004 and an APEX value of 7.97 are one. Away from a
    terminal: tab-separated columns relation, field, and a value for each file, empty where it has none.

    \b
    Exit codes: 0 compared, whether or not they differ, 1 a file could not be read, 2 wrong usage,
                3 the server cannot be reached.
    """
    try:
        comparison = asyncio.run(_compared(server, paths))
    except ServerUnreachableError as error:
        raise UnreachableError(str(error)) from error
    except (MetaExtractError, OSError) as error:
        raise click.ClickException(shown(str(error))) from error
    if as_json:
        click.echo(json.dumps({"paths": list(map(str, paths)), **dataclasses.asdict(comparison)}))
        return
    rows = [one for one in comparison.fields if everything or one.relation is not Relation.EQUAL]
    if sys.stdout.isatty():
        console = Console()
        console.print(
            f"{comparison.different_count} different, {comparison.missing_count} not in all, "
            f"{comparison.equal_count} equal"
        )
        console.print(_table(paths, rows))
    else:
        for one in rows:
            values = (value.printed or "" for value in one.values)
            click.echo("\t".join(map(shown, (_relation(one), _name(one), *values))))


async def _compared(server: ServerOptions, paths: Sequence[Path]) -> Comparison:
    async with server.client() as client:

        async def upload(place: int) -> tuple[int, str]:
            try:
                request_id = await asyncio.to_thread(request_id_of, paths[place])
                return place, (await client.extract(paths[place], request_id=request_id)).extraction_id
            except ServerUnreachableError:
                raise
            except MetaExtractError as error:
                message = f"{paths[place]}: {error}"
                raise MetaExtractError(message) from error

        async with aclosing(as_finished(range(len(paths)), upload, count_max=_JOBS)) as uploaded:
            ids = {place: extraction_id async for place, extraction_id in uploaded}
        return await client.compare([ids[place] for place in range(len(paths))])


def _table(paths: Sequence[Path], rows: Sequence[ComparedField]) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column("Field", overflow="fold")
    for path in paths:
        table.add_column(Text(shown(path.name)), overflow="fold")
    before: Relation | None = None
    for one in rows:
        if before not in (None, one.relation):
            table.add_section()
        before = one.relation
        style = "bold" if one.relation is Relation.DIFFERENT else ""
        values = (_ABSENT if value.printed is None else shown(value.printed) for value in one.values)
        table.add_row(Text(shown(_name(one))), *(Text(value, style=style) for value in values))
    return table


def _name(field: ComparedField) -> str:
    number = f" [{field.occurrence}]" if field.occurrence else ""
    return f"{field.group}:{field.name}{number}"


def _relation(field: ComparedField) -> str:
    return words(field.relation, "RELATION_")
