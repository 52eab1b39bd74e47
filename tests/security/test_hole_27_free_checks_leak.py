"""A free check rounded the position in one section and told it in full in others, with the server's inode."""

import hashlib
import io
import json
import re

import pytest

from metaextract_testing.factory import make
from metaextract_testing.factory.overlay import LAYOUTS, make_overlay


@pytest.fixture
async def checked(stranger):
    """Sends a picture as a free check and returns the document."""

    async def sent(name: str, content: bytes, **fields: str):
        files = {"file": (name, content, "image/jpeg")}
        answer = await stranger.post("/api/images_mvp/extract", files=files, data=fields)
        assert answer.json()["access"]["mode"] == "device_free", answer.text
        return answer.json()

    return sent


async def test_who_and_where_is_told_nowhere(checked) -> None:
    image = make("jpeg", seed=27_001)
    tags = image.tags

    document = await checked(image.name, image.content)

    text = json.dumps(document, ensure_ascii=False)
    degrees, minutes, seconds = map(float, re.findall(r"[\d.]+", tags["GPS:GPSLatitude"]))
    three_decimals = f"{degrees + minutes / 60 + seconds / 3600:.4f}"[:-1]
    secrets = [tags[name] for name in ("ExifIFD:SerialNumber", "ExifIFD:OwnerName", "XMP-iptcCore:Location")]
    secrets += [tags["GPS:GPSLatitude"], tags["XMP-exif:GPSLatitude"], "maps.google"]
    assert [secret for secret in secrets if secret in text] == []
    assert document["gps"].keys() >= {"latitude", "longitude"}
    rounded = [document["gps"][name] for name in ("latitude", "longitude")]
    assert all(round(value, 2) == value for value in rounded)
    assert re.search(rf"(?<!\d){re.escape(three_decimals)}", text) is None


async def test_whoever_pays_is_told_what_free_checks_hide(person) -> None:
    """Otherwise nothing would be hidden: it would not be there."""
    image = make("jpeg", seed=27_001)
    buyer = await person(credits=4)

    files = {"file": (image.name, image.content, image.media_type)}
    document = (await buyer.http.post("/api/images_mvp/extract", files=files)).json()

    text = json.dumps(document, ensure_ascii=False)
    hidden = ("ExifIFD:SerialNumber", "ExifIFD:OwnerName", "XMP-iptcCore:Location", "IPTC:City")
    assert [name for name in hidden if image.tags[name] not in text] == []
    assert document["gps"]["google_maps_url"].startswith("https://maps.google.com/?q=")
    digests = [hashlib.new(name, image.content).hexdigest() for name in ("md5", "sha1", "sha256")]
    assert [digest for digest in digests if digest not in text] == []


async def test_nobody_interprets_the_person_and_the_server_is_not_described(checked) -> None:
    image = make("jpeg", seed=27_002)

    document = await checked(image.name, image.content)

    assert "persona_interpretation" not in document
    described = {**document["filesystem"], **document["forensic"]["forensic_filesystem"]}
    server = [
        name
        for name in described
        if name.endswith(("owner", "owner_uid", "group", "group_gid", "inode", "device", "hardlinks"))
    ]
    assert [described[name] for name in server if described[name] is not None] == []


async def test_what_is_burned_in_is_not_told_through_the_comparison(checked) -> None:
    made = next(
        one for layout in LAYOUTS if (one := make_overlay(layout, seed=3)).facts.latitude_degrees is not None
    )
    buffer = io.BytesIO()
    made.image.save(buffer, "JPEG", quality=95)

    document = await checked("overlay.jpg", buffer.getvalue(), op_ocr="1")

    assert document["burned_metadata"]["has_burned_metadata"] is True
    told = json.dumps([document["burned_metadata"], document["metadata_comparison"]])
    for value in (made.facts.latitude_degrees, made.facts.longitude_degrees):
        assert f"{abs(value):.3f}" not in told
    assert document["burned_metadata"]["extracted_text"] is None
