"""The legacy routes of the foundation: extract, progress socket, health."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import grpc
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceStub
from metaextract_common.errors import ServiceError, internal
from metaextract_common.version import VERSION
from metaextract_gateway.adapters.http import uploads
from metaextract_gateway.adapters.http.auth.callers import caller_of
from metaextract_gateway.adapters.http.intake import Intake, Outcome, Visitor, key_of_claim
from metaextract_gateway.adapters.http.legacy import errors
from metaextract_gateway.adapters.http.legacy.file_types import FileTypes
from metaextract_gateway.adapters.http.legacy.late_fields import with_all_fields
from metaextract_gateway.adapters.http.legacy.metadata import Access as LegacyAccess
from metaextract_gateway.adapters.http.legacy.metadata import Mode, legacy_metadata
from metaextract_gateway.adapters.http.legacy.progress import SessionProgress
from metaextract_gateway.adapters.http.legacy.quotes import known_id
from metaextract_gateway.adapters.http.legacy.schedule import price_by_length
from metaextract_gateway.adapters.http.legacy.sessions import Sessions, leave_cookie, new_session
from metaextract_gateway.adapters.http.legacy.sockets import SESSION_CHARACTERS_MAX, ProgressSockets
from metaextract_gateway.adapters.http.legacy.stages import Stages
from metaextract_gateway.adapters.http.uploads import IncomingUpload
from metaextract_gateway.domain.errors import no_file
from metaextract_gateway.domain.model import Access, Delivered, Hold, Operations, Quoted

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceAsyncStub

FORM: Final = "multipart/form-data"
PAYMENT_REQUIRED: Final = 402
EMAIL_CHARACTERS_MIN: Final = 3
EMAIL_CHARACTERS_MAX: Final = 320
HEALTH_SECONDS: Final = 2.0
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TRUE: Final = ("1", "true", "yes", "on")
_MODES: Final[Mapping[Access, Mode | None]] = {
    Access.UNMETERED: None,
    Access.FREE_CHECK: "device_free",
    Access.TRIAL: "trial_limited",
    Access.CREDITS: "paid",
}


def routes(
    intake: Intake,
    extractor: grpc.aio.Channel,
    file_types: FileTypes,
    who: Sessions,
    progress: SessionProgress,
    sockets: ProgressSockets,
    *,
    metered: bool,
    waiting_dir: Path | None = None,
) -> list[BaseRoute]:
    """Return the legacy routes that have to do with extracting.

    `waiting_dir`: where a file waits for the fields behind it; None: where temporary files are kept.
    """
    stub: ExtractorServiceAsyncStub = ExtractorServiceStub(extractor)

    async def extract(request: Request) -> Response:
        try:
            if not request.headers.get("content-type", "").lower().startswith(FORM):
                raise no_file()
            opened = await uploads.opened(request, upload_bytes_max=intake.upload_bytes_max)
            incoming = replace(opened, file_name=_base_name(opened.file_name))
            if not await file_types.permit(incoming.file_name, incoming.media_type):
                return errors.unsupported()
            async with with_all_fields(incoming, waiting_dir, intake.upload_bytes_max) as whole:
                return await extracted(request, whole)
        except ServiceError as error:
            return errors.render(error)

    async def extracted(request: Request, incoming: IncomingUpload) -> Response:
        session_id = _session_id(request, incoming.fields)
        accounts = who.accounts_of_upload(request, session_id)
        response = await _answered(request, incoming, intake, Stages(progress, session_id), accounts)
        if response.status_code == PAYMENT_REQUIRED and not accounts:
            leave_cookie(request, response, new_session())  # where the credits will be that are bought now
        return response

    async def health(_request: Request) -> Response:
        """Say `ok` only if a file could be read now; the old one said so in any case."""
        body = {
            "status": "ok",
            "service": "MetaExtract Images MVP API",
            "version": VERSION,
            "timestamp": errors.iso(datetime.now(UTC)),
            "metered": metered,
        }
        try:
            server = await stub.GetServerInfo(pb.GetServerInfoRequest(), timeout=HEALTH_SECONDS)
        except ServiceError:
            return JSONResponse(body | {"status": "unavailable"}, 503)
        return JSONResponse(body | {"engines": {engine.name: engine.version for engine in server.engines}})

    return [
        Route("/api/images_mvp/extract", extract, methods=["POST"]),
        WebSocketRoute("/api/images_mvp/progress/{session_id}", sockets.serve),
        WebSocketRoute("/api/images_mvp/progress", sockets.serve),
        Route("/api/health", health),
    ]


async def _answered(
    request: Request, incoming: IncomingUpload, intake: Intake, stages: Stages, accounts: tuple[str, ...]
) -> Response:
    fields = incoming.fields
    account, *others = accounts or ("",)
    quoted, email = _quoted(fields, others), _email(fields)
    key = key_of_claim(request, quoted, email)
    visitor = intake.visitor(request, account, email, key)
    upload = replace(
        intake.upload(request, incoming, operations=_operations(fields), quoted=quoted, key=key),
        declared_type_binds=True,
    )
    started = time.perf_counter()
    stages.begin()
    try:
        seen: Callable[..., None] = lambda happening: stages.saw(happening.message)  # noqa: E731 - one line
        outcome = await intake.run(request, visitor.payer, upload, incoming, seen)
        elapsed_ms = (time.perf_counter() - started) * 1000
        # Thousands of fields take tens of milliseconds: not in the event loop.
        body = await asyncio.to_thread(_body, outcome, visitor, fields, elapsed_ms)
    except ServiceError as error:
        names_account = bool(_session_id(request, fields) or caller_of(request).is_signed_in)
        told = errors.as_told(error, names_account=names_account)
        stages.failed(errors.message_of(told))
        return errors.render(told)
    except ClientDisconnect:
        stages.failed("Upload cancelled")
        raise
    insights = body["processing_insights"]
    stages.complete(
        fields_extracted=insights["total_fields_extracted"],
        processing_time_ms=insights["processing_time_ms"],
        file_size=body["summary"]["filesize_bytes"],
    )
    response = JSONResponse(body)
    return _with_cookie(intake, visitor, outcome, response)


def _with_cookie(intake: Intake, visitor: Visitor, outcome: Outcome, response: Response) -> Response:
    unmetered = outcome.hold is not None and outcome.hold.access is Access.UNMETERED
    return response if unmetered else intake.leave_cookie(visitor, response)


def _body(
    outcome: Outcome, visitor: Visitor, fields: Mapping[str, str], processing_ms: float
) -> dict[str, Any]:
    if outcome.last is None or outcome.hold is None or not isinstance(outcome.last.end, Delivered):
        raise internal()
    return legacy_metadata(
        outcome.last.message.ended,
        client_last_modified_ms=_number(fields.get("client_last_modified", "")),
        access=_access(outcome.hold, outcome.last.end, visitor),
        processing_ms=processing_ms,
        now=datetime.now(UTC),
    )


def _access(hold: Hold, delivered: Delivered, visitor: Visitor) -> LegacyAccess:
    """Say what paid. `credits_required` is the price of the work, also where nothing is charged for it."""
    paid = hold.access is Access.CREDITS
    return LegacyAccess(
        mode=_MODES[hold.access],
        trial_email_present=bool(visitor.email),
        trial_granted=hold.access is Access.TRIAL,
        credits_charged=hold.credits_captured,
        credits_required=max(hold.credits_held, hold.credits_captured)
        if paid
        else price_by_length(hold.operations, delivered.size_bytes),
        free_used=hold.free_checks_used if hold.access is Access.FREE_CHECK else None,
    )


def _base_name(file_name: str) -> str:
    """Return a file's name without the folders that some clients send along, as the original's parser did."""
    return file_name.replace("\\", "/").rpartition("/")[2]


def _email(fields: Mapping[str, str]) -> str:
    """Return the address whose trial may pay; empty if there is none (§1.4)."""
    email = (fields.get("trial_email") or fields.get("access_email") or "").strip().lower()
    usable = EMAIL_CHARACTERS_MIN < len(email) <= EMAIL_CHARACTERS_MAX and "@" in email
    return email if usable else ""


def _quoted(fields: Mapping[str, str], others: Sequence[str] = ()) -> Quoted | None:
    """Return the price that the upload claims.

    As in the original, an upload whose quote nobody can know is priced by what it is (§2.1, step 8).
    """
    quote = fields.get("quote_id", "").strip().lower()
    file_id = known_id(fields.get("client_file_id", ""))
    if not file_id or not _UUID.fullmatch(quote):
        return None
    return Quoted(quote, file_id, accounts=tuple(others))


def _session_id(request: Request, fields: Mapping[str, str]) -> str:
    """Body, then query, then header (§0.3)."""
    given = (
        fields.get("session_id"),
        request.query_params.get("session_id"),
        request.headers.get("x-session-id"),
    )
    return next((one for one in given if one), "")[:SESSION_CHARACTERS_MAX]


def _operations(fields: Mapping[str, str]) -> Operations:
    """Return what is wanted: fields of their own, or the booleans of the JSON object `ops`."""
    together = _json(fields.get("ops", ""))

    def wanted(name: str, *, default: bool) -> bool:
        stated = fields.get(f"op_{name}")
        if stated is None:
            return together.get(name, default) is True
        return stated.strip().lower() in _TRUE

    return Operations(
        embedding=wanted("embedding", default=True),
        ocr=wanted("ocr", default=False),
        forensics=wanted("forensics", default=False),
    )


def _json(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
