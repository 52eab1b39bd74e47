"""A TCP proxy that cuts connections at random bytes, as a bad line does."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PIECE_BYTES = 64 * 1024


class CuttingProxy:
    """Passes bytes on to one server. `cuts`: how many connections were cut so far.

    Cuts come after a random number of bytes from clients, over all connections; one in four lets the request
    through and cuts when the answer comes, so that the client does not learn how it went. `piece_seconds`:
    how long each 64 KiB from clients take.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        bytes_between_cuts: int = 1,
        cuts_max: int = 0,
        seed: int = 0,
        piece_seconds: float = 0,
    ) -> None:
        self._server = (host, port)
        self._random = random.Random(seed)  # noqa: S311 - where a line breaks is no secret
        self._bytes_between_cuts = bytes_between_cuts
        self._cuts_max = cuts_max
        self._until_cut = self._distance()
        self._piece_seconds = piece_seconds
        self._lines: set[asyncio.Task[None]] = set()
        self._connections: set[asyncio.Task[None]] = set()
        self.cuts = 0

    def hurry(self) -> None:
        """Be slow no more."""
        self._piece_seconds = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Yield the URL to use instead of the server's."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        async with server:
            host, port = server.sockets[0].getsockname()[:2]
            try:
                yield f"http://{host}:{port}"
            finally:
                for task in self._lines:
                    task.cancel()
                await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - the server makes one for each connection
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        upstream_reader, upstream_writer = await asyncio.open_connection(*self._server)
        muted = asyncio.Event()
        there = asyncio.create_task(self._to_server(reader, upstream_writer, muted))
        back = asyncio.create_task(self._to_client(upstream_reader, writer, muted))
        self._lines |= {there, back}
        await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        for line in (there, back):
            line.cancel()
        await asyncio.gather(there, back, return_exceptions=True)
        self._lines -= {there, back}
        for end in (writer, upstream_writer):
            end.transport.abort()
            with suppress(ConnectionError):
                await end.wait_closed()

    async def _to_server(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, muted: asyncio.Event
    ) -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(PIECE_BYTES):
                cut = self._falls(len(piece))
                if cut and self._random.randrange(4) == 0:
                    muted.set()
                elif cut:
                    writer.write(piece[: self._random.randrange(len(piece))])
                    await writer.drain()
                    return
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(self._piece_seconds)

    async def _to_client(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, muted: asyncio.Event
    ) -> None:
        with suppress(ConnectionError):
            while (piece := await reader.read(PIECE_BYTES)) and not muted.is_set():
                writer.write(piece)
                await writer.drain()

    def _falls(self, size_bytes: int) -> bool:
        self._until_cut -= size_bytes
        if self._until_cut > 0 or self.cuts >= self._cuts_max:
            return False
        self._until_cut = self._distance()
        self.cuts += 1
        return True

    def _distance(self) -> int:
        return self._random.randint(1, 2 * self._bytes_between_cuts)
