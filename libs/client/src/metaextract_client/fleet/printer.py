"""The joint log of several processes."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from itertools import cycle
from typing import Final

import click

_COLOURS: Final = ("cyan", "magenta", "yellow", "green", "blue")
_READ_BYTES: Final = 65_536
_LINE_BYTES_MAX: Final = 1_048_576


class Printer:
    """Prints lines on stdout behind the name of who wrote them.

    names: who may write. When nobody reads stdout any longer, `on_closed` is called.
    """

    def __init__(self, names: Iterable[str]) -> None:
        colours = dict(zip(names, cycle(_COLOURS)))
        width = max(map(len, colours))
        self._prefixes = {n: click.style(f"{n:<{width}} | ", fg=c) for n, c in colours.items()}
        self.on_closed: Callable[[], None] = lambda: None

    def line(self, name: str, text: str) -> None:
        """Print one line."""
        self._write(self._prefixes[name] + text)

    def say(self, text: str) -> None:
        """Print a line of our own."""
        self._write(text)

    async def relay(self, name: str, stream: asyncio.StreamReader) -> None:
        """Print every line of a stream until it ends; an endless line is cut."""
        rest = b""
        while chunk := await stream.read(_READ_BYTES):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > _LINE_BYTES_MAX:
                lines.append(rest)
                rest = b""
            for line in lines:
                self.line(name, line.decode("utf-8", "replace"))
        if rest:
            self.line(name, rest.decode("utf-8", "replace"))

    def _write(self, text: str) -> None:
        try:
            click.echo(text)
        except OSError:
            # The terminal or the pipe is gone. The services still have to drain, and must not block on us.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self.on_closed()
