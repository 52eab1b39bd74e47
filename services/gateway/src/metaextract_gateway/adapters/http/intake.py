"""What the two upload routes (/v1 and legacy) share: who pays, the limits, and running the upload."""

import asyncio
import hashlib
import json
import re
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http import uploads
from metaextract_gateway.adapters.http.devices import DeviceTokens
from metaextract_gateway.adapters.http.disconnects import unless_disconnected
from metaextract_gateway.adapters.http.rate_limits import RateLimits
from metaextract_gateway.adapters.http.uploads import IncomingUpload
from metaextract_gateway.application.extracting import Extracting
from metaextract_gateway.domain import errors
from metaextract_gateway.domain.model import Happening, Hold, Operations, Payer, Quoted, Upload

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
IDEMPOTENCY_KEY_CHARACTERS_MAX = 128

Seen = Callable[[Happening], None]


@dataclass(slots=True)
class Visitor:
    """Who sends a request. `device_is_new`: the answer must set the cookie.

    `account` and `email` are empty where the request names none.
    """

    device: str
    device_is_new: bool
    address: str
    account: str = ""
    email: str = ""

    @property
    def payer(self) -> Payer:
        """Credits are those of the account; free checks are those of the device."""
        return Payer(self.account or f"device:{self.device}", self.device, self.email, self.address)


@dataclass(slots=True)
class Outcome:
    """How an upload went: the last event, and the hold as it was resolved."""

    last: Happening | None = None
    hold: Hold | None = None


class Intake:
    """Runs uploads for HTTP clients."""

    def __init__(
        self, extracting: Extracting, devices: DeviceTokens, limits: RateLimits, *, upload_bytes_max: int
    ) -> None:
        self._extracting = extracting
        self._devices = devices
        self._limits = limits
        self.upload_bytes_max = upload_bytes_max

    def visitor(self, request: Request, account: str = "", email: str = "", key: str = "") -> Visitor:
        """Recognise the client; one without a valid device cookie is a new device.

        `key` stands for the idempotency key of a client that sends none.
        """
        known = self._devices.device_of(request)
        address = request.client.host if request.client else ""
        device = known or self._devices.new_device(address, idempotency_key(request) or key)
        return Visitor(device, not known, address, account, email)

    def leave_cookie(self, visitor: Visitor, response: Response) -> Response:
        """Let the client be recognised next time."""
        if visitor.device_is_new:
            self._devices.issue(response, visitor.device)
        return response

    async def admit(self, request: Request) -> dict[str, str]:
        """Count the request against its limits and return the headers that say so; raises RATE_LIMITED."""
        return await self._limits.admit(request)

    def upload(
        self,
        request: Request,
        incoming: IncomingUpload,
        *,
        extraction_id: str = "",
        partial_results: bool = False,
        operations: Operations = Operations(),  # noqa: B008 - frozen
        quoted: Quoted | None = None,
        key: str = "",
    ) -> Upload:
        """Describe the upload; raises EXTRACTION_ID_INVALID. `key` as for `visitor`."""
        if extraction_id and not _UUID.fullmatch(extraction_id):
            raise errors.extraction_id_invalid()
        extraction_id = extraction_id or str(uuid.uuid4())
        return Upload(
            extraction_id=extraction_id,
            request_id=idempotency_key(request) or key or extraction_id,
            file_name=incoming.file_name,
            media_type=incoming.media_type[:127],
            size_bytes_expected=incoming.size_bytes_expected,
            size_bytes_max=self.upload_bytes_max,
            partial_results=partial_results,
            operations=operations,
            quoted=quoted,
        )

    async def run(
        self, request: Request, payer: Payer, upload: Upload, incoming: IncomingUpload, seen: Seen
    ) -> Outcome:
        """Send the file, call `seen` for each event, and return when it has ended.

        Raises what ended it, or `ClientDisconnect`; the work is cancelled then and nothing is charged.
        """
        body_read = asyncio.Event()
        chunks = noticed(incoming.chunks, body_read)
        return await unless_disconnected(request, body_read, self._run(payer, upload, chunks, seen))

    async def _run(self, payer: Payer, upload: Upload, chunks: AsyncIterator[bytes], seen: Seen) -> Outcome:
        outcome = Outcome()

        def on_hold(hold: Hold) -> None:
            outcome.hold = hold

        happenings = self._extracting.extract(payer, upload, chunks, on_hold)
        async with aclosing(happenings) as events:
            async for happening in events:
                outcome.last = happening
                seen(happening)
                if isinstance(happening.end, ServiceError):
                    raise happening.end
        return outcome


def key_of_claim(request: Request, quoted: Quoted | None, email: str) -> str:
    """Return a key for a client that sends none: a quoted price is for one file, so whoever claims it again
    for a body of the same length repeats a request (§12). Empty where no price is claimed.
    """
    if quoted is None:
        return ""
    claimed = json.dumps([quoted.quote, quoted.file_id, email, uploads.declared_length(request)])
    return f"quoted-{hashlib.sha256(claimed.encode()).hexdigest()}"


def idempotency_key(request: Request) -> str:
    """Return the key; one that is too long counts as none (legacy contract §0.3)."""
    key = request.headers.get("idempotency-key", "").strip()
    return key if len(key) <= IDEMPOTENCY_KEY_CHARACTERS_MAX else ""


async def noticed(
    chunks: AsyncGenerator[bytes, None], body_read: asyncio.Event
) -> AsyncGenerator[bytes, None]:
    """Pass chunks on, and say when there are no more; `unless_disconnected` wants to know."""
    async with aclosing(chunks):
        async for chunk in chunks:
            yield chunk
    body_read.set()
