"""Takes the parts of one upload: right order, within the limit, an image, whole."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from metaextract_extractor.domain import errors
from metaextract_extractor.domain.formats import HEAD_BYTES, is_accepted
from metaextract_extractor.domain.model import UploadFinish
from metaextract_extractor.domain.ports import SpooledFile

Parts = AsyncIterator[bytes | UploadFinish]
Advanced = Callable[[], Awaitable[None]]

ADVANCE_SECONDS: Final = 0.2
"""Progress is reported at most once in this time."""


class Receiving:
    """One upload on its way into the spool. `head` keeps its first bytes."""

    def __init__(
        self, file: SpooledFile, *, extension: str, upload_bytes_max: int, idle_seconds_max: float
    ) -> None:
        self._file = file
        self._extension = extension
        self._upload_bytes_max = upload_bytes_max
        self._idle_seconds_max = idle_seconds_max
        self.head = b""

    async def receive(self, parts: Parts, advanced: Advanced) -> None:
        """Spool all chunks; return when the upload is finished and proven whole.

        `advanced` is called now and then while bytes arrive. Raises UNSUPPORTED_FORMAT as soon as the
        first bytes show it, UPLOAD_TOO_LARGE, UPLOAD_OUT_OF_ORDER, UPLOAD_CORRUPTED, and
        UPLOAD_INCOMPLETE when the parts end without a finish, or nothing comes for too long: a client that
        crashed looks just like one that is done, only the finish tells them apart.
        """
        reported = time.monotonic()
        async for part in self._arriving(parts):
            if isinstance(part, UploadFinish):
                self._refuse_unreadable()
                self._verify(part)
                await self._file.seal()
                return
            await self._take(part)
            if time.monotonic() - reported >= ADVANCE_SECONDS:
                reported = time.monotonic()
                await advanced()
        raise errors.upload_incomplete(self._file.bytes_received)

    async def _arriving(self, parts: Parts) -> AsyncIterator[bytes | UploadFinish]:
        iterator = aiter(parts)
        while True:
            try:
                async with asyncio.timeout(self._idle_seconds_max):
                    part = await anext(iterator)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise errors.upload_incomplete(self._file.bytes_received) from error
            yield part

    async def _take(self, chunk: bytes) -> None:
        if self._file.bytes_received + len(chunk) > self._upload_bytes_max:
            raise errors.upload_too_large(self._upload_bytes_max)
        if len(self.head) < HEAD_BYTES:
            self.head += chunk[: HEAD_BYTES - len(self.head)]
            if len(self.head) == HEAD_BYTES:
                self._refuse_unreadable()
        await self._file.write(chunk)

    def _refuse_unreadable(self) -> None:
        if not is_accepted(self.head, self._extension):
            raise errors.unsupported_format(self._extension)

    def _verify(self, finish: UploadFinish) -> None:
        received = self._file.bytes_received
        whole = finish.size_bytes == received
        if not whole or (finish.sha256 and finish.sha256.hex() != self._file.hashes().sha256):
            raise errors.upload_corrupted(received)
