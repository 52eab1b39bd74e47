"""Reads an upload from an HTTP request as it arrives: nothing of the file is kept here.

Multipart bodies (RFC 7578) are parsed incrementally; the form fields before the file are known when the
file begins, those behind it are ignored.
"""

from collections import deque
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from metaextract_gateway.domain import errors

FIELD_BYTES_MAX = 64 * 1024
FIELDS_COUNT_MAX = 50
HEADER_BYTES_MAX = 16 * 1024
FRAMING_BYTES = 1024 * 1024
"""What a multipart body may hold besides the file."""

FILE_NAME_CHARACTERS_MAX = 255


@dataclass(slots=True)
class IncomingUpload:
    """A file whose first byte is about to be read.

    `chunks` raises `starlette.requests.ClientDisconnect` if the client goes away. `size_bytes_expected`
    is exact if the file is the last part, and None if the client did not declare a length.
    """

    file_name: str
    media_type: str
    fields: Mapping[str, str]
    size_bytes_expected: int | None
    chunks: AsyncGenerator[bytes, None]


def declared_length(request: Request) -> int | None:
    """Return Content-Length, or None if there is none or it is no number."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None


async def opened(request: Request, *, upload_bytes_max: int, file_field: str = "file") -> IncomingUpload:
    """Read up to the first byte of the file.

    Raises FILE_MISSING, MULTIPART_MALFORMED or UPLOAD_TOO_LARGE (by the declared length, before the
    body is read).
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
    return IncomingUpload(name, media_type.decode("latin-1"), {}, length, _present(chunks))


async def _present(chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async for chunk in chunks:
        if chunk:
            yield chunk


async def _multipart(
    request: Request, boundary: bytes, length: int | None, file_field: str
) -> IncomingUpload:
    if not boundary:
        raise errors.malformed_multipart()
    form = _Form(boundary, file_field)
    body = request.stream()
    async for chunk in body:
        form.feed(chunk)
        if form.file_began:
            break
    else:
        raise errors.no_file()
    # The file ends where the closing delimiter begins, if it is the last part.
    trailer = len(b"\r\n--") + len(boundary) + len(b"--\r\n")
    expected = None if length is None else max(0, length - form.file_offset - trailer)
    expected = 0 if form.file_is_empty else expected
    return IncomingUpload(
        form.file_name[:FILE_NAME_CHARACTERS_MAX], form.media_type, form.fields, expected, _rest(form, body)
    )


async def _rest(form: "_Form", body: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    while form.chunks:
        yield form.chunks.popleft()
    async for chunk in body:
        form.feed(chunk)
        while form.chunks:
            yield form.chunks.popleft()
    if not form.ended:
        raise errors.malformed_multipart()


@dataclass(slots=True)
class _Part:
    headers: dict[str, bytes] = field(default_factory=dict)
    header_name: bytes = b""
    header_value: bytes = b""
    header_bytes: int = 0
    name: str = ""
    data: bytearray = field(default_factory=bytearray)


class _Form:
    """Collects what the push parser finds: small fields whole, the file as chunks."""

    def __init__(self, boundary: bytes, file_field: str) -> None:
        self._file_field = file_field
        self._fed = 0
        self._part = _Part()
        self._in_file = False
        self.file_began = False
        self.ended = False
        self.file_name = ""
        self.media_type = ""
        self.file_is_empty = False
        self.file_offset = 0
        self.fields: dict[str, str] = {}
        self.chunks: deque[bytes] = deque()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begun,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_ended,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_part_end": self._part_ended,
                "on_end": self._ended,
            },
        )

    def feed(self, data: bytes) -> None:
        """Parse more of the body; raises MULTIPART_MALFORMED."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise errors.malformed_multipart() from error
        self._fed += len(data)

    def _part_begun(self) -> None:
        self._part = _Part()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._part.header_name += data[start:end]
        self._count_header(end - start)

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.header_value += data[start:end]
        self._count_header(end - start)

    def _count_header(self, length: int) -> None:
        self._part.header_bytes += length
        if self._part.header_bytes > HEADER_BYTES_MAX:
            raise errors.malformed_multipart()

    def _header_ended(self) -> None:
        part = self._part
        part.headers[part.header_name.decode("latin-1").lower()] = part.header_value
        part.header_name = part.header_value = b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._part.headers.get("content-disposition", b""))
        self._part.name = options.get(b"name", b"").decode("utf-8", "replace")
        if self._part.name == self._file_field and b"filename" in options and not self.file_began:
            self._in_file = True
            self.file_name = options[b"filename"].decode("utf-8", "replace")
            declared, _ = parse_options_header(self._part.headers.get("content-type", b""))
            self.media_type = declared.decode("latin-1")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            if not self.file_began:
                self.file_began = True
                self.file_offset = self._fed + start
            self.chunks.append(data[start:end])
            return
        if self.file_began:
            return  # fields behind the file are ignored
        self._part.data += data[start:end]
        if len(self._part.data) > FIELD_BYTES_MAX or len(self.fields) >= FIELDS_COUNT_MAX:
            raise errors.malformed_multipart()

    def _part_ended(self) -> None:
        if self._in_file:
            self.file_is_empty = not self.file_began
            self.file_began = True
            self._in_file = False
        elif not self.file_began:
            self.fields[self._part.name] = self._part.data.decode("utf-8", "replace")

    def _ended(self) -> None:
        self.ended = True
