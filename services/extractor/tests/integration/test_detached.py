"""A detached upload needs its caller until it is whole, and no longer."""

import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_common.errors import ServiceError
from metaextract_testing.factory import make

pytestmark = pytest.mark.asyncio(loop_scope="module")
IMAGE = make("jpeg", seed=9)


async def test_a_detached_upload_that_is_whole_is_read_without_its_caller(service) -> None:
    upload = service.upload(IMAGE.content, IMAGE.name, detached=True, request_id="detached-1")
    await upload.reaches("QUEUED")
    upload.call.cancel()
    again = await service.extract(IMAGE, request_id="detached-1")

    assert again.name == upload.name
    assert again.ended.state == pb.Extraction.STATE_SUCCEEDED
    assert await service.get(upload.name) == again.ended
    assert service.spooled == []


async def test_a_detached_upload_that_is_cut_off_ends_with_its_caller(service) -> None:
    upload = service.begin(detached=True)
    upload.send(IMAGE.content[:9000])
    await upload.next()
    upload.call.cancel()

    watched = [
        one.event async for one in service.stub.WatchExtraction(pb.WatchExtractionRequest(name=upload.name))
    ]

    assert watched[-1].ended.state == pb.Extraction.STATE_CANCELLED


async def test_a_detached_upload_can_be_cancelled(service) -> None:
    upload = service.upload(IMAGE.content, IMAGE.name, detached=True)
    await upload.reaches("QUEUED")
    upload.call.cancel()
    stopped = await service.stub.CancelExtraction(pb.CancelExtractionRequest(name=upload.name))

    assert stopped.extraction.state == pb.Extraction.STATE_CANCELLED
    assert service.spooled == []


async def test_other_bytes_under_the_request_id_of_one_that_is_read_are_refused(service) -> None:
    first = service.upload(IMAGE.content, IMAGE.name, detached=True, request_id="detached-2")
    await first.reaches("QUEUED")
    first.call.cancel()
    second = service.upload(make("png").content, "b.png", request_id="detached-2")

    with pytest.raises(ServiceError) as caught:
        await second.to_the_end()

    assert caught.value.reason == "REQUEST_ID_REUSED"
