"""POST /api/images_mvp/quote: what files would cost, before anybody sends them (§1.6)."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.legacy import errors, schedule, sessions
from metaextract_gateway.adapters.http.legacy.bodies import BodyError, json_body, text
from metaextract_gateway.adapters.http.legacy.file_types import LEGACY_MEDIA_TYPES, FileTypes
from metaextract_gateway.adapters.http.legacy.sessions import Sessions
from metaextract_gateway.domain.model import Operations
from metaextract_gateway.domain.money import PricedFile, Quote, StatedFile
from metaextract_gateway.domain.ports import Prices

FILES_COUNT_MAX: Final = 10
FILE_ID_CHARACTERS_MAX: Final = 100
_PIXELS_MAX: Final = 2**31 - 1
_BYTES_MAX: Final = 2**53
_TRUE: Final = ("1", "true", "yes", "on")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file as the client describes it; `refusal` says why it is not priced, and is empty if it is.

    `id` is the client's, which may occur twice; `stated` has the one by which billing knows the file.
    """

    id: str
    stated: StatedFile
    media_type: str | None
    refusal: str


def routes(prices: Prices, file_types: FileTypes, who: Sessions, *, upload_bytes_max: int) -> list[BaseRoute]:
    """Return the route."""

    async def quote(request: Request) -> Response:
        try:
            body = await json_body(request)
        except BodyError as error:
            return error.response
        known = who.session_of(request, body)
        session = known or sessions.new_session()
        account = who.user_account_of(request) or sessions.session_account(session)
        try:
            files = await wanted_files(body, file_types, upload_bytes_max)
            accepted = [file.stated for file in files if not file.refusal]
            made = await prices.quote(account, accepted, _operations(body.get("ops")))
        except ServiceError as error:
            return errors.quote_failed(error)
        response = JSONResponse(document(made, files, upload_bytes_max))
        if not known:
            sessions.leave_cookie(request, response, session)
        return response

    return [Route("/api/images_mvp/quote", quote, methods=["POST"])]


def known_id(file_id: str) -> str:
    """Return the id by which billing knows a file: the client's, if it can be written there."""
    if not file_id or text(file_id, FILE_ID_CHARACTERS_MAX):
        return file_id
    return f"sha256-{hashlib.sha256(file_id.encode()).hexdigest()}"


async def wanted_files(body: Mapping[str, Any], file_types: FileTypes, upload_bytes_max: int) -> list[Wanted]:
    """Return the files of a request: the first ten, without those that have no name.

    Of files with one id each is priced, and the last one is the one that an upload can claim.
    """
    stated = body.get("files")
    listed = stated[:FILES_COUNT_MAX] if isinstance(stated, list) else []
    named = [one for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str) and one["id"]]
    last = {one["id"]: at for at, one in enumerate(named)}
    return [
        await _wanted(
            known_id(one["id"] if last[one["id"]] == at else f"{one['id']}\n{at}"),
            one,
            file_types,
            upload_bytes_max,
        )
        for at, one in enumerate(named)
    ]


async def _wanted(id_: str, one: Mapping[str, Any], file_types: FileTypes, upload_bytes_max: int) -> Wanted:
    width, height = (_whole(one.get(name), _PIXELS_MAX) or None for name in ("width", "height"))
    stated = StatedFile(id_, _whole(one.get("sizeBytes"), _BYTES_MAX), width, height)
    media_type = one["mime"] if isinstance(one.get("mime"), str) and one["mime"] else None
    name = one["name"] if isinstance(one.get("name"), str) else ""
    refusal = ""
    if stated.size_bytes > upload_bytes_max:
        refusal = "file_too_large"
    elif not await file_types.may_be_quoted(name, media_type):
        refusal = "unsupported_type"
    return Wanted(one["id"], stated, media_type, refusal)


def document(quote: Quote, files: list[Wanted], upload_bytes_max: int) -> dict[str, Any]:
    """Return the body of the answer."""
    priced = {file.id: file for file in quote.files}
    entries = [_entry(file, priced.get(file.stated.id)) for file in files]
    total = quote.credits_total
    standard = schedule.STANDARD_CREDITS_PER_IMAGE
    return {
        "schemaVersion": "images_mvp_quote_v1",
        "quoteId": quote.id,
        "creditsTotal": total,
        "perFile": {entry["id"]: entry for entry in entries},
        "schedule": schedule.schedule(),
        "limits": {
            "maxBytes": upload_bytes_max,
            "allowedMimes": list(LEGACY_MEDIA_TYPES),
            "maxFiles": FILES_COUNT_MAX,
        },
        "creditSchedule": {**schedule.schedule(), "standardCreditsPerImage": standard},
        "quote": {
            "perFile": entries,
            "totalCredits": total,
            "standardEquivalents": math.ceil(total / standard),
        },
        "expiresAt": errors.iso(quote.expire_time),
        "warnings": [],
    }


def _entry(file: Wanted, priced: PricedFile | None) -> dict[str, Any]:
    size = schedule.size_of(file.stated.width_pixels, file.stated.height_pixels)
    about = {"id": file.id, "accepted": priced is not None}
    shown = {"mp": size.megapixels, "mpBucket": size.bucket}
    if priced is None:
        warnings = [*size.warnings, file.refusal]
        return (
            about
            | {"reason": file.refusal, "detected_type": file.media_type}
            | shown
            | {"warnings": warnings}
        )
    breakdown = {
        "base": priced.base,
        "embedding": priced.embedding,
        "ocr": priced.ocr,
        "forensics": priced.forensics,
        "mp": priced.size,
    }
    return {
        **about,
        "detected_type": file.media_type,
        "creditsTotal": priced.credits,
        "breakdown": breakdown,
        **shown,
        "mpBucket": priced.size_bucket,
        "warnings": list(size.warnings),
    }


def _operations(stated: object) -> Operations:
    """Return what is wanted; the embedding unless it is declined, as in an upload."""
    ops = stated if isinstance(stated, dict) else {}

    def wanted(name: str, *, default: bool) -> bool:
        value = ops.get(name, default)
        return value.strip().lower() in _TRUE if isinstance(value, str) else bool(value)

    return Operations(
        embedding=wanted("embedding", default=True),
        ocr=wanted("ocr", default=False),
        forensics=wanted("forensics", default=False),
    )


def _whole(value: object, most: int) -> int:
    """Return a whole number from 0 on; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(min(max(value, 0), most))
