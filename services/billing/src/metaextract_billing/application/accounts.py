"""What an account holds, adding to it, and moving it to another."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from metaextract_billing.application.book_keeping import account_id, account_of
from metaextract_billing.application.desk import Desk
from metaextract_billing.domain import errors
from metaextract_billing.domain.chain import Place, Transfer
from metaextract_billing.domain.lots import Lot
from metaextract_billing.domain.models import Balance
from metaextract_billing.domain.ports import Clock, Store
from metaextract_billing.domain.records import AccountKey, Answer, AnswerKey, Book, Key, Record


@dataclass(frozen=True, slots=True)
class GetBalance:
    """Returns what an account holds, and says whether anybody is charged at all."""

    desk: Desk
    now: Clock
    metered: bool

    async def __call__(self, owner: str) -> Balance:
        """Return the balance of an account; zeros if it was never used."""

        def decide(book: Book) -> Balance:
            if book.get(AccountKey(owner)) is None:
                return Balance(account_id(owner))
            account = account_of(book, owner, self.now())
            book.put(account)
            return Balance(account.id, account.credits_available, account.credits_held, account.credits_owed)

        return await self.desk.carry_out([AccountKey(owner)], decide)


@dataclass(frozen=True, slots=True)
class GrantCredits:
    """Adds credits to an account, as a present."""

    desk: Desk
    now: Clock

    async def __call__(self, owner: str, request_id: str, credits_granted: int) -> int:
        """Return the credits available after the grant. Raises IDEMPOTENCY_KEY_REUSED."""
        now = self.now()
        fingerprint = f"grant {credits_granted}"

        def decide(book: Book) -> int:
            first = book.get(AnswerKey(owner, request_id))
            if first is not None:
                return answered(first, fingerprint)
            lot = Lot(str(uuid.uuid4()), credits_granted, now, promotional=True, description="Grant")
            account = account_of(book, owner, now).granted(lot, Place.PROMOTION, now)
            book.put(account)
            book.put(Answer(owner, request_id, fingerprint, account.credits_available))
            book.publish("credits.granted", {"credits": str(credits_granted)})
            return account.credits_available

        return await self.desk.carry_out([AccountKey(owner), AnswerKey(owner, request_id)], decide)


@dataclass(frozen=True, slots=True)
class ClaimCredits:
    """Moves everything that can be spent from one account to another, lot by lot."""

    desk: Desk
    now: Clock

    async def __call__(self, source: str, target: str, request_id: str) -> int:
        """Return the credits moved; what is held stays. Raises IDEMPOTENCY_KEY_REUSED."""
        now = self.now()
        fingerprint = f"claim {source}"

        def decide(book: Book) -> int:
            first = book.get(AnswerKey(target, request_id))
            if first is not None:
                return answered(first, fingerprint)
            giver, given = account_of(book, source, now).handed_over(now)
            taken = (
                replace(
                    Lot(str(uuid.uuid4()), lot.remaining, lot.create_time, remaining=lot.remaining),
                    priority=lot.priority,
                    promotional=lot.promotional,
                    expire_time=lot.expire_time,
                    description=lot.description,
                    pack=lot.pack,
                    payment=lot.payment,
                    origin=lot.id,
                )
                for lot in given
            )
            amount = sum(lot.remaining for lot in given)
            book.put(giver)
            book.put(account_of(book, target, now).received(taken, now))
            book.put(Answer(target, request_id, fingerprint, amount))
            book.publish("credits.claimed", {"credits": str(amount)})
            return amount

        if source == target:
            return 0
        keys: list[Key[Record]] = [AccountKey(source), AccountKey(target), AnswerKey(target, request_id)]
        return await self.desk.carry_out(keys, decide)


@dataclass(frozen=True, slots=True)
class ListTransfers:
    """Reads the journal of an account."""

    store: Store

    async def __call__(
        self,
        owner: str,
        after_number: int,
        count_max: int,
        before_number: int | None = None,
        *,
        newest_first: bool = False,
    ) -> Sequence[Transfer]:
        """Return the transfers between two numbers, the oldest or the newest first, at most `count_max`."""
        if newest_first:
            return await self.store.newest_transfers(owner, after_number, before_number, count_max)
        journal = self.store.transfers(owner, after_number, count_max)
        return [one async for one in journal if before_number is None or one.number < before_number]


def answered(first: Answer, fingerprint: str) -> int:
    """Return the first answer if it was given to the same request, else raise IDEMPOTENCY_KEY_REUSED."""
    if first.fingerprint != fingerprint:
        raise errors.idempotency_key_reused(first.request)
    return first.value
