"""Use cases over the ledger in memory."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from metaextract_billing.adapters.storage.memory import MemoryLedger
from metaextract_billing.application.accounts import GetBalance, GrantCredits
from metaextract_billing.application.holds import CaptureHold, CreateHold, ExpireHolds, ReleaseHold
from metaextract_billing.application.quotes import CreateQuote
from metaextract_billing.application.use_cases import UseCases


@pytest.fixture
def make_billing(clock, events) -> Callable[..., UseCases]:
    def make(*, metered: bool = True, free_checks_count_max: int = 2) -> UseCases:
        ledger = MemoryLedger()
        expire = ExpireHolds(ledger, events, clock)
        lifetime = timedelta(minutes=15)
        return UseCases(
            create_quote=CreateQuote(ledger, events, clock, lifetime),
            create_hold=CreateHold(ledger, events, clock, expire, metered, lifetime, free_checks_count_max),
            capture_hold=CaptureHold(ledger, events, clock, expire),
            release_hold=ReleaseHold(ledger, events, clock),
            get_balance=GetBalance(ledger, expire, metered),
            grant_credits=GrantCredits(ledger, events, clock, expire),
        )

    return make


@pytest.fixture
def billing(make_billing) -> UseCases:
    return make_billing()
