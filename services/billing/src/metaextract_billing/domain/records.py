"""What is kept, by which key it is found, and the book in which one decision is made.

A decision is a pure function of a `Book`: it gets records, puts changed ones back, and says what happened.
Nothing of it counts before all of it was committed, and it can be made again from newer records.
"""

from collections.abc import Callable, Collection, Mapping
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from typing import Generic, TypeAlias, TypeVar, cast

from metaextract_billing.domain.accounts import Account
from metaextract_billing.domain.allowances import Allowance, AllowanceKind
from metaextract_billing.domain.holds import Hold
from metaextract_billing.domain.purchases import Order, Payment, Subscription, WebhookReceipt
from metaextract_billing.domain.quotes import Quote


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request of an owner was answered with; never changes."""

    owner: str
    request: str
    fingerprint: str
    value: int
    version: int = field(default=0, compare=False)


Record: TypeAlias = (
    Account | Hold | Quote | Allowance | Answer | Order | Payment | Subscription | WebhookReceipt
)
"""Whatever is kept. `version` counts the commits of it; a new one has 0."""

T_co = TypeVar("T_co", bound=Record, covariant=True)
T = TypeVar("T", bound=Record)


@dataclass(frozen=True, slots=True)
class Key(Generic[T_co]):
    """Names one record, or None if there is none."""


@dataclass(frozen=True, slots=True)
class AccountKey(Key[Account]):
    """An account with its open lots and open holds."""

    owner: str


@dataclass(frozen=True, slots=True)
class HoldKey(Key[Hold]):
    """A hold. Loading it also loads its account, its quote and its allowances."""

    name: str


@dataclass(frozen=True, slots=True)
class HoldRequestKey(Key[Hold]):
    """The hold that a request of an owner made."""

    owner: str
    request: str


@dataclass(frozen=True, slots=True)
class AnswerKey(Key[Answer]):
    """What a request of an owner, other than for a hold, was answered."""

    owner: str
    request: str


@dataclass(frozen=True, slots=True)
class QuoteKey(Key[Quote]):
    """A quote."""

    name: str


@dataclass(frozen=True, slots=True)
class AllowanceKey(Key[Allowance]):
    """The free checks of a device, the trials of an e-mail address, or both of a network or a day."""

    kind: AllowanceKind
    key: str


@dataclass(frozen=True, slots=True)
class OrderKey(Key[Order]):
    """An order. Loading it also loads the account of its owner."""

    id: str


@dataclass(frozen=True, slots=True)
class PaymentKey(Key[Payment]):
    """A payment. Loading it also loads its order, and every account that has lots of it.

    The lots of it are among the lots of these accounts even if nothing can happen to them any more.
    """

    id: str


@dataclass(frozen=True, slots=True)
class SubscriptionKey(Key[Subscription]):
    """A subscription."""

    id: str


@dataclass(frozen=True, slots=True)
class WebhookKey(Key[WebhookReceipt]):
    """A message of the payment service."""

    id: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, for analytics; the attributes never identify anybody.

    `context` is that of the work that caused it, which its trace belongs to.
    """

    name: str
    attributes: Mapping[str, str]
    context: Context = field(default_factory=copy_context, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """A record before and after. Whether it is new, its version says.

    `before` is None too for an open hold that was found as a part of its account.
    """

    before: Record | None
    after: Record


@dataclass(frozen=True, slots=True)
class Changes:
    """All that one decision changed, to be committed together or not at all."""

    records: tuple[Change, ...]
    events: tuple[Event, ...] = ()


def key_of(record: Record) -> Key[Record]:
    """Return the key under which a record is found."""
    key: Key[Record]
    match record:
        case Account():
            key = AccountKey(record.owner)
        case Hold():
            key = HoldKey(record.name)
        case Quote():
            key = QuoteKey(record.name)
        case Allowance():
            key = AllowanceKey(record.kind, record.key)
        case Answer():
            key = AnswerKey(record.owner, record.request)
        case Order():
            key = OrderKey(record.id)
        case Payment():
            key = PaymentKey(record.id)
        case Subscription():
            key = SubscriptionKey(record.id)
        case WebhookReceipt():
            key = WebhookKey(record.id)
    return key


def stored(record: Record) -> Record:
    """Return a record as it is once it was committed."""
    version = record.version + 1
    if not isinstance(record, Account):
        return replace(record, version=version)
    return replace(
        record,
        version=version,
        posted=(),
        lots=tuple(lot for lot in record.lots if lot.is_open),
        # An open hold never changed.
        holds=tuple(hold if hold.version else replace(hold, version=1) for hold in record.holds),
    )


class Book:
    """Records as they were found, changes on top of them, and what is to be told."""

    def __init__(self, find: Callable[[Key[Record]], Record | None], loaded: Collection[Record] = ()) -> None:
        self._find = find
        self._loaded = loaded
        self._found: dict[Key[Record], Record | None] = {}
        self._put: dict[Key[Record], Record] = {}
        self._events: list[Event] = []
        self._refusals: list[Event] = []

    def get(self, key: Key[T]) -> T | None:
        """Return a record with the changes so far, None if there is none."""
        return cast("T | None", self._put.get(key) or self._before(key))

    def owners(self) -> set[str]:
        """Return whose accounts were loaded, those that came with other records too."""
        return {record.owner for record in self._loaded if isinstance(record, Account)}

    def put(self, record: Record) -> None:
        """Change a record or add one."""
        self._put[key_of(record)] = record

    def publish(self, name: str, attributes: Mapping[str, str]) -> None:
        """Say what happened, if it is committed."""
        self._events.append(Event(name, attributes))

    def refuse(self, name: str, attributes: Mapping[str, str]) -> None:
        """Say why something is not given, whether or not anything is committed."""
        self._refusals.append(Event(name, attributes))

    def changes(self) -> Changes:
        """Return what is to be committed."""
        pairs = ((self._replaced(key, after), after) for key, after in self._put.items())
        records = tuple(Change(before, after) for before, after in pairs if before != after)
        return Changes(records, (*(self._events if records else ()), *self._refusals))

    def refusals(self) -> Changes:
        """Return what is to be told of a decision that failed."""
        return Changes((), tuple(self._refusals))

    def is_confirmed_by(self, changes: Changes, others: Collection[Key[Record]] = ()) -> bool:
        """Whether committing `changes` proves that every record looked at was the newest.

        `others`: keys of what is changed in the same commit.
        """
        changed = {key_of(change.after) for change in changes.records}
        return all(
            before is None or key in changed or key_of(before) in others
            for key, before in self._found.items()
        )

    def _replaced(self, key: Key[Record], after: Record) -> Record | None:
        """Return what `after` takes the place of: of a new record nobody need be asked."""
        if after.version or key in self._found:
            return self._before(key)
        # If it is stored after all, by a commit whose answer was lost, it was loaded or the commit meets it.
        return next((one for one in self._loaded if key_of(one) == key), None)

    def _before(self, key: Key[Record]) -> Record | None:
        if key not in self._found:
            self._found[key] = self._find(key)
        return self._found[key]
