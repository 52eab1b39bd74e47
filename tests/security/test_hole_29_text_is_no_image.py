"""A text file called .jpg was read as an image, and cost a free check."""

import pytest

UNSUPPORTED = {
    "error": "Unsupported file type",
    "message": "File type not permitted",
    "code": "UNSUPPORTED_FILE_TYPE",
}
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"


@pytest.mark.parametrize(
    ("name", "media_type", "content"),
    [
        ("fake.jpg", "image/jpeg", b"this is not an image file\r\n"),
        ("fake.jpg", "application/octet-stream", b"<html><body>hello</body></html>"),
        ("fake.svg", "image/svg+xml", b"<?xml version='1.0'?><note>no picture</note>"),
        ("photo.exe", "image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"),
        ("photo.jpg", "text/html", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"),
        ("photo", "image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"),
    ],
)
async def test_what_is_no_image_is_refused_and_costs_nothing(
    stranger, extract, name, media_type, content
) -> None:
    files = {"file": (name, content, media_type)}
    refused = await stranger.post("/api/images_mvp/extract", files=files)
    checks = [await extract(stranger) for _ in range(2)]

    assert (refused.status_code, refused.json()) == (403, UNSUPPORTED)
    assert [check.json()["access"]["free_used"] for check in checks] == [1, 2]


@pytest.mark.parametrize(("name", "media_type"), [("a.gif", "image/png"), ("a.png", "image/gif")])
async def test_an_image_that_is_called_something_else_is_refused(stranger, extract, name, media_type) -> None:
    """Content decides; what is said of it must not contradict it."""
    files = {"file": (name, PNG, media_type)}
    refused = await stranger.post("/api/images_mvp/extract", files=files)
    check = await extract(stranger)

    assert (refused.status_code, refused.json()) == (403, UNSUPPORTED)
    assert check.json()["access"]["free_used"] == 1
