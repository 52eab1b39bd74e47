"""GIF: screen, extensions, frames and durations."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import BudgetExceededError, Budgets, Walk
from metaextract_extractor.reading.walkers import nested
from metaextract_extractor.reading.walkers.gif import walk_gif
from metaextract_testing.factory import make

FRAME = b"\x2c" + struct.pack("<4H", 0, 0, 1, 1) + b"\0\2\2\x44\1\0"
LANDING = b"\1" + bytes(range(255, -1, -1)) + b"\0"

CONTENT = make("gif").content


def blocks(data: bytes) -> bytes:
    parts = (data[at : at + 255] for at in range(0, len(data), 255))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def gif(*parts: bytes, aspect: int = 0) -> bytes:
    return (
        b"GIF89a" + struct.pack("<HHBBB", 4, 3, 0x91, 7, aspect) + b"\0" * 12 + b"".join(parts) + FRAME + b";"
    )


def control(delay: int, color: int | None = None) -> bytes:
    return b"!\xf9\4" + struct.pack("<BHB", color is not None, delay, color or 0) + b"\0"


def walked(data: bytes, budgets: Budgets | None = None) -> Walk:
    walk = Walk(budgets or Budgets())
    with suppress(BudgetExceededError):
        walk_gif(View.of(BytesSource(data)), walk)
    return walk


def told(walk: Walk) -> dict[str, tuple[object, str]]:
    return {one.name: (one.raw, one.printed) for one in walk.fields}


def test_the_screen_is_told():
    walk = walked(gif(aspect=49))
    fields = told(walk)
    assert (walk.format_name, walk.width_pixels, walk.height_pixels) == ("GIF", 4, 3)
    assert fields["GIFVersion"] == ("89a", "89a")
    assert fields["HasColorMap"] == (1, "Yes")
    assert fields["ColorResolutionDepth"] == (2, "2")
    assert fields["BitsPerPixel"] == (2, "2")
    assert fields["BackgroundColor"] == (7, "7")
    assert fields["PixelAspectRatio"] == (1, "1")
    assert walk.unread == []


def test_frames_are_counted_and_their_delays_added():
    fields = told(walked(gif(control(50, 9), FRAME, control(60), FRAME, b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0")))
    assert fields["FrameCount"] == (3, "3")
    assert fields["Duration"] == (1.1, "1.10 s")
    assert fields["TransparentColor"] == (9, "9")
    assert fields["AnimationIterations"] == (0, "Infinite")


def test_counts_are_told_only_when_the_end_was_seen():
    data = gif(control(50), FRAME)
    assert "FrameCount" not in told(walked(data[:-1]))
    assert "FrameCount" in told(walked(data))


def test_a_comment_has_a_place_if_it_is_in_one_piece():
    data = gif(b"!\xfe" + blocks(b"hello"), b"!\xfe" + blocks(b"long" * 100))
    short, long = (one for one in walked(data).fields if one.name == "Comment")
    assert (short.group, short.printed) == ("File", "hello")
    assert short.location is not None
    assert data[short.location.offset_bytes :][: short.location.length_bytes] == b"hello"
    assert (long.printed, long.location) == ("long" * 100, None)


def test_embedded_standards_are_handed_on(monkeypatch):
    seen = []
    for name in ("xmp", "icc", "jumbf"):
        monkeypatch.setitem(
            nested._WALKERS,
            name,
            lambda view, _walk, path: seen.append((path, view.read(0, view.size_bytes))),
        )
    packet = b'<x:xmpmeta/><?xpacket end="w"?>'
    walk = walked(
        gif(
            b"!\xff\x0bXMP DataXMP" + packet + LANDING,
            b"!\xff\x0bICCRGBG1012" + blocks(b"p" * 300),
            b"!\xff\x0bC2PA_GIF\1\0\0" + blocks(b"box"),
        )
    )
    assert seen == [("GIF-XMP", packet), ("GIF-ICC_Profile", b"p" * 300), ("GIF-JUMBF", b"box")]
    assert walk.unread == []


def test_unknown_extensions_and_what_follows_the_end_are_unread():
    walk = walked(gif(b"!\xff\x0bFOOBAR  1.0" + blocks(b"x")) + b"more")
    assert [(one.path, one.why) for one in walk.unread] == [
        ("GIF", Why.UNKNOWN),
        ("GIF-Trailer", Why.UNKNOWN),
    ]


def test_extensions_are_limited_in_number_but_frames_are_not():
    few = Budgets(containers_max=10)
    assert told(walked(gif(FRAME * 100), few))["FrameCount"] == (101, "101")
    assert walked(gif(b"!\xab\0" * 100), few).budgets_exceeded == ["containers_max"]


@pytest.mark.parametrize("step", [1, 7])
def test_what_was_told_of_the_beginning_stays(step):
    whole = {(one.group, one.name, one.occurrence, str(one.raw)) for one in walked(CONTENT).fields}
    for length in range(0, min(len(CONTENT), 2000), step):
        part = {
            (one.group, one.name, one.occurrence, str(one.raw)) for one in walked(CONTENT[:length]).fields
        }
        assert part <= whole


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_end_without_error(data):
    walked(data)
    walked(b"GIF89a\1\0\1\0\0\0\0" + data)


@settings(deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 255))
def test_a_damaged_file_ends_without_error(at, value):
    data = bytearray(CONTENT)
    data[at % len(data)] = value
    walked(bytes(data))
