"""Billing as it runs: a real socket and a real file."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_billing.main import running
from metaextract_billing.settings import Settings
from metaextract_common.rpc.client import open_channel

if TYPE_CHECKING:  # the name stands in the type stubs only
    from metaextract.billing.v1.billing_pb2_grpc import BillingServiceAsyncStub

HOLDING = Path(__file__).with_name("holding.py")


class Holding:
    """Another process of billing that holds and captures one credit at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def hear(self, count: int) -> None:
        """Wait until it has told so much more, or has ended."""
        assert self.process.stdout is not None
        for _ in range(count):
            line = await self.process.stdout.readline()
            if not line:
                return
            self.lines.append(line.decode().strip())

    async def end(self) -> None:
        """Let it finish what it is doing, and hear the rest."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self._rest()

    async def kill(self) -> None:
        """End it in the middle of whatever it is doing."""
        self.process.kill()
        await self._rest()

    async def _rest(self) -> None:
        assert self.process.stdout is not None
        self.lines += (await self.process.stdout.read()).decode().splitlines()
        await self.process.wait()

    def told(self, what: str) -> list[str]:
        """Return the requests that it was told are `held` or `captured`."""
        return [line.split()[1] for line in self.lines if line.startswith(f"{what} ")]


@pytest.fixture
async def start_holding() -> AsyncIterator[Callable[..., Awaitable[Holding]]]:
    """Return a function that starts such a process; what still runs at the end is killed."""
    started: list[Holding] = []

    async def start(target: str | Path, name: str, owner: str = "alice") -> Holding:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", str(HOLDING), str(target), name, owner),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        started.append(Holding(process))
        return started[-1]

    yield start
    for holding in started:
        if holding.process.returncode is None:
            await holding.kill()


Serve = Callable[..., AbstractAsyncContextManager["BillingServiceAsyncStub"]]


@pytest.fixture
def directory() -> Iterator[Path]:
    # A socket's path may be 107 bytes long, so pytest's own folders are too deep.
    with tempfile.TemporaryDirectory(prefix="billing-") as path:
        yield Path(path)


@pytest.fixture
def make_settings(directory: Path) -> Callable[..., Settings]:
    def make(**changes: object) -> Settings:
        defaults = {
            "listen": f"unix:{directory}/s",
            "database_path": directory / "data" / "billing.sqlite",
            "drain_seconds": 5,
        }
        return Settings.model_validate(defaults | changes)

    return make


@pytest.fixture
def serve(make_settings: Callable[..., Settings]) -> Serve:
    @asynccontextmanager
    async def serving(**changes: object) -> AsyncIterator["BillingServiceAsyncStub"]:
        async with (
            running(make_settings(**changes)) as address,
            open_channel(address, timeout_seconds=60) as channel,
        ):
            yield BillingServiceStub(channel)

    return serving


@pytest.fixture
async def billing(serve: Serve) -> AsyncIterator["BillingServiceAsyncStub"]:
    async with serve() as stub:
        yield stub
