"""When a server that was just started can be used."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

START_SECONDS_MAX: Final = 60.0
_LOOK_SECONDS: Final = 0.1
_ANSWER_SECONDS_MAX: Final = 5.0


async def until_ready(
    sockets: Sequence[Path], health_url: str, *, seconds_max: float = START_SECONDS_MAX
) -> None:
    """Return when every unix socket takes connections and the health page answers with 200.

    Raises TimeoutError that names what did not answer within `seconds_max`.
    """
    missing = health_url
    try:
        async with asyncio.timeout(seconds_max):
            for path in sockets:
                missing = str(path)
                await _retrying(OSError, seconds_max)(_connect, path)
            missing = health_url
            # No proxy of the environment: this is our own machine.
            async with httpx.AsyncClient(trust_env=False, timeout=_ANSWER_SECONDS_MAX) as http:
                await _retrying(httpx.HTTPError, seconds_max)(_ask, http, health_url)
    except (TimeoutError, OSError, httpx.HTTPError) as error:
        raise TimeoutError(f"{missing} did not answer within {seconds_max:g} s") from error


def _retrying(error: type[Exception], seconds_max: float) -> AsyncRetrying:
    return AsyncRetrying(
        retry=retry_if_exception_type(error),
        stop=stop_after_delay(seconds_max),
        wait=wait_fixed(_LOOK_SECONDS),
        reraise=True,
    )


async def _connect(path: Path) -> None:
    _, writer = await asyncio.open_unix_connection(path)
    writer.close()
    await writer.wait_closed()


async def _ask(http: httpx.AsyncClient, url: str) -> None:
    (await http.get(url)).raise_for_status()
