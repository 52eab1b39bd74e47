"""`metaextract extract`."""

import asyncio
import dataclasses
import re
import sys
from collections.abc import Callable
from contextlib import aclosing, nullcontext
from pathlib import Path
from typing import Final

import click
from rich.console import Console, RenderableType
from rich.text import Text

from metaextract_client.cli.bars import Bars
from metaextract_client.cli.concurrency import as_finished
from metaextract_client.cli.options import ServerOptions, UnreachableError, server_options
from metaextract_client.cli.output import Block, JsonArray, JsonLines, Output, Rows
from metaextract_client.cli.request_ids import request_id_of
from metaextract_client.cli.tally import Tally
from metaextract_client.cli.text import shown
from metaextract_client.cli.walk import image_files
from metaextract_client.client import RESUMABLE_BYTES_MIN, AsyncMetaExtract
from metaextract_client.errors import MetaExtractError, ServerUnreachableError
from metaextract_client.models import Event, Extraction, PartialResult, Progress, State
from metaextract_client.result_models import Field
from metaextract_client.transport import Patience

_SOME_FAILED: Final = 1
_UNPAID: Final = 4
_INTERRUPTED: Final = 130
_JOBS_MAX: Final = 64
_PATIENCE_ATTEMPTS_MAX: Final = 30
_PATIENCE_SECONDS_MAX: Final = 3600.0
"""Longer than any limit asks to wait: a folder is left alone for the night."""
OPERATIONS: Final = ("embedding", "ocr", "forensics")


def _pattern(context: click.Context, parameter: click.Parameter, value: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(value, re.IGNORECASE) if value is not None else None
    except re.error as error:
        raise click.BadParameter(f"not a regular expression: {error}", context, parameter) from error


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@server_options
@click.option("--json", "form", flag_value="json", help="Print one JSON array.")
@click.option("--ndjson", "form", flag_value="ndjson", help="Print one JSON object a line, as files finish.")
@click.option("--table", "form", flag_value="table", default="table", help="Print for people (the default).")
@click.option(
    "--jobs", type=click.IntRange(1, _JOBS_MAX), default=4, show_default=True, help="Files at once."
)
@click.option("--partial", is_flag=True, help="Ask for provisional fields while a file still travels.")
@click.option(
    "--operation",
    "operations",
    type=click.Choice(OPERATIONS),
    multiple=True,
    help="Work beyond reading, which may cost more; can be given several times.",
)
@click.option(
    "--fields",
    "pattern",
    metavar="REGEX",
    callback=_pattern,
    help="Keep only fields whose GROUP:NAME contains this, in any case, such as 'gps|date'.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress bars.")
def extract(
    *,
    paths: tuple[Path, ...],
    server: ServerOptions,
    form: str,
    jobs: int,
    partial: bool,
    operations: tuple[str, ...],
    pattern: re.Pattern[str] | None,
    quiet: bool,
) -> None:
    """Read the metadata of files, and of all image files in folders.

    In folders, files are picked by the extensions that the server lists; a file that you name is always sent.
    Results are printed as they finish. A table has every field of a single file, after a summary of what they
    say, or a row for each of many; away from a terminal it is columns with tabs between, without summary.
    Each JSON object is the server's `Extraction` with the member `path`. With --ndjson --partial, provisional
    objects with `partial_result` come first.

    Large files are uploaded resumably: after Ctrl-C, a crash or a lost line, the same command goes on where
    it was, for as long as the server keeps the upload (a day). What it has read within the last hour it gives
    again, without reading or charging anew. When the server asks to wait, or goes away for minutes, the
    command waits and says so; when credits run out it stops.

    \b
    Exit codes: 0 all read, 1 some were not (stderr says which and why), 2 wrong usage,
                3 the server cannot be reached, 4 credits ran out, 130 interrupted by Ctrl-C.
    """
    console = Console() if sys.stdout.isatty() else None
    read = Reading(
        server,
        jobs=jobs,
        partial=partial,
        operations=operations,
        pattern=pattern,
        console=console,
        bars=not quiet,
    )
    tally = read.tally
    try:
        asyncio.run(read(paths, form))
    except KeyboardInterrupt:
        click.echo(tally.interrupted(), err=True)
        raise click.exceptions.Exit(_INTERRUPTED) from None
    except ServerUnreachableError as error:
        raise UnreachableError(tally.unreachable(error)) from error
    except MetaExtractError as error:
        raise click.ClickException(shown(str(error))) from error
    if left := tally.ended():
        click.echo(left, err=True)
    if tally.failures_count:
        raise click.exceptions.Exit(_UNPAID if tally.unpaid else _SOME_FAILED)


class Reading:
    """One run of the command. console: the terminal, if there is one; bars: show progress on it."""

    def __init__(
        self,
        server: ServerOptions,
        *,
        jobs: int,
        partial: bool,
        operations: tuple[str, ...],
        pattern: re.Pattern[str] | None,
        console: Console | None,
        bars: bool,
    ) -> None:
        self._server = server
        self._jobs = jobs
        self._partial = partial
        self._operations = operations
        self._pattern = pattern
        self._console = console
        self._bars = bars
        self.tally = Tally()

    async def __call__(self, paths: tuple[Path, ...], form: str) -> None:
        """Read and print. Raises what keeps every file from being read, such as ServerUnreachableError."""
        patience = Patience(
            attempts_max=_PATIENCE_ATTEMPTS_MAX,
            retry_seconds_max=_PATIENCE_SECONDS_MAX,
            on_pause=self.tally.pausing,
        )
        async with self._server.client(patience) as client:
            extensions = frozenset(e for f in await client.formats() for e in f.extensions)
            files = list(image_files(paths, extensions, self.tally.complain))
            if not files and not self.tally.failures_count:
                raise click.UsageError("There is no image file in what you named.")
            self.tally.files_count = len(files)
            output = self._output(form, single=len(files) == 1)
            try:
                await self._read_all(client, files, output)
            finally:
                output.end()

    async def _read_all(self, client: AsyncMetaExtract, files: list[Path], output: Output) -> None:
        bars = Bars(self._console, len(files)) if self._console and self._bars else None

        async def one(path: Path) -> tuple[Path, Extraction | MetaExtractError | OSError | None]:
            if self.tally.unpaid:
                return path, None
            with bars.file(path) if bars else nullcontext() as move:
                return path, await self._one(client, path, output, move)

        with bars or nullcontext():
            async with aclosing(as_finished(files, one, count_max=self._jobs)) as finished:
                async for path, outcome in finished:
                    if isinstance(outcome, Extraction):
                        self.tally.read_count += 1
                        output.one(path, _only(outcome, self._pattern))
                    elif outcome is None:
                        self.tally.unsent()
                    else:
                        self.tally.complain(path, outcome)

    async def _one(
        self, client: AsyncMetaExtract, path: Path, output: Output, move: Callable[[Event], None] | None
    ) -> Extraction | MetaExtractError | OSError:
        def happened(event: Event) -> None:
            if move:
                move(event)
            if isinstance(event.change, PartialResult):
                kept = tuple(f for f in event.change.fields if _wanted(f, self._pattern))
                output.partial(path, dataclasses.replace(event.change, fields=kept))

        def sent(bytes_sent: int, total: int) -> None:
            if total >= RESUMABLE_BYTES_MIN:  # the server tells nothing of it before it is whole
                self.tally.sent(path, bytes_sent)
                progress = Progress(State.RECEIVING, bytes_sent, total, bytes_sent / total)
                happened(Event(0, None, progress))

        watched = move is not None or self._partial
        try:
            extraction = await client.extract(
                path,
                on_progress=happened if watched else None,
                on_bytes=sent,
                request_id=await asyncio.to_thread(request_id_of, path, self._operations),
                partial_results=self._partial,
                operations=self._operations,
            )
        except ServerUnreachableError:
            raise  # the next file would fare no better
        except (MetaExtractError, OSError) as error:
            self.tally.over(path)
            return error
        self.tally.over(path)
        return extraction

    def _output(self, form: str, *, single: bool) -> Output:
        show = self._show
        terminal = self._console is not None
        match form:
            case "json":
                return JsonArray(show)
            case "ndjson":
                return JsonLines(show)
            case _ if single:
                # Fewer fields than there are would be summarised wrongly.
                return Block(show, terminal=terminal, summarised=self._pattern is None)
            case _:
                return Rows(show, terminal=terminal)

    def _show(self, what: RenderableType) -> None:
        if self._console is None:
            click.echo(what)  # lines as they are: rich would fold them
        elif isinstance(what, str):
            self._console.print(Text(what), soft_wrap=True)
        else:
            self._console.print(what)


def _wanted(field: Field, pattern: re.Pattern[str] | None) -> bool:
    return pattern is None or pattern.search(f"{field.group}:{field.name}") is not None


def _only(extraction: Extraction, pattern: re.Pattern[str] | None) -> Extraction:
    """Keep the fields whose `group:name` the pattern finds, in the typed result and in the JSON."""
    if pattern is None or extraction.result is None:
        return extraction
    keep = [_wanted(f, pattern) for f in extraction.result.fields]
    pairs = zip(extraction.result.fields, keep, strict=True)
    result = dataclasses.replace(extraction.result, fields=tuple(f for f, kept in pairs if kept))
    raw_result = extraction.raw["result"]
    raw_fields = [f for f, kept in zip(raw_result.get("fields", ()), keep, strict=True) if kept]
    raw = {**extraction.raw, "result": {**raw_result, "fields": raw_fields}}
    return dataclasses.replace(extraction, result=result, raw=raw)
