"""Headers of a redacted copy: made of what strangers wrote, read by browsers and proxies."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from metaextract.extractor.v1 import redaction_pb2 as pb
from metaextract_gateway.adapters.http.attachments import disposition
from metaextract_gateway.adapters.http.redactions import _summary

SAFE = re.compile(r"attachment; filename=\"[A-Za-z0-9._ ()+-]+\"(; filename\*=UTF-8''[A-Za-z0-9._~%-]+)?")


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("photo.jpg", 'attachment; filename="photo-redacted.jpg"'),
        ("a/b\\c.tar.gz", 'attachment; filename="c.tar-redacted.jpg"'),
        ("../../etc/passwd", 'attachment; filename="passwd-redacted.jpg"'),
        ("", 'attachment; filename="picture-redacted.jpg"'),
        ("...", 'attachment; filename="picture-redacted.jpg"'),
        (
            "写真.jpg",
            "attachment; filename=\"picture-redacted.jpg\"; filename*=UTF-8''%E5%86%99%E7%9C%9F-redacted.jpg",
        ),
    ],
)
def test_a_copy_is_named_after_the_upload(name: str, header: str) -> None:
    assert disposition(name, "-redacted.jpg") == header


@given(st.text(max_size=300))
def test_no_name_gets_anything_else_into_the_header(name: str) -> None:
    header = disposition(name, "-redacted.jpg")

    assert SAFE.fullmatch(header)
    assert Response(headers={"Content-Disposition": header}).headers["content-disposition"] == header


@given(st.lists(st.tuples(st.text(max_size=300), st.text(max_size=300)), max_size=300))
def test_a_summary_is_ascii_and_small_whatever_the_fields_are_called(fields: list[tuple[str, str]]) -> None:
    removed = [
        pb.FieldName(group=group.encode("utf-8", "replace").decode(), name="x") for group, _name in fields
    ]
    report = pb.RedactionReport(profile=pb.REDACTION_PROFILE_POSITION, format_name="JPEG", removed=removed)

    summary = _summary(report)

    assert summary.isascii()
    assert summary.isprintable()
    assert len(summary) < 6000
    assert json.loads(summary)["removed_count"] == len(fields)


def test_a_summary_counts_by_group_and_by_reason() -> None:
    report = pb.RedactionReport(
        profile=pb.REDACTION_PROFILE_COARSE_POSITION,
        format_name="JPEG",
        removed=[
            pb.FieldName(group="GPS", name="GPSAltitude"),
            pb.FieldName(group="GPS", name="GPSDateStamp"),
        ],
        kept=[pb.KeptField(group="GPS", name="GPSLatitude", because=pb.KeptField.KEPT_BECAUSE_ROUNDED)],
        verification=pb.RedactionVerification(verified=True, opens=True, values_searched_count=3),
    )

    assert json.loads(_summary(report)) == {
        "profile": "coarse_position",
        "format": "JPEG",
        "verified": True,
        "pixels_unchanged": None,
        "values_searched_count": 3,
        "removed_count": 2,
        "removed": {"GPS": 2},
        "kept": {"rounded": 1},
    }
