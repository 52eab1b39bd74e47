"""Resumable uploads at /v1/uploads: tus 1.0.0 (https://tus.io/protocols/resumable-upload)."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import fields, replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from metaextract_common.errors import ServiceError, invalid_request
from metaextract_gateway.adapters.http import problems
from metaextract_gateway.adapters.http.auth.callers import account_of
from metaextract_gateway.adapters.http.intake import Intake, Visitor, idempotency_key
from metaextract_gateway.adapters.http.multipart import stated_sha256
from metaextract_gateway.adapters.http.quoted import quoted
from metaextract_gateway.adapters.http.tus import headers
from metaextract_gateway.adapters.http.uploads import (
    FILE_NAME_CHARACTERS_MAX,
    IncomingUpload,
    declared_length,
)
from metaextract_gateway.application.resuming import Piece, Resuming
from metaextract_gateway.domain import errors
from metaextract_gateway.domain.model import Operations
from metaextract_gateway.domain.resumable import ResumableUpload

Endpoint = Callable[[Request], Awaitable[Response]]
METHODS: Final = ("HEAD", "PATCH", "DELETE")


def routes(
    intake: Intake, resuming: Resuming, payer: Callable[[Request], str], new_id: Callable[[], str]
) -> list[BaseRoute]:
    """Return the routes.

    `payer` names the account that a request is paid from, `new_id` makes names that nobody guesses.
    """
    tus = _Tus(intake, resuming, payer, new_id)
    return [
        Route(headers.PATH, tus.options, methods=["OPTIONS"]),
        Route(headers.PATH, _spoken(tus.create), methods=["POST"]),
        Route(f"{headers.PATH}/{{upload}}", tus.one, methods=["OPTIONS", "POST", *METHODS]),
    ]


class _Tus:
    """The endpoints: of the collection, and of one upload."""

    def __init__(
        self, intake: Intake, resuming: Resuming, payer: Callable[[Request], str], new_id: Callable[[], str]
    ) -> None:
        self._intake = intake
        self._resuming = resuming
        self._payer = payer
        self._new_id = new_id
        self._by_method = {
            "HEAD": _spoken(self._head),
            "PATCH": _spoken(self._patch),
            "DELETE": _spoken(self._delete),
            "OPTIONS": self.options,
        }

    async def options(self, _request: Request) -> Response:
        return Response(status_code=204, headers=headers.of_server(self._intake.upload_bytes_max))

    async def create(self, request: Request) -> Response:
        visitor = self._intake.visitor(request, self._payer(request))
        known = _known(self._intake, request, visitor, self._new_id())
        kept = await self._resuming.create(known, repeatable=bool(idempotency_key(request)))
        if _has_piece(request) and kept.known.id == known.id:  # else the client goes on where it was
            kept = await self._resuming.append(known.id, account_of(request), _piece(request, 0))
        answer = {**headers.of_upload(kept), "Location": f"{headers.PATH}/{kept.known.id}"}
        return self._intake.leave_cookie(visitor, Response(status_code=201, headers=answer))

    async def one(self, request: Request) -> Response:
        # For clients that cannot send PATCH or DELETE.
        method = request.headers.get("x-http-method-override", request.method).upper()
        endpoint = self._by_method.get(method)
        if endpoint is None:
            raise errors.method_not_allowed(method)
        return await endpoint(request)

    async def _head(self, request: Request) -> Response:
        kept = await self._resuming.status(request.path_params["upload"], account_of(request))
        return Response(status_code=200, headers=headers.of_state(kept))

    async def _patch(self, request: Request) -> Response:
        if not _has_piece(request):
            raise errors.tus_media_type_required()
        offset_bytes = headers.number(request, "Upload-Offset")
        if offset_bytes is None:
            raise invalid_request("Upload-Offset", "must say where the bytes begin")
        piece = _piece(request, offset_bytes)
        kept = await self._resuming.append(request.path_params["upload"], account_of(request), piece)
        return Response(status_code=204, headers=headers.of_upload(kept))

    async def _delete(self, request: Request) -> Response:
        await self._resuming.terminate(request.path_params["upload"], account_of(request))
        return Response(status_code=204, headers={"Tus-Resumable": headers.VERSION})


def _spoken(endpoint: Endpoint) -> Endpoint:
    """Refuse other versions of the protocol, and name ours in every answer, also in refusals."""

    async def speaking(request: Request) -> Response:
        try:
            if request.headers.get("tus-resumable") != headers.VERSION:
                raise errors.tus_version_unsupported()
            return await endpoint(request)
        except ServiceError as error:
            refusal = await problems.render(request, error)
            refusal.headers["Tus-Resumable"] = refusal.headers["Tus-Version"] = headers.VERSION
            return refusal

    return speaking


def _known(intake: Intake, request: Request, visitor: Visitor, upload_id: str) -> ResumableUpload:
    if "upload-concat" in request.headers:
        raise invalid_request("Upload-Concat", "is not supported")
    size_bytes, told = headers.declared_size(request), headers.metadata(request)
    incoming = IncomingUpload(
        file_name=told.get("filename", "")[:FILE_NAME_CHARACTERS_MAX],
        media_type=told.get("filetype", ""),
        fields={},
        size_bytes_expected=size_bytes,
        chunks=_chunks(request),
        sha256=stated_sha256(request.headers.get("repr-digest", "")),
    )
    upload = intake.upload(
        request,
        incoming,
        extraction_id=told.get("extraction_id", ""),
        partial_results=told.get("partial_results") == "true",
        operations=_operations(told.get("operations", "")),
        quoted=quoted(told.get("quote", ""), told.get("quote_file", "")),
        batch=told.get("batch", ""),
    )
    return ResumableUpload(
        id=upload_id,
        owner=account_of(request) or f"address:{visitor.address}",  # a client may choose its session
        payer=visitor.payer,
        upload=replace(upload, detached=True),
        metadata=request.headers.get("upload-metadata", ""),
    )


def _operations(text: str) -> Operations:
    """Read `ocr,forensics`."""
    asked = {one.strip() for one in text.split(",") if one.strip()}
    known = [one.name for one in fields(Operations)]
    if not asked <= set(known):
        raise invalid_request("operations", f"must be of {', '.join(known)}")
    return Operations(**{name: name in asked for name in known})


def _has_piece(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip() == headers.PIECE_TYPE


def _piece(request: Request, offset_bytes: int) -> Piece:
    return Piece(
        offset_bytes,
        _chunks(request),
        length_bytes=declared_length(request),
        checksum=headers.checksum(request),
        size_bytes=headers.number(request, "Upload-Length"),
    )


async def _chunks(request: Request) -> AsyncGenerator[bytes, None]:
    async for chunk in request.stream():
        if chunk:
            yield chunk
