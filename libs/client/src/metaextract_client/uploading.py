"""One upload and its further attempts."""

import asyncio
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from tenacity import RetryCallState
from tenacity.stop import stop_base
from tenacity.wait import wait_random, wait_random_exponential

from metaextract_client.errors import RETRIED_STATUS, ProblemError, ServerUnreachableError

_FILE_NAME_LENGTH_MAX: Final = 255


class WaitedFor(stop_base):
    """Stops before all waits together exceed a time; uploads themselves do not count."""

    def __init__(self, seconds_max: float) -> None:
        self._seconds_max = seconds_max

    def __call__(self, attempt: RetryCallState) -> bool:
        return attempt.idle_for + attempt.upcoming_sleep > self._seconds_max


@dataclass(frozen=True, slots=True)
class Upload:
    """What every attempt of one upload has in common."""

    source: str | os.PathLike[str] | bytes
    file_name: str
    request_id: str = ""
    partial_results: bool = False
    operations: tuple[str, ...] = ()

    async def open(self) -> BinaryIO:
        """Return the bytes from the beginning; the caller closes it."""
        if isinstance(self.source, bytes):
            return io.BytesIO(self.source)
        return await asyncio.to_thread(Path(self.source).open, "rb")


def sendable_name(name: str) -> str:
    """Make a file name valid UTF-8 within the contract's length: Linux allows any bytes in names."""
    return os.fsencode(name).decode("utf-8", "replace")[-_FILE_NAME_LENGTH_MAX:]


def may_pass(error: BaseException) -> bool:
    """Say whether trying again is both safe and of any use."""
    if isinstance(error, ProblemError):
        return error.status in RETRIED_STATUS
    return isinstance(error, ServerUnreachableError)


def wait_seconds(attempt: RetryCallState) -> float:
    """Return the pause before the next attempt: what the server asks for, else longer each time."""
    error = attempt.outcome.exception() if attempt.outcome else None
    if isinstance(error, ProblemError) and error.retry_after_seconds is not None:
        # The spread keeps callers that were refused together from coming back together.
        return error.retry_after_seconds + wait_random(0, 0.1)(attempt)
    return wait_random_exponential(multiplier=0.2, max=5)(attempt)
