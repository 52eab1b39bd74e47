"""What we write ourselves, and what we take for the picture: on files of the factory, and on nonsense."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import ByteRange, Container
from metaextract_extractor.reading.redaction.own_writers import (
    with_resources_of_the_picture,
    without_profile_tag,
)
from metaextract_extractor.reading.redaction.pictures import picture_digest
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_testing.factory import make


def digest(content: bytes, family: str) -> str:
    return picture_digest(View.of(BytesSource(content)), family)


@pytest.mark.parametrize(("fmt", "family"), [("gif", "GIF"), ("psd", "PSD"), ("ppm", "PNM")])
def test_a_picture_has_a_digest_of_its_own(fmt: str, family: str) -> None:
    first, second = make(fmt).content, make(fmt, seed=1).content

    assert len(digest(first, family)) == 64
    assert digest(first, family) != digest(second, family)


def test_a_comment_is_no_part_of_a_picture_and_a_pixel_is() -> None:
    plain = b"P6\n4 4\n255\n" + bytes(48)
    commented = b"P6 # who took it\n4 4\n255\n" + bytes(48)
    gif = make("gif").content
    spoken = gif[:-1] + b"\x21\xfe\x03abc\x00;"

    assert digest(plain, "PNM") == digest(commented, "PNM")
    assert digest(plain[:-1] + b"\x01", "PNM") != digest(plain, "PNM")
    assert digest(gif, "GIF") == digest(spoken, "GIF")


def test_formats_that_exiftool_digests_have_none_here() -> None:
    assert digest(make("jpeg").content, "JPEG") == ""


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["GIF", "PSD", "PNM"]))
def test_any_bytes_are_digested_or_not_without_an_error(content: bytes, family: str) -> None:
    start = {"GIF": b"GIF89a", "PSD": b"8BPS", "PNM": b"P6 "}[family]

    assert len(digest(start + content, family)) in (0, 64)


@pytest.mark.parametrize("fmt", ["gif", "psd", "ppm"])
def test_every_cut_of_a_picture_is_digested_or_not_without_an_error(fmt: str) -> None:
    content = make(fmt).content
    family = {"gif": "GIF", "psd": "PSD", "ppm": "PNM"}[fmt]

    for length in range(0, len(content), max(1, len(content) // 150)):
        assert len(digest(content[:length], family)) in (0, 64)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_image_resources_of_any_bytes_are_copied_or_refused(tmp_path_factory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("psd")
    source, target = folder / "a.psd", folder / "b.psd"
    source.write_bytes(b"8BPS\0\1" + bytes(20) + content)

    written = with_resources_of_the_picture(source, target, keep_colour=False)

    assert target.exists() == written


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_a_profile_of_any_bytes_loses_a_tag_or_nothing(tmp_path_factory, content: bytes) -> None:
    file = tmp_path_factory.mktemp("icc") / "a.icc"
    file.write_bytes(content)

    pieces = without_profile_tag(file, Container("ICC", "icc", (ByteRange(0, len(content)),)), b"mmod")

    assert all(offset + len(piece) <= len(content) for offset, piece in pieces)
