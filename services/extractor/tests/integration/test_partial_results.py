"""What is told of a file that is still arriving: early, and never otherwise than in the end."""

import asyncio

import pytest

from metaextract.extractor.v1 import result_pb2
from metaextract_testing.factory import large_image

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECONDS_MAX = 60
SIZE_BYTES = 2_000_000
HEAD_BYTES = 128 * 1024
TAIL_BYTES = 64 * 1024
FORMATS = {
    "jpeg": "DateTimeOriginal",
    "png": "DateTimeOriginal",
    "tiff": "DateTimeOriginal",
    "dng": "DNGVersion",
    "heic": "DateTimeOriginal",
    "webp": "WebP_Flags",
    "heic-late": "PrimaryItemReference",
}
"""Each with a field that stands in its beginning."""
COMPUTED = (result_pb2.Field.STANDARD_COMPOSITE,)


def content_of(image_format: str) -> tuple[str, bytes]:
    image = large_image(image_format, SIZE_BYTES)
    return image.name, b"".join(image.chunks())


async def partial(upload):
    """Return the next partial result."""
    seen = len(upload.events)
    while True:
        await upload.next()
        for event in upload.events[seen:]:
            if event.HasField("partial_result"):
                return event.partial_result
        seen = len(upload.events)


async def tells(upload, name: str):
    """Return the first partial result that holds a field of this name."""
    while True:
        told = await partial(upload)
        if name in {one.name for one in told.fields}:
            return told


async def finished(upload, content: bytes, *rest: bytes):
    """Send the rest and return the result."""
    upload.send(*rest)
    upload.finish(content)
    upload.close()
    return (await upload.to_the_end()).result


def key(field) -> tuple[str, str, str, str]:
    return field.path, field.group, field.name, field.printed


def told_in(upload) -> set[tuple[str, str, str, str]]:
    partials = [event.partial_result for event in upload.events if event.HasField("partial_result")]
    assert partials
    return {key(one) for told in partials for one in told.fields}


def chunks(content: bytes) -> list[bytes]:
    return [content[at : at + 250_000] for at in range(0, len(content), 250_000)]


@pytest.mark.parametrize("image_format", FORMATS)
async def test_fields_are_told_while_the_client_pauses_and_stand_in_the_end(image_format, service) -> None:
    name, content = content_of(image_format)
    upload = service.begin(name, size_bytes=len(content), partial_results=True)
    upload.send(content[:HEAD_BYTES])
    async with asyncio.timeout(SECONDS_MAX):
        early = await tells(upload, FORMATS[image_format])
    assert early.bytes_read == HEAD_BYTES
    result = await finished(upload, content, *chunks(content[HEAD_BYTES:]))
    assert told_in(upload) <= {key(one) for one in result.fields}
    assert not any(event.HasField("revision") for event in upload.events)


@pytest.mark.parametrize("image_format", FORMATS)
async def test_what_is_computed_waits_for_the_end(image_format, service) -> None:
    name, content = content_of(image_format)
    upload = service.begin(name, size_bytes=len(content), partial_results=True)
    upload.send(content[:HEAD_BYTES])
    async with asyncio.timeout(SECONDS_MAX):
        early = await partial(upload)
    assert not [one.name for one in early.fields if one.standard in COMPUTED or one.name == "FileSize"]
    result = await finished(upload, content, *chunks(content[HEAD_BYTES:]))
    assert [one.printed for one in result.fields if one.name == "FileSize"] == ["2.0 MB"]


@pytest.mark.parametrize("image_format", ["webp", "tiff-late", "heic-late"])
async def test_with_the_tail_first_fields_at_the_end_are_told_early(image_format, service) -> None:
    name, content = content_of(image_format)
    upload = service.begin(name, size_bytes=len(content), partial_results=True)
    upload.place(len(content) - TAIL_BYTES, content[-TAIL_BYTES:])
    upload.place(0, content[:HEAD_BYTES])
    async with asyncio.timeout(SECONDS_MAX):
        early = await tells(upload, "DateTimeOriginal")
    assert early.bytes_read == HEAD_BYTES + TAIL_BYTES
    result = await finished(upload, content, *chunks(content[HEAD_BYTES:-TAIL_BYTES]))
    assert told_in(upload) <= {key(one) for one in result.fields}
    assert not any(event.HasField("revision") for event in upload.events)


async def test_fields_at_the_end_are_told_when_their_container_has_arrived(service) -> None:
    name, content = content_of("webp")
    exif_end = content.index(b"XMP ", len(content) - TAIL_BYTES)
    upload = service.begin(name, size_bytes=len(content), partial_results=True)
    upload.send(content[:HEAD_BYTES])
    async with asyncio.timeout(SECONDS_MAX):
        first = await partial(upload)
    assert "DateTimeOriginal" not in {one.name for one in first.fields}
    upload.send(*chunks(content[HEAD_BYTES:exif_end]), content[exif_end : exif_end + 8])
    async with asyncio.timeout(SECONDS_MAX):
        early = await tells(upload, "DateTimeOriginal")
    assert early.bytes_read == exif_end + 8
    assert not any(one.group.startswith("XMP") for one in early.fields)
    await finished(upload, content, content[exif_end + 8 :])
    assert not any(event.HasField("revision") for event in upload.events)


async def test_what_a_wrong_length_made_us_say_is_taken_back(service) -> None:
    """The media data reach to the end of the file, which comes before the client said it would."""
    name, content = content_of("heic")
    at = content.index(b"mdat") - 4
    content = content[:at] + bytes(4) + content[at + 4 :]
    upload = service.begin(name, size_bytes=len(content) + 500_000, partial_results=True)
    upload.send(*chunks(content))
    async with asyncio.timeout(SECONDS_MAX):
        early = await tells(upload, "MediaDataSize")
    result = await finished(upload, content)
    (revised,) = [event.revision.fields for event in upload.events if event.HasField("revision")]
    assert [(one.path, one.name) for one in revised] == [("MOV", "MediaDataSize")]
    said = {one.name: one.printed for one in early.fields}
    final = {one.name: one.printed for one in result.fields}
    assert (revised[0].provisional, revised[0].final) == (said["MediaDataSize"], final["MediaDataSize"])
    assert int(revised[0].provisional) - int(revised[0].final) == 500_000
