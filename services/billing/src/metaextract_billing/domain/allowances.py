"""Allowances: what somebody may have for nothing, a number of times: free checks of a device, trials of an
e-mail address, and both of a network and of everybody together within a day.

Uses are taken by holds and given back with them. Of a device or an address an open use whose time is over
counts no more, whether or not anybody has noticed. What many share is a mere count, which is changed as
seldom as can be: a use counts at once, and until it is given back.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, Self


class AllowanceKind(StrEnum):
    """Whose it is."""

    DEVICE = "device"
    EMAIL = "email"
    NETWORK = "network"
    BUDGET = "budget"


DAILY: Final = frozenset({AllowanceKind.NETWORK, AllowanceKind.BUDGET})
"""Kinds that many share, that are made anew each day, and forgotten."""

SHARDS_COUNT_MAX: Final = 16
SHARD_USES_COUNT_MIN: Final = 100
"""A budget is kept in several rows, so that not all wait for one; a small one in fewer."""


class Cause(StrEnum):
    """Why something is not given for nothing."""

    DEVICE_EXHAUSTED = "device_exhausted"
    EMAIL_EXHAUSTED = "email_exhausted"
    EMAIL_INVALID = "email_invalid"
    EMAIL_DISPOSABLE = "email_disposable"
    NETWORK_VELOCITY = "network_velocity"
    DAILY_BUDGET = "daily_budget"


@dataclass(frozen=True, slots=True)
class Use:
    """Names the allowance that something is a use of. `key` never is an address itself."""

    kind: AllowanceKind
    key: str


@dataclass(frozen=True, slots=True)
class Layer:
    """One of the limits that whatever is given for nothing must keep; `cause` says that it would not."""

    use: Use
    count_max: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is given for nothing; 0 gives nothing.

    The last two count free checks and trials alike, because an e-mail address costs nothing to invent.
    """

    free_checks_count_max: int = 2
    trials_count_max: int = 2
    network_count_max: int = 200
    daily_count_max: int = 10_000

    def of_device(self, device: str) -> Layer:
        """Return the limit of one device."""
        use = Use(AllowanceKind.DEVICE, device)
        return Layer(use, self.free_checks_count_max, Cause.DEVICE_EXHAUSTED)

    def of_email(self, digest: str) -> Layer:
        """Return the limit of one e-mail address."""
        return Layer(Use(AllowanceKind.EMAIL, digest), self.trials_count_max, Cause.EMAIL_EXHAUSTED)

    def of_network(self, digest: str, day: date) -> Layer:
        """Return the limit of one network on one day."""
        use = Use(AllowanceKind.NETWORK, f"{day.isoformat()}:{digest}")
        return Layer(use, self.network_count_max, Cause.NETWORK_VELOCITY)

    def of_day(self, who: str, day: date) -> Layer:
        """Return the limit of all together on one day: the share of it that `who` is counted in.

        The shares add up to the budget exactly. One may be used up a little before the others.
        """
        shards_count = min(SHARDS_COUNT_MAX, max(1, self.daily_count_max // SHARD_USES_COUNT_MIN))
        shard = int.from_bytes(hashlib.sha256(who.encode()).digest()[:8]) % shards_count
        share, rest = divmod(self.daily_count_max, shards_count)
        use = Use(AllowanceKind.BUDGET, f"{day.isoformat()}:{shard}")
        return Layer(use, share + (shard < rest), Cause.DAILY_BUDGET)


@dataclass(frozen=True, slots=True)
class OpenUse:
    """A use by a hold that is open."""

    hold: str
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class Allowance:
    """Uses of one device, one e-mail address, one network or a share of the budget.

    The two that many share have no open uses: theirs are spent until they are given back, which each hold
    does once.
    """

    kind: AllowanceKind
    key: str
    create_time: datetime
    version: int = field(default=0, compare=False)
    spent: int = 0
    open: tuple[OpenUse, ...] = ()

    def used_count(self, now: datetime) -> int:
        """Return how many uses are spent or under way."""
        return self.spent + sum(1 for use in self.open if use.expire_time > now)

    def is_open(self, hold: str) -> bool:
        """Whether `hold` has a use that nobody else was given since."""
        return self.kind in DAILY or any(use.hold == hold for use in self.open)

    def taken(self, hold: str, expire_time: datetime, now: datetime) -> Self:
        """Add an open use; those whose time is over go."""
        if self.kind in DAILY:
            return replace(self, spent=self.spent + 1)
        still = tuple(use for use in self.open if use.expire_time > now)
        return replace(self, open=(*still, OpenUse(hold, expire_time)))

    def kept(self, hold: str) -> Self:
        """Make the open use of `hold` a spent one."""
        return self if self.kind in DAILY else replace(self._without(hold), spent=self.spent + 1)

    def given_back(self, hold: str) -> Self:
        """Take the open use of `hold` away."""
        return replace(self, spent=self.spent - 1) if self.kind in DAILY else self._without(hold)

    def _without(self, hold: str) -> Self:
        return replace(self, open=tuple(use for use in self.open if use.hold != hold))


def forgettable(now: datetime, hold_lifetime: timedelta) -> datetime:
    """Return the time before which daily allowances were made that no open hold uses any more.

    `now` in UTC. It is the beginning of the day on which the oldest hold was made that can be open.
    """
    return datetime.combine((now - hold_lifetime).date(), time.min, UTC)
