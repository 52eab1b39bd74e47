"""Takes the parts of one upload: right order, within the limit, an image, whole."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from metaextract_extractor.domain import errors
from metaextract_extractor.domain.formats import HEAD_BYTES, is_accepted
from metaextract_extractor.domain.model import PlacedChunk, UploadFinish
from metaextract_extractor.domain.ports import SpooledFile

Part = bytes | PlacedChunk | UploadFinish
Parts = AsyncIterator[Part]
Advanced = Callable[[], Awaitable[None]]

ADVANCE_SECONDS: Final = 0.2
"""Progress is reported at most once in this time."""

RANGES_COUNT_MAX: Final = 256
"""Separate ranges of one file that may wait for what is between them."""


class Receiving:
    """One upload on its way into the spool. `head` keeps its first bytes."""

    def __init__(
        self,
        file: SpooledFile,
        *,
        size_bytes: int | None,
        extension: str,
        upload_bytes_max: int,
        idle_seconds_max: float,
    ) -> None:
        self._file = file
        self._size_bytes = size_bytes
        self._extension = extension
        self._upload_bytes_max = upload_bytes_max
        self._idle_seconds_max = idle_seconds_max
        self._next = 0
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
            match part:
                case UploadFinish():
                    await self._look_at_head(whole=True)
                    await self._verify(part)
                    await self._file.seal()
                    return
                case PlacedChunk(offset, data):
                    await self._take(data, offset, size_bytes_max=self._size_bytes or 0)
                case _:
                    await self._take(part, self._next, size_bytes_max=self._upload_bytes_max)
            if time.monotonic() - reported >= ADVANCE_SECONDS:
                reported = time.monotonic()
                await advanced()
        raise errors.upload_incomplete(self._file.received.bytes_count)

    async def _arriving(self, parts: Parts) -> AsyncIterator[Part]:
        iterator = aiter(parts)
        while True:
            try:
                async with asyncio.timeout(self._idle_seconds_max):
                    part = await anext(iterator)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise errors.upload_incomplete(self._file.received.bytes_count) from error
            yield part

    async def _take(self, chunk: bytes, offset: int, *, size_bytes_max: int) -> None:
        received, end = self._file.received, offset + len(chunk)
        if end > self._upload_bytes_max:
            raise errors.upload_too_large(self._upload_bytes_max)
        if end > size_bytes_max:
            raise errors.upload_out_of_order("placed chunks within the size that the header gave")
        if received.overlaps(offset, len(chunk)) or len(received.all()) >= RANGES_COUNT_MAX:
            raise errors.upload_out_of_order(f"ranges that do not overlap, {RANGES_COUNT_MAX} apart at most")
        await self._file.write(chunk, offset)
        self._next = end
        await self._look_at_head(whole=False)

    async def _look_at_head(self, *, whole: bool) -> None:
        """Refuse what is no image as soon as its first bytes are here."""
        if len(self.head) == HEAD_BYTES or (not whole and self._file.received.prefix_bytes < HEAD_BYTES):
            return
        self.head = await self._file.head(HEAD_BYTES)
        if not is_accepted(self.head, self._extension):
            raise errors.unsupported_format(self._extension, self._file.received.bytes_count)

    async def _verify(self, finish: UploadFinish) -> None:
        received = self._file.received
        whole = finish.size_bytes == received.bytes_count == received.prefix_bytes
        if not whole or (finish.sha256 and finish.sha256.hex() != (await self._file.hashes()).sha256):
            raise errors.upload_corrupted(received.bytes_count)
