"""Uploads that survive broken connections and restarts of this program: a client of tus 1.0.0."""

import asyncio
import base64
import hashlib
import json
import logging
import os
import random
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import httpx

from metaextract_client.errors import (
    ConnectionBrokenError,
    MetaExtractError,
    ProblemError,
    ServerUnreachableError,
)
from metaextract_client.transport import Transport
from metaextract_client.uploading import Upload

PIECE_BYTES: Final = 32 * 1024 * 1024
"""Bytes of one request: proxies often allow no more than a few times that."""
READ_BYTES: Final = 256 * 1024
_TUS: Final = {"Tus-Resumable": "1.0.0"}
_PATH: Final = "/v1/uploads"
_EXTRACTION: Final = "MetaExtract-Extraction"
_PASSING_STATUS: Final = frozenset({423, 429, 460, 502, 503, 504, 507})
_WITHOUT: Final = frozenset({404, 405})
"""What a server that knows no resumable uploads answers to the first request."""

log = logging.getLogger("metaextract_client")


class NotResumableError(MetaExtractError):
    """The server takes files in one piece only."""


class UploadMemory:
    """Remembers in a folder which uploads are under way: the next run of a program goes on with them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recall(self, key: str) -> str:
        """Return where an upload is; empty if it is not known."""
        try:
            return str(json.loads(self._file(key).read_text())["url"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""  # forgotten: it is sent from the beginning then

    def remember(self, key: str, url: str) -> None:
        """Keep where an upload is, if the folder can be written to: this run goes on without."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = self._file(f"{key}.{os.getpid()}")
            new.write_text(json.dumps({"url": url}))
            new.replace(self._file(key))
        except OSError as error:
            log.warning("another run cannot go on with this upload: %s", error)

    def forget(self, key: str) -> None:
        """Let go of an upload that has ended."""
        try:
            self._file(key).unlink(missing_ok=True)
        except OSError as error:
            log.warning("an upload that has ended is not forgotten: %s", error)

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.json"


@dataclass(frozen=True, slots=True)
class _State:
    offset_bytes: int
    extraction_id: str


class ResumableUpload:
    """One file on its way, and its extraction's name. Raises as `AsyncMetaExtract.extract`."""

    def __init__(
        self, transport: Transport, upload: Upload, size_bytes: int, memory: UploadMemory | None
    ) -> None:
        self._transport = transport
        self._upload = upload
        self._size_bytes = size_bytes
        self._memory = None if isinstance(upload.source, bytes) else memory
        self._key = _fingerprint(transport, upload, size_bytes) if self._memory else ""
        self._url = self._memory.recall(self._key) if self._memory else ""

    async def send(self) -> str:
        """Send what is not there yet and return the extraction's id; it has begun then.

        Raises NotResumableError, before a byte was sent.
        """
        state: _State | None = None
        failures, waited_seconds = 0, 0.0
        while True:
            try:
                if state is None:
                    state = await self._begin()
                sent = await self._send_piece(state)
                if sent.offset_bytes == self._size_bytes:
                    return sent.extraction_id
                state, failures, waited_seconds = sent, 0, 0.0
            except MetaExtractError as error:
                failures += 1
                pause = self._pause_seconds(error, failures)
                patience = self._transport.patience
                waited_seconds += pause
                if failures >= patience.attempts_max or waited_seconds > patience.retry_seconds_max:
                    raise
                patience.pausing(error, pause)
                await asyncio.sleep(pause)
                state = None  # the server knows what has arrived

    async def extraction_id(self) -> str:
        """Ask under which name the file is read now: another one if the first reading was cut off."""
        return (await self._status()).extraction_id

    def forget(self) -> None:
        """Do not go on with it another time."""
        if self._memory:
            self._memory.forget(self._key)

    async def _begin(self) -> _State:
        if self._url:
            try:
                return await self._status()
            except ProblemError as error:
                if error.status not in _WITHOUT:
                    raise
                self._url = ""  # expired meanwhile
        try:
            answer = await self._transport.send("POST", _PATH, headers=await self._creation())
        except ProblemError as error:
            if error.status in _WITHOUT:
                raise NotResumableError("the server has no resumable uploads") from error
            raise
        self._url = httpx.URL(answer.headers["location"]).path
        if self._memory:
            self._memory.remember(self._key, self._url)
        return _state(answer)

    async def _status(self) -> _State:
        return _state(await self._transport.send("HEAD", self._url, headers=_TUS))

    async def _send_piece(self, state: _State) -> _State:
        length = min(PIECE_BYTES, self._size_bytes - state.offset_bytes)
        headers = {
            **_TUS,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(state.offset_bytes),
            "Content-Length": str(length),
        }
        with await self._upload.open() as file:
            content = self._piece(file, state.offset_bytes, length)
            return _state(await self._transport.send("PATCH", self._url, headers=headers, content=content))

    async def _piece(self, file: BinaryIO, offset: int, length: int) -> AsyncGenerator[bytes, None]:
        await asyncio.to_thread(file.seek, offset)
        end = offset + length
        while offset < end:
            piece = await asyncio.to_thread(file.read, min(READ_BYTES, end - offset))
            if not piece:
                raise OSError(f"{self._upload.file_name} became shorter while it was sent")
            yield piece
            offset += len(piece)
            if self._upload.on_bytes:
                self._upload.on_bytes(offset, self._size_bytes)

    async def _creation(self) -> Mapping[str, str]:
        upload = self._upload
        told = {
            "filename": upload.file_name,
            "partial_results": "true" if upload.partial_results else "",
            "operations": ",".join(upload.operations),
            "batch": upload.batch,
            "quote": upload.quote,
            "quote_file": upload.quote_file,
        }
        encoded = (f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in told.items() if v)
        return {
            **_TUS,
            "Idempotency-Key": upload.request_id,
            "Repr-Digest": await upload.digest(),
            "Upload-Length": str(self._size_bytes),
            "Upload-Metadata": ",".join(encoded),
        }

    def _pause_seconds(self, error: MetaExtractError, failures: int) -> float:
        """Return how long to wait before going on; raises what does not pass."""
        if isinstance(error, ProblemError):
            passing = error.may_pass or error.status in _PASSING_STATUS
            if error.retry_after_seconds is not None and passing:
                return error.retry_after_seconds
            if not passing and error.reason != "UPLOAD_OFFSET_MISMATCH":
                raise error
        elif not isinstance(error, ConnectionBrokenError | ServerUnreachableError):
            raise error
        return random.uniform(0.1, min(5.0, 0.2 * 2**failures))  # noqa: S311 - spreads callers, hides nothing


def _state(answer: httpx.Response) -> _State:
    try:
        extraction_id = answer.headers[_EXTRACTION].rpartition("/")[2]
        return _State(int(answer.headers["upload-offset"]), extraction_id)
    except (KeyError, ValueError) as error:
        detail = f"{answer.url.host} does not answer like a MetaExtract server"
        raise ProblemError(status=answer.status_code, detail=detail) from error


def _fingerprint(transport: Transport, upload: Upload, size_bytes: int) -> str:
    """Name an upload by everything that makes it another one: the server, the file as it is, the wishes."""
    path = Path(os.fspath(upload.source)).resolve()  # type: ignore[arg-type]
    parts = (
        str(transport.http.base_url),
        os.fsencode(path).hex(),
        size_bytes,
        path.stat().st_mtime_ns,
        upload.partial_results,
        upload.operations,
        upload.batch,
        upload.quote,
        upload.quote_file,
        transport.http.headers.get("x-api-key", ""),
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
