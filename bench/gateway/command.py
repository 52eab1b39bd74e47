"""`bench gateway`: the same loads on the gateway, on the bare floor and on nginx, one after the other."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.gateway import servers
from bench.gateway.measuring import Load, Measured, measure, warm_up
from bench.gateway.report import tables
from bench.gateway.servers import Server

MEGABYTE: Final = 1_000_000

Started = Callable[[Path], AbstractContextManager[Server | None]]


def add_to(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the sub-command."""
    parser = commands.add_parser(
        "gateway",
        help="what an uploaded GB and a socket cost the gateway",
        description="Send uploads and keep sockets open, against the gateway in front of an extractor that "
        "keeps nothing, against a bare handler that does the same and no more, and against nginx, in turns.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each server takes its turn")
    parser.add_argument("--count", type=int, default=25, help="uploads of the first load")
    parser.add_argument("--at-once", type=int, default=4, help="of them at a time")
    parser.add_argument("--megabytes", type=float, default=20, help="size of each, in 10^6 bytes")
    parser.add_argument("--sockets", type=int, default=2000, help="idle sockets of the second load")
    parser.add_argument("--active", type=int, default=200, help="uploads at once beside them")
    parser.add_argument("--active-megabytes", type=float, default=20, help="size of each of these")
    parser.add_argument("--idle-seconds", type=float, default=60, help="how long the sockets idle first")
    parser.add_argument("--data-dir", type=Path, default=Path(".data"), help="where nginx writes to")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; 1 if an upload or a socket failed."""
    first = Load(arguments.count, arguments.at_once, round(arguments.megabytes * MEGABYTE))
    active_bytes = round(arguments.active_megabytes * MEGABYTE)
    second = Load(arguments.active, arguments.active, active_bytes, arguments.sockets)
    measured: list[Measured] = []
    absent: list[str] = []
    for turn in range(arguments.rounds):
        for name, start in _servers().items():
            with _folder(arguments.data_dir) as folder, start(folder) as server:
                if server is None:
                    absent = [name]
                    continue
                warm_up(server)
                measured.append(measure(server, first))
                if turn == 0 and second.count:
                    load = second if server.socket_path else Load(second.count, second.at_once, active_bytes)
                    measured.append(measure(server, load, idle_seconds=arguments.idle_seconds))
    sys.stdout.write(tables(measured, absent) + "\n")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in measured], indent=1) + "\n")
    return 0 if all(one.succeeded for one in measured) else 1


def _servers() -> Mapping[str, Started]:
    return {
        "floor": servers.floor,
        "gateway": partial(servers.gateway, metered=False),
        "gateway, metered": partial(servers.gateway, metered=True),
        "nginx, to disk": servers.nginx,
    }


@contextmanager
def _folder(parent: Path) -> Iterator[Path]:
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=parent) as folder:
        yield Path(folder)
