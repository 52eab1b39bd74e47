"""Several decisions that are committed together: each sees what those before it changed."""

from collections.abc import Callable, Collection

from metaextract_billing.domain.holds import Hold
from metaextract_billing.domain.records import (
    Book,
    Change,
    Changes,
    Event,
    HoldRequestKey,
    Key,
    Record,
    key_of,
)


class Page:
    """Records as they were found, and the changes of the decisions so far on top of them.

    A record that several decisions changed is written once: as the first one found it, and as the last one
    left it. What they posted in between is in the last one.
    """

    def __init__(self, find: Callable[[Key[Record]], Record | None], loaded: Collection[Record] = ()) -> None:
        self._find = find
        self._loaded = loaded
        self._changes: dict[Key[Record], Change] = {}
        self._requests: dict[HoldRequestKey, Hold] = {}
        self._events: list[Event] = []

    def book(self) -> Book:
        """Return the book of the next decision."""
        return Book(self._found, self._loaded)

    def is_confirmed(self, book: Book, changes: Changes) -> bool:
        """Whether committing this page with `changes` proves that all `book` looked at was the newest."""
        return book.is_confirmed_by(changes, self._changes)

    def add(self, changes: Changes) -> None:
        """Take a decision in."""
        for change in changes.records:
            key = key_of(change.after)
            earlier = self._changes.get(key)
            before = change.before if earlier is None else earlier.before
            self._changes[key] = Change(before, change.after)
            if isinstance(change.after, Hold):
                self._requests[HoldRequestKey(change.after.account, change.after.request)] = change.after
        self._events += changes.events

    def changes(self) -> Changes:
        """Return what is to be committed."""
        return Changes(tuple(self._changes.values()), tuple(self._events))

    def _found(self, key: Key[Record]) -> Record | None:
        if key in self._changes:
            return self._changes[key].after
        if isinstance(key, HoldRequestKey) and key in self._requests:
            return self._requests[key]
        return self._find(key)
