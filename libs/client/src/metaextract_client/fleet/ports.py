"""Which TCP ports are free on this machine."""

import errno
import socket


class PortTakenError(Exception):
    """Another program listens on the port, or this user may not."""

    def __init__(self, host: str, port: int, cause: OSError) -> None:
        reason = (
            "is taken by another program" if cause.errno == errno.EADDRINUSE else f"fails: {cause.strerror}"
        )
        super().__init__(f"port {port} on {host} {reason}")
        self.port = port


def free_port(host: str, port: int) -> int:
    """Return `port`, or one that the system picks when it is 0.

    Raises PortTakenError when nobody could listen on it now.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            # As servers do: a port whose last connections still fade away is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
            return int(probe.getsockname()[1])
    except OSError as error:
        raise PortTakenError(host, port, error) from error


def address(host: str, port: int) -> str:
    """Join host and port; IPv6 addresses get their brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
