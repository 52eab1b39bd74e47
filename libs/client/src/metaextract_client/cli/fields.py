"""`metaextract fields`."""

import asyncio
import dataclasses
import json
import sys
from typing import Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from metaextract_client.cli.options import ServerOptions, UnreachableError, server_options
from metaextract_client.cli.text import shown
from metaextract_client.errors import MetaExtractError, ServerUnreachableError
from metaextract_client.field_models import FieldDefinition, FieldDictionary, FieldsFound

_PAGE_SIZE_MAX: Final = 200
_VALUES_MAX: Final = 4
_FLAGS_SHOWN: Final = ("FLAG_AVOID", "FLAG_PROTECTED", "FLAG_UNKNOWN")


@click.command()
@click.argument("query", nargs=-1)
@click.option("--group", default="", help="Only fields of this group, such as Canon, EXIF or XMP-dc.")
@click.option("--language", default="", help="Language of descriptions and values, such as de or zh_cn.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="The most fields to show."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.option("--info", is_flag=True, help="Say what the dictionary holds instead.")
@server_options
def fields(
    *,
    query: tuple[str, ...],
    group: str,
    language: str,
    limit: int,
    as_json: bool,
    info: bool,
    server: ServerOptions,
) -> None:
    """Look up what the engines know of fields, whether or not a file has them.

    \b
    QUERY is a name, the beginning of one, words, a tag id, or the meaning of a value:
      metaextract fields DateTimeOriginal     metaextract fields gps lat
      metaextract fields 0x8827               metaextract fields 2:25
      metaextract fields XMP-dc:Creator       metaextract fields Rotate 90

    Away from a terminal: tab-separated columns name, group, table of the engine, type, tag id, writable,
    description, values.

    Exit codes: 0 fine, 1 the server answered with an error, 2 wrong usage, 3 server unreachable.
    """
    if not (query or group or info):
        raise click.UsageError("Say what to look for, or name a --group.")
    try:
        if info:
            _print_info(asyncio.run(_info(server)), as_json=as_json)
            return
        found = asyncio.run(_search(server, " ".join(query), group, language, limit))
    except ServerUnreachableError as error:
        raise UnreachableError(str(error)) from error
    except MetaExtractError as error:
        raise click.ClickException(str(error)) from error
    if found.corrected_query:
        click.echo(f"Nothing is like that; this is {shown(found.corrected_query)}.", err=True)
    elif not found.fields:
        click.echo("No field is like that.", err=True)
    _print(found, as_json=as_json)


async def _search(server: ServerOptions, query: str, group: str, language: str, limit: int) -> FieldsFound:
    """Return the first `limit` of what is found, from as many pages as that takes."""
    async with server.client() as client:
        found: list[FieldDefinition] = []
        token = ""
        while True:
            page = await client.search_fields(
                query,
                group=group,
                language=language,
                page_size=min(limit - len(found), _PAGE_SIZE_MAX),
                page_token=token,
            )
            found += page.fields
            token = page.next_page_token
            if not token or len(found) >= limit:
                return dataclasses.replace(page, fields=tuple(found))


async def _info(server: ServerOptions) -> FieldDictionary:
    async with server.client() as client:
        return await client.field_dictionary()


def _print(found: FieldsFound, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(f) for f in found.fields], indent=2))
    elif sys.stdout.isatty():
        Console().print(_table(found))
    else:
        for f in found.fields:
            click.echo("\t".join(map(shown, _row(f))))


def _row(f: FieldDefinition) -> tuple[str, ...]:
    """Name, group, table, type, tag id, writable, description, values."""
    number = f"{f.tag_id} ({f.tag_id_hex})" if f.tag_id_hex else f.tag_id
    kind = f"{f.type}[{f.count}]" if f.count else f.type
    marks = [flag.removeprefix("FLAG_").lower() for flag in f.flags if flag in _FLAGS_SHOWN]
    writable = " ".join(["yes" if f.writable else "no", *marks])
    description = f"{f.description} ({f.unit})" if f.unit else f.description
    return f.field_name, f.group, f.table, kind, number, writable, description, _values(f)


def _values(f: FieldDefinition) -> str:
    texts = [f"{value.raw} = {value.text}" for value in f.values[:_VALUES_MAX]]
    more = f.values_count - len(texts)
    return "; ".join(texts) + (f"; and {more} more" if more > 0 else "")


def _table(found: FieldsFound) -> Table:
    of = f" of {found.total_size:,}" if found.total_size > len(found.fields) else ""
    caption = f"{len(found.fields):,}{of} fields"
    table = Table(box=None, header_style="bold", caption=caption, caption_justify="left")
    for column in ("Name", "Group", "Table", "Type", "Tag id", "Writable", "Description", "Values"):
        table.add_column(column, overflow="fold", no_wrap=column == "Group")
    for f in found.fields:
        table.add_row(*(Text(shown(cell)) for cell in _row(f)))
    return table


def _print_info(dictionary: FieldDictionary, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(dictionary), indent=2))
        return
    for label, fact in (
        ("engine", f"{dictionary.engine} {dictionary.engine_version}"),
        ("definitions", f"{dictionary.definitions_count:,}"),
        ("of our own engines", f"{dictionary.own_definitions_count:,}"),
        ("different names", f"{dictionary.names_count:,}"),
        ("of them writable", f"{dictionary.writable_names_count:,}"),
        ("tables", f"{dictionary.tables_count:,}"),
        ("values", f"{dictionary.values_count:,}"),
        ("languages", " ".join(one.code for one in dictionary.languages)),
    ):
        click.echo(f"{label:<20}{shown(fact)}")
