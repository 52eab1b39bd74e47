"""The client's side of an upload over gRPC: chunks of the best size, then what proves that it was all."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_common.rpc.channel_options import CHUNK_BYTES, CHUNK_BYTES_MAX

FIRST_BYTES: Final = 4096
"""What the extractor needs to see before it can refuse a file."""


class Sending:
    """A file on its way. `error` is what reading it raised: gRPC would swallow that.

    `sha256` is what its sender says of it, and empty if he says nothing: the extractor computes it in any
    case, and compares. To compute it here, too, would cost a quarter on top of all else an upload costs here
    (bench/results/gateway.md).
    """

    def __init__(self, chunks: AsyncIterator[bytes], sha256: bytes = b"") -> None:
        self._chunks = chunks
        self._sha256 = sha256
        self.error: Exception | None = None

    async def parts(self) -> AsyncGenerator[bytes | pb.UploadFinish, None]:
        """Yield chunks, then the finish; without the finish if the file did not arrive whole."""
        size_bytes = 0
        try:
            async with aclosing(_recut(self._chunks)) as chunks:
                async for chunk in chunks:
                    size_bytes += len(chunk)
                    yield chunk
        except Exception as error:  # noqa: BLE001 - whoever made the call raises it
            self.error = error
            return
        yield pb.UploadFinish(size_bytes=size_bytes, sha256=self._sha256)


async def _recut(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Join small chunks, pass large ones on as they are: each copy would cost memory for every upload.

    The first goes out at once, so that refusals come early.
    """
    waiting: list[bytes] = []
    waiting_bytes, wanted = 0, FIRST_BYTES
    async for chunk in chunks:
        waiting.append(chunk)
        waiting_bytes += len(chunk)
        if waiting_bytes >= wanted:
            joined = waiting[0] if len(waiting) == 1 else b"".join(waiting)
            waiting.clear()
            del chunk  # nothing may hold it while the next hop is slow
            waiting_bytes, wanted = 0, CHUNK_BYTES // 2
            for at in range(0, len(joined), CHUNK_BYTES_MAX):
                yield joined[at : at + CHUNK_BYTES_MAX]
    if waiting:
        yield b"".join(waiting)
