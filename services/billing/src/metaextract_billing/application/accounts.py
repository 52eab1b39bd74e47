"""What an account holds, and adding to it."""

from dataclasses import dataclass

from metaextract_billing.application.holds import ExpireHolds
from metaextract_billing.domain.models import Balance
from metaextract_billing.domain.ports import Clock, Events, Ledger


@dataclass(frozen=True, slots=True)
class GetBalance:
    """Returns what an account holds, and says whether anybody is charged at all."""

    ledger: Ledger
    expire: ExpireHolds
    metered: bool

    async def __call__(self, account: str) -> Balance:
        """Return the balance of `account`; zeros if it was never used."""
        await self.expire(account=account)
        return await self.ledger.balance(account)


@dataclass(frozen=True, slots=True)
class GrantCredits:
    """Adds credits to an account."""

    ledger: Ledger
    events: Events
    now: Clock
    expire: ExpireHolds

    async def __call__(self, account: str, request_id: str, credits_granted: int) -> int:
        """Return the credits available after the grant. Raises IDEMPOTENCY_KEY_REUSED."""
        await self.expire(account=account)
        available, is_new = await self.ledger.grant(account, request_id, credits_granted, self.now())
        if is_new:
            self.events.publish("credits.granted", {"credits": str(credits_granted)})
        return available
