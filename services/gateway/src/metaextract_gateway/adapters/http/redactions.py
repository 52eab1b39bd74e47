"""POST /v1/redactions: a file goes in, a redacted copy comes out; nothing is kept, nothing is charged."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from metaextract_common import errors as common_errors
from metaextract_common.errors import internal
from metaextract_gateway.adapters.http import uploads
from metaextract_gateway.adapters.http.attachments import disposition
from metaextract_gateway.adapters.http.disconnects import unless_disconnected
from metaextract_gateway.adapters.http.intake import Intake, noticed
from metaextract_gateway.adapters.http.transcoding import refuse_others, to_json
from metaextract_gateway.adapters.http.v1 import refuse_other_media
from metaextract_gateway.domain.model import RedactedCopy
from metaextract_gateway.domain.ports import Redactor

SUMMARY_HEADER: Final = "MetaExtract-Redaction"
GROUPS_COUNT_MAX: Final = 30
"""Groups that the summary counts one by one: headers have to stay small."""

_NAME_CHARACTERS_MAX: Final = 100
_ENUM_PREFIXES: Final = re.compile(r"^(KEPT_BECAUSE|REDACTION_PROFILE)_")


def routes(intake: Intake, redactor: Redactor) -> list[BaseRoute]:
    """Return the route."""

    async def create(request: Request) -> Response:
        refuse_others(request, ("profile", "report", "file_name"))
        refuse_other_media(request)
        stated = _profile(request.query_params.get("profile", ""), redactor)
        report_only = _report_only(request)
        incoming = await uploads.opened(request, upload_bytes_max=intake.upload_bytes_max)
        profile = stated or _profile(incoming.fields.get("profile", ""), redactor)
        if not profile:
            raise common_errors.invalid_request("profile", f"must be one of {', '.join(redactor.profiles)}")
        body_read = asyncio.Event()
        parts = redactor.redact(profile, incoming.file_name, noticed(incoming.chunks, body_read))
        copy = await _first(request, body_read, parts)
        if report_only:
            await parts.aclose()
            return Response(to_json(copy.report), media_type="application/json")
        headers = {
            "Content-Length": str(copy.size_bytes),
            "Content-Disposition": disposition(incoming.file_name, _ending(copy.file_extension)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            SUMMARY_HEADER: _summary(copy.report),
        }
        return StreamingResponse(_rest(parts), headers=headers, media_type=copy.media_type)

    return [Route("/v1/redactions", create, methods=["POST"])]


async def _first(
    request: Request, body_read: asyncio.Event, parts: AsyncGenerator[RedactedCopy | bytes, None]
) -> RedactedCopy:
    try:
        copy = await unless_disconnected(request, body_read, anext(parts, None))
    except BaseException:
        await parts.aclose()
        raise
    if not isinstance(copy, RedactedCopy):
        await parts.aclose()
        raise internal()
    return copy


async def _rest(parts: AsyncGenerator[RedactedCopy | bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(parts):
        async for part in parts:
            if isinstance(part, bytes):
                yield part


def _profile(text: str, redactor: Redactor) -> str:
    """Return a profile by its name, in either spelling; empty if none is named."""
    profile = text.strip().lower().replace("-", "_")
    if profile and profile not in redactor.profiles:
        raise common_errors.invalid_request("profile", f"must be one of {', '.join(redactor.profiles)}")
    return profile


def _report_only(request: Request) -> bool:
    wish = request.query_params.get("report", "")
    if wish not in ("", "only"):
        raise common_errors.invalid_request("report", "must be `only`, or absent")
    return wish == "only"


def _ending(extension: str) -> str:
    return f"-redacted.{extension}" if extension else "-redacted"


def _summary(report: Any) -> str:  # noqa: ANN401 - a message of the contract
    """Return what a header has room for: counts by group and reason, and what was verified."""
    removed = Counter(one.group for one in report.removed)
    kept = Counter(_word(one, "because") for one in report.kept)
    verification = report.verification
    summary = {
        "profile": _word(report, "profile"),
        "format": report.format_name,
        "verified": verification.verified,
        "pixels_unchanged": verification.pixels_unchanged
        if verification.HasField("pixels_unchanged")
        else None,
        "values_searched_count": verification.values_searched_count,
        "removed_count": len(report.removed),
        "removed": {group[:_NAME_CHARACTERS_MAX]: n for group, n in removed.most_common(GROUPS_COUNT_MAX)},
        "kept": dict(kept),
    }
    return json.dumps(summary, separators=(",", ":"))


def _word(message: Any, name: str) -> str:  # noqa: ANN401 - a message of the contract
    """Return an enum value as a word: `KEPT_BECAUSE_TOWN` is `town`."""
    values = message.DESCRIPTOR.fields_by_name[name].enum_type.values_by_number
    return _ENUM_PREFIXES.sub("", values[getattr(message, name)].name).lower()
