"""Reads multipart bodies (RFC 7578) as they arrive: small fields whole, files as chunks that nobody keeps."""

import asyncio
import base64
import re
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from metaextract_gateway.domain import errors

FIELDS_BYTES_MAX = 1024 * 1024
"""All fields of a form together; a browser's fingerprint, which old clients send along, may be large."""
FIELDS_COUNT_MAX = 50
HEADER_BYTES_MAX = 16 * 1024
_PART_CHARACTERS_SHOWN_MAX = 100
_SHA256 = re.compile(r"\bsha-256=:([A-Za-z0-9+/]{43}=):")


def stated_sha256(digests: str) -> bytes:
    """Return the SHA-256 of a list of digests, `sha-256=:<base64>:` (RFC 9530); empty if none can be read."""
    found = _SHA256.search(digests)
    return base64.b64decode(found[1]) if found else b""


@dataclass(slots=True)
class FilePart:
    """A file of a form. `offset` is the place of its first byte in the body; `chunks` are those not taken.

    `sha256`: what the part's `Content-Digest` says of the file; empty if nothing.
    """

    name: str
    media_type: str
    sha256: bytes = b""
    offset: int = 0
    began: bool = False
    ended: bool = False
    is_empty: bool = False
    chunks: deque[bytes] = field(default_factory=deque)


@dataclass(slots=True)
class _Part:
    headers: dict[str, bytes] = field(default_factory=dict)
    header_name: bytes = b""
    header_value: bytes = b""
    header_bytes: int = 0
    name: str = ""
    data: bytearray = field(default_factory=bytearray)
    file: FilePart | None = None


class FormBody:
    """A body on its way. If it may hold several files, several may wait for more of it: it is read once.

    That matters where a file is given up half way: whoever read it may still wait when the next one begins.
    """

    def __init__(
        self, body: AsyncGenerator[bytes, None], boundary: bytes, file_field: str, files_count_max: int
    ) -> None:
        self._body = body
        self._form = _Form(boundary, file_field, files_count_max)
        self._has_one_reader = files_count_max == 1
        self._advancing: asyncio.Task[bool] | None = None

    @property
    def fields(self) -> dict[str, str]:
        """The fields before the first file."""
        return self._form.fields

    @property
    def late_fields(self) -> dict[str, str]:
        """The fields behind the file, as they come; of a form with several files none."""
        return self._form.late_fields

    async def file(self) -> FilePart | None:
        """Return the next file when its first byte is here; None if there is no more.

        Raises MULTIPART_MALFORMED, and `starlette.requests.ClientDisconnect` if the client goes away.
        """
        waiting = self._form.files
        while not (waiting and waiting[0].began):
            if not await self._advance():
                return None
        return waiting.popleft()

    async def chunks(self, part: FilePart) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of a file; raises as `file` does."""
        while True:
            while part.chunks:
                yield part.chunks.popleft()
            if part.ended:
                return
            await self._advance()

    async def skip(self, part: FilePart) -> None:
        """Read on to the end of a file that nobody wants."""
        part.chunks.clear()
        while not part.ended:
            await self._advance()
            part.chunks.clear()

    async def read_out(self) -> None:
        """Read on to the end of the body, where it must be whole."""
        while await self._advance():
            pass

    async def close(self) -> None:
        """Wait for nothing more."""
        if self._advancing is not None:
            self._advancing.cancel()
            await asyncio.gather(self._advancing, return_exceptions=True)

    async def _advance(self) -> bool:
        if self._has_one_reader:  # a task for each chunk costs as much as all the rest of its way
            return await self._parse_more()
        if self._advancing is None:
            self._advancing = asyncio.create_task(self._parse_more())
        return await asyncio.shield(self._advancing)  # whoever is cancelled must not end the body for others

    async def _parse_more(self) -> bool:
        try:
            chunk = await anext(self._body, None)
            if chunk is not None:
                self._form.feed(chunk)
            elif not self._form.ended:
                raise errors.malformed_multipart()
            return chunk is not None
        finally:
            self._advancing = None


class _Form:
    """Collects what the push parser finds."""

    def __init__(self, boundary: bytes, file_field: str, files_count_max: int) -> None:
        self._file_field = file_field
        self._files_count_left = files_count_max
        self._takes_late_fields = files_count_max == 1
        self._fed = 0
        self._fields_count = self._fields_bytes = 0
        self._part = _Part()
        self.file_seen = False
        self.ended = False
        self.fields: dict[str, str] = {}
        self.late_fields: dict[str, str] = {}
        self.files: deque[FilePart] = deque()
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
        if not options.get(b"filename"):  # an empty one is a file input in which nothing was chosen
            if self._keeps_fields:
                self._fields_count += 1
                self._count_field(self._part.header_bytes)
            return
        if self._part.name != self._file_field or not self._files_count_left:
            raise errors.malformed_multipart(self._part.name[:_PART_CHARACTERS_SHOWN_MAX], self._file_field)
        self._files_count_left -= 1
        self.file_seen = True
        declared, _ = parse_options_header(self._part.headers.get("content-type", b""))
        name = options[b"filename"].decode("utf-8", "replace")
        digests = self._part.headers.get("content-digest", b"").decode("latin-1")
        self._part.file = FilePart(name, declared.decode("latin-1"), stated_sha256(digests))
        self.files.append(self._part.file)

    def _data(self, data: bytes, start: int, end: int) -> None:
        file = self._part.file
        if file is not None:
            if not file.began:
                file.began = True
                file.offset = self._fed + start
            file.chunks.append(data[start:end])
            return
        if self._keeps_fields:
            self._count_field(end - start)
            self._part.data += data[start:end]

    @property
    def _keeps_fields(self) -> bool:
        return not self.file_seen or self._takes_late_fields

    def _count_field(self, length: int) -> None:
        self._fields_bytes += length
        if self._fields_bytes > FIELDS_BYTES_MAX or self._fields_count > FIELDS_COUNT_MAX:
            raise errors.malformed_multipart()

    def _part_ended(self) -> None:
        file = self._part.file
        if file is not None:
            file.is_empty = not file.began
            file.began = file.ended = True
        elif self._keeps_fields:
            fields = self.late_fields if self.file_seen else self.fields
            fields[self._part.name] = self._part.data.decode("utf-8", "replace")

    def _ended(self) -> None:
        self.ended = True
