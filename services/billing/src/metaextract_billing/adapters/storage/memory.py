"""The ledger in dictionaries: the simplest thing that keeps the promises, but for durability."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from metaextract_billing.domain import errors
from metaextract_billing.domain.models import (
    Access,
    Balance,
    Charge,
    Hold,
    HoldOrder,
    Quote,
    QuotedFile,
    State,
)
from metaextract_billing.domain.ports import Outcome


class MemoryLedger:
    """Implements `domain.ports.Ledger`. No method waits for anything, so each is one step of the loop."""

    def __init__(self) -> None:
        self._balances: defaultdict[str, Balance] = defaultdict(Balance)
        self._free_checks_used: defaultdict[str, int] = defaultdict(int)
        self._quotes: dict[str, Quote] = {}
        self._holds: dict[str, Hold] = {}
        self._holds_by_request: dict[tuple[str, str], str] = {}
        self._holds_by_quoted_file: dict[QuotedFile, str] = {}
        self._grants: dict[tuple[str, str], tuple[int, int]] = {}

    async def add_quote(self, quote: Quote) -> None:
        """Keep `quote`."""
        self._quotes[quote.name] = quote

    async def get_quote(self, name: str) -> Quote:
        """Return a quote or raise QUOTE_NOT_FOUND."""
        if name not in self._quotes:
            raise errors.quote_not_found(name)
        return self._quotes[name]

    async def hold(self, order: HoldOrder, charge: Charge | None) -> Outcome[Hold]:
        """Set aside, unless this request did before."""
        first = await self.find_hold(order.account, order.request_id)
        if first is not None:
            return Outcome(first.answering(order.fingerprint), changed=False)
        quoted = charge.quoted if charge else None
        if quoted is not None and not self._is_unused(quoted):
            raise errors.quote_file_unusable(quoted.quote, quoted.file_id)
        hold = self._set_aside(order, charge) if charge else Hold(order, Access.UNMETERED)
        self._holds[order.name] = hold
        self._holds_by_request[order.account, order.request_id] = order.name
        if quoted is not None:
            self._holds_by_quoted_file[quoted] = order.name
        return Outcome(hold, changed=True)

    def _is_unused(self, quoted: QuotedFile) -> bool:
        quote = self._quotes.get(quoted.quote)
        exists = quote is not None and any(file.id == quoted.file_id for file in quote.files)
        return exists and quoted not in self._holds_by_quoted_file

    def _set_aside(self, order: HoldOrder, charge: Charge) -> Hold:
        used = self._free_checks_used[order.device] if order.device else 0
        if order.device and used < charge.free_checks_count_max:
            self._free_checks_used[order.device] = used + 1
            return Hold(order, Access.FREE_CHECK, free_checks_used=used + 1)
        balance = self._balances[order.account]
        if balance.credits_available < charge.credits:
            if order.device and balance == Balance():
                raise errors.free_checks_exhausted(used, charge.credits)
            raise errors.insufficient_credits(balance.credits_available, charge.credits)
        self._balances[order.account] = Balance(
            balance.credits_available - charge.credits, balance.credits_held + charge.credits
        )
        return Hold(order, Access.CREDITS, credits_held=charge.credits)

    async def find_hold(self, account: str, request_id: str) -> Hold | None:
        """Return the hold of a request, if there is one."""
        name = self._holds_by_request.get((account, request_id))
        return self._holds[name] if name else None

    async def get_hold(self, name: str) -> Hold:
        """Return a hold or raise HOLD_NOT_FOUND."""
        if name not in self._holds:
            raise errors.hold_not_found(name)
        return self._holds[name]

    async def capture(self, name: str, credits_delivered: int, now: datetime) -> Outcome[Hold]:
        """Charge and give the rest back."""
        before = await self.get_hold(name)
        return self._resolved(before, before.at(now).captured(credits_delivered))

    async def release(self, name: str, now: datetime) -> Outcome[Hold]:
        """Give everything back."""
        before = await self.get_hold(name)
        return self._resolved(before, before.at(now).released())

    async def expire(
        self, now: datetime, *, account: str | None = None, device: str | None = None, count_max: int = 1000
    ) -> tuple[Hold, ...]:
        """Give back what is due."""
        everybody = account is None and device is None
        due = [
            hold
            for hold in self._holds.values()
            if (everybody or hold.order.account == account or (device and hold.order.device == device))
            and hold.at(now) != hold
        ]
        due.sort(key=lambda hold: (hold.order.expire_time, hold.order.name))
        return tuple(self._resolved(hold, hold.at(now)).value for hold in due[:count_max])

    def _resolved(self, before: Hold, after: Hold) -> Outcome[Hold]:
        if after == before:
            return Outcome(before, changed=False)
        order = after.order
        self._holds[order.name] = after
        balance = self._balances[order.account]
        self._balances[order.account] = Balance(
            balance.credits_available + after.credits_held - after.credits_captured,
            balance.credits_held - after.credits_held,
        )
        if after.state is not State.CAPTURED:
            self._give_back(after)
        return Outcome(after, changed=True)

    def _give_back(self, hold: Hold) -> None:
        if hold.access is Access.FREE_CHECK and hold.order.device:
            self._free_checks_used[hold.order.device] -= 1
        for quoted, name in list(self._holds_by_quoted_file.items()):
            if name == hold.order.name:
                del self._holds_by_quoted_file[quoted]

    async def balance(self, account: str) -> Balance:
        """Return what an account holds."""
        return self._balances[account]

    async def grant(self, account: str, request_id: str, credits_granted: int, now: datetime) -> Outcome[int]:
        """Add credits, unless this request did before."""
        first = self._grants.get((account, request_id))
        if first is not None:
            amount, available = first
            if amount != credits_granted:
                raise errors.idempotency_key_reused(request_id)
            return Outcome(available, changed=False)
        balance = self._balances[account]
        available = balance.credits_available + credits_granted
        self._balances[account] = replace(balance, credits_available=available)
        self._grants[account, request_id] = (credits_granted, available)
        return Outcome(available, changed=True)

    async def check(self) -> None:
        """Memory can always be used."""
