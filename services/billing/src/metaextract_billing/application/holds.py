"""Setting aside what an extraction may cost, and charging it or giving it back."""

import hashlib
import json
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from metaextract_billing.application.book_keeping import account_of, publish
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.free_uses import (
    Asked,
    FreeUses,
    given_back,
    kept,
    on_free_check,
    on_trial,
    refusal,
)
from metaextract_billing.domain import errors
from metaextract_billing.domain.allowances import Cause
from metaextract_billing.domain.holds import FOR_NOTHING, Access, Hold, QuotedFile, State
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.models import Dimensions, Operations
from metaextract_billing.domain.ports import Clock
from metaextract_billing.domain.pricing import measured_price, quoted_price
from metaextract_billing.domain.quotes import PricedFile
from metaextract_billing.domain.records import (
    AccountKey,
    Book,
    HoldKey,
    HoldRequestKey,
    Key,
    QuoteKey,
    Record,
)


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """The body of a request for a hold. Whatever the caller does not name is None.

    `email` and `client_address`, where the request came from, are as they were written; neither is kept.
    `quote_accounts`: further accounts of the caller, for which the quote may have been made.
    """

    device: str | None
    size_bytes_max: int
    operations: Operations
    quoted: QuotedFile | None
    email: str | None = field(default=None, repr=False)
    client_address: str | None = field(default=None, repr=False)
    quote_accounts: tuple[str, ...] = ()

    def fingerprint(self, asked: Asked, access: Access) -> str:
        """Return a digest that two different bodies do not share; the same wherever they come from.

        The device counts where it gets something for nothing. Programs that pay keep no cookie, so that what
        they repeat comes from another device.
        """
        ordered, quoted = self.operations, self.quoted
        body = {
            "device": self.device if access in FOR_NOTHING else None,
            "size_bytes_max": self.size_bytes_max,
            "operations": {
                "embedding": ordered.embedding,
                "ocr": ordered.ocr,
                "forensics": ordered.forensics,
            },
            "quoted": quoted and {"quote": quoted.quote, "file_id": quoted.file_id},
            "email": asked.email,
            "client_address": None,  # that it stands here keeps the digests of before
        }
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()

    def keys(self, account: str, request_id: str, asked: Asked) -> list[Key[Record]]:
        """Return the keys of all that a decision about it looks at."""
        keys: list[Key[Record]] = [AccountKey(account), HoldRequestKey(account, request_id), *asked.keys()]
        if self.quoted is not None:
            keys.append(QuoteKey(self.quoted.quote))
        return keys


@dataclass(frozen=True, slots=True)
class CreateHold:
    """Sets aside what one extraction may cost, a trial or a free check, before the work begins."""

    desk: Desk
    now: Clock
    metered: bool
    lifetime: timedelta
    free: FreeUses

    async def __call__(self, account: str, request_id: str, request: HoldRequest) -> Hold:
        """Return a new hold, or the one that `request_id` made before, as it is now.

        Raises QUOTE_NOT_FOUND, QUOTE_EXPIRED, QUOTE_FILE_UNUSABLE, INSUFFICIENT_CREDITS, ACCOUNT_OWES,
        FREE_CHECKS_EXHAUSTED, FREE_CHECKS_UNAVAILABLE, IDEMPOTENCY_KEY_REUSED.
        """
        now = self.now()
        asked = self.free.asked(request.device, request.email, request.client_address, now)

        def decide(book: Book) -> Hold:
            first = book.get(HoldRequestKey(account, request_id))
            if first is not None:
                return first.at(now).answering(request.fingerprint(asked, first.access))
            return self._made(book, account, request_id, request, asked, now)

        return await self.desk.carry_out(request.keys(account, request_id, asked), decide)

    def _made(
        self, book: Book, account: str, request_id: str, request: HoldRequest, asked: Asked, now: datetime
    ) -> Hold:
        file = _priced(book, account, request, now)
        credits_required = (
            measured_price(request.operations, request.size_bytes_max, None)
            if file is None
            else file.breakdown
        ).credits
        hold = Hold(
            name=f"holds/{uuid.uuid4()}",
            account=account,
            request=request_id,
            fingerprint=request.fingerprint(asked, Access.CREDITS),
            operations=request.operations,
            create_time=now,
            expire_time=now + self.lifetime,
            access=Access.UNMETERED,
            quoted=request.quoted,
        )
        if request.quoted is not None:
            quote = book.get(QuoteKey(request.quoted.quote))
            assert quote is not None  # noqa: S101 - it was priced
            hold = replace(hold, operations=quote.operations)
            book.put(quote.used(request.quoted.file_id, hold.name, hold.expire_time))
        hold = self._paid(book, hold, asked, credits_required, now)
        if hold.access in FOR_NOTHING:
            hold = replace(hold, fingerprint=request.fingerprint(asked, hold.access))
        book.put(hold)
        publish(book, hold)
        return hold

    def _paid(self, book: Book, hold: Hold, asked: Asked, credits_required: int, now: datetime) -> Hold:
        """Take a trial if one was asked for, else credits, else a free check: nobody has both for nothing."""
        account = account_of(book, hold.account, now)
        book.put(account)
        if not self.metered:
            return hold
        trial = on_trial(book, hold, asked, now)
        if isinstance(trial, Hold):
            return trial
        had_trials = trial is Cause.EMAIL_EXHAUSTED and self.free.limits.trials_count_max > 0
        pays = account.credits_available >= credits_required and not account.credits_owed
        if not pays and not had_trials:
            given = on_free_check(book, hold, asked, now)
            if isinstance(given, Hold):
                return given
            has_nothing = not account.credits_available + account.credits_held + account.credits_owed
            if given is not None and has_nothing:
                raise refusal(book, asked, given, credits_required, now)
        after, paid = account.held(hold, credits_required, now)
        book.put(after)
        return paid


@dataclass(frozen=True, slots=True)
class CaptureHold:
    """Charges for delivered work and gives the rest back.

    With `identities` it tells of which content something was delivered for nothing, so that one content under
    many identities shows.
    """

    desk: Desk
    now: Clock
    identities: Identities | None = None

    async def __call__(
        self,
        name: str,
        delivered: Operations,
        size_bytes: int,
        dimensions: Dimensions | None,
        content_digest: str | None = None,
    ) -> Hold:
        """Charge the price of what was found and done; doing so twice changes nothing.

        Never more than is held, unless the owner understated the file: then the rest is taken too, or
        QUOTE_MISMATCH. `content_digest` stands for the file. Raises HOLD_NOT_FOUND, HOLD_ALREADY_RESOLVED,
        QUOTE_MISMATCH.
        """
        now = self.now()
        told: dict[str, str] = {}
        if self.identities is not None and content_digest is not None:
            told = {"content": self.identities.content(content_digest, now.date())}

        def decide(book: Book) -> Hold:
            hold = _hold(book, name).at(now)
            charge = _charge(book, hold, delivered, size_bytes, dimensions)
            if hold.state is State.CAPTURED and hold.credits_captured == charge:
                return hold
            done = hold.resolved(State.CAPTURED, now, charge)
            if charge > hold.credits_held:
                _refuse_understated(book, hold, charge, now)
            if hold.access is Access.CREDITS:
                account, done = account_of(book, hold.account, now).captured(hold, charge, now)
                book.put(account)
            kept(book, hold, now)
            _keep_quote(book, hold)
            book.put(done)
            publish(book, done, **(told if hold.uses else {}))
            return done

        return await self.desk.carry_out([HoldKey(name)], decide)


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    """Gives everything held back, because nothing was delivered."""

    desk: Desk
    now: Clock

    async def __call__(self, name: str) -> Hold:
        """Release a hold, or leave it released or expired. Raises HOLD_NOT_FOUND, HOLD_ALREADY_RESOLVED."""
        now = self.now()
        return await self.desk.carry_out([HoldKey(name)], lambda book: released(book, name, now))


def released(book: Book, name: str, now: datetime) -> Hold:
    """Release a hold, or expire it if its time is over."""
    hold = _hold(book, name)
    if hold.state in (State.RELEASED, State.EXPIRED):
        return hold
    state = State.EXPIRED if hold.is_due(now) else State.RELEASED
    done = hold.resolved(state, now)
    if hold.access is Access.CREDITS:
        # An account that is looked at expires what is due, this hold too.
        account = account_of(book, hold.account, now)
        if state is State.RELEASED:
            account, done = account.released(hold, state, now)
        book.put(account)
    given_back(book, hold)
    if hold.quoted is not None and (quote := book.get(QuoteKey(hold.quoted.quote))):
        book.put(quote.given_back(hold.quoted.file_id, name))
    book.put(done)
    if state is State.RELEASED or hold.access is not Access.CREDITS:
        publish(book, done)
    return done


def _priced(book: Book, account: str, request: HoldRequest, now: datetime) -> PricedFile | None:
    if request.quoted is None:
        return None
    quote = book.get(QuoteKey(request.quoted.quote))
    if quote is None:
        raise errors.quote_not_found(request.quoted.quote)
    return quote.price_of(request.quoted.file_id, accounts=(account, *request.quote_accounts), now=now)


def _hold(book: Book, name: str) -> Hold:
    hold = book.get(HoldKey(name))
    if hold is None:
        raise errors.hold_not_found(name)
    return hold


def _quoted_file(book: Book, hold: Hold) -> PricedFile | None:
    quoted = hold.quoted
    quote = book.get(QuoteKey(quoted.quote)) if quoted else None
    if quoted is None or quote is None:
        return None
    return next(file for file in quote.files if file.id == quoted.file_id)


def _charge(
    book: Book, hold: Hold, delivered: Operations, size_bytes: int, dimensions: Dimensions | None
) -> int:
    """Return the price of what was ordered and delivered.

    What was promised bounds it, unless the promise rested on dimensions that are not those of the file.
    """
    if hold.access is not Access.CREDITS:
        return 0
    done = hold.operations.both(delivered)
    file = _quoted_file(book, hold)
    if file is not None and (file.dimensions is None or dimensions is None):
        # The size that was promised: else what it costs more would eat up what was not delivered.
        price = quoted_price(done, file.dimensions)
    else:
        price = measured_price(done, size_bytes, dimensions)
    return min(price.credits, hold.credits_held) if file is None else price.credits


def _refuse_understated(book: Book, hold: Hold, charge: int, now: datetime) -> None:
    available = account_of(book, hold.account, now).credits_available
    if available < charge - hold.credits_held and hold.quoted is not None:
        raise errors.quote_mismatch(hold.quoted.quote, hold.quoted.file_id, charge, hold.credits_held)


def _keep_quote(book: Book, hold: Hold) -> None:
    if hold.quoted is not None and (quote := book.get(QuoteKey(hold.quoted.quote))):
        book.put(quote.used(hold.quoted.file_id, hold.name, None))
