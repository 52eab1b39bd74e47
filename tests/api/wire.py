"""Bytes on a connection, well formed or not, and what comes back."""

import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from hypothesis import strategies as st

ANSWER_SECONDS_MAX = 20.0
PATIENCE_SECONDS = 0.3
ANSWER_BYTES_MAX = 4 * 1024 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")

BOUNDARY = b"boundary"
KNOWN_HEADERS = (
    b"Accept",
    b"Authorization",
    b"Connection",
    b"Content-Disposition",
    b"Content-Encoding",
    b"Content-Length",
    b"Content-Type",
    b"Cookie",
    b"Expect",
    b"Forwarded",
    b"Host",
    b"Idempotency-Key",
    b"If-None-Match",
    b"Last-Event-ID",
    b"Origin",
    b"Prefer",
    b"Range",
    b"TE",
    b"Transfer-Encoding",
    b"Tus-Resumable",
    b"Upgrade",
    b"Upload-Checksum",
    b"Upload-Length",
    b"Upload-Metadata",
    b"Upload-Offset",
    b"X-Forwarded-For",
    b"X-Forwarded-Proto",
    b"X-HTTP-Method-Override",
    b"X-Session-Id",
    b"traceparent",
    b"tracestate",
)
PATHS = (
    b"/",
    b"/docs",
    b"/v1/openapi.json",
    b"/v1/extractions",
    b"/v1/extractions/x",
    b"/v1/extractions/x/events",
    b"/v1/extractions/x/result",
    b"/v1/extractions:compare?names=a&names=b",
    b"/v1/batches",
    b"/v1/batches/x",
    b"/v1/uploads",
    b"/v1/uploads/x",
    b"/v1/redactions",
    b"/v1/quotes",
    b"/v1/credits",
    b"/v1/credits/orders",
    b"/v1/credits/transfers?page_size=1",
    b"/v1/users/me",
    b"/v1/apiKeys",
    b"/v1/formats",
    b"/v1/fieldDefinitions?query=a",
    b"/api/health",
    b"/api/images_mvp/extract",
    b"/api/images_mvp/quote",
    b"/api/images_mvp/credits/balance",
    b"/api/auth/login",
    b"/api/auth/me",
    b"/*",
    b"*",
    b"//",
    b"/%00",
    b"/%ff%fe",
    b"/v1/extractions/%2e%2e%2f",
    b"http://other.example/v1/formats",
    b"/v1/formats?" + b"a" * 9000,
)
DOORS = (
    b"/v1/extractions",
    b"/v1/redactions?profile=position",
    b"/v1/batches",
    b"/api/images_mvp/extract",
)
VALUES = (
    b"",
    b"0",
    b"1",
    b"-1",
    b"+5",
    b"5, 5",
    b"0x10",
    b"9" * 30,
    b"chunked",
    b"identity, chunked",
    b"gzip",
    b"close",
    b"keep-alive",
    b"upgrade",
    b"websocket",
    b"h2c",
    b"100-continue",
    b"application/json",
    b"image/jpeg",
    b"multipart/form-data",
    b"multipart/form-data; boundary=",
    b"multipart/form-data; boundary=" + b"b" * 300,
    b"text/event-stream",
    b"*/*;q=nan",
    b"application/offset+octet-stream",
    b"1.0.0",
    b"respond-async",
    b"a" * 9000,
    b"bytes=0-",
    b"Bearer x",
    b"Bearer a.b.c",
    b"Basic \xff",
    b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01",
    b"for=unknown;proto=https",
    b"127.0.0.1",
    b"\xff\xfe",
    b"\xc3\xa9",
    b"sha1 !!!",
    b"filename \xff",
    b"filename eA==",
    b"sessionId=a; metaextract_client=b.c",
    b"x\x00y",
    b"x\ry",
    b"PATCH",
    b"null",
    b"https://evil.example",
)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a connection brought. `statuses`: of each answer on it; empty if it was closed without one."""

    statuses: tuple[int, ...]
    body: bytes


@contextmanager
def _closed_on() -> Iterator[None]:
    """Let the other side close at any moment; but a connection on which nothing happens is a failure."""
    try:
        yield
    except TimeoutError:
        raise
    except OSError:
        return


def exchange(url: str, *pieces: bytes, reads: bool = True, greeted: bool = False) -> Answered:
    """Send pieces, stop sending when an answer has begun or does not come, and read to the end.

    Not `reads`: go away at once. `greeted`: wait for an answer to the first piece, as on a WebSocket.
    """
    parts = urlsplit(url)
    answer = bytearray()
    with closing(socket.create_connection((parts.hostname or "", parts.port or 0), 5)) as connection:
        connection.settimeout(ANSWER_SECONDS_MAX)
        with _closed_on():
            connection.sendall(pieces[0])
            if greeted:
                answer += connection.recv(65536)
            for piece in pieces[1:]:
                connection.sendall(piece)
            if not reads:
                return Answered((), b"")
            connection.settimeout(PATIENCE_SECONDS)
            with suppress(TimeoutError):  # an answer may need more bytes than there are
                answer += connection.recv(65536)
            connection.settimeout(ANSWER_SECONDS_MAX)
            connection.shutdown(socket.SHUT_WR)
            while (more := connection.recv(65536)) and len(answer) < ANSWER_BYTES_MAX:
                answer += more
    return Answered(tuple(int(status) for status in _STATUS.findall(answer)), bytes(answer))


_CONTROLS = bytes(range(0x20)) + b"\x7f"
_FRAMING = (b"Content-Length", b"Transfer-Encoding", b"Upgrade", b"Expect", b"Connection", b"TE", b"Host")
_wild_values = st.one_of(st.sampled_from(VALUES), st.binary(max_size=60))
_tame_values = _wild_values.map(lambda value: value.translate(None, _CONTROLS).strip())
_wild_headers = st.tuples(
    st.one_of(st.sampled_from(KNOWN_HEADERS), st.binary(min_size=1, max_size=20)), _wild_values
)
_tame_headers = st.tuples(
    st.sampled_from([one for one in KNOWN_HEADERS if one not in _FRAMING]), _tame_values
)
_METHODS = (b"GET", b"GET", b"POST", b"POST", b"HEAD", b"PUT", b"PATCH", b"DELETE", b"OPTIONS")
_BODIES = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b"[" * 5000,
    b'{"files":[]}',
    b'{"pack":"starter"}',
    b'{"files":[{"id":"\\ud800"}]}',
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Make a request that the server can read, and that means nonsense."""
    method, path = (
        draw(st.sampled_from(_METHODS)),
        draw(st.sampled_from([one for one in PATHS if one[:1] == b"/"])),
    )
    tail = draw(st.binary(max_size=12).map(lambda value: quote(value).encode()))
    body = draw(st.one_of(st.sampled_from(_BODIES), st.binary(max_size=80)))
    lines = [
        method + b" " + path + draw(st.sampled_from((b"", b"", b"", tail, b"?" + tail))) + b" HTTP/1.1",
        b"Host: x",
    ]
    lines += [name + b": " + value for name, value in draw(st.lists(_tame_headers, max_size=6))]
    lines += [b"Content-Length: %d" % len(body), b"Connection: close"]
    return b"\r\n".join([*lines, b"", body])


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """Make what is hardly a request."""
    method = draw(
        st.one_of(
            st.sampled_from((*_METHODS, b"TRACE", b"CONNECT", b"get")), st.binary(min_size=1, max_size=8)
        )
    )
    target = draw(st.one_of(st.sampled_from(PATHS), st.binary(max_size=40).map(lambda tail: b"/v1/" + tail)))
    version = draw(st.sampled_from((b"HTTP/1.1",) * 8 + (b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9.9", b"")))
    end = draw(st.sampled_from((b"\r\n",) * 8 + (b"\n", b"\r")))
    lines = [b" ".join((method, target, version)), b"Host: x"]
    for name, value in draw(st.lists(_wild_headers, max_size=8)):
        lines.append(name + draw(st.sampled_from((b": ",) * 6 + (b":", b" : ", b""))) + value)
    return end.join([*lines, b"", b""]) + draw(st.binary(max_size=200))


_fragments = st.sampled_from(
    (
        b"--" + BOUNDARY + b"\r\n",
        b"--" + BOUNDARY + b"--\r\n",
        b"--" + BOUNDARY,
        b"\r\n",
        b"\n",
        b"\r",
        b"--",
        b":",
        b'Content-Disposition: form-data; name="file"; filename="a.jpg"\r\n',
        b'content-disposition: form-data; name="x"\r\n',
        b"Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''%ff%00\r\n",
        b"Content-Disposition: form-data\r\n",
        b'Content-Disposition: form-data; name="file"; filename="' + b"n" * 3000 + b'"\r\n',
        b"X: " + b"h" * 20_000 + b"\r\n",
        b"Content-Type: image/jpeg\r\n",
        b"Content-Type: multipart/mixed; boundary=inner\r\n",
        b"--inner\r\n",
        b"--inner--",
        b"Content-Transfer-Encoding: base64\r\n",
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        b"v" * 70_000,
        b" \t",
        b"\x00",
    )
)


_GOOD_PART = (
    b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
    b"Content-Type: image/jpeg\r\n\r\n"
)


@st.composite
def forms(draw: st.DrawFn) -> tuple[bytes, ...]:
    """Make an upload, in pieces, whose framing is mostly wrong and whose length may be a lie."""
    path = draw(
        st.sampled_from(
            (
                b"/v1/extractions",
                b"/v1/redactions?profile=position",
                b"/v1/batches",
                b"/api/images_mvp/extract",
            )
        )
    )
    fragments = draw(st.lists(st.one_of(_fragments, st.binary(max_size=30)), max_size=12))
    if draw(st.booleans()):
        fragments = [
            _GOOD_PART + draw(st.sampled_from((b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a"))),
            *fragments,
        ]
    whole = draw(st.booleans())
    body = b"".join(
        [b"--" + BOUNDARY + b"\r\n", *fragments, b"\r\n--" + BOUNDARY + b"--\r\n"] if whole else fragments
    )
    framing = draw(
        st.sampled_from(
            ("exact", "exact", "exact", "exact", "short", "long", "chunked", "lying", "both", "none")
        )
    )
    declared = {"exact": len(body), "short": len(body) // 2, "long": len(body) + 1000, "both": len(body)}
    lines = [
        b"POST " + path + b" HTTP/1.1",
        b"Host: x",
        b"Content-Type: multipart/form-data; boundary=" + BOUNDARY,
    ]
    if framing in declared:
        lines.append(b"Content-Length: %d" % declared[framing])
    if framing in ("chunked", "lying", "both"):
        lines.append(b"Transfer-Encoding: chunked")
        size = len(body) if framing != "lying" else draw(st.sampled_from((0, 1, len(body) + 7, 2**40)))
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (size, body)
    head = b"\r\n".join([*lines, b"", b""])
    cut = draw(st.integers(min_value=0, max_value=len(body)))
    return (head, body[:cut], body[cut:])


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Make one frame of a WebSocket (RFC 6455), mostly one that must not be."""
    first = draw(st.integers(min_value=0, max_value=255))
    if draw(st.booleans()):
        first = 0x80 | draw(st.sampled_from((0x0, 0x1, 0x2, 0x8, 0x9, 0xA)))
    payload = draw(
        st.one_of(
            st.binary(max_size=140),
            st.sampled_from((b"ping", b"\xff\xfe", b"\x03\xe8", b"{}", b"p" * 70_000)),
        )
    )
    stated = draw(st.sampled_from((len(payload),) * 6 + (len(payload) + 1, 2**16, 2**62, 2**63)))
    masked = draw(st.sampled_from((0x80,) * 6 + (0,)))
    if stated < 126:
        length = bytes([masked | stated])
    elif stated < 2**16:
        length = bytes([masked | 126]) + stated.to_bytes(2, "big")
    else:
        length = bytes([masked | 127]) + stated.to_bytes(8, "big")
    mask = draw(st.binary(min_size=4, max_size=4)) if masked else b""
    covered = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if mask else payload
    return bytes([first]) + length + mask + covered


def handshake(session: bytes) -> bytes:
    """Open the progress socket of a session."""
    lines = (
        b"GET /api/images_mvp/progress/" + session + b" HTTP/1.1",
        b"Host: x",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        b"Sec-WebSocket-Version: 13",
    )
    return b"\r\n".join([*lines, b"", b""])
