"""Reads an upload from an HTTP request as it arrives: nothing of the file is kept here.

Multipart bodies (RFC 7578) are parsed incrementally; the form fields before the file are known when the
file begins, those behind it when it has been read.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from metaextract_gateway.adapters.http.multipart import FilePart, FormBody, stated_sha256
from metaextract_gateway.domain import errors

FRAMING_BYTES = 1024 * 1024
"""What a multipart body may hold besides the file."""

FILE_NAME_CHARACTERS_MAX = 255


@dataclass(slots=True)
class IncomingUpload:
    """A file whose first byte is about to be read.

    `chunks` raises `starlette.requests.ClientDisconnect` if the client goes away. `size_bytes_expected`
    is exact if the file is the last part, and None if the client did not declare a length; `size_bytes_max`
    is what is left of a body with several files, None if it is the only one or nobody knows. `sha256` is what
    the client says of the content (`Content-Digest` of the body or of the part, RFC 9530); empty if nothing.
    `late_fields` are whole when `chunks` has ended.
    """

    file_name: str
    media_type: str
    fields: Mapping[str, str]
    size_bytes_expected: int | None
    chunks: AsyncGenerator[bytes, None]
    sha256: bytes = b""
    late_fields: Mapping[str, str] = field(default_factory=dict)
    size_bytes_max: int | None = None


def declared_length(request: Request) -> int | None:
    """Return Content-Length, or None if there is none or it is no number."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None


async def opened(request: Request, *, upload_bytes_max: int, file_field: str = "file") -> IncomingUpload:
    """Read up to the first byte of the file.

    Raises FILE_MISSING, MULTIPART_MALFORMED or UPLOAD_TOO_LARGE (by the declared length, before the
    body is read). A second file, or one in another field, makes the body malformed.
    """
    length = declared_length(request)
    if length is not None and length > upload_bytes_max + FRAMING_BYTES:
        raise errors.upload_too_large(upload_bytes_max)
    media_type, options = parse_options_header(request.headers.get("content-type"))
    if media_type == b"multipart/form-data":
        boundary = options.get(b"boundary", b"")
        return await _multipart(request, boundary, length, file_field)
    chunks = request.stream()
    name = request.query_params.get("file_name", "")[:FILE_NAME_CHARACTERS_MAX]
    sha256 = stated_sha256(request.headers.get("content-digest") or request.headers.get("repr-digest", ""))
    return IncomingUpload(name, media_type.decode("latin-1"), {}, length, _present(chunks), sha256)


async def _present(chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async for chunk in chunks:
        if chunk:
            yield chunk


async def _multipart(
    request: Request, boundary: bytes, length: int | None, file_field: str
) -> IncomingUpload:
    if not boundary:
        raise errors.malformed_multipart()
    body = FormBody(request.stream(), boundary, file_field, files_count_max=1)
    part = await body.file()
    if part is None:
        raise errors.no_file()
    # The file ends where the closing delimiter begins, if it is the last part.
    trailer = len(b"\r\n--") + len(boundary) + len(b"--\r\n")
    expected = None if length is None else max(0, length - part.offset - trailer)
    expected = 0 if part.is_empty else expected
    incoming = _incoming(part, body.fields, expected, _rest(body, part))
    incoming.late_fields = body.late_fields
    return incoming


async def _rest(body: FormBody, part: FilePart) -> AsyncGenerator[bytes, None]:
    try:
        async for chunk in body.chunks(part):
            yield chunk
        await body.read_out()
    finally:
        await body.close()


async def each_opened(
    request: Request, *, files_count_max: int, file_field: str = "file"
) -> AsyncGenerator[IncomingUpload, None]:
    """Yield the files of a form one after the other; what is not read of one is skipped before the next.

    Raises FILE_MISSING if there is none, and MULTIPART_MALFORMED.
    """
    media_type, options = parse_options_header(request.headers.get("content-type"))
    if media_type != b"multipart/form-data":
        raise errors.no_file()
    if not options.get(b"boundary"):
        raise errors.malformed_multipart()
    body = FormBody(request.stream(), options[b"boundary"], file_field, files_count_max)
    length = declared_length(request)
    try:
        part = await body.file()
        if part is None:
            raise errors.no_file()
        while part is not None:
            async with aclosing(body.chunks(part)) as chunks:
                incoming = _incoming(part, body.fields, None, chunks)
                incoming.size_bytes_max = None if length is None else _rounded_up(length - part.offset)
                yield incoming
            await body.skip(part)
            part = await body.file()
    finally:
        await body.close()


def _rounded_up(size_bytes: int) -> int:
    """Return a bound that a repeated request has too, though its framing be a little longer or shorter."""
    return -(-size_bytes // FRAMING_BYTES) * FRAMING_BYTES


def _incoming(
    part: FilePart, fields: Mapping[str, str], expected: int | None, chunks: AsyncGenerator[bytes, None]
) -> IncomingUpload:
    name = part.name[:FILE_NAME_CHARACTERS_MAX]
    return IncomingUpload(name, part.media_type, fields, expected, chunks, part.sha256)
