"""Each movement is an interactive transaction that locks what it reads."""

from bench.billing.peers.ledger import Pool, move_to_held, move_to_revenue

LOCK = "FOR UPDATE"


class SelectForUpdate:
    """Implements `peers.ledger.Ledger`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def hold(self, account: str, hold: str, request: str, credits_held: int) -> None:
        """Lock the account, decide, write."""
        async with self._pool.acquire() as connection, connection.transaction():
            await move_to_held(connection, account, hold, request, credits_held, lock=LOCK)

    async def capture(self, hold: str, credits_captured: int) -> None:
        """Lock the hold and the account, decide, write."""
        async with self._pool.acquire() as connection, connection.transaction():
            await move_to_revenue(connection, hold, credits_captured, lock=LOCK)
