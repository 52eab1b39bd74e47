"""Orders of the original system, which wrote none: taken over from what their payments say."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from metaextract_billing.domain.payment_service import Facts
from metaextract_billing.domain.ports import Clock, Store
from metaextract_billing.domain.purchases import Order, Pack, PaymentFacts
from metaextract_billing.domain.reconciliation import adopted


@dataclass(frozen=True, slots=True)
class AdoptOrder:
    """Finds out whether a payment that names no order is for a pack of ours and an account that there is."""

    store: Store
    now: Clock
    packs: Mapping[str, Pack]

    async def __call__(self, facts: Facts) -> Order | None:
        """Return the order, which is not kept yet; None if the payment stands for none."""
        if not isinstance(facts, PaymentFacts) or facts.purchase is None:
            return None
        pack = self.packs.get(facts.purchase.pack)
        if pack is None or not _is_id(facts.purchase.account_id):
            return None
        owner = await self.store.owner_of(facts.purchase.account_id)
        return adopted(facts, owner, pack, self.now()) if owner is not None else None


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
