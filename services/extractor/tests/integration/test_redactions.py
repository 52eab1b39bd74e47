"""Redaction over gRPC: the order of the parts, limits, refusals, and that nothing is left behind."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable

import pytest

from metaextract.extractor.v1 import extractor_pb2, redaction_pb2
from metaextract.extractor.v1.redaction_pb2_grpc import RedactionServiceStub
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.client import open_channel
from metaextract_extractor.domain.formats import BY_NAME
from metaextract_testing.factory import FORMATS, make
from metaextract_testing.hostile import slow_tiff

pytestmark = pytest.mark.asyncio(loop_scope="module")
ALL = redaction_pb2.REDACTION_PROFILE_REMOVE_ALL
POSITION = redaction_pb2.REDACTION_PROFILE_POSITION
UNWRITABLE = ("bigtiff", "bmp", "ico", "svg")


def header(name: str = "a.jpg", profile: int = ALL) -> redaction_pb2.RedactRequest:
    return redaction_pb2.RedactRequest(header={"profile": profile, "file_name": name})


def chunk(content: bytes) -> redaction_pb2.RedactRequest:
    return redaction_pb2.RedactRequest(chunk=content)


def finish(content: bytes, **wrong: object) -> redaction_pb2.RedactRequest:
    said = {"size_bytes": len(content), "sha256": hashlib.sha256(content).digest(), **wrong}
    return redaction_pb2.RedactRequest(finish=extractor_pb2.UploadFinish(**said))


def whole(content: bytes, name: str = "a.jpg", profile: int = ALL) -> list[redaction_pb2.RedactRequest]:
    pieces = [chunk(content[at : at + 50_000]) for at in range(0, len(content), 50_000)]
    return [header(name, profile), *pieces, finish(content)]


async def sent(parts: Iterable[redaction_pb2.RedactRequest]) -> AsyncIterator[redaction_pb2.RedactRequest]:
    for part in parts:
        yield part


async def redact(target: str, parts: Iterable[redaction_pb2.RedactRequest]):
    """Return the report and the bytes of the copy."""
    async with open_channel(target, timeout_seconds=60) as channel:
        kinds, content, report, end = [], b"", None, None
        async for response in RedactionServiceStub(channel).Redact(sent(parts)):
            kinds.append(response.WhichOneof("part"))
            match kinds[-1]:
                case "report":
                    report = response.report
                case "chunk":
                    content += response.chunk
                case _:
                    end = response.finish
    assert kinds == ["report", *["chunk"] * (len(kinds) - 2), "finish"]
    assert (end.size_bytes, end.sha256) == (len(content), hashlib.sha256(content).digest())
    assert report.size_bytes == len(content)
    return report, content


async def reason(target: str, parts: Iterable[redaction_pb2.RedactRequest]) -> str:
    with pytest.raises(ServiceError) as caught:
        await redact(target, parts)
    return caught.value.reason


@pytest.mark.parametrize("fmt", [fmt for fmt in FORMATS if fmt not in UNWRITABLE])
async def test_a_copy_comes_with_a_report_of_what_was_done(fmt: str, service) -> None:
    image = make(fmt)

    report, content = await redact(service.target, whole(image.content, image.name))

    assert content
    assert report.media_type == BY_NAME[report.format_name].media_types[0]
    assert report.file_extension == image.name.rpartition(".")[2]
    assert report.removed
    assert (report.verification.verified, report.verification.opens) == (True, True)
    assert report.verification.pixels_unchanged
    assert not report.verification.remaining
    assert service.spooled == []


async def test_a_wrong_extension_is_mended(service) -> None:
    image = make("png")

    report, content = await redact(service.target, whole(image.content, "photo.jpg", POSITION))

    assert (report.format_name, report.media_type, report.file_extension) == ("PNG", "image/png", "png")
    assert content.startswith(b"\x89PNG")


async def test_parts_in_the_wrong_order_are_refused(service) -> None:
    content = make("jpeg").content

    assert await reason(service.target, []) == "UPLOAD_OUT_OF_ORDER"
    assert await reason(service.target, [chunk(content), finish(content)]) == "UPLOAD_OUT_OF_ORDER"
    assert await reason(service.target, [header(), chunk(content), header()]) == "UPLOAD_OUT_OF_ORDER"
    assert await reason(service.target, [header(), chunk(content)]) == "UPLOAD_INCOMPLETE"
    wrong = finish(content, sha256=bytes(32))
    assert await reason(service.target, [header(), chunk(content), wrong]) == "UPLOAD_CORRUPTED"
    assert await reason(service.target, [header(profile=0), finish(b"")]) == "INVALID_REQUEST"
    assert await reason(service.target, [header(profile=99), finish(b"")]) == "INVALID_REQUEST"


async def test_what_is_no_image_or_too_large_is_refused(start) -> None:
    text = b"Dear all, " * 1000
    large = make("jpeg").content + bytes(400_000)

    async with start(upload_bytes_max=400_000) as service:
        assert await reason(service.target, whole(text)) == "UNSUPPORTED_FORMAT"
        assert await reason(service.target, whole(large)) == "UPLOAD_TOO_LARGE"
        assert service.spooled == []


@pytest.mark.parametrize("fmt", UNWRITABLE)
async def test_a_format_without_a_writer_has_a_reason_of_its_own(fmt: str, service) -> None:
    image = make(fmt)

    assert await reason(service.target, whole(image.content, image.name)) == "REDACTION_UNSUPPORTED"


async def test_at_the_limit_more_redactions_are_refused_and_later_taken(start, becomes) -> None:
    content = make("jpeg").content
    arriving: asyncio.Queue[redaction_pb2.RedactRequest | None] = asyncio.Queue()

    async def slowly() -> AsyncIterator[redaction_pb2.RedactRequest]:
        yield header()
        while (part := await arriving.get()) is not None:
            yield part

    async with (
        start(redactions_count_max=1) as service,
        open_channel(service.target, timeout_seconds=60) as channel,
    ):
        first = RedactionServiceStub(channel).Redact(slowly())
        arriving.put_nowait(chunk(content[:5000]))
        await becomes(lambda: len(service.spooled) == 1)

        assert await reason(service.target, whole(content)) == "EXTRACTOR_BUSY"

        first.cancel()
        await becomes(lambda: service.spooled == [])
        report, _ = await redact(service.target, whole(content))
        assert report.verification.verified


async def test_a_file_that_takes_too_long_is_given_up_and_leaves_nothing(start) -> None:
    async with start(redaction_seconds_max=0.2) as service:
        assert await reason(service.target, whole(slow_tiff(), "a.tif")) == "EXTRACTION_TIMED_OUT"
        assert service.spooled == []
