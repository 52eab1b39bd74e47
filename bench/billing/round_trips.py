"""Counts how often somebody asks PostgreSQL and waits for the answer, at a socket before the server's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


class RoundTrips:
    """Passes bytes on."""

    def __init__(self, server_socket: str) -> None:
        self._server_socket = server_socket
        self.count = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass the bytes of one connection on, in both directions."""
        server_reader, server_writer = await asyncio.open_unix_connection(self._server_socket)
        is_asking = False

        async def forth() -> None:
            nonlocal is_asking
            while data := await reader.read(2**16):
                self.count += not is_asking
                is_asking = True
                server_writer.write(data)
            server_writer.close()

        async def back() -> None:
            nonlocal is_asking
            while data := await server_reader.read(2**16):
                is_asking = False
                writer.write(data)
            writer.close()

        await asyncio.gather(forth(), back())


@asynccontextmanager
async def counted(url: str, folder: Path) -> AsyncIterator[tuple[str, RoundTrips]]:
    """Yield a URL for the same database, and the round trips made through it."""
    [server_folder] = parse_qs(urlsplit(url).query)["host"]
    trips = RoundTrips(f"{server_folder}/.s.PGSQL.5432")
    server = await asyncio.start_unix_server(trips.serve, folder / ".s.PGSQL.5432")
    try:
        yield url.replace(server_folder, str(folder)), trips
    finally:
        server.close()
