"""The services that the gateway translates to."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Protocol

from metaextract_gateway.domain.model import Delivered, Happening, Hold, Payer, RedactedCopy, Upload


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
        """Set aside what the upload may cost; the same request id gives the first hold, as it is now."""
        ...

    async def capture(self, name: str, delivered: Delivered) -> Hold:
        """Charge for what was delivered."""
        ...

    async def release(self, name: str) -> Hold:
        """Give everything back."""
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
