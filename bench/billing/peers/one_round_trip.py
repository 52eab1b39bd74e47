"""Each movement is one call of an SQL function with conditional updates, at READ COMMITTED."""

from bench.billing.peers.ledger import Pool


class OneRoundTrip:
    """Implements `peers.ledger.Ledger`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def hold(self, account: str, hold: str, request: str, credits_held: int) -> None:
        """Call the function."""
        await self._pool.execute("SELECT peer_hold($1, $2, $3, $4)", account, hold, request, credits_held)

    async def capture(self, hold: str, credits_captured: int) -> None:
        """Call the function."""
        await self._pool.execute("SELECT peer_capture($1, $2)", hold, credits_captured)
