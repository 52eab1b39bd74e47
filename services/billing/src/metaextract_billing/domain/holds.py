"""Holds: what one extraction may cost, set aside before the work begins and resolved once."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from metaextract_billing.domain import errors
from metaextract_billing.domain.allowances import DAILY, Use
from metaextract_billing.domain.models import Operations


class Access(StrEnum):
    """What pays for an extraction."""

    UNMETERED = "unmetered"
    TRIAL = "trial"
    FREE_CHECK = "free_check"
    CREDITS = "credits"


FOR_NOTHING: Final = frozenset({Access.TRIAL, Access.FREE_CHECK})
"""What is given to somebody, and not paid."""


class State(StrEnum):
    """The place of a hold in its life cycle."""

    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


_NEXT: Final[dict[State, frozenset[State]]] = {
    State.HELD: frozenset({State.CAPTURED, State.RELEASED, State.EXPIRED}),
    State.CAPTURED: frozenset(),
    State.RELEASED: frozenset(),
    State.EXPIRED: frozenset(),
}
assert set(_NEXT) == set(State)  # noqa: S101 - a new state must say where it leads


@dataclass(frozen=True, slots=True)
class QuotedFile:
    """A file of a quote that a hold uses up."""

    quote: str
    file_id: str


@dataclass(frozen=True, slots=True)
class Share:
    """Credits of one lot that a hold sets aside."""

    lot: str
    amount: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Credits, a free check or a trial, set aside for one extraction. Changes return a new value.

    `request` is unique for its account; `fingerprint` stands for the body of the request, so that the id
    cannot be used for another one. `uses` are of what it gets for nothing; those that count for a day only
    go when it is resolved, so that nothing tells later which network it came from.
    """

    name: str
    account: str
    request: str
    fingerprint: str
    operations: Operations
    create_time: datetime
    expire_time: datetime
    access: Access
    version: int = field(default=0, compare=False)
    quoted: QuotedFile | None = None
    uses: tuple[Use, ...] = ()
    shares: tuple[Share, ...] = ()
    free_checks_used: int = 0
    state: State = State.HELD
    credits_captured: int = 0
    resolve_time: datetime | None = None

    @property
    def credits_held(self) -> int:
        """What it set aside."""
        return sum(share.amount for share in self.shares)

    def answering(self, fingerprint: str) -> Self:
        """Return this hold if it was made for the same body, else raise IDEMPOTENCY_KEY_REUSED."""
        if fingerprint != self.fingerprint:
            raise errors.idempotency_key_reused(self.request)
        return self

    def is_due(self, now: datetime) -> bool:
        """Whether it is open and its time is over."""
        return self.state is State.HELD and self.expire_time <= now

    def at(self, now: datetime) -> Self:
        """Return this hold as it is at `now`: an open one whose time is over has expired."""
        return self.resolved(State.EXPIRED, now) if self.is_due(now) else self

    def resolved(self, state: State, now: datetime, credits_captured: int = 0) -> Self:
        """Return this hold in its last state. Raises HOLD_ALREADY_RESOLVED."""
        if state not in _NEXT[self.state]:
            raise errors.hold_already_resolved(self.name, self.state)
        lasting = tuple(use for use in self.uses if use.kind not in DAILY)
        return replace(self, state=state, credits_captured=credits_captured, resolve_time=now, uses=lasting)


@dataclass(frozen=True, slots=True)
class Resolved:
    """The resolved holds of an account that set credits aside, or charged any: how many, and how much."""

    holds_count: int = 0
    credits_captured: int = 0
