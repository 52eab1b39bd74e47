"""`bench billing`: holds and captures through the service, through its peers, and through a driver alone."""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from grpc_health.v1 import health_pb2, health_pb2_grpc

from bench.billing import floors, processes
from bench.billing.load import Load, Outcome, granted, sent, sent_together
from bench.billing.report import page
from bench.billing.round_trips import counted
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.client import open_channel
from metaextract_testing.postgres import PostgresServer, started

REPORT: Final = Path(__file__).parents[1] / "results" / "billing.md"
DESIGNS: Final = ("one-round-trip", "select-for-update", "serializable")
START_SECONDS_MAX: Final = 60.0
KEY: Final = "a key that only measures, and is long enough"
COUNTED_COUNT: Final = 20
"""Pairs whose round trips are counted, one after the other, after as many that are not."""

Send = Callable[[Load, str], Awaitable[Outcome]]


@dataclass
class Contender:
    """Something that holds and captures. `outcomes` by load; `round_trips` for each pair, if counted."""

    name: str
    database: str
    send: Send = field(repr=False)
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    round_trips: float | None = None


def add_to(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the sub-command."""
    parser = commands.add_parser(
        "billing",
        help="holds and captures a second, beside other designs",
        description="Hold and capture through billing as it is deployed, on SQLite and PostgreSQL, "
        "through three other designs behind the same contract, and through a database driver alone; "
        "report the rates.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=1000, help="pairs of a hold and its capture, each round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds; in each, every contender has its turn")
    parser.add_argument("--callers", type=int, default=32, help="callers at once")
    parser.add_argument("--accounts", type=int, default=200, help="accounts that the spread load is over")
    parser.add_argument("--report", type=Path, default=REPORT, help="where the report goes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and write; 1 if something failed of the service."""
    loads = (
        Load("spread", arguments.count, arguments.callers, arguments.accounts),
        Load("hot", arguments.count, arguments.callers, 1),
    )
    before = os.getloadavg()[0]
    with started() as server, tempfile.TemporaryDirectory(prefix="bench-billing-", dir="/tmp") as folder:
        contenders = asyncio.run(_measured(server, Path(folder), loads, arguments.rounds))
    text = page(contenders, loads, arguments.rounds, (before, os.getloadavg()[0]))
    arguments.report.write_text(text)
    if arguments.json:
        figures = [{key: value for key, value in asdict(one).items() if key != "send"} for one in contenders]
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")
    print(text)
    failed = sum(
        outcome.failed_count
        for one in contenders
        if one.name in ("service", "together")
        for outcomes in one.outcomes.values()
        for outcome in outcomes
    )
    return 1 if failed else 0


async def _measured(
    server: PostgresServer, folder: Path, loads: tuple[Load, ...], rounds_count: int
) -> list[Contender]:
    async with AsyncExitStack() as stack:
        contenders = await _contenders(stack, server, folder, loads)
        for number in range(rounds_count):
            for load in loads:
                # In another order each round, so that nobody is always behind the same one.
                shift = number % len(contenders)
                for one in (*contenders[shift:], *contenders[:shift]):
                    outcome = await one.send(load, f"round {number}")
                    one.outcomes.setdefault(load.name, []).append(outcome)
        return contenders


async def _contenders(
    stack: AsyncExitStack, server: PostgresServer, folder: Path, loads: tuple[Load, ...]
) -> list[Contender]:
    url = server.url(stack.enter_context(server.database()))
    database = folder / "billing.sqlite"
    on_sqlite = stack.enter_context(processes.service(folder, "s", {"BILLING_DATABASE_PATH": str(database)}))
    on_postgres = stack.enter_context(processes.service(folder, "p", _settings(url)))
    targets = [("service", "SQLite", on_sqlite), ("service", "PostgreSQL", on_postgres)]
    urls = {"service": url}
    for design in DESIGNS:
        urls[design] = server.url(stack.enter_context(server.database()))
        address = stack.enter_context(processes.peer(folder, design, urls[design]))
        targets.append((design, "PostgreSQL", address))
    contenders = []
    for name, engine, address in targets:
        await _ready(address, folder)
        for load in loads:
            await granted(address, load)
            await sent(address, replace(load, count=2 * load.callers_count), "warm")
        contenders.append(Contender(name, engine, _through(address)))
        if name == "service":
            contenders.append(Contender("together", engine, _together_through(address)))
    for one in contenders:
        if one.database == "PostgreSQL" and one.name in urls:
            one.round_trips = await _round_trips(one.name, urls[one.name], folder)
    contenders.append(Contender("floor", "SQLite", lambda load, run: floors.on_sqlite(database, load, run)))
    contenders.append(
        Contender("floor", "PostgreSQL", lambda load, run: floors.on_postgres(url, load, run), round_trips=2)
    )
    return contenders


def _settings(url: str) -> dict[str, str]:
    return {"BILLING_DATABASE_URL": url, "BILLING_IDENTITY_KEY": KEY}


def _through(address: str) -> Send:
    return lambda load, run: sent(address, load, run)


def _together_through(address: str) -> Send:
    return lambda load, run: sent_together(address, load, run)


async def _round_trips(name: str, url: str, folder: Path) -> float:
    """Return how often a process asks PostgreSQL for each pair, of one account, one after the other."""
    socket = folder / f"counted-{name}"
    socket.mkdir()
    load = Load(f"counted {name}", COUNTED_COUNT, 1, 1)
    async with counted(url, socket) as (counted_url, trips), _started(name, counted_url, socket) as address:
        await _ready(address, socket)
        await granted(address, load)
        await sent(address, load, "warm")
        before = trips.count
        await sent(address, load, "counted")
        return (trips.count - before) / COUNTED_COUNT


@asynccontextmanager
async def _started(name: str, url: str, folder: Path) -> AsyncIterator[str]:
    """Run a contender. In a thread, since it migrates through the socket that this loop serves."""
    process = (
        processes.service(folder, "p", _settings(url))
        if name == "service"
        else processes.peer(folder, name, url)
    )
    address = process.__enter__()
    try:
        yield address
    finally:
        await asyncio.to_thread(process.__exit__, None, None, None)


async def _ready(address: str, folder: Path) -> None:
    """Wait until a server answers that it can do its work; if it does not, tell what it said last."""
    until = time.monotonic() + START_SECONDS_MAX
    async with open_channel(address, timeout_seconds=2) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        while time.monotonic() < until:
            try:
                answer = await health.Check(health_pb2.HealthCheckRequest())
            except ServiceError:
                await asyncio.sleep(0.2)
                continue
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return
    raise SystemExit("\n".join([f"{address} did not start", *_last_words(folder)]))


def _last_words(folder: Path) -> list[str]:
    return [f"{log.name}: {log.read_text()[-2000:]}" for log in sorted(folder.glob("*.log"))]
