"""Two extractors on one PostgreSQL: what one does, the other knows."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from metaextract.extractor.v1 import batches_pb2
from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1.batches_pb2_grpc import BatchServiceStub
from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceStub
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.client import open_channel
from metaextract_common.rpc.errors import from_status
from metaextract_testing.factory import make
from metaextract_testing.hostile import slow_jpeg

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGE = make("png")
ID = "00000000-0000-4000-8000-%012d"
LEASE_SECONDS = 3


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(postgres_server, extractor_template):
    with postgres_server.database(extractor_template) as name:
        yield postgres_server.url(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(database, start_in):
    """Two extractors, each with a folder of its own, and one database."""
    folders = [Path(tempfile.mkdtemp(prefix="mx-", dir="/tmp")) for _ in range(2)]
    shared = {"database_url": database, "lease_seconds": LEASE_SECONDS, "sweep_seconds": 0.5}
    async with start_in(folders[0], **shared) as here, start_in(folders[1], **shared) as there:
        yield here, there
    for folder in folders:
        shutil.rmtree(folder)


async def test_what_is_uploaded_at_one_is_read_at_the_other(pair) -> None:
    here, there = pair
    upload = await here.extract(IMAGE, request_id="r")
    found = await there.get(upload.name)
    assert found == upload.ended
    assert found.result.file.file_name == IMAGE.name
    again = await there.extract(IMAGE, request_id="r")
    assert (again.name, again.ended) == (upload.name, upload.ended)


async def test_one_of_two_uploads_at_once_gets_the_request_id(pair) -> None:
    uploads = [one.begin("a.png", request_id="same") for one in pair]
    begun = await asyncio.gather(*(upload.next() for upload in uploads), return_exceptions=True)
    refused = [one for one in begun if isinstance(one, ServiceError)]
    assert [one.reason for one in refused] == ["REQUEST_ID_REUSED"]
    for upload in uploads:
        upload.call.cancel()


async def test_a_repeated_upload_waits_for_what_the_other_still_reads(pair) -> None:
    here, there = pair
    content = slow_jpeg(4_000_000)
    first = here.upload(content, "slow.jpg", request_id="slow")
    await first.reaches("PARSING")
    again = there.upload(content, "slow.jpg", request_id="slow")
    ended = await first.to_the_end()
    assert await again.to_the_end() == ended


async def test_an_upload_is_cancelled_at_the_other(pair, becomes) -> None:
    here, there = pair
    upload = here.begin("a.png")
    await upload.next()
    answer = await there.stub.CancelExtraction(pb.CancelExtractionRequest(name=upload.name))
    assert from_status(answer.extraction.error).reason == "EXTRACTION_CANCELLED"
    with pytest.raises(ServiceError) as caught:
        await upload.to_the_end()
    assert caught.value.reason == "EXTRACTION_CANCELLED"
    assert upload.ended == answer.extraction
    again = await there.stub.CancelExtraction(pb.CancelExtractionRequest(name=upload.name))
    assert again == answer
    await becomes(lambda: here.spooled == [])


async def test_a_worker_is_stopped_from_the_other(pair, becomes) -> None:
    here, there = pair
    upload = here.upload(slow_jpeg(), "slow.jpg")
    await upload.reaches("PARSING")
    await there.stub.CancelExtraction(pb.CancelExtractionRequest(name=upload.name))
    with pytest.raises(ServiceError) as caught:
        await upload.to_the_end()
    assert caught.value.reason == "EXTRACTION_CANCELLED"
    assert upload.states == ["RECEIVING", "QUEUED", "PARSING", "CANCELLED"]

    async def idle() -> bool:
        info = await here.info()
        return (info.workers_busy_count, info.uploads_count) == (0, 0)

    await becomes(idle)
    assert (await here.extract(IMAGE)).states[-1] == "SUCCEEDED"


async def test_what_lives_longer_than_a_lease_is_left_alone(pair) -> None:
    here, _ = pair
    upload = here.begin("a.png")
    await upload.next()
    await asyncio.sleep(LEASE_SECONDS * 1.5)
    upload.send(IMAGE.content)
    upload.finish(IMAGE.content)
    upload.close()
    await upload.to_the_end()
    assert upload.states[-1] == "SUCCEEDED"


@asynccontextmanager
async def process(folder: Path, database: str):
    """Run another extractor as a process of its own, and kill it; yields a stub."""
    settings = {
        "EXTRACTOR_LISTEN": f"unix:{folder}/p",
        "EXTRACTOR_SPOOL_DIR": f"{folder}/spool",
        "EXTRACTOR_DATABASE_URL": database,
        "EXTRACTOR_WORKERS_COUNT": "1",
        "EXTRACTOR_LEASE_SECONDS": str(LEASE_SECONDS),
    }
    one = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "metaextract_extractor.main"),
        env={**os.environ, **settings},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with open_channel(f"unix:{folder}/p", timeout_seconds=60) as channel:
            stub = ExtractorServiceStub(channel)
            await stub.GetServerInfo(pb.GetServerInfoRequest(), wait_for_ready=True)
            yield stub, one
    finally:
        if one.returncode is None:
            one.kill()
        await one.wait()


async def test_what_a_replica_that_died_left_is_ended_by_another(pair, database, folder, becomes) -> None:
    _, there = pair
    over = asyncio.Event()
    async with process(folder, database) as (stub, killed):

        async def sent():
            yield pb.ExtractRequest(header=pb.UploadHeader(owner="alice", request_id="of the dead"))
            await over.wait()

        call = stub.Extract(sent())
        name = (await anext(aiter(call))).event.name
        killed.send_signal(signal.SIGKILL)
        await killed.wait()

        async def has_failed() -> bool:
            return await there.state(name) == "FAILED"

        await becomes(has_failed)
        assert from_status((await there.get(name)).error).reason == "INTERNAL"
        assert (await there.extract(IMAGE, request_id="of the dead")).states[-1] == "SUCCEEDED"
        over.set()
        call.cancel()


async def test_a_batch_is_one_wherever_its_files_arrive(pair) -> None:
    batch = f"batches/{ID % 1}"
    uploads = [await pair[number % 2].extract(IMAGE, batch=batch) for number in range(4)]
    for one in pair:
        async with open_channel(one.target, timeout_seconds=60) as channel:
            stub = BatchServiceStub(channel)
            found = (await stub.GetBatch(batches_pb2.GetBatchRequest(name=batch))).batch
            assert (found.extractions_count, found.succeeded_count, found.fraction) == (4, 4, 1)
            listed = await stub.ListBatchExtractions(batches_pb2.ListBatchExtractionsRequest(parent=batch))
            assert [one.name for one in listed.extractions] == [upload.name for upload in uploads]
