"""WebP: flags, bitstream headers, animation, and embedded standards."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import BudgetExceededError, Budgets, Walk
from metaextract_extractor.reading.walkers import nested
from metaextract_extractor.reading.walkers.riff import duration_text, walk_riff
from metaextract_testing.factory import make

EXTENDED = (b"VP8X", struct.pack("<I", 0x3E) + b"\4\0\0\6\0\0")
LOSSY = (b"VP8 ", b"\x30\1\0\x9d\1\x2a" + struct.pack("<HH", 5 | 1 << 14, 7 | 2 << 14))
LOSSLESS = (b"VP8L", b"\x2f" + struct.pack("<I", 9 | 19 << 14 | 1 << 28) + b"x")

CONTENT = make("webp").content


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def frame(milliseconds: int) -> tuple[bytes, bytes]:
    return b"ANMF", b"\0" * 12 + struct.pack("<I", milliseconds)


def walked(data: bytes, budgets: Budgets | None = None) -> Walk:
    walk = Walk(budgets or Budgets())
    with suppress(BudgetExceededError):
        walk_riff(View.of(BytesSource(data)), walk)
    return walk


def told(walk: Walk) -> dict[str, tuple[object, str]]:
    return {one.name: (one.raw, one.printed) for one in walk.fields}


def test_extended_files_tell_flags_and_size_with_their_place():
    walk = walked(webp(EXTENDED))
    fields = told(walk)
    assert (walk.format_name, walk.width_pixels, walk.height_pixels) == ("WEBP", 5, 7)
    assert fields["WebP_Flags"] == (0x3E, "Animation, XMP, EXIF, Alpha, ICC Profile")
    height = next(one for one in walk.fields if one.name == "ImageHeight")
    assert height.location is not None
    assert (height.location.offset_bytes, height.location.length_bytes) == (27, 3)


def test_both_bitstreams_tell_their_size():
    lossy = told(walked(webp(LOSSY)))
    assert (lossy["ImageWidth"][0], lossy["HorizontalScale"][0]) == (5, 1)
    assert (lossy["ImageHeight"][0], lossy["VerticalScale"][0]) == (7, 2)
    lossless = told(walked(webp(LOSSLESS)))
    assert (lossless["ImageWidth"][0], lossless["ImageHeight"][0]) == (10, 20)
    assert lossless["AlphaIsUsed"] == (1, "Yes")


def test_the_durations_of_all_frames_are_added():
    fields = told(walked(webp(EXTENDED, (b"ANIM", b"\1\2\3\4\0\0"), frame(100), frame(1000))))
    assert fields["Duration"] == (1.1, "1.10 s")
    assert fields["AnimationLoopCount"] == (0, "inf")
    assert fields["BackgroundColor"] == ("1 2 3 4", "1 2 3 4")


def test_frames_are_counted():
    assert walked(webp(frame(500), frame(520), frame(0))).frames_count == 3
    assert walked(webp(LOSSY)).frames_count is None


def test_a_duration_is_told_only_when_the_end_was_seen():
    data = webp(EXTENDED, frame(100), frame(1000))
    assert "Duration" not in told(walked(data[:-1]))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (1.025, "1.02 s"), (90, "0:01:30"), (100_000, "1 days 3:46:40")],
)
def test_durations_are_written_as_exiftool_writes_them(seconds, text):
    assert duration_text(seconds) == text


def test_embedded_standards_are_handed_on(monkeypatch):
    seen = []
    for name in ("xmp", "icc", "jumbf", "exif"):
        monkeypatch.setitem(
            nested._WALKERS,
            name,
            lambda view, _walk, path: seen.append((path, view.read(0, view.size_bytes))),
        )
    walked(
        webp(
            (b"ICCP", b"profile"),
            (b"EXIF", b"Exif\0\0II*\0"),
            (b"EXIF", b"MM\0*"),
            (b"XMP ", b"<x/>"),
            (b"C2PA", b"box"),
        )
    )
    assert seen == [
        ("RIFF-ICC_Profile", b"profile"),
        ("RIFF-EXIF", b"II*\0"),
        ("RIFF-EXIF", b"MM\0*"),
        ("RIFF-XMP", b"<x/>"),
        ("RIFF-JUMBF", b"box"),
    ]


def test_unknown_chunks_are_unread_and_cut_ones_missing():
    walk = walked(webp((b"ABCD", b"abc"), (b"EXIF", b"garbage!"))[:-2])
    assert [one.why for one in walk.unread] == [Why.UNKNOWN, Why.MISSING]


def test_chunks_are_limited_in_number_but_frames_are_not():
    few = Budgets(containers_max=20)
    assert walked(webp(*[frame(1)] * 100), few).budgets_exceeded == []
    assert walked(webp(*[(b"ALPH", b"x")] * 100), few).budgets_exceeded == ["containers_max"]


def test_what_was_told_of_the_beginning_stays():
    whole = {(one.group, one.name, one.occurrence, str(one.raw)) for one in walked(CONTENT).fields}
    for length in range(0, len(CONTENT), 13):
        part = {
            (one.group, one.name, one.occurrence, str(one.raw)) for one in walked(CONTENT[:length]).fields
        }
        assert part <= whole


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_end_without_error(data):
    walked(data)
    walked(b"RIFF\0\0\0\0WEBP" + data)


@settings(deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 255))
def test_a_damaged_file_ends_without_error(at, value):
    data = bytearray(CONTENT)
    data[at % len(data)] = value
    walked(bytes(data))
