"""One upload: what it brings, and how it is sent in one piece."""

import asyncio
import base64
import hashlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from uuid import uuid4

from metaextract_client import models
from metaextract_client.models import Extraction
from metaextract_client.transport import Transport

_FILE_NAME_LENGTH_MAX: Final = 255
OnBytes = Callable[[int, int], None]
"""Told how many bytes have been sent, and of how many. Of an upload that is repeated, it begins again."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What every attempt of one upload has in common."""

    source: str | os.PathLike[str] | bytes
    file_name: str
    request_id: str = ""
    partial_results: bool = False
    operations: tuple[str, ...] = ()
    batch: str = ""
    quote: str = ""
    quote_file: str = ""
    on_bytes: OnBytes | None = None

    async def open(self) -> BinaryIO:
        """Return the bytes from the beginning; the caller closes it."""
        if isinstance(self.source, bytes):
            return io.BytesIO(self.source)
        return await asyncio.to_thread(Path(self.source).open, "rb")

    async def size_bytes(self) -> int:
        """Return how long it is; raises OSError."""
        if isinstance(self.source, bytes):
            return len(self.source)
        return (await asyncio.to_thread(Path(self.source).stat)).st_size

    async def digest(self) -> str:
        """Return what the server holds the bytes against (RFC 9530)."""
        if isinstance(self.source, bytes):
            sha256 = hashlib.sha256(self.source).digest()
        else:
            sha256 = await asyncio.to_thread(sha256_of, Path(self.source))
        return f"sha-256=:{base64.b64encode(sha256).decode()}:"

    async def send(self, transport: Transport, extraction_id: str, *, wait: bool) -> Extraction:
        """Send all of it in one request; return the extraction as it ended, or, without `wait`, its name."""
        headers = {"Idempotency-Key": self.request_id}
        parameters: dict[str, Any] = {
            "extraction_id": extraction_id,
            "partial_results": "true" if self.partial_results else "false",
            "operations": self.operations,
        }
        told = {"batch": self.batch, "quote": self.quote, "quote_file": self.quote_file}
        parameters |= {name: value for name, value in told.items() if value}
        if not wait:
            headers["Prefer"] = "respond-async"
        digest = await self.digest()
        with await self.open() as file:
            body = _Told(file, await self.size_bytes(), self.on_bytes) if self.on_bytes else file
            return await transport.call(
                models.extraction_from_json,
                "POST",
                "/v1/extractions",
                params=parameters,
                headers=headers,
                files={"file": (self.file_name, cast("BinaryIO", body), None, {"Content-Digest": digest})},
                timeout=transport.extraction_timeout,
            )


def sha256_of(path: Path) -> bytes:
    """Read a whole file and return its digest; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def upload_of(
    source: str | os.PathLike[str] | bytes, file_name: str = "", request_id: str | None = None
) -> Upload:
    """Describe a file by its path, or bytes by a name."""
    name = file_name or ("upload" if isinstance(source, bytes) else Path(source).name)
    return Upload(source, _sendable(name), request_id or str(uuid4()))


def _sendable(name: str) -> str:
    """Make a file name valid UTF-8 within the contract's length: Linux allows any bytes in names."""
    return os.fsencode(name).decode("utf-8", "replace")[-_FILE_NAME_LENGTH_MAX:]


class _Told:
    """A file that says how far it was read."""

    def __init__(self, file: BinaryIO, size_bytes: int, on_bytes: OnBytes) -> None:
        self._file = file
        self._size_bytes = size_bytes
        self._on_bytes = on_bytes

    def read(self, size: int = -1) -> bytes:
        """Read, and tell."""
        piece = self._file.read(size)
        self._on_bytes(self._file.tell(), self._size_bytes)
        return piece

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a file has
        return getattr(self._file, name)
