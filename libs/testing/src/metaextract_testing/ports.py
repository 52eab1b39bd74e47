"""Ports that nobody else on this machine is given while a test needs them."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reserved_port() -> Iterator[int]:
    """Yield a port of loopback on which nobody listens, and that only who names it can listen on.

    A port that was looked up and let go may be given to another process before it is used. This one stays
    bound: the system gives it to nobody, connections to it are refused, and a server that sets SO_REUSEADDR
    (uvicorn, asyncio, nats-server) can listen on it, also again after a restart.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])
