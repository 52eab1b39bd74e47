"""Each movement is an interactive transaction at SERIALIZABLE, tried again when it collides with another."""

from typing import Final

import asyncpg
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from bench.billing.peers.ledger import Pool, move_to_held, move_to_revenue

ATTEMPTS_COUNT_MAX: Final = 20

_retrying = retry(
    retry=retry_if_exception_type((asyncpg.SerializationError, asyncpg.DeadlockDetectedError)),
    wait=wait_random_exponential(multiplier=0.005, max=0.5),
    stop=stop_after_attempt(ATTEMPTS_COUNT_MAX),
    reraise=True,
)
"""The same pauses as those of billing's own desk."""


class Serializable:
    """Implements `peers.ledger.Ledger`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @_retrying
    async def hold(self, account: str, hold: str, request: str, credits_held: int) -> None:
        """Read, decide, write."""
        async with self._pool.acquire() as connection, connection.transaction(isolation="serializable"):
            await move_to_held(connection, account, hold, request, credits_held, lock="")

    @_retrying
    async def capture(self, hold: str, credits_captured: int) -> None:
        """Read, decide, write."""
        async with self._pool.acquire() as connection, connection.transaction(isolation="serializable"):
            await move_to_revenue(connection, hold, credits_captured, lock="")
