"""The services that the gateway translates to."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Protocol

from metaextract_gateway.domain.model import Delivered, Happening, Hold, Payer, Upload


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
