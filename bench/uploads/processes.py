"""Starts and stops what is measured."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from metaextract_client.fleet.data_folder import data_folder
from metaextract_client.fleet.plan import Plan, Service, services
from metaextract_client.fleet.ports import free_port
from metaextract_client.fleet.readiness import until_ready

HERE: Final = Path(__file__).parent
HOST: Final = "127.0.0.1"
STOP_SECONDS_MAX: Final = 40.0
SIZE_LIMITS: Final = ("GATEWAY_UPLOAD_BYTES_MAX", "EXTRACTOR_UPLOAD_BYTES_MAX")
SIZE_LIMIT_DEFAULT: Final = 100 * 1024 * 1024


@contextmanager
def fleet(
    folder: Path, *, bytes_per_second: float, upload_bytes: int
) -> Iterator[tuple[int, dict[str, int]]]:
    """Run gateway, extractor, billing and analytics as `metaextract up` does; yield port and process ids.

    bytes_per_second: what the extractor's disk takes from each upload; 0: the extractor as it is. The size
    limits are raised if `upload_bytes` is over them. Settings in our environment are passed on.
    """
    with ExitStack() as stack:
        sockets = tempfile.TemporaryDirectory(prefix="metaextract-bench-", dir="/tmp")
        plan = Plan(
            host=HOST,
            port=free_port(HOST, 0),
            ops_port=free_port(HOST, 0),
            data_dir=stack.enter_context(data_folder(folder)),
            sockets_dir=Path(stack.enter_context(sockets)),
            metered=False,
        )
        members = services(plan)
        extra: dict[str, str] = {"BENCH_BYTES_PER_SECOND": str(bytes_per_second)}
        if upload_bytes > SIZE_LIMIT_DEFAULT:
            extra |= dict.fromkeys(SIZE_LIMITS, str(upload_bytes))
        pids = {}
        for member in members:
            arguments = _arguments(member, slow=bytes_per_second > 0)
            environment = {**extra, **member.environment}
            process = stack.enter_context(program(arguments, environment, folder / f"{member.name}.log"))
            pids[member.name] = process.pid
        _wait([one.socket for one in members if one.socket], f"{plan.url}/api/health", folder)
        yield plan.port, pids


def _arguments(member: Service, *, slow: bool) -> tuple[str, ...]:
    if slow and member.name == "extractor":
        return (str(HERE / "slow_extractor.py"),)
    return ("-m", member.module)


def _wait(sockets: Sequence[Path], url: str, folder: Path) -> None:
    """Wait until the servers can be used; if they do not start, exit with what they said last."""
    try:
        asyncio.run(until_ready(sockets, url))
    except TimeoutError as error:
        last = [f"{log.name}: {log.read_text()[-1000:]}" for log in sorted(folder.glob("*.log"))]
        raise SystemExit("\n".join([str(error), *last])) from error


@contextmanager
def floor(folder: Path, *, bytes_per_second: float) -> Iterator[tuple[int, dict[str, int]]]:
    """Run the bare handler; yield its port and process id."""
    port = free_port(HOST, 0)
    arguments = (str(HERE / "floor.py"), str(port), str(bytes_per_second))
    with program(arguments, {}, folder / "floor.log") as process:
        _wait([], f"http://{HOST}:{port}/health", folder)
        yield port, {"floor": process.pid}


@contextmanager
def load(
    port: int, path: str, *, proof: str, count: int, upload_bytes: int, seconds_max: float
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the load generator; it begins at a line on its stdin, and its report comes on its stdout."""
    options = {
        "port": port,
        "path": path,
        "proof": proof,
        "count": count,
        "bytes": upload_bytes,
        "seconds-max": seconds_max,
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    with subprocess.Popen(
        _python(str(HERE / "load.py"), *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()  # nothing, if it has ended


@contextmanager
def program(
    arguments: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run Python with `arguments`, its output in `log`; at the end ask it to stop, then make it."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            _python(*arguments),
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()


def _python(*arguments: str) -> tuple[str, ...]:
    # -P, as `metaextract up`: a file in the current folder must not stand in for a module.
    return (sys.executable, "-P", *arguments)
