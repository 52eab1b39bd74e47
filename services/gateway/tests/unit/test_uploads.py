"""Uploads are read the same however the network cuts them."""

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http import multipart, uploads

LIMIT = 10 * 1024 * 1024


def request(pieces: list[bytes], headers: dict[str, str], query: str = "") -> Request:
    left = list(pieces)

    async def receive() -> dict[str, object]:
        body = left.pop(0) if left else b""
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    return Request(scope, receive)


def form(fields: list[tuple[str, str]], name: str, content: bytes, boundary: str = "b0undary") -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode()
        for k, v in fields
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    return (
        b"".join(parts)
        + head.encode()
        + b"Content-Type: image/jpeg\r\n\r\n"
        + content
        + f"\r\n--{boundary}--\r\n".encode()
    )


def cut(body: bytes, at: list[int]) -> list[bytes]:
    edges = sorted({0, len(body), *(one % (len(body) + 1) for one in at)})
    return [body[start:end] for start, end in itertools.pairwise(edges)]


MULTIPART = {"Content-Type": "multipart/form-data; boundary=b0undary"}


async def read(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


@given(content=st.binary(max_size=5000), at=st.lists(st.integers(0, 6000), max_size=12))
async def test_the_file_and_the_fields_before_it_survive_any_cut(content: bytes, at: list[int]) -> None:
    if b"\r\n--b0undary" in content:
        return
    body = form([("session_id", "s1"), ("op_ocr", "true")], "a.jpg", content)
    headers = MULTIPART | {"Content-Length": str(len(body))}

    incoming = await uploads.opened(request(cut(body, at), headers), upload_bytes_max=LIMIT)

    assert incoming.file_name == "a.jpg"
    assert incoming.media_type == "image/jpeg"
    assert incoming.fields == {"session_id": "s1", "op_ocr": "true"}
    assert incoming.size_bytes_expected == len(content)
    assert await read(incoming.chunks) == content


async def test_bytes_that_look_like_a_boundary_are_content() -> None:
    content = b"\r\n--b0undar\r\n--b0undarz--\r\n" * 10
    body = form([], "a.jpg", content)

    incoming = await uploads.opened(
        request(cut(body, list(range(0, 400, 3))), MULTIPART), upload_bytes_max=LIMIT
    )

    assert await read(incoming.chunks) == content


async def test_the_raw_body_is_the_file() -> None:
    headers = {"Content-Type": "image/png", "Content-Length": "6"}

    incoming = await uploads.opened(
        request([b"abc", b"", b"def"], headers, "file_name=x.png"), upload_bytes_max=LIMIT
    )

    assert (incoming.file_name, incoming.media_type, incoming.size_bytes_expected) == (
        "x.png",
        "image/png",
        6,
    )
    assert await read(incoming.chunks) == b"abcdef"


async def reason_of(pieces: list[bytes], headers: dict[str, str]) -> str:
    with pytest.raises(ServiceError) as caught:
        incoming = await uploads.opened(request(pieces, headers), upload_bytes_max=LIMIT)
        await read(incoming.chunks)
    return caught.value.reason


async def test_what_cannot_be_read_is_named() -> None:
    whole = form([], "a.jpg", b"content")
    no_file = b'--b0undary\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b0undary--\r\n'
    many = form([(f"f{n}", "v") for n in range(multipart.FIELDS_COUNT_MAX + 1)], "a.jpg", b"content")
    large = form([("f", "v" * (multipart.FIELDS_BYTES_MAX + 1))], "a.jpg", b"content")
    large_together = form([(f"f{n}", "v" * 300_000) for n in range(4)], "a.jpg", b"content")
    many_empty = form([("f", "")] * (multipart.FIELDS_COUNT_MAX + 1), "a.jpg", b"content")
    wide = f"--b0undary\r\nX: {'h' * multipart.HEADER_BYTES_MAX}\r\n\r\n".encode()

    assert await reason_of([whole[:-4]], MULTIPART) == "MULTIPART_MALFORMED"
    assert await reason_of([no_file[:-4]], MULTIPART) == "MULTIPART_MALFORMED"
    assert await reason_of([], MULTIPART) == "MULTIPART_MALFORMED"
    assert await reason_of([b"nonsense" * 100], MULTIPART) == "MULTIPART_MALFORMED"
    assert await reason_of([whole], {"Content-Type": "multipart/form-data"}) == "MULTIPART_MALFORMED"
    assert await reason_of([no_file], MULTIPART) == "FILE_MISSING"
    assert await reason_of([many], MULTIPART) == "MULTIPART_MALFORMED"
    assert await reason_of([large], MULTIPART) == "MULTIPART_MALFORMED"
    assert await reason_of([large_together], MULTIPART) == "MULTIPART_MALFORMED"
    assert await reason_of([many_empty], MULTIPART) == "MULTIPART_MALFORMED"
    assert await reason_of([wide], MULTIPART) == "MULTIPART_MALFORMED"
    too_long = MULTIPART | {"Content-Length": str(LIMIT + uploads.FRAMING_BYTES + 1)}
    assert await reason_of([whole], too_long) == "UPLOAD_TOO_LARGE"


async def test_one_file_is_taken_from_its_own_field_alone() -> None:
    whole = form([], "a.jpg", b"content")
    two = whole.replace(b"--b0undary--\r\n", b"") + whole
    elsewhere = whole.replace(b'name="file"', b'name="image"')
    unchosen = form([], "", b"")

    assert await reason_of([two], MULTIPART) == "MULTIPART_MALFORMED"
    with pytest.raises(ServiceError) as caught:
        await uploads.opened(request([elsewhere], MULTIPART), upload_bytes_max=LIMIT)
    assert caught.value.reason == "MULTIPART_MALFORMED"
    assert caught.value.metadata == {"part": "image", "expected": "file"}
    assert await reason_of([unchosen], MULTIPART) == "FILE_MISSING"


async def test_a_name_is_cut_and_never_a_path() -> None:
    body = form([], "../../" + "x" * 300 + ".jpg", b"content")

    incoming = await uploads.opened(request([body], MULTIPART), upload_bytes_max=LIMIT)

    assert len(incoming.file_name) == uploads.FILE_NAME_CHARACTERS_MAX


def forms(files: list[tuple[str, bytes]], boundary: str = "b0undary") -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in files
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


CONTENT = st.binary(max_size=2000).filter(lambda content: b"\r\n--b0undary" not in content)


@given(
    contents=st.lists(CONTENT, min_size=1, max_size=6),
    at=st.lists(st.integers(0, 9000), max_size=12),
    read_count=st.lists(st.integers(0, 3), min_size=6, max_size=6),
)
async def test_each_file_of_a_form_is_whole_however_much_of_the_one_before_was_read(
    contents: list[bytes], at: list[int], read_count: list[int]
) -> None:
    files = [(f"{number}.jpg", content) for number, content in enumerate(contents)]
    incoming = uploads.each_opened(request(cut(forms(files), at), MULTIPART), files_count_max=6)
    seen = []
    async for one in incoming:
        if read_count[len(seen)]:
            chunks = [chunk async for chunk in some_of(one.chunks, read_count[len(seen)])]
            seen.append((one.file_name, b"".join(chunks)))
        else:
            seen.append((one.file_name, await read(one.chunks)))
    assert [name for name, _ in seen] == [name for name, _ in files]
    for (_, found), (_, content), count in zip(seen, files, read_count, strict=False):
        assert content.startswith(found) if count else found == content


async def some_of(chunks: AsyncIterator[bytes], count: int) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        yield chunk
        count -= 1
        if not count:
            return


async def test_whoever_gives_a_file_up_while_waiting_for_it_takes_nothing_from_the_next() -> None:
    body = forms([("1.jpg", b"a" * 3000), ("2.jpg", b"b" * 3000)])
    pieces = cut(body, list(range(0, len(body), 100)))
    gate = asyncio.Event()
    slow = request(pieces, MULTIPART)
    receive = slow._receive

    async def held() -> dict[str, object]:
        await gate.wait()
        return await receive()

    gate.set()
    incoming = uploads.each_opened(Request(slow.scope, held), files_count_max=2)
    first = await anext(incoming)
    gate.clear()
    waiting = asyncio.ensure_future(read(first.chunks))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    gate.set()
    second = await anext(incoming)
    assert await read(second.chunks) == b"b" * 3000
    assert await anext(incoming, None) is None


async def test_a_form_of_many_files_must_be_whole_and_have_no_more_than_it_may() -> None:
    body = forms([("1.jpg", b"a"), ("2.jpg", b"b")])

    async def reason(pieces: list[bytes], count: int, headers: dict[str, str] = MULTIPART) -> str:
        with pytest.raises(ServiceError) as caught:
            async for one in uploads.each_opened(request(pieces, headers), files_count_max=count):
                await read(one.chunks)
        return caught.value.reason

    assert await reason([body], 1) == "MULTIPART_MALFORMED"
    assert await reason([body[:-9]], 2) == "MULTIPART_MALFORMED"
    assert await reason([b"--b0undary--\r\n"], 2) == "FILE_MISSING"
    assert await reason([body], 2, {"Content-Type": "image/png"}) == "FILE_MISSING"


@pytest.mark.parametrize(
    ("digests", "sha256"),
    [
        ("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", hashlib.sha256(b"").digest()),
        ("sha-512=:AA==:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", hashlib.sha256().digest()),
        ("sha-512=:AA==:", b""),
        ("sha-256=:AAAA:", b""),
        ("", b""),
    ],
)
async def test_what_the_client_says_of_the_content_goes_along(digests: str, sha256: bytes) -> None:
    disposition = 'Content-Disposition: form-data; name="file"; filename="a"'
    head = f"--b\r\n{disposition}\r\nContent-Digest: {digests}\r\n\r\n"
    form = request([head.encode() + b"x\r\n--b--\r\n"], {"Content-Type": "multipart/form-data; boundary=b"})
    raw = request([b"x"], {"Content-Type": "image/jpeg", "Content-Digest": digests})

    opened = [await uploads.opened(one, upload_bytes_max=LIMIT) for one in (form, raw)]

    assert [one.sha256 for one in opened] == [sha256, sha256]
    for one in opened:
        assert b"".join([chunk async for chunk in one.chunks]) == b"x"


async def test_a_file_among_several_is_no_longer_than_what_is_left_of_the_body() -> None:
    mebibyte = uploads.FRAMING_BYTES
    body = forms([("1.jpg", b"a" * 3 * mebibyte), ("2.jpg", b"b" * 10)])
    declared = MULTIPART | {"Content-Length": str(len(body))}

    async def bounds(headers: dict[str, str]) -> list[int | None]:
        found = []
        async for one in uploads.each_opened(request([body], headers), files_count_max=2):
            await read(one.chunks)
            found.append(one.size_bytes_max)
        return found

    assert await bounds(declared) == [4 * mebibyte, mebibyte]
    assert await bounds(MULTIPART) == [None, None]
