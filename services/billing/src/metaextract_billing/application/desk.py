"""Where decisions are carried out: find records, decide, commit; again when somebody else was quicker.

Decisions wait in one line. Those that wait at the same time are made one after the other and committed
together, so that however many there are, about one owner or about many, they cost one round trip. They are
first made from what this process remembers: a commit goes through only if nobody else changed anything
meanwhile, so a decision from memory is as good as one from the store. One that changes nothing, that is a
refusal, or that rests on something it does not change, is made again from the store, because no commit would
confirm it.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Never, TypeVar

from cachetools import LRUCache
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from metaextract_billing.application.pages import Page
from metaextract_billing.domain import errors
from metaextract_billing.domain.ports import ConflictError, Due, Store
from metaextract_billing.domain.records import (
    AnswerKey,
    Book,
    Changes,
    HoldRequestKey,
    Key,
    Record,
    key_of,
    stored,
)
from metaextract_common.errors import ServiceError

REMEMBERED_COUNT_MAX: Final = 20_000
TOGETHER_COUNT_MAX: Final = 100
"""Decisions that are committed together."""
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


@dataclass(slots=True, eq=False)
class _Waiting:
    """A decision that waits for its turn. `context` is that of whoever asked, so that traces go on.

    `alone`: it looks at whatever was loaded with its keys, so nothing else may be loaded with them.
    """

    keys: Collection[Key[Record]]
    decide: Callable[[Book], Any]
    alone: bool
    answer: asyncio.Future[Any]
    context: Context = field(default_factory=copy_context)

    def decided(self, book: Book) -> Any:  # noqa: ANN401 - whatever the decision returns
        return self.context.run(self.decide, book)

    def answered(self, outcome: Any) -> None:  # noqa: ANN401 - as above, or what it raised
        """Say how it went, unless nobody waits any more."""
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


class Desk:
    """Borrows the store. With `tells` off nobody wants to know what happened, and it is not kept."""

    def __init__(self, store: Store, *, tells: bool = True) -> None:
        self._store = store
        self._tells = tells
        self.tally = Tally()
        self._remembered: LRUCache[Key[Record], Record] = LRUCache(REMEMBERED_COUNT_MAX)
        self._line: list[_Waiting] = []
        self._serving: asyncio.Task[None] | None = None

    async def carry_out(self, keys: Collection[Key[Record]], decide: Callable[[Book], T]) -> T:
        """Return what `decide` returns, once what it changed is committed; raise what it raises.

        `keys`: of every record that `decide` may look at. It may be called several times.
        """
        return await self._served(keys, decide, alone=False)

    async def carry_out_afresh(self, keys: Collection[Key[Record]], decide: Callable[[Book], T]) -> T:
        """As `carry_out`, but never from memory, which does not know what is loaded with what."""
        return await self._served(keys, decide, alone=True)

    async def due(self, now: datetime, count_max: int) -> Due:
        """Return what time has ended."""
        return await self._store.due(now, count_max)

    async def _served(self, keys: Collection[Key[Record]], decide: Callable[[Book], T], *, alone: bool) -> T:
        self.tally.decisions_count += 1
        waiting = _Waiting(keys, decide, alone, asyncio.get_running_loop().create_future())
        self._line.append(waiting)
        if self._serving is None:
            # In no request's context: it serves many.
            self._serving = asyncio.create_task(self._serve(), context=Context())
        answer: T = await waiting.answer
        return answer

    async def _serve(self) -> None:
        """Serve everybody in the line, and whoever joins it meanwhile."""
        served: list[_Waiting] = []
        try:
            while self._line:
                served = [one for one in self._line[:TOGETHER_COUNT_MAX] if not one.answer.done()]
                del self._line[:TOGETHER_COUNT_MAX]
                unsure = await self._from_memory(served)
                await self._from_store([one for one in unsure if not one.alone])
                for one in unsure:
                    if one.alone:
                        await self._from_store([one])
        finally:
            self._serving = None
            for one in (*served, *self._line):  # nobody, unless this process is ending
                one.answer.cancel()

    async def _from_memory(self, served: Sequence[_Waiting]) -> Sequence[_Waiting]:
        """Answer whom memory can answer; return the others."""
        page = Page(self._recall)
        unsure: list[_Waiting] = []
        sure: list[tuple[_Waiting, Any]] = []
        for one in served:
            try:
                sure.append((one, self._recalled(page, one)))
            except Exception:  # noqa: BLE001 - decided again from the store, where it is raised
                # What is remembered of several records need not be of one moment: a refusal, a conflict or a
                # lot that is not there may all come of that.
                unsure.append(one)
        try:
            await self._commit(page.changes())
        except Exception:  # noqa: BLE001 - as above; whether it took place may be unknown
            return served
        for one, answer in sure:
            one.answered(answer)
        return unsure

    def _recalled(self, page: Page, one: _Waiting) -> Any:  # noqa: ANN401 - whatever the decision returns
        if one.alone:
            raise _UnsureError
        book = page.book()
        answer = one.decided(book)
        changes = book.changes()
        if not changes.records or not page.is_confirmed(book, changes):
            raise _UnsureError
        page.add(changes)
        return answer

    async def _from_store(self, served: Sequence[_Waiting]) -> None:
        """Answer everybody; one whose decision is defective does not keep the others from their answer."""
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(ConflictError),
            wait=wait_random_exponential(multiplier=0.005, max=0.5),
            stop=stop_after_delay(CONFLICT_SECONDS_MAX),
            retry_error_callback=_overtaken,
        )
        outcomes: Iterable[Any]
        try:
            outcomes = await retrying(self._decided, served) if served else ()
        except ServiceError as error:
            outcomes = [error] * len(served)
        except Exception as error:  # noqa: BLE001 - raised where it was asked for
            if len(served) > 1:
                for one in served:
                    await self._from_store([one])
                return
            outcomes = [error]
        for one, outcome in zip(served, outcomes, strict=True):
            one.answered(outcome)

    async def _decided(self, served: Sequence[_Waiting]) -> Sequence[Any]:
        """Return what each decision returned, or the error by which it refused."""
        self.tally.loads_count += 1
        found = await self._store.load(list(dict.fromkeys(key for one in served for key in one.keys)))
        self._remember(found.values())
        page = Page(found.get, found.values())
        outcomes: list[Any] = []
        for one in served:
            book = page.book()
            try:
                outcomes.append(one.decided(book))
            except ServiceError as error:
                page.add(book.refusals())
                outcomes.append(error)
            else:
                page.add(book.changes())
        await self._commit(page.changes())
        return outcomes

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
        """Remember the newest: loads and commits of a desk follow each other, as its line does.

        One with a lower version than that before is of a database that lost what came between.
        """
        for record in records:
            self._remembered[key_of(record)] = record


def _overtaken(state: RetryCallState) -> Never:
    raise errors.ledger_unavailable() from (state.outcome.exception() if state.outcome else None)
