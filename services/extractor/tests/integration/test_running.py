"""The life of an extractor process: limits, crashes, restarts, drain, traces and silence."""

import asyncio
import os
import signal
import sqlite3
import sys
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceStub
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.client import open_channel
from metaextract_common.rpc.errors import from_status
from metaextract_testing.factory import make
from metaextract_testing.hostile import slow_jpeg

IMAGE = make("png")
ID = "00000000-0000-4000-8000-%012d"
SECONDS_MAX = 60
CANARY = "quetzalcoatlus"


async def test_uploads_beyond_the_limit_are_told_to_come_back(start) -> None:
    async with start(uploads_count_max=1) as service:
        first = service.begin("a.png")
        await first.next()
        second = service.upload(IMAGE.content)
        with pytest.raises(ServiceError) as caught:
            await second.to_the_end()
        assert (caught.value.reason, caught.value.metadata) == (
            "EXTRACTOR_BUSY",
            {"limit": "uploads_count_max"},
        )
        assert caught.value.retry_after_seconds == 2
        first.send(IMAGE.content)
        first.finish(IMAGE.content)
        first.close()
        await first.to_the_end()
        assert (await service.extract(IMAGE)).states[-1] == "SUCCEEDED"


async def test_of_many_uploads_at_once_no_more_than_the_limit_get_in(start) -> None:
    async with start(uploads_count_max=3) as service:
        uploads = [service.begin("a.png", request_id=str(number)) for number in range(12)]
        begun = await asyncio.gather(*(upload.next() for upload in uploads), return_exceptions=True)
        refused = [one.reason for one in begun if isinstance(one, ServiceError)]
        assert refused == ["EXTRACTOR_BUSY"] * 9
        for upload in uploads:
            upload.call.cancel()


async def test_what_goes_wrong_after_the_finish_is_an_event_and_no_error(start) -> None:
    async with start(worker_memory_bytes_max=1) as service:
        upload = await service.extract(IMAGE)
        assert upload.states == ["RECEIVING", "QUEUED", "PARSING", "FAILED"]
        assert from_status(upload.ended.error).reason == "WORKER_LOST"


def _drop_table(database: Path) -> None:
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        connection.execute("DROP TABLE extractions")
        connection.commit()


async def test_a_store_that_breaks_ends_the_call_and_leaves_nobody_waiting(start, folder) -> None:
    async with start() as service:
        upload = service.begin("a.png")
        await upload.next()
        await asyncio.to_thread(_drop_table, folder / "data.sqlite")  # the extractor lives in this loop
        upload.send(IMAGE.content)
        upload.finish(IMAGE.content)
        upload.close()
        with pytest.raises(ServiceError) as caught:
            await asyncio.wait_for(upload.to_the_end(), SECONDS_MAX)
        assert caught.value.reason == "INTERNAL"
        assert service.spooled == []


async def test_a_result_that_has_expired_frees_its_request_id(start) -> None:
    async with start(result_seconds=2, sweep_seconds=3600) as service:
        first = await service.extract(IMAGE, request_id="r")
        await asyncio.sleep(2.1)
        with pytest.raises(ServiceError) as caught:
            await service.get(first.name)
        assert caught.value.reason == "EXTRACTION_NOT_FOUND"
        second = await service.extract(IMAGE, request_id="r")
        assert second.name != first.name
        assert second.states[-1] == "SUCCEEDED"


async def test_what_has_expired_is_swept_away(start, folder, becomes) -> None:
    def rows() -> int:
        connection = sqlite3.connect(folder / "data.sqlite")
        try:
            return connection.execute("SELECT count(*) FROM extractions").fetchone()[0]
        finally:
            connection.close()

    async with start(result_seconds=2, sweep_seconds=0.1) as service:
        await service.extract(IMAGE)
        await becomes(lambda: rows() == 0)


async def test_the_spans_of_an_upload_are_parent_and_child(start, spans) -> None:
    async with start() as service:
        spans.clear()
        await service.extract(IMAGE)
    found = {span.name: span for span in spans.get_finished_spans()}
    server = found["metaextract.extractor.v1.ExtractorService/Extract"]  # the later one is the client's
    server = next(
        span for span in spans.get_finished_spans() if span.name == server.name and span.kind.name == "SERVER"
    )
    worker, engine = found["worker.read"], found["exiftool.read"]
    assert worker.parent.span_id == server.context.span_id
    assert engine.parent.span_id == worker.context.span_id
    assert len({span.context.trace_id for span in (server, worker, engine)}) == 1
    assert worker.start_time <= engine.start_time <= engine.end_time <= worker.end_time


@asynccontextmanager
async def process(folder, **settings):
    """Run the extractor as a process of its own; yields it with a stub."""
    environment = {
        "EXTRACTOR_LISTEN": f"unix:{folder}/p",
        "EXTRACTOR_SPOOL_DIR": f"{folder}/spool",
        "EXTRACTOR_DATABASE_PATH": f"{folder}/data.sqlite",
        "EXTRACTOR_SPAN_STORE": f"{folder}/spans.sqlite",
        "EXTRACTOR_WORKERS_COUNT": "1",
        "EXTRACTOR_DRAIN_SECONDS": "20",
        **settings,
    }
    with (folder / "log").open("wb") as log:
        one = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "metaextract_extractor.main", stderr=log, env={**os.environ, **environment}
        )
    try:
        async with open_channel(f"unix:{folder}/p", timeout_seconds=60) as channel:
            stub = ExtractorServiceStub(channel)
            async with asyncio.timeout(SECONDS_MAX):
                while True:
                    try:
                        await stub.GetServerInfo(pb.GetServerInfoRequest(), wait_for_ready=True, timeout=20)
                        break
                    except ServiceError:
                        await asyncio.sleep(0.05)
            yield one, stub
    finally:
        if one.returncode is None:
            one.kill()
        await one.wait()


def header(**fields: object) -> pb.ExtractRequest:
    return pb.ExtractRequest(header=pb.UploadHeader(**{"owner": "alice", "file_name": "a.png", **fields}))


async def test_an_upload_in_flight_finishes_after_sigterm(folder) -> None:
    parts: asyncio.Queue[pb.ExtractRequest | None] = asyncio.Queue()

    async def sent():
        while (part := await parts.get()) is not None:
            yield part

    async with process(folder) as (one, stub):
        responses = aiter(stub.Extract(sent()))
        parts.put_nowait(header())
        parts.put_nowait(pb.ExtractRequest(chunk=IMAGE.content[:9000]))
        name = (await anext(responses)).event.name
        watch = aiter(stub.WatchExtraction(pb.WatchExtractionRequest(name=name)))
        await anext(watch)
        one.terminate()
        assert await asyncio.wait_for(drained(watch), SECONDS_MAX) == "DRAINING"
        assert one.returncode is None
        parts.put_nowait(pb.ExtractRequest(chunk=IMAGE.content[9000:]))
        parts.put_nowait(pb.ExtractRequest(finish=pb.UploadFinish(size_bytes=len(IMAGE.content))))
        parts.put_nowait(None)
        events = [response.event async for response in responses]
        assert events[-1].ended.state == pb.Extraction.STATE_SUCCEEDED
        assert await asyncio.wait_for(one.wait(), SECONDS_MAX) == 0
    assert "Traceback" not in (folder / "log").read_text()
    assert list((folder / "spool").iterdir()) == []


async def drained(watch) -> str:
    try:
        async for _ in watch:
            pass
    except ServiceError as error:
        return error.reason
    return "ended"


async def test_an_upload_that_does_not_finish_in_time_is_ended_with_the_process(folder) -> None:
    async def endless():
        yield header()
        yield pb.ExtractRequest(chunk=IMAGE.content[:9000])
        await asyncio.Event().wait()

    async with process(folder, EXTRACTOR_DRAIN_SECONDS="0.5") as (one, stub):
        call = stub.Extract(endless())
        name = (await anext(aiter(call))).event.name
        one.terminate()
        assert await asyncio.wait_for(one.wait(), SECONDS_MAX) == 0
        call.cancel()
    log = (folder / "log").read_text()
    assert "never retrieved" not in log, log
    assert "rpc.crashed" not in log, log
    assert list((folder / "spool").iterdir()) == []
    connection = sqlite3.connect(folder / "data.sqlite")
    rows = connection.execute("SELECT name, state FROM extractions").fetchall()
    connection.close()
    assert rows == [(name, "cancelled")]


async def test_what_a_crash_left_unfinished_has_failed_and_results_stay(folder, start) -> None:
    async def endless():
        yield header(extraction_id=ID % 1, request_id="r")
        yield pb.ExtractRequest(chunk=IMAGE.content[:9000])
        await asyncio.Event().wait()

    async def whole():
        yield header(extraction_id=ID % 2)
        yield pb.ExtractRequest(chunk=IMAGE.content)
        yield pb.ExtractRequest(finish=pb.UploadFinish(size_bytes=len(IMAGE.content)))

    async with process(folder) as (one, stub):
        *_, last = [response.event async for response in stub.Extract(whole())]
        call = stub.Extract(endless())
        seen = (await anext(aiter(call))).event
        one.kill()
        await one.wait()
        call.cancel()

    async with start() as service:
        assert await service.get(f"extractions/{ID % 2}") == last.ended
        failed = await service.get(f"extractions/{ID % 1}")
        assert failed.state == pb.Extraction.STATE_FAILED
        assert from_status(failed.error).reason == "INTERNAL"
        assert service.spooled == []
        for name, after in ((failed.name, 0), (failed.name, seen.sequence + 7), (last.name, 1)):
            request = pb.WatchExtractionRequest(
                name=name, after_sequence=after, wait_for_creation={"seconds": 50}
            )
            async with asyncio.timeout(SECONDS_MAX):
                events = [response.event async for response in service.stub.WatchExtraction(request)]
            assert [event.WhichOneof("event") for event in events] == ["ended"]
            assert events[0].sequence > after
        assert (await service.extract(IMAGE, request_id="r")).states[-1] == "SUCCEEDED"


async def test_neither_logs_nor_spans_tell_what_a_file_says(folder) -> None:
    content = make("svg").content.replace(b"</svg>", f"<title>{CANARY}</title></svg>".encode())
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><{CANARY}/></x:xmpmeta>'.encode()
    broken = make("jpeg").content[:500] + xmp

    def whole(body: bytes, name: str):
        async def parts():
            yield header(
                file_name=f"{CANARY}-{name}", request_id=CANARY + name, owner=f"{CANARY}@example.org"
            )
            for at in range(0, len(body), 1_000_000):
                yield pb.ExtractRequest(chunk=body[at : at + 1_000_000])
            yield pb.ExtractRequest(finish=pb.UploadFinish(size_bytes=len(body)))

        return parts()

    async with process(folder, EXTRACTOR_WORKER_SECONDS_MAX="5") as (one, stub):
        *_, last = [response.event async for response in stub.Extract(whole(content, "a.svg"))]
        assert CANARY in str(last.ended.result.fields)
        for body, name in (
            (broken, "b.jpg"),
            (slow_jpeg(90_000_000), "c.tif"),
            (CANARY.encode() * 900, "d.jpg"),
        ):
            try:
                async for _ in stub.Extract(whole(body, name)):
                    pass
            except ServiceError as error:
                assert error.reason == "UNSUPPORTED_FORMAT"  # noqa: PT017 - the others are events
        one.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(one.wait(), SECONDS_MAX) == 0
    log = (folder / "log").read_text()
    assert log.count("rpc.finished") >= 4
    assert "worker.lost" in log
    assert CANARY not in log
    connection = sqlite3.connect(folder / "spans.sqlite")
    spans = connection.execute("SELECT name, attributes FROM spans").fetchall()
    connection.close()
    assert {"worker.read", "exiftool.read"} <= {name for name, _ in spans}
    assert CANARY not in str(spans)
