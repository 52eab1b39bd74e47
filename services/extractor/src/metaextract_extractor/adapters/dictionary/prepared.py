"""The dictionary of a running service: taken from where setup made it, or made behind the service's back."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import structlog

from metaextract_common.errors import invalid_request
from metaextract_extractor.adapters.dictionary import listx
from metaextract_extractor.adapters.dictionary.sqlite import SqliteDictionary, fits
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.dictionary import (
    DictionaryInfo,
    FieldDefinition,
    FieldGroup,
    FieldSearch,
    Found,
)

log = structlog.stdlib.get_logger()
T = TypeVar("T")

MAKING_SECONDS_MAX: Final = 300
RETRY_SECONDS: Final = 60


class PreparedDictionary:
    """Implements `domain.dictionary.FieldDictionary`. Use `prepared`."""

    def __init__(self) -> None:
        # A thread of its own: SQLite works outside the event loop, one search at a time.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dictionary")
        self._dictionary: SqliteDictionary | None = None

    async def search(self, search: FieldSearch, offset: int, count: int) -> Found:
        """Search."""
        dictionary = self._ready(search.language)
        return await self._run(partial(dictionary.search, search, offset, count))

    async def get(self, name: str, language: str) -> FieldDefinition:
        """Return one, or raise FIELD_DEFINITION_NOT_FOUND."""
        dictionary = self._ready(language)
        definition = await self._run(partial(dictionary.get, name, language))
        if definition is None:
            raise errors.field_definition_not_found(name)
        return definition

    async def groups(self, family: int | None) -> tuple[FieldGroup, ...]:
        """Return the groups."""
        return await self._run(partial(self._ready().groups, family))

    async def info(self) -> DictionaryInfo:
        """Count."""
        dictionary = self._ready()
        return await self._run(lambda: dictionary.info)

    async def open(self, exiftool: Path, files: Sequence[Path]) -> bool:
        """Open the first of `files` that fits `exiftool`; return whether there is one."""
        engine_version = await self._run(partial(listx.version, exiftool))
        for file in files:
            if await self._run(partial(fits, file, engine_version)):
                self._dictionary = await self._run(partial(SqliteDictionary, file))
                log.info("dictionary.opened", file=str(file))
                return True
        return False

    async def close(self) -> None:
        """Close the file."""
        if self._dictionary is not None:
            await self._run(self._dictionary.close)
        self._thread.shutdown()

    def _ready(self, language: str | None = None) -> SqliteDictionary:
        if self._dictionary is None:
            raise errors.field_dictionary_not_ready()
        if language is not None and language not in self._dictionary.languages:
            rule = f"must be one of {', '.join(self._dictionary.languages)}"
            raise invalid_request("language", rule)
        return self._dictionary

    async def _run(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


@asynccontextmanager
async def prepared(exiftool: Path, *, made: Path, own: Path) -> AsyncIterator[PreparedDictionary]:
    """Yield a dictionary at once; it answers as soon as a file fits.

    made: file of the setup or the image, which may be read only. own: where to make one if that does not
    fit, in a process of its own, so that neither its time nor its memory is this one's.
    """
    dictionary = PreparedDictionary()
    preparing = asyncio.create_task(_prepare(dictionary, exiftool, (made, own)))
    try:
        yield dictionary
    finally:
        preparing.cancel()
        with suppress(asyncio.CancelledError):
            await preparing
        await dictionary.close()


async def _prepare(dictionary: PreparedDictionary, exiftool: Path, files: tuple[Path, Path]) -> None:
    while True:
        try:
            if await dictionary.open(exiftool, files):
                return
            await _make(exiftool, files[1])
        except (listx.ListingError, OSError, sqlite3.Error) as error:
            log.error("dictionary.not_made", problem=str(error))  # noqa: TRY400 - no defect of ours
            await asyncio.sleep(RETRY_SECONDS)


async def _make(exiftool: Path, file: Path) -> None:
    """Make the file, or raise ListingError with what the maker said."""
    command = (sys.executable, "-m", "metaextract_extractor.dictionary_maker")
    maker = await asyncio.create_subprocess_exec(
        *(*command, f"--exiftool={exiftool}", f"--file={file}"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(MAKING_SECONDS_MAX):
            _, said = await maker.communicate()
    except TimeoutError as error:
        raise listx.ListingError(f"the maker took longer than {MAKING_SECONDS_MAX} seconds") from error
    finally:
        if maker.returncode is None:
            maker.terminate()
            await maker.wait()
    if maker.returncode:
        raise listx.ListingError(said.decode(errors="replace").strip() or f"exit code {maker.returncode}")
