"""What breaks is named, costs nobody else anything, and leaves nothing behind."""

import asyncio
import signal
import sqlite3
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import httpx
import psutil
import pytest

from metaextract.billing.v1 import billing_pb2 as billing_pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_testing.factory import large_jpeg_chunks, make
from metaextract_testing.fleet import Fleet, eventually, started, until
from metaextract_testing.hostile import slow_jpeg


def upload(fleet: Fleet, name: str, content: bytes, path: str = "/v1/extractions") -> httpx.Response:
    return httpx.post(f"{fleet.url}{path}", files={"file": (name, content)}, timeout=60)


def request_head(path: str, length: int) -> bytes:
    lines = (f"POST {path} HTTP/1.1", "Host: x", "Content-Type: image/tiff", f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


async def slowly(size: int, seconds: float) -> AsyncIterator[bytes]:
    pieces = [
        piece[at : at + 50_000] for piece in large_jpeg_chunks(size) for at in range(0, len(piece), 50_000)
    ]
    for piece in pieces:
        yield piece
        await asyncio.sleep(seconds / len(pieces))


async def metrics_of_holds(fleet: Fleet, account: str) -> tuple[int, int]:
    async with grpc.aio.insecure_channel(fleet.target("billing")) as channel:
        balance = await BillingServiceStub(channel).GetBalance(billing_pb.GetBalanceRequest(account=account))
    return balance.credits_available, balance.credits_held


async def grant(fleet: Fleet, account: str, credits_: int) -> None:
    async with grpc.aio.insecure_channel(fleet.target("billing")) as channel:
        request = billing_pb.GrantCreditsRequest(
            account=account, request_id=str(uuid.uuid4()), credits=credits_
        )
        await BillingServiceStub(channel).GrantCredits(request)


async def free_checks_spent(fleet: Fleet, session_id: str, headers: dict[str, str]) -> dict[str, str]:
    """Use up the free checks of a device, so that what follows costs credits of the session."""
    cookies: dict[str, str] = {}
    for seed in range(2):
        image = make("jpeg", seed=seed)
        async with httpx.AsyncClient(
            base_url=fleet.url, cookies=cookies, headers=headers, timeout=60
        ) as client:
            answer = await client.post(
                "/api/images_mvp/extract",
                files={"file": (image.name, image.content)},
                data={"session_id": session_id},
            )
            assert answer.status_code == 200, answer.text
            cookies |= dict(client.cookies)
    return cookies


async def test_a_client_that_goes_away_in_mid_upload_leaves_nothing(
    metered: Fleet, network: dict[str, str], session: str
) -> None:
    cookies = await free_checks_spent(metered, session, network)
    account = f"session:{session}"
    await grant(metered, account, 100)
    boundary = "b0undary"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="session_id"\r\n\r\n{session}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode()
    seen = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield head
        yield next(iter(large_jpeg_chunks(20_000_000)))
        await seen.wait()
        raise ConnectionAbortedError

    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": "20000000"}
    headers |= network
    async with httpx.AsyncClient(base_url=metered.url, cookies=cookies, timeout=60) as client:
        sending = asyncio.create_task(client.post("/api/images_mvp/extract", content=body(), headers=headers))
        await eventually(metered.spooled)
        assert (await metrics_of_holds(metered, account))[1] > 0
        seen.set()
        await asyncio.gather(sending, return_exceptions=True)

    await eventually(lambda: not metered.spooled())
    await eventually(lambda: metered.server().get("uploads_count", 0) == 0)
    async with asyncio.timeout(60):
        while await metrics_of_holds(metered, account) != (100, 0):
            await asyncio.sleep(0.1)


async def test_a_client_that_goes_away_while_its_file_is_read_stops_the_worker(fresh: Fleet) -> None:
    host, _, port = fresh.url.removeprefix("http://").partition(":")
    content = slow_jpeg()
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(request_head("/v1/extractions?file_name=a.tif", len(content)) + content)
    await writer.drain()
    await eventually(fresh.reading_worker)
    worker = fresh.reading_worker()
    assert worker is not None
    others = set(fresh.workers()) - {worker}

    writer.close()

    await eventually(lambda: fresh.server().get("workers_busy_count", 0) == 0)
    await eventually(lambda: not fresh.spooled())
    await eventually(lambda: not worker.is_running())
    assert others <= set(fresh.workers())
    image = make("png")
    assert upload(fresh, image.name, image.content).status_code == 201


def exiftool_cpu_seconds(worker: psutil.Process) -> float:
    """Return how long the ExifTool of a worker has worked."""
    (exiftool,) = (one for one in worker.children(recursive=True) if "-stay_open" in one.cmdline())
    return exiftool.cpu_times().user


async def test_a_worker_that_is_killed_costs_its_file_one_engine_and_no_other_file(running: Fleet) -> None:
    dying = asyncio.create_task(asyncio.to_thread(upload, running, "slow.jpg", slow_jpeg()))
    await eventually(running.reading_worker)
    worker = running.reading_worker()
    assert worker is not None
    before = exiftool_cpu_seconds(worker)
    await eventually(lambda: exiftool_cpu_seconds(worker) > before + 0.5)  # and it is not done for long
    worker.kill()
    answer = await asyncio.wait_for(dying, 60)

    assert answer.status_code == 201
    assert answer.json()["result"]["fallback"] == {"engine": "exiftool", "cause": "crashed"}
    image = make("jpeg")
    assert (await asyncio.to_thread(upload, running, image.name, image.content)).status_code == 201
    await eventually(lambda: not running.spooled())


@pytest.fixture
def doomed(tmp_path: Path) -> Iterator[Fleet]:
    """A product that charges, to be killed."""
    with started(tmp_path, "--metered") as fleet:
        yield fleet


async def test_an_extractor_that_is_killed_is_a_503_and_the_hold_is_given_back(doomed: Fleet) -> None:
    cookies = await free_checks_spent(doomed, "s2", {})
    await grant(doomed, "session:s2", 100)

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(base_url=doomed.url, cookies=cookies, timeout=60) as client:
            files = {"file": ("slow.jpg", slow_jpeg(), "image/jpeg")}
            return await client.post("/api/images_mvp/extract", files=files, data={"session_id": "s2"})

    sending = asyncio.create_task(send())
    await eventually(lambda: doomed.server().get("workers_busy_count", 0) == 1)
    workers = doomed.workers()
    doomed.service("extractor").kill()
    answer = await asyncio.wait_for(sending, 60)

    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    # The product notices that a service died and stops as a whole; the ledger tells what it left.
    assert await asyncio.to_thread(doomed.process.wait, 60) == 1
    assert ledger(doomed, "session:s2") == (100, 0)
    await eventually(lambda: not any(worker.is_running() for worker in workers))


def ledger(fleet: Fleet, account: str) -> tuple[int, int]:
    with sqlite3.connect(fleet.data_dir / "billing.sqlite") as connection:
        query = "SELECT credits, credits_held FROM credit_balances WHERE owner = ?"
        return connection.execute(query, (account,)).fetchone()


async def test_an_upload_under_way_is_finished_when_the_product_is_told_to_stop(fresh: Fleet) -> None:
    size = 5_000_000
    async with httpx.AsyncClient(base_url=fresh.url, timeout=60) as client:
        sending = asyncio.create_task(
            client.post(
                "/v1/extractions?file_name=large.jpg",
                content=slowly(size, 4),
                headers={"Content-Type": "image/jpeg", "Content-Length": str(size)},
            )
        )
        await eventually(fresh.spooled)
        fresh.process.send_signal(signal.SIGTERM)
        answer = await asyncio.wait_for(sending, 60)

    assert answer.status_code == 201, answer.text
    assert int(answer.json()["result"]["file"]["size_bytes"]) == size
    assert await asyncio.to_thread(fresh.process.wait, 60) == 0


async def test_a_truncated_upload_is_never_taken_for_a_whole_one(running: Fleet) -> None:
    host, _, port = running.url.removeprefix("http://").partition(":")
    extraction_id = str(uuid.uuid4())
    content = make("jpeg").content
    _, writer = await asyncio.open_connection(host, int(port))
    path = f"/v1/extractions?file_name=a.jpg&extraction_id={extraction_id}"
    writer.write(request_head(path, len(content) + 1) + content)
    await writer.drain()
    url = f"{running.url}/v1/extractions/{extraction_id}"
    await eventually(lambda: httpx.get(url, timeout=60).status_code == 200)
    assert httpx.get(url, timeout=60).json()["state"] == "STATE_RECEIVING"

    writer.close()

    await eventually(
        lambda: httpx.get(url, timeout=60).json()["state"] in ("STATE_FAILED", "STATE_CANCELLED")
    )
    assert "result" not in httpx.get(url, timeout=60).json()
    await eventually(lambda: not running.spooled())


def test_a_broken_multipart_body_is_refused(running: Fleet) -> None:
    image = make("jpeg")
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + image.content
    headers = {"Content-Type": "multipart/form-data; boundary=b"}

    answer = httpx.post(f"{running.url}/v1/extractions", content=body, headers=headers, timeout=60)

    assert answer.status_code == 400
    assert answer.json()["reason"] == "MULTIPART_MALFORMED"
    until(lambda: not running.spooled())
