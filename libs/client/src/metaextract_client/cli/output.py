"""How results are printed. Each result is printed when it arrives and then forgotten."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from metaextract_client.cli.summary import summary
from metaextract_client.cli.text import shown
from metaextract_client.models import Extraction, PartialResult
from metaextract_client.result_models import Result

Show = Callable[[RenderableType], None]
_HEADINGS: Final = ("file", "format", "bytes", "pixels", "fields", "warnings", "engines")
_WIDTHS: Final = (-40, -6, 11, 11, 6, 8, -30)  # negative: aligned to the left


class Output(Protocol):
    """Prints the extractions of one run."""

    def one(self, path: Path, extraction: Extraction) -> None:
        """Print a finished extraction."""

    def partial(self, path: Path, partial: PartialResult) -> None:
        """Print provisional fields, where the format has a place for them."""

    def end(self) -> None:
        """Print what closes the whole."""


class JsonArray:
    """One JSON array, an element a line."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._opened = False

    def one(self, path: Path, extraction: Extraction) -> None:
        """Print the next element."""
        self._show(("," if self._opened else "[") + _json(path, dict(extraction.raw)))
        self._opened = True

    def partial(self, path: Path, partial: PartialResult) -> None:
        """Print nothing: an array element is final."""

    def end(self) -> None:
        """Close the array."""
        self._show("]" if self._opened else "[]")


class JsonLines:
    """One JSON object a line; provisional ones have `partial_result` and no `result`."""

    def __init__(self, show: Show) -> None:
        self._show = show

    def one(self, path: Path, extraction: Extraction) -> None:
        """Print the extraction."""
        self._show(_json(path, dict(extraction.raw)))

    def partial(self, path: Path, partial: PartialResult) -> None:
        """Print the names and values that are known so far."""
        fields = [{"group": f.group, "name": f.name, "printed": f.printed} for f in partial.fields]
        self._show(_json(path, {"partial_result": {"bytes_read": partial.bytes_read, "fields": fields}}))

    def end(self) -> None:
        """Print nothing."""


class Block:
    """Every field of one file: group, name, printed value; on a terminal after a summary, if wanted."""

    def __init__(self, show: Show, *, terminal: bool, summarised: bool) -> None:
        self._show = show
        self._terminal = terminal
        self._summarised = summarised

    def one(self, path: Path, extraction: Extraction) -> None:
        """Print the fields; away from a terminal as tab-separated columns."""
        result = extraction.result or Result()
        if not self._terminal:
            for f in result.fields:
                self._show("\t".join((shown(f.group), shown(f.name), shown(f.printed))))
            return
        self._show(_title(path, result))
        if self._summarised:
            self._show(_lines(summary(extraction)))
            self._show("")
        table = Table(box=None, show_header=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        before = ""
        for f in result.fields:
            table.add_row(
                *(Text(shown(x)) for x in (f.group if f.group != before else "", f.name, f.printed))
            )
            before = f.group
        self._show(table)
        for warning in result.warnings:
            self._show(shown(f"warning: {warning.message} ({warning.code})"))

    def partial(self, path: Path, partial: PartialResult) -> None:
        """Print nothing: the progress bar counts provisional fields."""

    def end(self) -> None:
        """Print nothing."""


class Rows:
    """One line for each file."""

    def __init__(self, show: Show, *, terminal: bool) -> None:
        self._show = show
        self._terminal = terminal
        self._row(_HEADINGS)

    def one(self, path: Path, extraction: Extraction) -> None:
        """Print the file's row; away from a terminal as tab-separated columns."""
        result = extraction.result or Result()
        file = result.file
        row = (
            shown(str(path)),
            shown(file.format.name),
            str(file.size_bytes),
            f"{file.width_pixels}x{file.height_pixels}" if file.width_pixels and file.height_pixels else "",
            str(len(result.fields)),
            str(len(result.warnings)),
            " ".join(shown(engine.name) for engine in result.engines),
        )
        self._row(row)

    def partial(self, path: Path, partial: PartialResult) -> None:
        """Print nothing: a row is final."""

    def end(self) -> None:
        """Print nothing."""

    def _row(self, cells: tuple[str, ...]) -> None:
        if self._terminal:
            padded = (c.ljust(-w) if w < 0 else c.rjust(w) for c, w in zip(cells, _WIDTHS, strict=True))
            self._show("  ".join(padded).rstrip())
        else:
            self._show("\t".join(cells))


def _lines(pairs: list[tuple[str, str]]) -> Table:
    table = Table(box=None, show_header=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in pairs:
        table.add_row(label, Text(shown(text)))
    return table


def _title(path: Path, result: Result) -> Text:
    file = result.file
    pixels = f", {file.width_pixels} x {file.height_pixels} pixels" if file.width_pixels else ""
    facts = f"{file.format.name}, {file.size_bytes:,} bytes{pixels}, {len(result.fields)} fields"
    return Text.assemble((shown(str(path)), "bold"), "  ", shown(facts))


def _json(path: Path, message: dict[str, Any]) -> str:
    # ASCII with escapes: valid in any encoding, and nothing in it can steer a terminal.
    name = os.fsencode(path).decode("utf-8", "replace")
    return json.dumps({"path": name, **message}, separators=(",", ":"))
