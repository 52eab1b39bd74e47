"""A form whose file comes first is read whole before its file is passed on, and no other form is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.requests import Request

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http import multipart, uploads
from metaextract_gateway.adapters.http.legacy.late_fields import MEMORY_BYTES_MAX, with_all_fields
from metaextract_gateway.adapters.http.uploads import IncomingUpload

LIMIT = 4 * MEMORY_BYTES_MAX
FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n%b\r\n'
FIELD = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
END = b"--x--\r\n"
SESSION = FIELD % (b"session_id", b"s1")


class Body:
    """A request's body, which comes in pieces and knows how many were taken."""

    def __init__(self, *pieces: bytes) -> None:
        self.left = list(pieces)

    async def receive(self) -> dict[str, object]:
        return {"type": "http.request", "body": self.left.pop(0), "more_body": bool(self.left)}


async def opened(body: Body) -> IncomingUpload:
    headers = [(b"content-type", b"multipart/form-data; boundary=x")]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    return await uploads.opened(Request(scope, body.receive), upload_bytes_max=LIMIT)


async def content_of(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize("size", [0, 1, MEMORY_BYTES_MAX, MEMORY_BYTES_MAX + 1, 3 * MEMORY_BYTES_MAX])
async def test_fields_behind_the_file_are_known_before_its_first_byte(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    whole = FILE % content[:size] + SESSION + FIELD % (b"op_ocr", b"1") + END
    incoming = await opened(Body(whole[:100], whole[100:]))

    async with with_all_fields(incoming, tmp_path, LIMIT) as complete:
        assert complete.fields == {"session_id": "s1", "op_ocr": "1"}
        assert complete.size_bytes_expected == size
        assert await content_of(complete.chunks) == content[:size]
        assert list(tmp_path.iterdir()) == []  # it waits without a name

    assert (complete.file_name, complete.media_type) == ("a.jpg", incoming.media_type)


async def test_a_file_behind_its_fields_is_passed_on_as_it_comes() -> None:
    body = Body(SESSION + FILE[:-2] % b"ab", b"cd", b"\r\n" + FIELD % (b"op_ocr", b"1") + END)

    async with with_all_fields(await opened(body), None, LIMIT) as complete:
        assert complete.fields == {"session_id": "s1"}
        assert await anext(complete.chunks) == b"ab"
        assert len(body.left) == 2
        assert await content_of(complete.chunks) == b"cd"


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (b"", "MULTIPART_MALFORMED"),
        (FIELD % (b"f", b"v" * (multipart.FIELDS_BYTES_MAX + 1)) + END, "MULTIPART_MALFORMED"),
        (FILE % b"two" + END, "MULTIPART_MALFORMED"),
    ],
)
async def test_a_form_that_cannot_be_read_to_its_end_is_refused(end: bytes, reason: str) -> None:
    incoming = await opened(Body(FILE % b"one", end))

    with pytest.raises(ServiceError) as caught:
        async with with_all_fields(incoming, None, LIMIT):
            pass

    assert caught.value.reason == reason


async def test_no_more_waits_than_a_file_may_have() -> None:
    incoming = await opened(Body(FILE % bytes(LIMIT + 1) + END))

    with pytest.raises(ServiceError) as caught:
        async with with_all_fields(incoming, None, LIMIT):
            pass

    assert caught.value.reason == "UPLOAD_TOO_LARGE"


async def test_without_room_to_wait_the_upload_is_refused(tmp_path: Path) -> None:
    incoming = await opened(Body(FILE % bytes(MEMORY_BYTES_MAX + 1) + END))

    with pytest.raises(ServiceError) as caught:
        async with with_all_fields(incoming, tmp_path / "away", LIMIT):
            pass

    assert caught.value.reason == "UPLOADS_STORE_FULL"
