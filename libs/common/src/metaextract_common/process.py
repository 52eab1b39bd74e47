"""What the `main` of every service does around its `running(settings)`."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

import structlog
import uvloop

from metaextract_common import logs, telemetry
from metaextract_common.settings import ServiceSettings

log = structlog.stdlib.get_logger()
S = TypeVar("S", bound=ServiceSettings)


def run(
    service: str, settings_class: type[S], running: Callable[[S], AbstractAsyncContextManager[str]]
) -> None:
    """Serve until SIGTERM or SIGINT, then drain.

    `running(settings)` builds, starts, yields the bound address and drains. `--check-config` validates
    the environment and exits with 0 or 2.
    """
    parser = argparse.ArgumentParser(
        prog=f"metaextract-{service}",
        description=f"The {service} service; its settings (docs/settings.md) come from the environment.",
    )
    parser.add_argument("--check-config", action="store_true", help="validate the settings and exit")
    arguments = parser.parse_args()
    settings = settings_class.from_environment()
    if arguments.check_config:
        sys.stdout.write("The configuration is valid.\n")
        return
    logs.configure(service, settings.log_format)
    with telemetry.reporting(service, span_store=settings.span_store, metrics_listen=settings.metrics_listen):
        uvloop.run(_until_stopped(running(settings)))


async def _until_stopped(service: AbstractAsyncContextManager[str]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with service as address:
        log.info("service.started", address=address)
        await stop.wait()
        log.info("service.draining")
    log.info("service.stopped")
