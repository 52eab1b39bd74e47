"""What a file that breaks off is known to lack, on files of the factory that are cut."""

import gzip
from pathlib import Path

import pytest

from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.broken_off import walked
from metaextract_extractor.reading.evidence import Evidence, subject_of
from metaextract_extractor.reading.merging import merged
from metaextract_extractor.reading.quality.lacking import lacking
from metaextract_testing.factory import FORMATS, make


def lacks(path: Path, content: bytes) -> dict[str, float]:
    path.write_bytes(content)
    with subject_of(path, len(content), path.suffix[1:], None) as subject:
        walk = walked(subject)
        return lacking(Evidence(subject, walk, merged(walk.fields, walk, {})))


def cut_at(tmp_path: Path, layout: str, mark: bytes, more: int) -> dict[str, float]:
    """Cut a file so many bytes behind the first byte of a mark."""
    image = make(layout)
    assert mark in image.content
    return lacks(tmp_path / image.name, image.content[: image.content.index(mark) + more])


@pytest.mark.parametrize("layout", FORMATS)
def test_a_whole_file_lacks_nothing(layout: str, tmp_path: Path) -> None:
    image = make(layout)
    assert lacks(tmp_path / image.name, image.content) == {}


@pytest.mark.parametrize("layout", FORMATS)
def test_what_is_lacking_is_counted_wherever_a_file_breaks_off(layout: str, tmp_path: Path) -> None:
    image = make(layout)
    for part in range(1, 12):
        found = lacks(tmp_path / image.name, image.content[: len(image.content) * part // 12])
        assert all(count > 0 for count in found.values()), part


def test_entries_of_a_directory_are_counted(tmp_path: Path) -> None:
    image = make("tiff")
    start = int.from_bytes(image.content[4:8], "little")
    count = int.from_bytes(image.content[start : start + 2], "little")
    found = lacks(tmp_path / image.name, image.content[: start + 2 + 12 * 3])
    assert (found["entries"], found["open IFD0"]) == (count - 3, 1)
    assert lacks(tmp_path / image.name, image.content[: min(start, 16)])["lost root"] == 1


def test_a_png_may_go_on_behind_its_pixels(tmp_path: Path) -> None:
    assert cut_at(tmp_path, "png", b"IDAT", 6) == {"behind pixels PNG": 1}


def test_a_packed_drawing_that_breaks_off_lacks_something(tmp_path: Path) -> None:
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" width="5"><title>T</title></svg>' * 9
    packed = gzip.compress(drawing)
    assert lacks(tmp_path / "a.svgz", packed) == {}
    assert lacks(tmp_path / "a.svgz", packed[:-9]) == {"reference": 1}


@pytest.mark.parametrize("layout", ["webp", "heic", "jpeg"])
def test_a_packet_is_looked_into(layout: str, tmp_path: Path) -> None:
    """In its head much is missing; behind its last property only padding is."""
    head = cut_at(tmp_path, layout, b"<rdf:Description", 40)
    assert head["rest xmp"] + head["kilobytes rest xmp"] > 0
    padding = cut_at(tmp_path, layout, b"</x:xmpmeta>", 20)
    assert not any(kind.endswith("xmp") for kind in padding)


def test_a_webp_tells_how_much_metadata_it_has(tmp_path: Path) -> None:
    image = make("webp")
    exif, xmp = image.content.find(b"EXIF"), image.content.find(b"XMP ")
    assert min(exif, xmp) > 0
    found = lacks(tmp_path / image.name, image.content[: min(exif, xmp) - 8])
    assert (found["cut exif"], found["cut xmp"]) == (1, 1)
    left = (len(image.content) - min(exif, xmp)) / 1000
    assert found["kilobytes cut exif"] + found["kilobytes cut xmp"] == pytest.approx(left, abs=0.01)


def test_a_heic_is_known_to_have_a_meta_box(tmp_path: Path) -> None:
    assert cut_at(tmp_path, "heic", b"meta", -5)["lost meta"] == 1
    assert cut_at(tmp_path, "heic", b"meta", 20)["cut meta"] > 0


def test_what_our_walkers_read_and_the_engine_left_out_is_lacking(tmp_path: Path) -> None:
    image = make("jpeg")
    length = image.content.index(b"Exif\0\0") + 300
    path = tmp_path / image.name
    path.write_bytes(image.content[:length])
    with subject_of(path, length, "jpg", None) as subject:
        walk = walked(subject)
        assert walk.further is not None
        read = sum(one.standard is not Standard.FILE for one in walk.further.fields)
        assert lacking(Evidence(subject, walk, []))["untold"] == read > 0
        assert "untold" not in lacking(Evidence(subject, walk, list(walk.further.fields)))


def test_what_a_webp_does_not_announce_it_does_not_lack(tmp_path: Path) -> None:
    """Frames of an animation are picture, however many there are."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return kind + len(content).to_bytes(4, "little") + content

    frame = chunk(b"ANMF", bytes(2000))
    chunks = b"WEBP" + chunk(b"VP8X", b"\2" + bytes(9)) + chunk(b"ANIM", bytes(6)) + 3 * frame
    animation = chunk(b"RIFF", chunks)
    assert lacks(tmp_path / "a.webp", animation[:-3000]) == {}
    announced = animation.replace(b"\2" + bytes(9), b"\6" + bytes(9), 1)
    assert lacks(tmp_path / "a.webp", announced[:-3000])["cut xmp"] == 1
