"""Letters on their way: written and sent after whoever asked for them was answered."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from metaextract_billing.domain import user_errors
from metaextract_billing.domain.user_ports import Letter, Writing

log = structlog.stdlib.get_logger()

LETTERS_COUNT_MAX: Final = 1000
"""Letters that wait. Only the memory of this process has them; whoever got none asks again."""
SENDERS_COUNT: Final = 2
ATTEMPTS_COUNT_MAX: Final = 3
DRAIN_SECONDS_MAX: Final = 5.0
"""What the last letters get when the process ends."""


class NoMail:
    """Implements `domain.user_ports.Mail` where nobody said how to send any."""

    def post(self, writing: Writing) -> None:
        """Refuse."""
        raise user_errors.mail_not_configured()


class Posting:
    """Implements `domain.user_ports.Mail`."""

    def __init__(self, waiting: asyncio.Queue[Writing]) -> None:
        self._waiting = waiting

    def post(self, writing: Writing) -> None:
        """Let it wait for its turn."""
        try:
            self._waiting.put_nowait(writing)
        except asyncio.QueueFull as error:
            raise user_errors.mail_unavailable() from error


@asynccontextmanager
async def posting(
    send: Callable[[Letter], None], retry_seconds: float = 2, count_max: int = LETTERS_COUNT_MAX
) -> AsyncIterator[Posting]:
    """Send letters with `send`, which may block; at the end wait a while for those that are left."""
    waiting: asyncio.Queue[Writing] = asyncio.Queue(count_max)
    senders = [asyncio.create_task(_send_all(waiting, send, retry_seconds)) for _ in range(SENDERS_COUNT)]
    try:
        yield Posting(waiting)
        try:
            await asyncio.wait_for(waiting.join(), DRAIN_SECONDS_MAX)
        except TimeoutError:
            log.warning("mail.dropped", letters_count=waiting.qsize())
    finally:
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)


async def _send_all(
    waiting: asyncio.Queue[Writing], send: Callable[[Letter], None], retry_seconds: float
) -> None:
    while True:
        writing = await waiting.get()
        try:
            if letter := await writing():
                await _sent(send, letter, retry_seconds)
        except Exception as error:  # noqa: BLE001 - the next letter is another one
            # What SMTP servers answer names the recipient, so of the error there is only its class and code.
            log.error("mail.failed", error=type(error).__name__, code=getattr(error, "smtp_code", None))  # noqa: TRY400
        finally:
            waiting.task_done()


async def _sent(send: Callable[[Letter], None], letter: Letter, retry_seconds: float) -> None:
    retrying = AsyncRetrying(
        retry=retry_if_exception_type(OSError),
        stop=stop_after_attempt(ATTEMPTS_COUNT_MAX),
        wait=wait_exponential(multiplier=retry_seconds),
        reraise=True,
    )
    await retrying(asyncio.to_thread, partial(send, letter))
