"""The settings of a service that has a bus, and the bus they ask for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from pydantic import Field, PositiveInt, SecretStr

from metaextract_common.bus import nats
from metaextract_common.bus.memory import MemoryBus
from metaextract_common.bus.port import Bus
from metaextract_common.settings import ServiceSettings

MEBIBYTE = 1024 * 1024


class BusSettings(ServiceSettings):
    """Base of the settings of services whose replicas tell each other what happens."""

    nats_url: SecretStr = Field(
        default=SecretStr(""),
        description="NATS with JetStream that connects the replicas, `nats://user:password@host:4222` "
        "(several with commas between; `tls://` for TLS); empty: this process is the only one.",
    )
    nats_storage: Annotated[str, Field(pattern="^(file|memory)$")] = Field(
        default="file",
        description="Where NATS keeps what happened: `file` outlives its restart, `memory` does not. Decides "
        "only when the stream is first made.",
    )
    nats_replicas: Annotated[int, Field(ge=1, le=5)] = Field(
        default=1, description="Servers of a NATS cluster that each keep what happened: 1, 3 or 5."
    )
    bus_bytes_max: PositiveInt = Field(
        default=256 * MEBIBYTE, description="What is kept of what happened, in bytes; the oldest goes first."
    )


@asynccontextmanager
async def connected(settings: BusSettings, name: str, *, keep_seconds: float) -> AsyncIterator[Bus]:
    """Yield the bus `name` of a service: of its replicas if it has a NATS, else of this process."""
    url = settings.nats_url.get_secret_value()
    if not url:
        yield MemoryBus(bytes_max=settings.bus_bytes_max, keep_seconds=keep_seconds)
        return
    retention = nats.Retention(
        keep_seconds=keep_seconds,
        bytes_max=settings.bus_bytes_max,
        in_memory=settings.nats_storage == "memory",
        replicas_count=settings.nats_replicas,
    )
    async with nats.connected(url, name, retention) as bus:
        yield bus
