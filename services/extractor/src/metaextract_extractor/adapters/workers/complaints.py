"""What a process that parses says on stderr, and how little of it may get into logs.

The libraries in it quote the files that they read. Before it reads any, its words are its own; from then on
they are counted, and only failures of our code are told, in the form that `domain.failures` gives them.
"""

import asyncio
from typing import Final

import structlog

from metaextract_extractor.domain.failures import LINE_BYTES_MAX, READS_FILES, failure_from_line

log = structlog.stdlib.get_logger()

PIECE_BYTES: Final = 64 * 1024
OWN_WORDS_BYTES_MAX: Final = 4 * 1024
FAILURES_TOLD_MAX: Final = 10
END_SECONDS_MAX: Final = 1.0


class Complaints:
    """Takes the stderr of one process, so that it never has to wait. `program`: its name in logs."""

    def __init__(self, stream: asyncio.StreamReader | None, program: str) -> None:
        assert stream is not None  # noqa: S101 - started with pipes
        self._program = program
        self._own_words = bytearray()
        self._reads_files = False
        self._line = bytearray()
        self._bytes_count = 0
        self._told_count = 0
        self._taking: asyncio.Task[None] | None = asyncio.create_task(self._take(stream))

    async def end(self) -> None:
        """Log what was left, once. Comes after the process has ended."""
        taking, self._taking = self._taking, None
        if taking is None:
            return
        await asyncio.wait({taking}, timeout=END_SECONDS_MAX)
        taking.cancel()
        if not self._reads_files and self._own_words:
            log.error(
                "worker.not_ready", program=self._program, said=self._own_words.decode("utf-8", "replace")
            )
        if self._bytes_count:
            log.warning("worker.complained", program=self._program, bytes_count=self._bytes_count)

    async def _take(self, stream: asyncio.StreamReader) -> None:
        while piece := await stream.read(PIECE_BYTES):
            *ended, rest = piece.split(b"\n")
            for one in ended:
                self._add(one)
                self._end_line()
            self._add(rest)

    def _add(self, part: bytes) -> None:
        if self._reads_files:
            self._bytes_count += len(part)
        self._line += part[: LINE_BYTES_MAX + 1 - len(self._line)]

    def _end_line(self) -> None:
        line = bytes(self._line)
        self._line.clear()
        if not self._reads_files:
            self._reads_files = line == READS_FILES
            self._own_words += line + b"\n"
            del self._own_words[:-OWN_WORDS_BYTES_MAX]
        elif (told := failure_from_line(line)) and self._told_count < FAILURES_TOLD_MAX:
            self._told_count += 1
            log.error("worker.failed", program=self._program, errors=told.names, frames=told.frames)
