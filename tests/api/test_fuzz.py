"""Whatever comes over a connection: no crash, no answer of 500, nothing that stays behind.

`API_EXAMPLES` says how many cases each kind gets.
"""

import os
from collections.abc import Iterator
from typing import Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api import wire

from metaextract_testing.fleet import Fleet, until

EXAMPLES: Final = int(os.environ.get("API_EXAMPLES", "60"))
FILES_MORE_MAX: Final = 8
"""File descriptors that the gateway may have opened besides, for connections to other services."""
RESIDENT_MORE_MIB_MAX: Final = 64
PINGS: Final = 2000
SESSIONS: Final = (b"secret", b"secret-2", b"%00", b"%ff%fe", b"", b"s" * 300, b"s/t", b"\xc3\xa9")

fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 60,
    suppress_health_check=list(HealthCheck),
)
pytestmark = pytest.mark.timeout(0 if EXAMPLES > 1000 else 600)


@pytest.fixture(autouse=True)
def nothing_stays_behind(running: Fleet) -> Iterator[None]:
    """Look at the gateway before and after."""
    gateway = running.service("gateway")
    wire.exchange(running.url, b"GET /v1/formats HTTP/1.1\r\nHost: x\r\n\r\n")
    files, resident = gateway.num_fds(), gateway.memory_info().rss
    yield
    assert httpx.get(f"{running.url}/v1/formats", timeout=60).status_code == 200
    assert running.service("gateway").pid == gateway.pid, "it was started anew"
    until(lambda: gateway.num_fds() <= files + FILES_MORE_MAX)
    until(lambda: running.server()["uploads_count"] == 0)
    until(lambda: not running.spooled())
    assert gateway.memory_info().rss - resident < RESIDENT_MORE_MIB_MAX * 2**20
    log = running.log.read_text("utf-8", "replace")
    assert not [line for line in log.splitlines() if "http.crashed" in line or "Traceback" in line]
    assert "/progress/secret" not in log, "a session's id opens its socket"


@fuzzed
@given(request=st.one_of(wire.requests(), wire.requests(), wire.heads()))
def test_requests_of_any_form_are_answered_or_refused(running: Fleet, request: bytes) -> None:
    answered = wire.exchange(running.url, request)

    assert not [status for status in answered.statuses if status >= 500 and status != 501], answered.body


@fuzzed
@given(pieces=wire.forms(), reads=st.sampled_from((True, True, True, False)))
def test_forms_of_any_framing_are_answered_or_refused(
    running: Fleet, pieces: tuple[bytes, ...], reads: bool
) -> None:
    answered = wire.exchange(running.url, *pieces, reads=reads)

    assert not [status for status in answered.statuses if status >= 500], answered.body


@fuzzed
@given(frames=st.lists(wire.frames(), max_size=8), session=st.sampled_from(SESSIONS))
def test_frames_of_any_kind_end_a_socket_at_most(running: Fleet, frames: list[bytes], session: bytes) -> None:
    answered = wire.exchange(running.url, wire.handshake(session), *frames, greeted=True)

    assert answered.statuses[:1] in ((101,), (400,), (403,), (404,))
    assert answered.statuses[:1] == (101,) or not session.startswith(b"secret")


def test_a_flood_of_pings_is_answered_and_forgotten(running: Fleet) -> None:
    ping = b"\x89\x80\x00\x00\x00\x00"
    close = b"\x88\x82\x00\x00\x00\x00\x03\xe8"

    answered = wire.exchange(running.url, wire.handshake(b"flood"), ping * PINGS, close, greeted=True)

    assert answered.statuses[:1] == (101,)
    assert answered.body.count(b"\x8a\x00") >= PINGS


def test_a_header_that_never_ends_is_cut_off(running: Fleet) -> None:
    endless = [b"X-%d: %s\r\n" % (at, b"h" * 1000) for at in range(4000)]

    answered = wire.exchange(running.url, b"GET / HTTP/1.1\r\nHost: x\r\n", *endless)

    assert all(400 <= status < 500 for status in answered.statuses)
