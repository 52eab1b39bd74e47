"""Giving something for nothing: trials of an e-mail address, free checks of a device.

Each passes several layers, and takes a use of every one of them or of none: its own limit, that of the
network it comes from, and the budget of the day. All are records of one commit, so that they hold whatever
happens at once and in however many processes, and nothing is given while they cannot be counted.
"""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime

from metaextract_billing.domain import errors
from metaextract_billing.domain.allowances import DAILY, Allowance, Cause, Layer, Limits, Use
from metaextract_billing.domain.holds import Access, Hold, State
from metaextract_billing.domain.identities import EmailAddress, Identities
from metaextract_billing.domain.records import AllowanceKey, Book
from metaextract_common.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for for nothing; neither an address nor a network can be read from it.

    `trial` and `free_check` are the layers that each must pass, its own one first; none if not asked for.
    `trial_cause` refuses the trial whatever the layers say. `email` is a digest.
    """

    email: str | None = None
    trial: tuple[Layer, ...] = ()
    trial_cause: Cause | None = None
    free_check: tuple[Layer, ...] = ()

    def keys(self) -> set[AllowanceKey]:
        """Return the keys of all that a decision about it looks at."""
        return {AllowanceKey(layer.use.kind, layer.use.key) for layer in (*self.trial, *self.free_check)}


@dataclass(frozen=True, slots=True)
class FreeUses:
    """The terms on which something is given for nothing.

    `disposable_domains` are those of mail services that give an address to anybody for minutes.
    """

    limits: Limits
    identities: Identities
    disposable_domains: Container[str]

    def asked(
        self, device: str | None, email: str | None, client_address: str | None, now: datetime
    ) -> Asked:
        """Return what is asked for by whoever has a device, an e-mail address, both or neither.

        Without `client_address` there is no limit of the network.
        """
        day = now.date()
        network: tuple[Layer, ...] = ()
        if client_address is not None:
            network = (self.limits.of_network(self.identities.network(client_address, day), day),)
        asked = Asked()
        if device is not None:
            layers = (self.limits.of_device(device), *network, self.limits.of_day(device, day))
            asked = replace(asked, free_check=layers)
        if email is None:
            return asked
        address = EmailAddress.parse(email)
        if address is None:
            return replace(asked, trial_cause=Cause.EMAIL_INVALID)
        digest = self.identities.email(address)
        if address.is_at(self.disposable_domains):
            return replace(asked, email=digest, trial_cause=Cause.EMAIL_DISPOSABLE)
        layers = (self.limits.of_email(digest), *network, self.limits.of_day(digest, day))
        return replace(asked, email=digest, trial=layers)


def on_trial(book: Book, hold: Hold, asked: Asked, now: datetime) -> Hold | Cause | None:
    """Return the hold as a trial; None if none was asked for, else the cause, which is told."""
    if not asked.trial and asked.trial_cause is None:
        return None
    cause = asked.trial_cause or _cause(book, asked.trial, now)
    if cause is None:
        return _taken(book, replace(hold, access=Access.TRIAL), asked.trial, now)
    book.refuse("trial.refused", {"cause": cause.value})
    return cause


def on_free_check(book: Book, hold: Hold, asked: Asked, now: datetime) -> Hold | Cause | None:
    """Return the hold as a free check; None if none was asked for, else the cause, which is told."""
    if not asked.free_check:
        return None
    cause = _cause(book, asked.free_check, now)
    if cause is not None:
        book.refuse("free_check.refused", {"cause": cause.value})
        return cause
    taken = _taken(book, replace(hold, access=Access.FREE_CHECK), asked.free_check, now)
    return replace(taken, free_checks_used=_free_checks_used(book, asked, now))


def refusal(book: Book, asked: Asked, cause: Cause, credits_required: int, now: datetime) -> ServiceError:
    """Return the error for somebody who has nothing but a free check, and is not given one."""
    if cause is Cause.DEVICE_EXHAUSTED:
        return errors.free_checks_exhausted(_free_checks_used(book, asked, now), credits_required)
    return errors.free_checks_unavailable(cause.value, credits_required)


def kept(book: Book, hold: Hold, now: datetime) -> None:
    """Spend what `hold` uses for nothing.

    Raises HOLD_ALREADY_RESOLVED if its time was over for somebody whose clock is ahead, and they gave a use
    of it away.
    """
    for use in hold.uses:
        if use.kind in DAILY:
            continue
        allowance = _allowance(book, use, now)
        if not allowance.is_open(hold.name):
            raise errors.hold_already_resolved(hold.name, State.EXPIRED)
        book.put(allowance.kept(hold.name))


def given_back(book: Book, hold: Hold) -> None:
    """Give back what `hold` uses for nothing."""
    for use in hold.uses:
        allowance = book.get(AllowanceKey(use.kind, use.key))
        if allowance is not None:
            book.put(allowance.given_back(hold.name))


def _cause(book: Book, layers: tuple[Layer, ...], now: datetime) -> Cause | None:
    for layer in layers:
        if _allowance(book, layer.use, now).used_count(now) >= layer.count_max:
            return layer.cause
    return None


def _taken(book: Book, hold: Hold, layers: tuple[Layer, ...], now: datetime) -> Hold:
    for layer in layers:
        book.put(_allowance(book, layer.use, now).taken(hold.name, hold.expire_time, now))
    return replace(hold, uses=tuple(layer.use for layer in layers))


def _free_checks_used(book: Book, asked: Asked, now: datetime) -> int:
    device, *_ = asked.free_check
    return _allowance(book, device.use, now).used_count(now)


def _allowance(book: Book, use: Use, now: datetime) -> Allowance:
    return book.get(AllowanceKey(use.kind, use.key)) or Allowance(use.kind, use.key, now)
