"""What the two upload routes (/v1 and legacy) share: who pays, and running the upload."""

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

from metaextract_common.errors import ServiceError, internal, invalid_request
from metaextract_gateway.adapters.http import uploads
from metaextract_gateway.adapters.http.auth.callers import account_of
from metaextract_gateway.adapters.http.devices import DeviceTokens
from metaextract_gateway.adapters.http.disconnects import unless_disconnected
from metaextract_gateway.adapters.http.uploads import IncomingUpload
from metaextract_gateway.application.background import Background
from metaextract_gateway.application.extracting import Extracting
from metaextract_gateway.domain import errors
from metaextract_gateway.domain.model import Happening, Hold, Operations, Payer, Quoted, Upload

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BATCH = re.compile(rf"batches/{_UUID.pattern}")
IDEMPOTENCY_KEY_CHARACTERS_MAX = 128

Seen = Callable[[Happening], None]


@dataclass(slots=True)
class Visitor:
    """Who sends a request. `device_is_new`: the answer must set the cookie. `by_tls`: nobody read along.

    `account` and `email` are empty where the request names none.
    """

    device: str
    device_is_new: bool
    address: str
    account: str = ""
    email: str = ""
    by_tls: bool = False

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
        self, extracting: Extracting, devices: DeviceTokens, background: Background, *, upload_bytes_max: int
    ) -> None:
        self._extracting = extracting
        self._background = background
        self._devices = devices
        self.upload_bytes_max = upload_bytes_max

    def visitor(self, request: Request, account: str = "", email: str = "", key: str = "") -> Visitor:
        """Recognise the client; one without a valid device cookie is a new device.

        Whoever is signed in pays from their own account if no `account` is named. `key` stands for the
        idempotency key of a client that sends none.
        """
        known, signed_in = self._devices.device_of(request), account_of(request)
        address = request.client.host if request.client else ""
        if signed_in:  # programs have keys but no cookies: what they repeat comes from where it came from
            device = known or self._devices.device_of_account(signed_in)
        else:
            device = known or self._devices.new_device(address, idempotency_key(request) or key)
        by_tls = request.url.scheme == "https"
        return Visitor(device, not known, address, account or signed_in, email, by_tls)

    def leave_cookie(self, visitor: Visitor, response: Response) -> Response:
        """Let the client be recognised next time."""
        if visitor.device_is_new:
            self._devices.issue(response, visitor.device, secure=visitor.by_tls)
        return response

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
        batch: str = "",
    ) -> Upload:
        """Describe the upload; raises EXTRACTION_ID_INVALID, INVALID_REQUEST. `key` as for `visitor`."""
        if extraction_id and not _UUID.fullmatch(extraction_id):
            raise errors.extraction_id_invalid()
        check_batch(batch)
        extraction_id = extraction_id or str(uuid.uuid4())
        return Upload(
            extraction_id=extraction_id,
            request_id=idempotency_key(request) or key or extraction_id,
            file_name=incoming.file_name,
            media_type=incoming.media_type[:127],
            size_bytes_expected=incoming.size_bytes_expected,
            size_bytes_max=min(self.upload_bytes_max, incoming.size_bytes_max or self.upload_bytes_max),
            partial_results=partial_results,
            operations=operations,
            quoted=quoted,
            batch=batch,
            sha256=incoming.sha256.hex(),
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

    async def run_one_of_many(
        self, payer: Payer, upload: Upload, incoming: IncomingUpload, seen: Seen
    ) -> Outcome:
        """Do as `run` for a file with others behind it: that the client is gone shows when reading on."""
        return await self._run(payer, upload, incoming.chunks, seen)

    async def begin(self, payer: Payer, upload: Upload, incoming: IncomingUpload) -> str:
        """Return the name of the extraction when the file has arrived; it goes on in the background.

        Raises what keeps it from beginning, or the file from arriving.
        """
        body_read, begun = asyncio.Event(), asyncio.Event()
        names: list[str] = []

        def seen(happening: Happening) -> None:
            names.append(happening.message.name)
            begun.set()

        async def arrived() -> None:
            await body_read.wait()
            await begun.wait()

        run = self._run(payer, upload, noticed(incoming.chunks, body_read), seen)
        working, arriving = self._background.start(run), asyncio.create_task(arrived())
        try:
            await asyncio.wait({working, arriving}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
            if not names:
                raise internal()
            return names[0]
        finally:
            arriving.cancel()
            if not body_read.is_set():
                working.cancel()  # the client went before its file was here

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


def check_batch(name: str) -> None:
    """Raise INVALID_REQUEST for what is neither empty nor the name of a batch."""
    if name and not _BATCH.fullmatch(name):
        raise invalid_request("batch", "must be `batches/` and a UUID in lower case")


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
