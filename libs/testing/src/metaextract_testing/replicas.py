"""Several of each service as real processes, with a real NATS and PostgreSQL between them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from metaextract_testing import nats, postgres

START_SECONDS_MAX = 90
STOP_SECONDS_MAX = 60


@dataclass
class Process:
    """A service that can be killed and started again at the same address. `log` is what it wrote since."""

    service: str
    settings: dict[str, str]
    log: Path
    address: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where a gateway answers."""
        return f"http://{self.address}"

    def start(self) -> None:
        """Start it, and return when it says its address."""
        self.begin()
        self.wait()

    def begin(self) -> None:
        """Start it."""
        prefix = self.service.upper()
        settings = {"LISTEN": self.address or "127.0.0.1:0", "LOG_FORMAT": "json", "DRAIN_SECONDS": "3"}
        environment = {f"{prefix}_{name}": value for name, value in (settings | self.settings).items()}
        self.log.unlink(missing_ok=True)
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", f"metaextract_{self.service}.main"],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"PATH": os.environ["PATH"], "GRPC_ENABLE_FORK_SUPPORT": "0", **environment},
            )

    def wait(self) -> None:
        """Return when it says its address."""
        assert self.process is not None  # noqa: S101 - it was started
        deadline = time.monotonic() + START_SECONDS_MAX
        while not (address := _told_address(self.log)):
            if self.process.poll() is not None or time.monotonic() > deadline:
                text = self.log.read_text(errors="replace")
                raise AssertionError(f"{self.service} did not start:\n{text}")
            time.sleep(0.05)
        self.address = address

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        assert self.process is not None  # noqa: S101 - it was started
        self.process.kill()
        self.process.wait(STOP_SECONDS_MAX)

    def stop(self) -> None:
        """Let it drain."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(STOP_SECONDS_MAX)


@dataclass(frozen=True)
class Replicas:
    """Two gateways, each with an extractor of its own as the only one it calls, and what connects them."""

    gateways: list[Process]
    extractors: list[Process]
    nats_server: nats.NatsServer

    def restore(self) -> bool:
        """Start again what was killed; return whether a service was."""
        if self.nats_server.process is None or self.nats_server.process.poll() is not None:
            self.nats_server.start()
        killed = [
            one
            for one in (*self.extractors, *self.gateways)
            if one.process is None or one.process.poll() is not None
        ]
        for one in killed:
            one.begin()
        for one in killed:
            one.wait()
        return bool(killed)


@contextmanager
def started(folder: Path, database: postgres.PostgresServer, *, count: int = 2) -> Iterator[Replicas]:
    """Start everything with its data in `folder`, unmetered; stop it at the end."""
    secret = folder / "token-secret"
    secret.write_bytes(os.urandom(32).hex().encode())
    with ExitStack() as stack:
        server = stack.enter_context(nats.started())
        name = stack.enter_context(database.database())

        def begun(service: str, number: int, settings: Mapping[str, str]) -> Process:
            process = Process(service, dict(settings), folder / f"{service}-{number}.log")
            stack.callback(process.stop)
            process.begin()
            return process

        shared = {"NATS_URL": server.url}
        ledger = begun("billing", 0, {"METERED": "false", "DATABASE_PATH": str(folder / "billing.sqlite")})
        stored = {**shared, "DATABASE_URL": database.url(name), **_QUICK}
        extractors = [
            begun("extractor", number, {**stored, "SPOOL_DIR": str(folder / f"spool-{number}")})
            for number in range(count)
        ]
        for process in (ledger, *extractors):
            process.wait()
        common = {**shared, "METERED": "false", "TOKEN_SECRET_FILE": str(secret)}
        targets = {"BILLING_TARGET": ledger.address}
        gateways = [
            begun("gateway", number, {**common, **targets, "EXTRACTOR_TARGET": extractors[number].address})
            for number in range(count)
        ]
        for process in gateways:
            process.wait()
        yield Replicas(gateways, extractors, server)


_QUICK = {"WORKERS_COUNT": "1", "LEASE_SECONDS": "5", "SWEEP_SECONDS": "0.5"}
"""What a dead extractor left behind is ended soon."""


def _told_address(log: Path) -> str:
    """Return the address that a service has told; empty if none yet."""
    for line in log.read_bytes().splitlines():
        if b'"service.started"' in line:
            return str(json.loads(line)["address"])
    return ""
