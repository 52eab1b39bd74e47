"""An upload, from the first byte to the result."""

import hashlib
import zlib
from collections import defaultdict
from datetime import UTC, datetime

import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.errors import from_status
from metaextract_extractor.domain.confinement import SandboxLevel
from metaextract_extractor.domain.formats import BY_NAME
from metaextract_testing.factory import FORMATS, make, truncated

pytestmark = pytest.mark.asyncio(loop_scope="module")
IMAGE = make("png")
ID = "00000000-0000-4000-8000-%012d"


async def refusal(upload) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await upload.to_the_end()
    return caught.value


@pytest.mark.parametrize("made", FORMATS)
async def test_a_whole_file_gives_every_known_tag(made: str, service) -> None:
    image = make(made)
    upload = await service.extract(image, declared_media_type=image.media_type)
    result = upload.ended.result

    found = defaultdict(list)
    for field in result.fields:
        found[f"{field.group}:{field.name}"].append(field.printed)
        assert field.engine == "exiftool" or field.group in ("LibRaw", "HEIF")
    assert {name: value for name, value in image.tags.items() if value not in found[name]} == {}
    assert (result.file.file_name, result.file.size_bytes) == (image.name, len(image.content))
    assert result.file.hashes.sha256 == hashlib.sha256(image.content).hexdigest()
    assert result.file.hashes.sha1 == hashlib.sha1(image.content, usedforsecurity=False).hexdigest()
    assert result.file.hashes.md5 == hashlib.md5(image.content, usedforsecurity=False).hexdigest()
    assert result.file.hashes.crc32 == f"{zlib.crc32(image.content):08x}"
    assert result.file.format.name in BY_NAME
    assert result.file.format.media_type == BY_NAME[result.file.format.name].media_types[0]
    assert result.file.format.declared_media_type == ""
    assert result.file.width_pixels > 0
    assert result.file.height_pixels > 0
    runs = {engine.name: engine for engine in result.engines}
    assert {"walkers", "exiftool"} <= set(runs)
    assert 0 < runs["exiftool"].fields_count <= len(result.fields)
    assert not result.HasField("fallback")
    assert upload.ended.HasField("insights")
    assert upload.ended.quality.completeness.reach == 1
    for duration in ("receiving", "queued", "parsing"):
        assert getattr(result.timings, duration).ToNanoseconds() >= 0
    assert result.timings.parsing.ToNanoseconds() > 0
    assert result.timings.cpu.ToNanoseconds() > 0

    sequences = [event.sequence for event in upload.events]
    assert sequences[0] == 1
    assert sequences == sorted(set(sequences))
    assert {event.name for event in upload.events} == {upload.ended.name}
    assert upload.states == ["RECEIVING", "QUEUED", "PARSING", "SUCCEEDED"]
    times = [event.time.ToNanoseconds() for event in upload.events]
    assert times == sorted(times)
    assert upload.events[-1].HasField("ended")
    assert service.spooled == []
    assert await service.get(upload.name) == upload.ended


async def test_progress_never_falls_within_a_state(service) -> None:
    upload = await service.extract(make("jpeg"))
    progress = [event.progress for event in upload.events if event.HasField("progress")]
    for state in (pb.Extraction.STATE_RECEIVING, pb.Extraction.STATE_PARSING):
        fractions = [one.fraction for one in progress if one.state == state]
        assert fractions
        assert fractions == sorted(fractions)
        assert all(0 <= fraction <= 1 for fraction in fractions)
    steps = [one.step for one in progress if one.state == pb.Extraction.STATE_PARSING]
    assert steps[:2] == ["walkers", "exiftool"]
    assert steps[-1] == "reporting"


async def test_an_ended_extraction_says_until_when_it_is_kept(service) -> None:
    ended = (await service.extract(IMAGE)).ended
    assert ended.create_time.ToNanoseconds() <= ended.end_time.ToNanoseconds()
    assert (ended.expire_time.ToDatetime(UTC) - ended.end_time.ToDatetime(UTC)).total_seconds() == 3600
    assert abs((ended.end_time.ToDatetime(UTC) - datetime.now(UTC)).total_seconds()) < 60


async def test_a_client_may_choose_the_id(service) -> None:
    upload = await service.extract(IMAGE, extraction_id=ID % 1)
    assert upload.name == f"extractions/{ID % 1}"
    error = await refusal(service.upload(IMAGE.content, extraction_id=ID % 1, owner="bob"))
    assert (error.reason, error.metadata) == ("EXTRACTION_EXISTS", {"extraction": upload.name})
    assert await service.get(upload.name) == upload.ended


async def test_a_wrong_declared_media_type_is_told(service) -> None:
    upload = await service.extract(IMAGE, declared_media_type="image/gif")
    assert upload.ended.result.file.format.declared_media_type == "image/gif"


async def test_content_decides_and_not_the_name(service) -> None:
    upload = service.upload(IMAGE.content, "b.jpg")
    assert (await upload.to_the_end()).result.file.format.name == "PNG"


async def test_a_damaged_image_is_read_as_far_as_it_goes(service) -> None:
    upload = await service.extract(truncated(make("jpeg"), 0.5))
    assert upload.states[-1] == "SUCCEEDED"
    assert upload.ended.result.fields


async def test_an_upload_without_a_finish_is_incomplete_and_leaves_nothing(service) -> None:
    upload = service.begin()
    upload.send(IMAGE.content[:9000])
    upload.close()
    error = await refusal(upload)
    assert (error.reason, error.metadata) == ("UPLOAD_INCOMPLETE", {"bytes_received": "9000"})
    assert service.spooled == []
    assert upload.states == ["RECEIVING", "FAILED"]
    stored = await service.get(upload.name)
    assert vars(from_status(stored.error)) == vars(error)
    assert not stored.HasField("result")
    assert stored == upload.ended


@pytest.mark.parametrize(
    "wrong", [{"sha256": bytes(32)}, {"size_bytes": 1}, {"size_bytes": 0, "sha256": b""}]
)
async def test_other_bytes_than_were_sent_are_corrupted(wrong: dict[str, object], service) -> None:
    upload = service.begin()
    upload.send(IMAGE.content)
    upload.finish(IMAGE.content, **wrong)
    upload.close()
    assert (await refusal(upload)).reason == "UPLOAD_CORRUPTED"
    assert await service.state(upload.name) == "FAILED"


async def test_a_file_that_says_it_is_too_large_is_refused_before_it_is_sent(service) -> None:
    upload = service.begin(size_bytes=40_000_001)
    error = await refusal(upload)
    assert (error.reason, error.metadata) == ("UPLOAD_TOO_LARGE", {"size_bytes_max": "40000000"})
    assert upload.events == []


async def test_a_file_that_turns_out_too_large_is_refused_when_it_does(service) -> None:
    upload = service.begin("a.png")
    upload.send(IMAGE.content, *[bytes(1_000_000)] * 40)
    assert (await refusal(upload)).reason == "UPLOAD_TOO_LARGE"
    assert service.spooled == []


@pytest.mark.parametrize("name", ["a.jpg", "a.tga", "a.svgz", "a", "a.txt"])
async def test_what_is_no_image_is_refused(name: str, service) -> None:
    upload = service.upload(b"Dear Sir or Madam,\n" * 1000, name)
    assert (await refusal(upload)).reason == "UNSUPPORTED_FORMAT"
    assert upload.states == ["RECEIVING", "FAILED"]
    assert service.spooled == []


async def test_the_header_comes_first_and_once(service) -> None:
    async def no_header():
        yield pb.ExtractRequest(chunk=b"x")

    async def nothing():
        for part in ():
            yield part

    for requests in (no_header, nothing):
        with pytest.raises(ServiceError) as caught:
            async for _ in service.stub.Extract(requests()):
                pass
        assert (caught.value.reason, set(caught.value.metadata)) == ("UPLOAD_OUT_OF_ORDER", {"expected"})

    upload = service.begin()
    upload.send(IMAGE.content[:100])
    upload.close(pb.ExtractRequest(header=upload.header))
    assert (await refusal(upload)).reason == "UPLOAD_OUT_OF_ORDER"
    assert await service.state(upload.name) == "FAILED"


async def test_a_header_that_breaks_the_contract_names_the_field(service) -> None:
    error = await refusal(service.begin(owner=""))
    assert (error.reason, error.metadata["field"]) == ("INVALID_REQUEST", "header.owner")


async def test_the_same_bytes_again_are_answered_without_reading_them_again(service, spans) -> None:
    first = await service.extract(IMAGE, request_id="again")
    spans.clear()
    second = await service.extract(IMAGE, request_id="again")
    assert [event.WhichOneof("event") for event in second.events] == ["ended"]
    assert second.ended == first.ended
    assert second.events[-1].sequence == first.events[-1].sequence
    assert "worker.read" not in {span.name for span in spans.get_finished_spans()}
    assert service.spooled == []


async def test_other_bytes_under_the_same_request_id_are_refused(service) -> None:
    first = await service.extract(IMAGE, request_id="other bytes")
    error = await refusal(service.upload(make("png", seed=1).content, request_id="other bytes"))
    assert (error.reason, error.metadata) == ("REQUEST_ID_REUSED", {"request_id": "other bytes"})
    assert await service.get(first.name) == first.ended


async def test_two_owners_may_choose_the_same_request_id(service) -> None:
    first = await service.extract(IMAGE, request_id="shared")
    second = await service.extract(make("png", seed=1), request_id="shared", owner="bob")
    assert first.name != second.name
    assert second.states[-1] == "SUCCEEDED"


async def test_a_failed_upload_may_be_tried_again_under_its_request_id(service) -> None:
    upload = service.begin("a.png", request_id="retry")
    upload.send(IMAGE.content[:100])
    upload.close()
    await refusal(upload)
    assert (await service.extract(IMAGE, request_id="retry")).states[-1] == "SUCCEEDED"


async def test_a_request_id_is_taken_while_its_upload_is_under_way(service) -> None:
    first = service.begin("a.png", request_id="busy")
    await first.next()
    assert (await refusal(service.upload(IMAGE.content, request_id="busy"))).reason == "REQUEST_ID_REUSED"
    first.send(IMAGE.content)
    first.finish(IMAGE.content)
    first.close()
    await first.to_the_end()
    assert first.states[-1] == "SUCCEEDED"


async def test_the_server_lists_its_formats_and_says_what_it_is_made_of(service) -> None:
    formats = (await service.stub.ListFormats(pb.ListFormatsRequest())).formats
    assert [one.name for one in formats] == sorted(BY_NAME)
    assert all(one.extensions and one.media_types and one.support.level for one in formats)
    (jpeg,) = [one for one in formats if one.name == "JPEG"]
    assert (jpeg.support.format_name, jpeg.support.files_count > 0) == ("JPEG", True)
    info = await service.info()
    assert {"exiftool", "pillow", "c2pa"} <= {engine.name for engine in info.engines}
    assert info.sandbox_level in set(SandboxLevel)
    assert (info.workers_busy_count, info.uploads_count, info.queued_count) == (0, 0, 0)
    upload = service.begin()
    await upload.next()
    assert (await service.info()).uploads_count == 1
    upload.close()
    await refusal(upload)
    assert (await service.info()).uploads_count == 0
