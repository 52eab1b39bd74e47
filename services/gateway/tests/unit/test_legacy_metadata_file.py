"""What the legacy metadata object says of the file as such: size, age, shape, time of capture."""

from datetime import UTC, datetime
from typing import Any

import pytest

from metaextract.extractor.v1.extractor_pb2 import Extraction
from metaextract.extractor.v1.result_pb2 import ExtractionResult, Field
from metaextract_gateway.adapters.http.legacy.metadata import Access, legacy_metadata

NOW = datetime(2026, 11, 22, 22, 33, 50, 313_761, tzinfo=UTC)


def result(*fields: Field, file_name: str = "a.jpg", size_bytes: int = 106_185) -> ExtractionResult:
    message = ExtractionResult(fields=fields)
    message.file.file_name, message.file.size_bytes = file_name, size_bytes
    message.file.format.name, message.file.format.media_type = "JPEG", "image/jpeg"
    message.file.width_pixels, message.file.height_pixels = 1280, 720
    return message


def dated(key: str) -> Field:
    group, name = key.split(":")
    standard = Field.STANDARD_XMP if group.startswith("XMP") else Field.STANDARD_EXIF
    field = Field(standard=standard, group=group, name=name)
    field.raw.string_value = "2020:01:02 03:04:05"
    return field


def metadata(message: ExtractionResult, modified_ms: int | None = None) -> dict[str, Any]:
    return legacy_metadata(
        Extraction(result=message),
        client_last_modified_ms=modified_ms,
        access=Access(mode="paid"),
        processing_ms=41.5,
        now=NOW,
    )


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0.00 B"),
        (27, "27.00 B"),
        (1023, "1023.00 B"),
        (1024, "1.00 KB"),
        (106_185, "103.70 KB"),
        (106_209, "103.72 KB"),
        (9_562_433, "9.12 MB"),
        (3 * 1024**3, "3.00 GB"),
        (2 * 1024**4, "2.00 TB"),
    ],
)
def test_sizes_are_printed_as_the_legacy_prints_them(size_bytes: int, text: str) -> None:
    document = metadata(result(size_bytes=size_bytes))

    assert document["filesize"] == document["filesystem"]["size_human"] == text
    assert document["summary"]["filesize_bytes"] == size_bytes


def test_the_type_is_the_extension_in_capitals_or_else_the_format() -> None:
    assert metadata(result(file_name="holiday.JpEg"))["filetype"] == "JPEG"
    assert metadata(result(file_name="x.jpg"))["filetype"] == "JPG"
    assert metadata(result(file_name="noname"))["filetype"] == "JPEG"


def test_nothing_is_told_about_the_temporary_copy() -> None:
    document = metadata(result())

    known = {key for key, value in document["filesystem"].items() if value is not None}
    assert known == {"size_bytes", "size_human", "file_type", "is_hidden"}
    known = {key for key, value in document["forensic"]["forensic_filesystem"].items() if value is not None}
    assert known == {"file_size"}


@pytest.mark.parametrize(
    ("fields", "file_name", "date", "source"),
    [
        (["ExifIFD:DateTimeOriginal"], "a.jpg", "2020:01:02 03:04:05", "exif"),
        (["ExifIFD:CreateDate"], "WhatsApp Image 2021-02-03 at 04.05.06.jpeg", "2020:01:02 03:04:05", "exif"),
        ([], "WhatsApp Image 2021-02-03 at 04.05.06 (1).jpeg", "2021-02-03T04:05:06", "filename"),
        ([], "WhatsApp Image 2021-13-03 at 04.05.06.jpeg", None, None),
        (["XMP-xmp:CreateDate"], "a.jpg", None, None),
    ],
)
def test_the_capture_date_comes_from_exif_or_else_from_a_whatsapp_name(
    fields: list[str], file_name: str, date: str | None, source: str | None
) -> None:
    made = map(dated, fields)

    calculated = metadata(result(*made, file_name=file_name))["calculated"]

    assert (calculated["capture_date"], calculated["capture_date_source"]) == (date, source)


@pytest.mark.parametrize(
    ("seconds", "days", "hours", "text"),
    [
        (59, 0, 0, "just now"),
        (60, 0, 0, "1 minute ago"),
        (7_200, 0, 2, "2 hours ago"),
        (86_400, 1, 24, "1 day ago"),
        (61 * 86_400, 61, 1_464, "2 months ago"),
        (800 * 86_400, 800, 19_200, "2 years ago"),
    ],
)
def test_the_age_is_that_of_the_clients_own_file(seconds: int, days: int, hours: int, text: str) -> None:
    modified_ms = int(NOW.timestamp() * 1000) - seconds * 1000

    document = metadata(result(), modified_ms)

    calculated = document["calculated"]
    assert (calculated["file_age_days"], calculated["file_age_hours"]) == (days, hours)
    assert calculated["file_age_human"] == calculated["time_since_modified_human_readable"] == text
    assert calculated["time_since_accessed_days"] is None
    assert document["client_last_modified_iso"].endswith("Z")


@pytest.mark.parametrize("modified_ms", [None, -1, 10**18])
def test_without_a_usable_time_of_the_client_there_is_no_age(modified_ms: int | None) -> None:
    document = metadata(result(), modified_ms)

    assert document["calculated"]["file_age_days"] is None
    assert "client_last_modified_iso" not in document


def test_a_client_whose_clock_is_ahead_gets_no_age() -> None:
    document = metadata(result(), int(NOW.timestamp() * 1000) + 5_000)

    assert document["calculated"]["file_age_days"] is None
    assert document["client_last_modified_iso"] == "2026-11-22T22:33:55.313Z"


def test_the_shape_follows_from_the_pixels() -> None:
    known = metadata(result())["calculated"]
    unknown = result()
    unknown.file.ClearField("width_pixels")

    assert (known["aspect_ratio"], known["aspect_ratio_decimal"]) == ("16:9", 1.778)
    assert (known["megapixels"], known["orientation"]) == (0.92, "landscape")
    assert metadata(unknown)["calculated"]["aspect_ratio"] is None
    assert metadata(unknown)["image"] == {}
    assert "width" not in metadata(unknown)["summary"]
