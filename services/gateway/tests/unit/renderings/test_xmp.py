"""Results as XMP sidecars, read again by ExifTool."""

import json
import runpy
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1.result_pb2 import Field
from metaextract_gateway.adapters.http.renderings import xmp_table
from metaextract_gateway.adapters.http.renderings.xmp import sidecar
from metaextract_testing.exiftool import exiftool_path

ROOT = Path(__file__).parents[5]
EXIF, IPTC, XMP = Field.STANDARD_EXIF, Field.STANDARD_IPTC, Field.STANDARD_XMP


def field(standard, group: str, name: str, raw, tag_id: str = "") -> Field:
    made = Field(standard=standard, group=group, name=name, tag_id=tag_id or name)
    if isinstance(raw, list):
        made.raw.list_value.extend(raw)
    elif isinstance(raw, bool):
        made.raw.bool_value = raw
    elif isinstance(raw, str):
        made.raw.string_value = raw
    else:
        made.raw.number_value = raw
    return made


def made(*fields: Field) -> bytes:
    extraction = pb.Extraction(state=pb.Extraction.STATE_SUCCEEDED)
    extraction.result.fields.extend(fields)
    return sidecar(extraction)


def read(document: bytes, folder: Path, *options: str) -> dict:
    file = folder / "made.xmp"
    file.write_bytes(document)
    command = [exiftool_path(), "-j", "-G1", "-n", *options, file]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)[0]
    return {name: value for name, value in found.items() if name.startswith(("XMP-", "ExifTool:"))}


def test_what_exif_says_is_read_again_with_the_same_values(tmp_path: Path) -> None:
    document = made(
        field(EXIF, "IFD0", "Make", "NIKON"),
        field(EXIF, "IFD0", "Artist", "Ann; Bob"),
        field(EXIF, "ExifIFD", "ExposureTime", 1 / 400),
        field(EXIF, "ExifIFD", "ShutterSpeedValue", 1 / 400),
        field(EXIF, "ExifIFD", "ApertureValue", 11.3),
        field(EXIF, "ExifIFD", "ISO", 200),
        field(EXIF, "ExifIFD", "Flash", 0x59),
        field(EXIF, "ExifIFD", "DateTimeOriginal", "2015:07:16 15:38:54"),
        field(EXIF, "ExifIFD", "SubSecTimeOriginal", "07"),
        field(EXIF, "ExifIFD", "OffsetTimeOriginal", "+02:00"),
        field(EXIF, "GPS", "GPSLatitude", 51.1782805555556),
        field(EXIF, "GPS", "GPSLatitudeRef", "S"),
        field(EXIF, "GPS", "GPSLongitude", 1.82663888888889),
        field(EXIF, "GPS", "GPSLongitudeRef", "W"),
        field(EXIF, "IFD1", "Model", "of the thumbnail"),
    )
    found = read(document, tmp_path)

    assert found["XMP-tiff:Make"] == "NIKON"
    assert found["XMP-dc:Creator"] == ["Ann", "Bob"]
    assert found["XMP-exif:ISO"] == found["XMP-exifEX:PhotographicSensitivity"] == 200
    assert found["XMP-exif:DateTimeOriginal"] == "2015:07:16 15:38:54.07+02:00"
    assert found["XMP-photoshop:DateCreated"] == "2015:07:16 15:38:54.07+02:00"
    flash = [found[f"XMP-exif:Flash{one}"] for one in ("Fired", "Return", "Mode", "Function", "RedEyeMode")]
    assert flash == [True, 0, 3, False, True]
    assert "XMP-tiff:Model" not in found
    exact = {
        "ExposureTime": 1 / 400,
        "ShutterSpeedValue": 1 / 400,
        "ApertureValue": 11.3,
        "GPSLatitude": -51.1782805555556,
        "GPSLongitude": -1.82663888888889,
    }
    assert {name: float(found[f"XMP-exif:{name}"]) for name in exact} == pytest.approx(exact, rel=1e-9)


def test_the_files_own_xmp_goes_before_exif_and_exif_before_iptc(tmp_path: Path) -> None:
    document = made(
        field(IPTC, "IPTC", "Caption-Abstract", "of IPTC"),
        field(IPTC, "IPTC", "Keywords", ["a", "b"]),
        field(IPTC, "IPTC", "CopyrightNotice", "of IPTC"),
        field(EXIF, "IFD0", "ImageDescription", "of Exif"),
        field(EXIF, "IFD0", "Copyright", "of Exif"),
        field(XMP, "XMP-dc", "Description", "of XMP", "description"),
        field(XMP, "XMP-dc", "Description-de", "auf Deutsch", "description-de"),
    )
    found = read(document, tmp_path)

    assert found["XMP-dc:Description"] == "of XMP"
    assert found["XMP-dc:Description-de"] == "auf Deutsch"
    assert found["XMP-dc:Rights"] == "of Exif"
    assert found["XMP-dc:Subject"] == ["a", "b"]


def test_structures_are_put_together_again_and_uncertain_ones_are_left_out_and_named(tmp_path: Path) -> None:
    certain = [
        field(XMP, "XMP-xmpMM", "HistoryAction", ["created", "saved"]),
        field(XMP, "XMP-xmpMM", "HistoryWhen", ["2015:01:16 10:12:24Z", "2015:01:27 22:31:25Z"]),
        field(XMP, "XMP-xmpMM", "DerivedFromDocumentID", "uuid:1"),
    ]
    whole = read(made(*certain), tmp_path, "-struct")
    document = made(*certain, field(XMP, "XMP-xmpMM", "HistoryChanged", "/"))

    assert whole["XMP-xmpMM:History"] == [
        {"Action": "created", "When": "2015:01:16 10:12:24Z"},
        {"Action": "saved", "When": "2015:01:27 22:31:25Z"},
    ]
    assert whole["XMP-xmpMM:DerivedFrom"] == {"DocumentID": "uuid:1"}
    assert "XMP-xmpMM:History" not in read(document, tmp_path, "-struct")
    assert b"xmpMM:History.HistoryChanged" in document


@pytest.mark.parametrize(
    "text",
    [
        "<&>]]>\"'",
        "a\x00b\x1f\ufffe",
        "--><x/>",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ],
)
def test_whatever_a_file_says_the_document_is_well_formed(text: str) -> None:
    document = made(
        field(XMP, "XMP-dc", "Title", text, "title"),
        field(XMP, f"XMP-{text}", text, text, text),
        field(XMP, "XMP-xmp", "Label", text),
    )

    root = ET.fromstring(document)  # noqa: S314 - our own document
    labels = root.findall(".//{http://ns.adobe.com/xap/1.0/}Label")
    assert len(labels) == 1
    assert labels[0].text


def test_the_table_of_properties_is_what_the_installed_exiftool_says() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "xmp_properties.py"))

    committed = Path(xmp_table.__file__).with_name(xmp_table.FILE).read_text()
    assert committed == script["document"](), "run scripts/xmp_properties.py"
