"""The services that the gateway translates to."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Protocol

from metaextract_gateway.domain.model import (
    Delivered,
    Happening,
    Hold,
    Operations,
    Payer,
    RedactedCopy,
    Upload,
)
from metaextract_gateway.domain.money import (
    Balance,
    Catalogue,
    Movement,
    Order,
    Payment,
    Quote,
    Refund,
    StatedFile,
    Webhook,
)


class Extractor(Protocol):
    """Turns bytes into metadata."""

    def extract(
        self, owner: str, upload: Upload, chunks: AsyncIterator[bytes]
    ) -> AsyncGenerator[Happening, None]:
        """Send the file and yield what happens. Closing the generator cancels the work."""
        ...


class Billing(Protocol):
    """Holds and charges."""

    async def hold(self, payer: Payer, request_id: str, upload: Upload) -> Hold:
        """Set aside what the upload may cost; the same request id gives the first hold, as it is now.

        The operations of a quote stand for those of the upload; the hold says which they are.
        """
        ...

    async def capture(self, name: str, delivered: Delivered) -> Hold:
        """Charge for what was delivered."""
        ...

    async def release(self, name: str) -> Hold:
        """Give everything back."""
        ...


class Prices(Protocol):
    """Says what extractions would cost."""

    async def quote(self, account: str, files: Sequence[StatedFile], operations: Operations) -> Quote:
        """Price files and keep the price for their owner."""
        ...


class Balances(Protocol):
    """What accounts hold."""

    async def balance(self, account: str) -> Balance:
        """Return what can be spent."""
        ...

    async def claim(self, source: str, target: str, request_id: str) -> int:
        """Move all that can be spent from one account to another; return how many credits that were."""
        ...


class Journal(Protocol):
    """What became of credits, and where they come from for nothing."""

    async def movements(self, account: str, count_max: int) -> list[Movement]:
        """Return the newest movements into an account and out of it, the newest first."""
        ...

    async def grant(self, account: str, request_id: str, credits_: int) -> None:
        """Give credits; the same request id gives them once."""
        ...


class Purchases(Protocol):
    """Packs of credits, bought through a payment service."""

    async def catalogue(self) -> Catalogue:
        """Return what is sold."""
        ...

    async def order(self, account: str, request_id: str, pack: str, *, email: str, return_url: str) -> Order:
        """Order a pack; the same request id gives the first order. `email` may be empty, `request_id` too:

        then a second click within a minute means the first.
        """
        ...

    async def receive(self, webhook: Webhook) -> bool:
        """Take a message of the payment service in; tell whether it had come before."""
        ...

    async def confirm(self, payment: str) -> Payment:
        """Ask the payment service for a payment, and grant what it brings."""
        ...

    async def refund(self, payment: str) -> Refund:
        """Say whether a payment may be refunded."""
        ...


class Redactor(Protocol):
    """Makes copies without what should not be handed on."""

    @property
    def profiles(self) -> tuple[str, ...]:
        """What a copy can be made without, by name."""
        ...

    def redact(
        self, profile: str, file_name: str, chunks: AsyncIterator[bytes]
    ) -> AsyncGenerator[RedactedCopy | bytes, None]:
        """Send the file; yield first what was done, then the copy's bytes. Closing it cancels the work."""
        ...
