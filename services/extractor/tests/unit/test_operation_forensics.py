"""Statements on the history of a file, each with its evidence; on files whose history is known."""

import struct
import tempfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from metaextract_extractor.domain.operations import Operation
from metaextract_extractor.domain.operations_forensics import (
    Forensics,
    ForensicStatement,
    ForensicStrength,
    ForensicTopic,
)
from metaextract_extractor.domain.result import ByteRange, Field, Standard
from metaextract_extractor.reading.dispatch import walk_file
from metaextract_extractor.reading.evidence import Evidence, subject_of
from metaextract_extractor.reading.insights.drawing import drawn, with_pixels
from metaextract_extractor.reading.operations.run import run_operation
from metaextract_extractor.reading.walk import Walk
from metaextract_testing.factory import make
from metaextract_testing.factory.jpeg import insert_metadata, metadata_segments, segment
from metaextract_testing.factory.overlay import textured
from metaextract_testing.factory.scene import scene

APP1, COM = 0xE1, 0xFE
TESSDATA = Path(__file__).parents[4] / ".venv" / "share" / "tessdata"


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality, dpi=(300, 300))
    return buffer.getvalue()


def saved_again(content: bytes, quality: int) -> bytes:
    with Image.open(BytesIO(content)) as image:
        return jpeg(image.convert("RGB"), quality)


def field(group: str, name: str, raw: object, printed: str = "") -> Field:
    return Field(
        "JPEG", Standard.EXIF, group, "", name, "", raw, printed or str(raw), "", "x", ByteRange(40, 4)
    )


def examined(
    folder: Path, content: bytes, *fields: Field, extension: str = "jpg", decoders: bool = True
) -> Forensics:
    """Walk the file, and let `fields` stand for what ExifTool says."""
    path = folder / f"file.{extension}"
    path.write_bytes(content)
    with subject_of(path, len(content), extension, None) as subject:
        walk = Walk()
        walk_file(subject.view, walk, subject.family, extension)
        evidence = Evidence(subject, walk, [*walk.fields, *fields])
        insights = drawn(evidence, now=datetime(2026, 1, 1, tzinfo=UTC))
        insights = with_pixels(insights, evidence, pixel_decoders=decoders)
        found = run_operation(
            Operation.FORENSICS, evidence, tessdata=None, pixel_decoders=decoders, insights=insights
        )
    assert (found.operation, found.delivered, found.reason) == ("forensics", True, "")
    assert found.forensics is not None
    return found.forensics


def statement(found: Forensics, name: str) -> ForensicStatement:
    (one,) = [one for one in found.statements if one.id == name]
    return one


def names(found: Forensics) -> set[str]:
    return {one.id for one in found.statements}


def values(one: ForensicStatement) -> str:
    return " | ".join(f"{each.what}={each.value}" for each in one.evidence)


PHOTO = textured(11, (800, 600))


def test_every_statement_has_evidence_and_an_innocent_explanation(tmp_path: Path) -> None:
    content = make("jpeg", seed=1).content + b"PK\x03\x04\x14\0\0\0 something appended"
    found = examined(
        tmp_path,
        content,
        field("IFD0", "Software", "Adobe Photoshop 25.0"),
        field("XMP-xmpMM", "HistoryAction", ["saved"], "saved"),
    )
    assert len(found.statements) >= 5
    for one in found.statements:
        assert one.evidence
        assert one.innocent_explanations
        assert one.text.endswith(".")
        assert one.id.split(".")[0] in ("compression", *(topic.value for topic in ForensicTopic))


@pytest.mark.parametrize(("first", "second"), [(60, 85), (75, 90), (75, 95), (85, 95)])
def test_an_earlier_save_at_a_lower_quality_shows_and_is_measured(
    tmp_path: Path, first: int, second: int
) -> None:
    one = statement(examined(tmp_path, saved_again(jpeg(PHOTO, first), second)), "compression.earlier_save")
    assert one.strength is ForensicStrength.INDICATION
    assert abs(int(one.evidence[0].value) - first) <= 3


@pytest.mark.parametrize("quality", [50, 75, 85, 95])
def test_one_save_shows_no_earlier_one(tmp_path: Path, quality: int) -> None:
    found = examined(tmp_path, jpeg(PHOTO, quality))
    assert "compression.earlier_save" not in names(found)
    assert f"quality {quality}" in statement(found, "compression.quantisation").text


def test_without_pixel_decoders_the_coefficients_are_told_as_not_examined(tmp_path: Path) -> None:
    found = examined(tmp_path, saved_again(jpeg(PHOTO, 60), 85), decoders=False)
    assert "compression.earlier_save" not in names(found)
    assert "compression.earlier_save" in {one.id for one in found.not_examined}


def test_other_formats_have_no_compression_history_to_examine(tmp_path: Path) -> None:
    found = examined(tmp_path, make("png", seed=1).content, extension="png")
    assert not [one for one in found.statements if one.topic is ForensicTopic.COMPRESSION_HISTORY]
    assert "compression.earlier_save" in {one.id for one in found.not_examined}


def test_tables_of_a_library_beside_the_name_of_a_camera_are_an_indication(tmp_path: Path) -> None:
    camera = (field("IFD0", "Make", "Northlight"), field("ExifIFD", "ExifVersion", "0232"))
    assert (
        "Northlight"
        in statement(examined(tmp_path, jpeg(PHOTO, 90), *camera), "compression.library_tables").text
    )
    assert "compression.library_tables" not in names(examined(tmp_path, jpeg(PHOTO, 90)))


def with_thumbnail(main: Image.Image, small: Image.Image) -> tuple[bytes, tuple[Field, ...]]:
    content, thumbnail = jpeg(main), jpeg(small)
    places = (
        field("IFD1", "ThumbnailOffset", len(content)),
        field("IFD1", "ThumbnailLength", len(thumbnail)),
    )
    return content + thumbnail, places


def test_a_thumbnail_of_something_else_is_told_in_numbers(tmp_path: Path) -> None:
    content, places = with_thumbnail(textured(1, (480, 320)), textured(2, (480, 320)).resize((150, 100)))
    one = statement(examined(tmp_path, content, *places), "thumbnail.other_picture")
    assert "Correlation" in values(one)
    assert one.topic is ForensicTopic.THUMBNAIL


def test_a_thumbnail_of_something_else_is_neither_turned_nor_of_another_shape(tmp_path: Path) -> None:
    small = textured(3, (480, 320)).resize((150, 100))  # fits least badly when it is turned by 90 degrees
    content, places = with_thumbnail(textured(1, (480, 320)), small)
    told = [one for one in names(examined(tmp_path, content, *places)) if one.startswith("thumbnail.")]
    assert told == ["thumbnail.other_picture"]


def test_a_thumbnail_of_the_picture_is_no_statement(tmp_path: Path) -> None:
    picture = textured(1, (480, 320))
    content, places = with_thumbnail(picture, picture.resize((150, 100)))
    assert not [one for one in names(examined(tmp_path, content, *places)) if one.startswith("thumbnail.")]


def test_a_thumbnail_of_another_shape_and_one_that_was_not_turned_are_told(tmp_path: Path) -> None:
    picture = textured(1, (480, 320))
    content, places = with_thumbnail(picture, picture.crop((60, 0, 420, 320)).resize((120, 107)))
    assert "thumbnail.aspect_ratio" in names(examined(tmp_path, content, *places))
    content, places = with_thumbnail(
        picture.transpose(Image.Transpose.ROTATE_270), picture.resize((150, 100))
    )
    found = examined(tmp_path, content, *places)
    assert "270 degrees clockwise" in statement(found, "thumbnail.turned").text
    assert "thumbnail.aspect_ratio" not in names(found)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("editing.xmp_history", [("XMP-xmpMM", "HistoryAction", ["created", "saved"])]),
        ("editing.derived_from", [("XMP-xmpMM", "DerivedFromDocumentID", "xmp.did:1")]),
        ("editing.raw_development", [("XMP-crs", "HasCrop", True)]),
        ("editing.editing_program", [("XMP-xmp", "CreatorTool", "Adobe Lightroom 7.1")]),
        ("editing.metadata_program", [("XMP-x", "XMPToolkit", "Image::ExifTool 13.59")]),
        ("editing.photoshop_resources", [("Photoshop", "PhotoshopQuality", 10)]),
        ("editing.generated_source", [("XMP-iptcExt", "DigitalSourceType", "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia")]),
        ("editing.size_differs", [("ExifIFD", "ExifImageWidth", 4000), ("ExifIFD", "ExifImageHeight", 3000)]),
    ],
)  # fmt: skip
def test_each_trace_of_editing_is_a_fact_that_names_its_field(
    tmp_path: Path, name: str, fields: list[tuple[str, str, object]]
) -> None:
    one = statement(examined(tmp_path, jpeg(PHOTO), *(field(*each) for each in fields)), name)
    assert (one.strength, one.topic) == (ForensicStrength.FACT, ForensicTopic.EDITING)
    assert one.evidence[0].field == f"{fields[0][0]}:{fields[0][1]}"
    assert one.evidence[0].places == (ByteRange(40, 4),)
    assert name not in names(examined(tmp_path, jpeg(PHOTO)))


def test_the_programs_of_cameras_are_no_editors(tmp_path: Path) -> None:
    found = examined(tmp_path, jpeg(PHOTO), field("IFD0", "Software", "NL-2 Ver. 1.03"))
    assert "editing.editing_program" not in names(found)


def test_the_size_of_a_turned_picture_is_its_size(tmp_path: Path) -> None:
    sizes = (field("ExifIFD", "ExifImageWidth", 600), field("ExifIFD", "ExifImageHeight", 800))
    assert "editing.size_differs" not in names(examined(tmp_path, jpeg(PHOTO), *sizes))


@pytest.mark.parametrize(
    ("modified", "name"),
    [
        ("2020:05:01 10:00:30", None),
        ("2020:05:02 10:00:00", "editing.modified_after_capture"),
        ("2020:04:01 10:00:00", "editing.modified_before_capture"),
    ],
)
def test_times_of_modification_are_compared_with_the_capture(
    tmp_path: Path, modified: str, name: str | None
) -> None:
    times = (
        field("ExifIFD", "DateTimeOriginal", "2020:05:01 10:00:00"),
        field("IFD0", "ModifyDate", modified),
    )
    found = {one for one in names(examined(tmp_path, jpeg(PHOTO), *times)) if "modified" in one}
    assert found == ({name} if name else set())


def test_data_behind_the_image_are_told_with_their_place_and_first_bytes(tmp_path: Path) -> None:
    content = jpeg(PHOTO)
    one = statement(examined(tmp_path, content + b"secret message"), "structure.trailing_data")
    assert one.evidence[0].places == (ByteRange(len(content), 14),)
    assert "secret message" in one.evidence[0].value
    assert "structure.trailing_data" not in names(examined(tmp_path, content))


def program() -> bytes:
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(20)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (jpeg(PHOTO) + b"PK\x03\x04\x14\0\0\0\x08\0", "ZIP archive"),
        (jpeg(PHOTO) + b"xx" + b"PK\x05\x06" + bytes(18), "ZIP archive (its directory)"),
        (jpeg(PHOTO) + b"\n%PDF-1.7\n", "PDF document"),
        (jpeg(PHOTO) + b"\x7fELF\x02\x01\x01", "ELF program"),
        (jpeg(PHOTO) + program(), "Windows program"),
        (jpeg(PHOTO) + b"Rar!\x1a\x07\x01\0", "RAR archive"),
        (insert_metadata(jpeg(PHOTO), segment(COM, b"<?php system($_GET['c']); ?>")), "PHP program"),
        (insert_metadata(jpeg(PHOTO), segment(COM, b"<script>alert(1)</script>")), "script element"),
        (insert_metadata(jpeg(PHOTO), segment(COM, b"%PDF-1.4")), "PDF document"),
    ],
)
def test_what_looks_like_another_kind_of_file_is_told_with_its_place(
    tmp_path: Path, content: bytes, what: str
) -> None:
    one = statement(examined(tmp_path, content), "structure.foreign_content")
    (found,) = [each for each in one.evidence if each.what == what]
    (place,) = found.places
    assert place.offset_bytes + place.length_bytes <= len(content)
    assert content[place.offset_bytes : place.offset_bytes + 1] in b"P\x7fMR<%"


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "tiff", "gif", "heic", "psd"])
def test_files_of_the_factory_hold_nothing_foreign(tmp_path: Path, name: str) -> None:
    assert "structure.foreign_content" not in names(
        examined(tmp_path, make(name, seed=2).content, extension=name)
    )


def test_two_letters_are_no_windows_program(tmp_path: Path) -> None:
    assert "structure.foreign_content" not in names(
        examined(tmp_path, jpeg(PHOTO) + b"MZ and other words" * 9)
    )


def test_two_exif_segments_and_jfif_before_exif_are_told(tmp_path: Path) -> None:
    facts = scene("jpeg", 1)
    exif = metadata_segments(facts, 800, 600).content
    content = insert_metadata(jpeg(PHOTO), exif + segment(APP1, b"Exif\0\0MM\0\x2a\0\0\0\x08\0\0\0\0\0\0"))
    found = examined(tmp_path, content)
    assert len(statement(found, "structure.two_exif_segments").evidence) == 2
    assert "stands after" in statement(found, "structure.jfif_and_exif").text


def test_a_huge_comment_and_a_broken_pointer_are_told(tmp_path: Path) -> None:
    content = insert_metadata(jpeg(PHOTO), segment(COM, b"word " * 6000))
    assert "30000 bytes" in values(statement(examined(tmp_path, content), "structure.huge_text"))
    tiff = bytearray(make("tiff", seed=1).content)
    tiff[4:8] = struct.pack("<I", len(tiff) + 1000)
    assert "structure.points_outside" in names(examined(tmp_path, bytes(tiff), extension="tif"))


CLEAN = make("jpeg", seed=3).content


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300) | st.integers(0, len(CLEAN)).map(lambda end: CLEAN[:end]) | st.tuples(
    st.integers(0, len(CLEAN) * 8 - 1), st.integers(0, len(CLEAN) * 8 - 1)
).map(lambda bits: flipped(CLEAN, bits)))  # fmt: skip
def test_whatever_the_file_holds_every_operation_returns(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.jpg")
        path.write_bytes(content)
        with subject_of(path, len(content), "jpg", None) as subject:
            walk = Walk()
            walk_file(subject.view, walk, subject.family, "jpg")
            evidence = Evidence(subject, walk, list(walk.fields))
            insights = drawn(evidence, now=datetime(2026, 1, 1, tzinfo=UTC))
            insights = with_pixels(insights, evidence, pixel_decoders=True)
            for operation in Operation:
                found = run_operation(
                    operation, evidence, tessdata=TESSDATA, pixel_decoders=True, insights=insights
                )
                assert found.operation == operation.value
                assert found.delivered == (not found.reason)
                assert not found.reason.startswith("The operation failed")


def flipped(content: bytes, bits: tuple[int, ...]) -> bytes:
    changed = bytearray(content)
    for bit in bits:
        changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
