"""Redacted copies: a file goes to the server, a copy without what should not be handed on comes back."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

import httpx

from metaextract_client.errors import ProblemError, connection_errors, raise_for_problem
from metaextract_client.reading import reader_of
from metaextract_client.uploading import Upload

SUMMARY_HEADER: Final = "MetaExtract-Redaction"
_PIECE_BYTES: Final = 256 * 1024


class RedactionProfile(StrEnum):
    """What a copy is made without."""

    POSITION = "position"
    COARSE_POSITION = "coarse_position"
    KEEP_COLOUR_AND_ORIENTATION = "keep_colour_and_orientation"
    REMOVE_ALL = "remove_all"


@dataclass(frozen=True, slots=True)
class Redaction:
    """What was done to make a copy. The server hands out no copy that it did not verify.

    `removed` counts fields by group, `kept` fields that one might have expected to be gone, by the reason why
    they are not. `pixels_unchanged` is None for a format without a picture. `values_searched_count`: removed
    values that were looked for in all bytes of the copy, and not found.
    """

    profile: str = ""
    format: str = ""
    verified: bool = False
    pixels_unchanged: bool | None = None
    values_searched_count: int = 0
    removed_count: int = 0
    removed: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, int] = field(default_factory=dict)
    size_bytes: int = 0


async def redacted_copy(
    http: httpx.AsyncClient,
    upload: Upload,
    target: Path,
    profile: str,
    *,
    overwrite: bool,
    timeout: httpx.Timeout,  # noqa: ASYNC109 - of each read and write, not of all
) -> Redaction:
    """Send the file; write what comes to `target`, whole or not at all. See `AsyncMetaExtract.redact`."""
    if not overwrite and await asyncio.to_thread(os.path.lexists, target):
        raise FileExistsError(f"{target} exists")
    with await upload.open() as file, connection_errors(http.base_url):
        files = {"file": (upload.file_name, file)}
        parameters = {"profile": profile}
        async with http.stream(
            "POST", "/v1/redactions", params=parameters, files=files, timeout=timeout
        ) as response:
            await raise_for_problem(response)
            summary = _summary(response, http.base_url)
            size_bytes = await _written(response.aiter_bytes(_PIECE_BYTES), target, overwrite=overwrite)
    return reader_of(Redaction).validate_python({**summary, "size_bytes": size_bytes})


def _summary(response: httpx.Response, server: httpx.URL) -> Mapping[str, object]:
    try:
        text = response.headers[SUMMARY_HEADER]
        return reader_of(dict[str, object]).validate_json(text)
    except (KeyError, ValueError) as error:
        detail = f"{server} does not answer like a MetaExtract server"
        raise ProblemError(status=response.status_code, detail=detail) from error


async def _written(pieces: AsyncIterator[bytes], target: Path, *, overwrite: bool) -> int:
    with _beside(target) as (descriptor, partial):
        size_bytes = 0
        async for piece in pieces:
            await asyncio.to_thread(_write, descriptor, piece)
            size_bytes += len(piece)
        await asyncio.to_thread(_put, partial, target, overwrite=overwrite)
        return size_bytes


def _write(descriptor: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]


@contextmanager
def _beside(target: Path) -> Iterator[tuple[int, Path]]:
    """A new file in the folder of `target`, with the permissions of a new file; gone at the end."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:50]}.", dir=target.parent)
    try:
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(descriptor, 0o666 & ~mask)
        yield descriptor, Path(name)
    finally:
        os.close(descriptor)
        with suppress(FileNotFoundError):
            os.unlink(name)  # noqa: PTH108 - a text


def _put(partial: Path, target: Path, *, overwrite: bool) -> None:
    if overwrite:
        partial.replace(target)
        return
    try:
        os.link(partial, target)  # fails if somebody made the target meanwhile
    except FileExistsError:
        raise
    except OSError:  # no hard links here
        if os.path.lexists(target):
            raise FileExistsError(f"{target} exists") from None
        partial.replace(target)
