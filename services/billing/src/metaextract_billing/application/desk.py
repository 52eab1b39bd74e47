"""Where decisions are carried out: find records, decide, commit; again when somebody else was quicker.

Decisions about the same owner take turns within this process, and are first made from what this process
remembers: a commit goes through only if nobody else changed anything meanwhile, so a decision from memory is
as good as one from the store, for one round trip. One that changes nothing, that is a refusal, or that rests
on something it does not change, is made again from the store, because no commit would confirm it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Never, TypeVar
from weakref import WeakValueDictionary

from cachetools import LRUCache
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from metaextract_billing.domain import errors
from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.holds import Hold
from metaextract_billing.domain.ports import ConflictError, Due, Store
from metaextract_billing.domain.records import (
    AllowanceKey,
    AnswerKey,
    Book,
    Changes,
    HoldKey,
    HoldRequestKey,
    Key,
    Record,
    key_of,
    stored,
)
from metaextract_common.errors import ServiceError

REMEMBERED_COUNT_MAX: Final = 20_000
CONFLICT_SECONDS_MAX: Final = 10.0
"""After this long of being overtaken the store is as good as away."""

T = TypeVar("T")


class _UnsureError(Exception):
    """Memory cannot answer this; the store can."""


@dataclass(slots=True)
class Tally:
    """How often a desk decided, how often it had to ask the store first, how often it was overtaken."""

    decisions_count: int = 0
    loads_count: int = 0
    conflicts_count: int = 0


class Desk:
    """Borrows the store. With `tells` off nobody wants to know what happened, and it is not kept."""

    def __init__(self, store: Store, *, tells: bool = True) -> None:
        self._store = store
        self._tells = tells
        self.tally = Tally()
        self._remembered: LRUCache[Key[Record], Record] = LRUCache(REMEMBERED_COUNT_MAX)
        self._turns: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    async def carry_out(
        self, owners: Collection[str], keys: Collection[Key[Record]], decide: Callable[[Book], T]
    ) -> T:
        """Return what `decide` returns, once what it changed is committed; raise what it raises.

        `owners`: whose turn it is. `keys`: of every record that `decide` may look at.
        """
        self.tally.decisions_count += 1
        async with self._turn(owners):
            try:
                return await self._from_memory(decide)
            except _UnsureError:
                # Of what many share, too: else they would overtake each other again and again.
                async with self._turn([key for key in keys if isinstance(key, AllowanceKey)]):
                    return await self._from_store(keys, decide)

    async def carry_out_afresh(self, keys: Collection[Key[Record]], decide: Callable[[Book], T]) -> T:
        """As `carry_out`, but never from memory, which does not know what is loaded with what.

        Whose turn it is shows once the records are loaded: after a conflict it waits for that.
        """
        self.tally.decisions_count += 1
        with suppress(ConflictError):
            return await self._decided(keys, decide)
        found = (await self._store.load(keys)).values()
        async with self._turn([record.owner for record in found if isinstance(record, Account)]):
            return await self._from_store(keys, decide)

    async def owner_of(self, hold: str) -> str:
        """Return whose a hold is. Raises HOLD_NOT_FOUND."""
        key = HoldKey(hold)
        if key not in self._remembered:
            self._remember((await self._store.load([key])).values())
        match self._remembered.get(key):
            case Hold() as found:
                return found.account
            case _:
                raise errors.hold_not_found(hold)

    async def due(self, now: datetime, count_max: int) -> Due:
        """Return what time has ended."""
        return await self._store.due(now, count_max)

    async def _from_memory(self, decide: Callable[[Book], T]) -> T:
        book = Book(self._recall)
        try:
            answer = decide(book)
            changes = book.changes()
            if changes.records and book.is_confirmed_by(changes):
                await self._commit(changes)
                return answer
        except Exception as error:
            # What is remembered of several records need not be of one moment: a refusal, a conflict or a
            # lot that is not there may all come of that.
            raise _UnsureError from error
        raise _UnsureError

    async def _from_store(self, keys: Collection[Key[Record]], decide: Callable[[Book], T]) -> T:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(ConflictError),
            wait=wait_random_exponential(multiplier=0.005, max=0.5),
            stop=stop_after_delay(CONFLICT_SECONDS_MAX),
            retry_error_callback=_overtaken,
        )
        return await retrying(self._decided, keys, decide)

    async def _decided(self, keys: Collection[Key[Record]], decide: Callable[[Book], T]) -> T:
        self.tally.loads_count += 1
        found = await self._store.load(keys)
        self._remember(found.values())
        book = Book(found.get, found.values())
        try:
            answer = decide(book)
        except ServiceError:
            await self._commit(book.refusals())
            raise
        await self._commit(book.changes())
        return answer

    async def _commit(self, changes: Changes) -> None:
        told = changes if self._tells else replace(changes, events=())
        if told.records or told.events:
            try:
                await self._store.commit(told)
            except ConflictError:
                self.tally.conflicts_count += 1
                raise
            self._remember(stored(change.after) for change in changes.records)

    def _recall(self, key: Key[Record]) -> Record | None:
        if key in self._remembered:
            return self._remembered[key]
        if isinstance(key, HoldRequestKey | AnswerKey):
            return None  # if there is one after all, the commit meets a unique key
        raise _UnsureError

    def _remember(self, records: Iterable[Record]) -> None:
        for record in records:
            key = key_of(record)
            before = self._remembered.get(key)
            if before is None or before.version <= record.version:
                self._remembered[key] = record

    @asynccontextmanager
    async def _turn(self, whose: Collection[Hashable]) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for one in sorted(set(whose), key=repr):
                turn = self._turns.setdefault(one, asyncio.Lock())
                await stack.enter_async_context(turn)
            yield


def _overtaken(state: RetryCallState) -> Never:
    raise errors.ledger_unavailable() from (state.outcome.exception() if state.outcome else None)
