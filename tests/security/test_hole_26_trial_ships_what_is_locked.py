"""A trial's report listed fields as locked and shipped them: exact position, digests, thumbnails' hashes."""

import hashlib
import json
import re
import uuid

import pytest

from metaextract_testing.factory import make

SECTIONS = {
    "filesystem_details": "filesystem",
    "hashes": "file_integrity",
    "thumbnail": "thumbnail",
    "perceptual_hashes": "perceptual_hashes",
    "makernote": "makernote",
    "gps": "gps",
    "iptc": "iptc",
    "xmp": "xmp",
    "calculated": "calculated",
    "forensic": "forensic",
    "burned_metadata": "burned_metadata",
    "metadata_comparison": "metadata_comparison",
}
"""Where what is locked stands in the document."""


@pytest.fixture
async def limited(stranger):
    """A trial's report, and the picture that it is on."""
    image = make("jpeg", seed=26_001)
    answer = await stranger.post(
        "/api/images_mvp/extract",
        files={"file": (image.name, image.content, image.media_type)},
        data={"trial_email": f"{uuid.uuid4().hex}@example.com", "op_ocr": "1"},
    )
    assert answer.json()["access"]["mode"] == "trial_limited", answer.text
    return answer.json(), image


def leaves(value):
    """Yield what a section says; null, false and empty say nothing."""
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)
    elif value not in (None, "", False):
        yield value


def decimal(angle: str) -> float:
    """Return degrees of an angle that ExifTool printed."""
    degrees, minutes, seconds = map(float, re.findall(r"[\d.]+", angle))
    return degrees + minutes / 60 + seconds / 3600


async def test_locked_means_absent(limited) -> None:
    document, _ = limited

    assert set(SECTIONS) <= set(document["locked_fields"])
    told = {name: list(leaves(document[section])) for name, section in SECTIONS.items()}
    size = told.pop("filesystem_details")

    assert {name: values for name, values in told.items() if values} == {}
    assert set(map(str, size)) <= {
        "regular",
        document["filesize"],
        str(document["summary"]["filesize_bytes"]),
    }


async def test_no_other_section_tells_it_either(limited) -> None:
    document, image = limited
    text = json.dumps(document, ensure_ascii=False)
    tags = image.tags
    latitude = tags["GPS:GPSLatitude"]

    secrets = [tags["ExifIFD:SerialNumber"], tags["ExifIFD:OwnerName"], tags["IPTC:City"], latitude]
    secrets += [hashlib.new(name, image.content).hexdigest() for name in ("md5", "sha1", "sha256")]
    secrets += ["maps.google", f"{decimal(latitude):.3f}"[:-1]]

    assert [secret for secret in secrets if secret in text] == []
