"""Server-sent events of one extraction, across broken connections."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import httpx
from httpx_sse import SSEError, aconnect_sse

from metaextract_client.errors import (
    ConnectionBrokenError,
    MetaExtractError,
    ProblemError,
    connection_errors,
    raise_for_problem,
)
from metaextract_client.models import Event, Extraction, event_from_json
from metaextract_client.transport import Transport

# Longer than any pause that a healthy connection has; a file that takes longer merely costs a new connection.
_SILENCE_SECONDS_MAX: Final = 90.0
_WAIT_SECONDS: Final = 0.5
_WAIT_SECONDS_MAX: Final = 5.0


async def events(
    transport: Transport, url: str, *, after: int, wait_seconds: int
) -> AsyncGenerator[Event, None]:
    """Yield the events after `after` up to the terminal one; see `AsyncMetaExtract.events`."""
    patience = transport.patience
    failures, waited_seconds = 0, 0.0
    while True:
        failure: MetaExtractError = ConnectionBrokenError("the server ended the event stream early")
        try:
            connection = _one_connection(transport.http, url, after=after, wait_seconds=wait_seconds)
            async with aclosing(connection) as happening:
                async for event in happening:
                    if event.sequence <= after:
                        continue
                    after, failures, waited_seconds = event.sequence, 0, 0.0
                    yield event
                    if isinstance(event.change, Extraction):
                        return
        except MetaExtractError as error:
            if isinstance(error.__cause__, httpx.ReadTimeout):
                continue  # nothing happened for long, which is no failure
            if isinstance(error, ProblemError) and not error.may_pass:
                raise
            failure = error
        failures += 1
        pause = _pause_seconds(failure, failures)
        waited_seconds += pause
        if failures >= patience.attempts_max or waited_seconds > patience.retry_seconds_max:
            raise failure
        patience.pausing(failure, pause)
        await asyncio.sleep(pause)


async def _one_connection(
    http: httpx.AsyncClient, url: str, *, after: int, wait_seconds: int
) -> AsyncGenerator[Event, None]:
    headers = {"Last-Event-ID": str(after)} if after else {}
    timeout = httpx.Timeout(5.0, read=_SILENCE_SECONDS_MAX, pool=None)
    parameters = {"wait_seconds": wait_seconds}
    with connection_errors(http.base_url):
        async with aconnect_sse(
            http, "GET", url, params=parameters, headers=headers, timeout=timeout
        ) as source:
            await raise_for_problem(source.response)
            try:
                async for message in source.aiter_sse():
                    if message.data:
                        yield event_from_json(message.json())
            except (SSEError, ValueError, TypeError, AttributeError) as error:
                detail = f"{http.base_url} does not send events like a MetaExtract server"
                raise ProblemError(status=source.response.status_code, detail=detail) from error


def _pause_seconds(failure: MetaExtractError, failures: int) -> float:
    if isinstance(failure, ProblemError) and failure.retry_after_seconds is not None:
        return failure.retry_after_seconds
    return min(_WAIT_SECONDS_MAX, _WAIT_SECONDS * 2.0 ** (failures - 1))
