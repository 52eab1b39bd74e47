"""`bench uploads`: runs the load against the services, and against the floor, and reports."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.uploads import processes
from bench.uploads.memory import SAMPLE_SECONDS, Sampler, Usage
from bench.uploads.report import table

MEGABYTE: Final = 1_000_000
SETTLE_SECONDS: Final = 2.0
"""From the first answer of the servers to the base: the spare workers start behind it."""

DISK_RESERVE_BYTES: Final = 2_000 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent. `bytes_per_second`: what the slow end takes from each upload; 0: all it can."""

    count: int
    upload_bytes: int
    bytes_per_second: float
    seconds_max: float


@dataclass(frozen=True, slots=True)
class Run:
    """One load against one server."""

    server: str
    load: Load
    seconds: float
    outcomes: dict[str, int]
    upload_seconds: list[float]
    usages: dict[str, Usage]

    @property
    def succeeded_count(self) -> int:
        """Uploads whose answer proves that every byte arrived."""
        return self.outcomes.get("ok", 0)


def add_to(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the sub-command."""
    parser = commands.add_parser(
        "uploads",
        help="memory of many slow uploads at once",
        description="Send COUNT uploads at once over HTTP through gateway, extractor, billing and analytics, "
        "with a slow disk, and report what each process held. Settings of the services in the environment, "
        "such as MALLOC_ARENA_MAX or EXTRACTOR_WORKERS_COUNT, are passed on.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=100, help="uploads at once")
    parser.add_argument(
        "--megabytes",
        type=float,
        nargs="+",
        default=[100.0],
        help="size of each, in 10^6 bytes; one run for each",
    )
    parser.add_argument(
        "--pace",
        type=float,
        default=2.5,
        help="10^6 bytes a second that the disk takes of each upload; 0: no pause",
    )
    parser.add_argument(
        "--with-floor", action="store_true", help="also against a bare handler that keeps nothing"
    )
    parser.add_argument("--data-dir", type=Path, default=Path(".data"), help="where the spool gets its room")
    parser.add_argument("--seconds-max", type=float, default=900, help="end a run after this time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; 1 if an upload failed."""
    runs = []
    for megabytes in arguments.megabytes:
        load = Load(
            arguments.count, round(megabytes * MEGABYTE), arguments.pace * MEGABYTE, arguments.seconds_max
        )
        with _working_folder(arguments.data_dir, load) as folder:
            runs.append(_services(folder, load))
            if arguments.with_floor:
                runs.append(_floor(folder, load))
    sys.stdout.write("\n\n".join(map(table, runs)) + "\n")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in runs], indent=1) + "\n")
    return 0 if all(one.succeeded_count == one.load.count for one in runs) else 1


@contextmanager
def _working_folder(parent: Path, load: Load) -> Iterator[Path]:
    parent.mkdir(parents=True, exist_ok=True)
    needed = load.count * load.upload_bytes + DISK_RESERVE_BYTES
    if shutil.disk_usage(parent).free < needed:
        raise SystemExit(f"{parent} has less than {needed / MEGABYTE:.0f} MB of room; see --data-dir.")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=parent) as folder:
        yield Path(folder)


def _services(folder: Path, load: Load) -> Run:
    fleet = processes.fleet(folder, bytes_per_second=load.bytes_per_second, upload_bytes=load.upload_bytes)
    return _measured("services", fleet, "/v1/extractions", "sha256", load)


def _floor(folder: Path, load: Load) -> Run:
    floor = processes.floor(folder, bytes_per_second=load.bytes_per_second)
    return _measured("floor", floor, "/", "size", load)


def _measured(
    server: str,
    started: AbstractContextManager[tuple[int, dict[str, int]]],
    path: str,
    proof: str,
    load: Load,
) -> Run:
    with (
        started as (port, pids),
        processes.load(
            port,
            path,
            proof=proof,
            count=load.count,
            upload_bytes=load.upload_bytes,
            seconds_max=load.seconds_max,
        ) as sender,
    ):
        time.sleep(SETTLE_SECONDS)
        sampler = Sampler({**pids, "load generator": sender.pid})
        report = _reported(sender, sampler, load.seconds_max)
    return Run(server, load, report["seconds"], report["outcomes"], report["upload_seconds"], sampler.usages)


def _reported(sender: "subprocess.Popen[bytes]", sampler: Sampler, seconds_max: float) -> dict[str, Any]:
    """Let the load generator begin, sample until it is done, and return its report."""
    assert sender.stdin is not None
    assert sender.stdout is not None
    sender.stdin.write(b"go\n")
    sender.stdin.flush()
    until = time.monotonic() + seconds_max + 60  # it ends by itself before that
    while sender.poll() is None:
        sampler.sample()
        if time.monotonic() > until:
            raise SystemExit("The load generator did not end.")
        time.sleep(SAMPLE_SECONDS)
    report: dict[str, Any] = json.loads(sender.stdout.read())
    return report
