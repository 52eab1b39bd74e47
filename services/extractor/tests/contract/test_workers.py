"""What the workers promise, proved on real ones with the real ExifTool."""

import asyncio
import os
import signal
import time
from collections import defaultdict
from pathlib import Path

import psutil
import pytest

from metaextract_common.errors import ServiceError
from metaextract_extractor.adapters.workers.pool import WorkerPool
from metaextract_extractor.domain.ports import Task
from metaextract_extractor.domain.result import Reading
from metaextract_testing import exiftool_path
from metaextract_testing.factory import FORMATS, FORMATS_UNKNOWN_TO_EXIFTOOL, make

pytestmark = pytest.mark.asyncio(loop_scope="module")
MEBIBYTE = 1024 * 1024


def printed(reading: Reading) -> dict[str, list[str]]:
    found = defaultdict(list)
    for field in reading.fields:
        found[f"{field.group}:{field.name}"].append(field.printed)
    return found


class Reports:
    """What is told of a reading."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.in_engine = asyncio.Event()
        self.steps: list[tuple[str, float]] = []

    async def on_start(self) -> None:
        self.started.set()

    async def on_step(self, step: str, fraction: float) -> None:
        self.steps.append((step, fraction))
        self.in_engine.set()

    async def read(self, pool: WorkerPool, task: Task) -> Reading:
        return await pool.read(task, self.on_step, self.on_start)

    async def reading(self, pool: WorkerPool, task: Task) -> "asyncio.Task[Reading]":
        """Return when the engine has the file."""
        begun = asyncio.create_task(self.read(pool, task))
        await asyncio.wait_for(self.in_engine.wait(), 30)
        return begun


async def reason(awaitable) -> tuple[str, dict[str, str]]:
    with pytest.raises(ServiceError) as caught:
        await asyncio.wait_for(awaitable, 50)
    return caught.value.reason, caught.value.metadata


def busy_worker(pool: WorkerPool) -> psutil.Process:
    (worker,) = pool._busy
    return psutil.Process(worker.pid)


async def can_still_read(pool: WorkerPool, spooled) -> None:
    image = make("gif", seed=3)
    reading = await asyncio.wait_for(Reports().read(pool, spooled(image.content, image.name)), 50)
    assert printed(reading)["File:FileType"] == ["GIF"]


async def test_every_known_tag_of_every_format_is_read(pool, spooled) -> None:
    images = [make(one) for one in FORMATS]
    reports = [Reports() for _ in images]
    readings = await asyncio.gather(
        *(
            one.read(pool, spooled(image.content, image.name))
            for one, image in zip(reports, images, strict=True)
        )
    )
    for image, reading, report in zip(images, readings, reports, strict=True):
        found = printed(reading)
        missing = {name: value for name, value in image.tags.items() if value not in found[name]}
        assert missing == {}, image.name
        assert reading.media_type == image.media_type
        assert reading.width_pixels
        assert reading.height_pixels
        assert report.started.is_set()
        assert report.steps == sorted(report.steps, key=lambda step: step[1])
        assert all(0 <= fraction <= 1 for _, fraction in report.steps)
        (engine,) = reading.engines
        assert (engine.name, engine.version) == ("exiftool", pool.engines["exiftool"])
        assert engine.fields_count == len(reading.fields)
        assert engine.wall_seconds > 0
        assert reading.cpu_seconds is None or 0 < reading.cpu_seconds < 60
        assert reading.memory_peak_bytes is None or reading.memory_peak_bytes > MEBIBYTE
        assert str(Path(spooled(b"", "x").path).parent) not in repr(reading)


@pytest.mark.parametrize("made", FORMATS_UNKNOWN_TO_EXIFTOOL)
async def test_a_format_that_the_engine_does_not_know_is_no_failure(made: str, pool, spooled) -> None:
    image = make(made)
    assert isinstance(await Reports().read(pool, spooled(image.content, image.name)), Reading)


async def test_damaged_files_are_read_as_far_as_they_go(pool, spooled) -> None:
    whole = make("jpeg").content
    damaged = [whole[: len(whole) * share // 10] for share in range(1, 10)] + [b"", b"\xff\xd8\xff"]
    readings = await asyncio.gather(
        *(Reports().read(pool, spooled(one, f"{at}.jpg")) for at, one in enumerate(damaged))
    )
    assert len(readings) == len(damaged)


async def test_a_worker_that_is_killed_costs_its_file_and_no_other(pool, spooled, endless_tiff) -> None:
    task = await Reports().reading(pool, spooled(endless_tiff, "endless.tif"))
    worker = busy_worker(pool)
    family = [worker, *worker.children(recursive=True)]
    os.kill(worker.pid, signal.SIGKILL)
    assert await reason(task) == ("WORKER_LOST", {"cause": "crashed"})
    _, left = await asyncio.to_thread(psutil.wait_procs, family, 10)
    assert left == []
    await can_still_read(pool, spooled)


async def test_an_engine_that_is_killed_costs_its_file_and_no_other(pool, spooled, endless_tiff) -> None:
    task = await Reports().reading(pool, spooled(endless_tiff, "endless.tif"))
    (engine,) = busy_worker(pool).children()
    engine.kill()
    assert await reason(task) == ("WORKER_LOST", {"cause": "crashed"})
    await can_still_read(pool, spooled)


async def test_an_engine_that_dies_while_idle_is_replaced(pool, spooled, worker_pids, becomes) -> None:
    before = worker_pids()
    for pid in before:
        for engine in psutil.Process(pid).children():
            engine.kill()
    await becomes(lambda: not any(worker.alive for worker in pool._idle))
    await can_still_read(pool, spooled)


async def test_a_file_that_takes_too_long_ends_with_its_whole_process_group(
    start_pool, spooled, endless_tiff
) -> None:
    async with start_pool(task_seconds_max=0.5) as pool:
        task = await Reports().reading(pool, spooled(endless_tiff, "endless.tif"))
        worker = busy_worker(pool)
        family = [worker, *worker.children(recursive=True)]
        assert len(family) == 2
        assert await reason(task) == ("EXTRACTION_TIMED_OUT", {"seconds_max": "0.5"})
        _, left = await asyncio.to_thread(psutil.wait_procs, family, 10)
        assert left == []
        await can_still_read(pool, spooled)


async def test_a_file_that_takes_too_much_memory_costs_its_worker(start_pool, spooled, swelling_png) -> None:
    async with start_pool(memory_bytes_max=200 * MEBIBYTE, address_space_bytes_max=4096 * MEBIBYTE) as pool:
        task = Reports().read(pool, spooled(swelling_png, "swelling.png"))
        assert await reason(task) == ("WORKER_LOST", {"cause": "memory_limit"})
        await can_still_read(pool, spooled)


async def test_an_engine_that_gets_no_memory_costs_its_worker(start_pool, spooled, swelling_png) -> None:
    async with start_pool(address_space_bytes_max=256 * MEBIBYTE) as pool:
        task = Reports().read(pool, spooled(swelling_png, "swelling.png"))
        assert await reason(task) == ("WORKER_LOST", {"cause": "crashed"})
        await can_still_read(pool, spooled)


async def test_a_worker_that_says_too_much_is_not_listened_to(pool, spooled, talkative_png) -> None:
    task = Reports().read(pool, spooled(talkative_png, "talkative.png"))
    assert await reason(task) == ("WORKER_LOST", {"cause": "output_limit"})
    await can_still_read(pool, spooled)


async def test_a_full_queue_takes_no_more(start_pool, spooled, endless_tiff, becomes) -> None:
    file = spooled(endless_tiff, "endless.tif")
    async with start_pool(queue_count_max=2) as pool:
        tasks = [await Reports().reading(pool, file)]
        tasks += [asyncio.create_task(Reports().read(pool, file)) for _ in range(2)]
        await becomes(lambda: pool.queued_count == 2)
        with pytest.raises(ServiceError) as caught:
            await Reports().read(pool, file)
        assert (caught.value.reason, caught.value.metadata) == (
            "EXTRACTOR_BUSY",
            {"limit": "queue_count_max"},
        )
        assert caught.value.retry_after_seconds
        assert (pool.busy_count, pool.queued_count) == (1, 2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (pool.busy_count, pool.queued_count) == (0, 0)
        await can_still_read(pool, spooled)


async def test_cancelling_a_reading_kills_and_replaces_its_worker(
    pool, spooled, endless_tiff, becomes
) -> None:
    task = await Reports().reading(pool, spooled(endless_tiff, "endless.tif"))
    worker = busy_worker(pool)
    family = [worker, *worker.children(recursive=True)]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    _, left = await asyncio.to_thread(psutil.wait_procs, family, 10)
    assert left == []
    await becomes(lambda: pool.workers_count == 3)
    await can_still_read(pool, spooled)


async def test_cancelling_twice_costs_the_pool_no_worker(pool, spooled, endless_tiff, becomes) -> None:
    task = await Reports().reading(pool, spooled(endless_tiff, "endless.tif"))
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    await becomes(lambda: pool.workers_count == 3)
    await can_still_read(pool, spooled)


async def test_a_worker_that_has_grown_is_replaced_after_its_file(
    start_pool, spooled, worker_pids, becomes
) -> None:
    async with start_pool(recycle_bytes=1) as pool:
        await becomes(lambda: pool.workers_count == 2)
        before = worker_pids()
        await can_still_read(pool, spooled)
        await becomes(lambda: pool.workers_count == 2)
        assert len(before - worker_pids()) == 1


async def test_a_worker_that_has_not_grown_is_kept(pool, spooled, worker_pids) -> None:
    before = worker_pids()
    for _ in range(4):
        await can_still_read(pool, spooled)
    assert worker_pids() == before


async def test_many_files_at_once_share_the_workers(pool, spooled) -> None:
    images = [make("jpeg", seed=seed) for seed in range(20)]
    readings = await asyncio.gather(
        *(Reports().read(pool, spooled(image.content, image.name)) for image in images)
    )
    assert (pool.busy_count, pool.queued_count) == (0, 0)
    for image, reading in zip(images, readings, strict=True):
        assert set(image.tags.values()) <= {value for values in printed(reading).values() for value in values}


async def test_a_pool_without_a_living_worker_says_so_and_recovers(pool, worker_pids, becomes) -> None:
    async def healthy() -> bool:
        try:
            await pool.check()
        except RuntimeError:
            return False
        return True

    await pool.check()
    before = worker_pids()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    await becomes(lambda: not any(worker.alive for worker in pool._idle))
    assert not await healthy()
    await becomes(healthy)


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_workers_that_died_a_moment_ago_cost_no_file(pool, spooled) -> None:
    image = make("png")
    for worker in list(pool._idle):
        os.kill(worker.pid, signal.SIGKILL)
    for worker in list(pool._idle):  # held up on purpose: the event loop must not notice first
        deadline = time.monotonic() + 20
        while runs(worker.pid):
            assert time.monotonic() < deadline

    reading = await asyncio.wait_for(Reports().read(pool, spooled(image.content, image.name)), 50)

    assert reading.format_name == "PNG"


async def test_a_prefix_is_read_only_by_an_idle_worker(start_pool, spooled, endless_tiff) -> None:
    image = make("jpeg")
    file = spooled(image.content, image.name)
    async with start_pool() as pool:
        reading = await asyncio.wait_for(pool.read_if_idle(file), 50)
        assert reading is not None
        task = await Reports().reading(pool, spooled(endless_tiff, "endless.tif"))
        assert await pool.read_if_idle(file) is None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_prefix_that_kills_its_worker_is_no_failure(pool, spooled, talkative_png) -> None:
    assert await pool.read_if_idle(spooled(talkative_png, "talkative.png")) is None
    await can_still_read(pool, spooled)


async def test_a_pool_whose_engine_does_not_start_fails_at_the_start(start_pool, tmp_path: Path) -> None:
    broken = tmp_path / "exiftool"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o700)
    with pytest.raises(Exception, match="crashed"):
        async with start_pool(exiftool=broken):
            pass


async def test_a_worker_has_no_environment_of_ours_and_limits_of_its_own(
    start_pool, worker_pids, monkeypatch
) -> None:
    before = worker_pids()
    monkeypatch.setenv("BILLING_SECRET", "a secret")
    async with start_pool():
        (pid, *_) = worker_pids() - before
        for process in (psutil.Process(pid), *psutil.Process(pid).children()):
            assert "a secret" not in str(process.environ())
            assert process.rlimit(psutil.RLIMIT_AS) == (1024 * MEBIBYTE,) * 2
            assert process.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
            assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0)


async def test_the_version_of_the_engine_is_what_it_says_itself(pool) -> None:
    process = await asyncio.create_subprocess_exec(exiftool_path(), "-ver", stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert pool.engines == {"exiftool": output.decode().strip()}
