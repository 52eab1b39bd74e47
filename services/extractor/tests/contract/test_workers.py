"""What the workers promise, proved on real ones with the real ExifTool."""

import asyncio
import os
import signal
import struct
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from metaextract_common.errors import ServiceError
from metaextract_extractor.adapters.workers.pool import WorkerPool
from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.ports import Task
from metaextract_extractor.domain.result import Fallback, Outcome
from metaextract_testing import exiftool_path
from metaextract_testing.factory import FORMATS, FORMATS_UNKNOWN_TO_EXIFTOOL, MadeImage, make

pytestmark = pytest.mark.asyncio(loop_scope="module")
MEBIBYTE = 1024 * 1024
DYING_WORKER = Path(__file__).with_name("dying_worker.py")
BASIC_GROUPS = ("IFD0:", "ExifIFD:", "GPS:", "XMP-", "IPTC:")
BASIC_TAGS_COUNT_MIN = 10
HANGING_WORKER = Path(__file__).with_name("hanging_worker.py")


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
        if step == "exiftool":
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


def with_credentials(packet_number: int = 1) -> MadeImage:
    """A JPEG with the box that Content Credentials stand in (JUMBF, ISO 19566-5, in APP11)."""
    image = make("jpeg")
    description = (
        struct.pack(">I4s", 30, b"jumd") + b"c2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x008\x9bq\x03c2pa\x00"
    )
    box = struct.pack(">I4s", 8 + len(description), b"jumb") + description
    segment = b"JP" + struct.pack(">HI", 1, packet_number) + box
    marker = b"\xff\xeb" + struct.pack(">H", 2 + len(segment)) + segment
    return replace(image, content=image.content[:2] + marker + image.content[2:])


def busy_worker(pool: WorkerPool) -> psutil.Process:
    (worker,) = pool._busy
    return psutil.Process(worker.pid)


def engine_of(worker: psutil.Process) -> psutil.Process:
    """Return the ExifTool of a worker: the process that has no children, below those that lock it in."""
    (engine,) = [one for one in worker.children(recursive=True) if not one.children()]
    return engine


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
        runs = {run.name: run for run in reading.engines}
        assert {"walkers", "exiftool"} <= set(runs)
        assert runs["exiftool"].version == pool.engines["exiftool"]
        assert all(run.outcome is Outcome.SUCCEEDED for run in (runs["walkers"], runs["exiftool"]))
        assert 0 < runs["exiftool"].fields_count <= len(reading.fields)
        assert all(run.wall_seconds > 0 for run in runs.values())
        assert reading.fallback is None
        assert "STEP_FAILED" not in {notice.code for notice in reading.warnings}
        assert reading.insights is not None
        assert reading.quality is not None
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


async def test_a_worker_that_is_killed_costs_the_engine_and_not_the_file(pool, spooled, slow_file) -> None:
    task = await Reports().reading(pool, spooled(slow_file, "slow.jpg"))
    worker = busy_worker(pool)
    family = [worker, *worker.children(recursive=True)]
    os.kill(worker.pid, signal.SIGKILL)
    reading = await asyncio.wait_for(task, 50)
    assert reading.fallback == Fallback("exiftool", "crashed")
    assert "JFIF:JFIFVersion" in printed(reading)
    _, left = await asyncio.to_thread(psutil.wait_procs, family, 60)
    assert left == []
    await can_still_read(pool, spooled)


async def test_an_engine_that_is_killed_costs_itself_and_not_the_file(pool, spooled, slow_file) -> None:
    task = await Reports().reading(pool, spooled(slow_file, "slow.jpg"))
    engine_of(busy_worker(pool)).kill()
    reading = await asyncio.wait_for(task, 50)
    assert reading.fallback == Fallback("exiftool", "crashed")
    await can_still_read(pool, spooled)


@pytest.mark.parametrize(
    ("made", "step"),
    [
        *(("jpeg", step) for step in ("walkers", "exiftool", "pillow", "exifread")),
        *(("jpeg", step) for step in ("insights", "place", "pixels", "quality")),
        ("heic", "pillow-heif"),
        ("dng", "rawpy"),
        ("credentials", "c2pa"),
    ],
)
async def test_whatever_step_costs_a_worker_the_rest_of_the_file_is_read(
    made, step, pool, start_pool, spooled
) -> None:
    image = with_credentials() if made == "credentials" else make(made)
    whole = await Reports().read(pool, spooled(image.content, image.name))
    async with start_pool(program=(str(DYING_WORKER), step)) as dying:
        reading = await asyncio.wait_for(Reports().read(dying, spooled(image.content, image.name)), 50)

    assert (reading.format_name, reading.fallback is None) == (whole.format_name, step != "exiftool")
    names = {f"{field.group}:{field.name}" for field in whole.fields}
    missing = names - {f"{field.group}:{field.name}" for field in reading.fields}
    computed = {
        name
        for name in missing
        if name.startswith(("Composite:", "ExifTool:", "System:", "File:", "LibRaw:", "HEIF:"))
    }
    assert missing - computed == set() or step == "exiftool"
    if step == "exiftool":
        async with start_pool(engines_off=("exiftool",)) as basic_pool:
            basic = await Reports().read(basic_pool, spooled(image.content, image.name))
        assert printed(reading) == printed(basic)
        known = {name: value for name, value in image.tags.items() if name.startswith(BASIC_GROUPS)}
        assert len(known) >= BASIC_TAGS_COUNT_MIN
        assert {name for name, value in known.items() if value not in printed(reading)[name]} == set()
    run = next((run for run in reading.engines if run.name == step), None)
    if run is None:  # a step of our own
        assert "STEP_FAILED" in {notice.code for notice in reading.warnings}
    else:
        assert (run.outcome, run.cause) == (Outcome.FAILED, "crashed")


async def test_an_engine_that_is_switched_off_is_not_used(start_pool, spooled) -> None:
    image = make("jpeg")
    async with start_pool(engines_off=("exiftool", "pillow")) as pool:
        reading = await Reports().read(pool, spooled(image.content, image.name))
    runs = {run.name: (run.outcome, run.cause) for run in reading.engines}
    assert runs["exiftool"] == runs["pillow"] == (Outcome.SKIPPED, "off")
    assert reading.fallback == Fallback("exiftool", "off")
    assert (reading.format_name, reading.width_pixels) == ("JPEG", 160)


async def test_an_engine_that_dies_while_idle_is_replaced(pool, spooled, worker_pids, becomes) -> None:
    before = worker_pids()
    for pid in before:
        engine_of(psutil.Process(pid)).kill()
    await becomes(lambda: not any(worker.alive for worker in pool._idle))
    await can_still_read(pool, spooled)


async def test_a_file_that_takes_too_long_ends_with_its_whole_process_group(start_pool, spooled) -> None:
    image = make("jpeg")
    program = (str(HANGING_WORKER), "walkers,exiftool,pillow")
    async with start_pool(program=program, task_seconds_max=5) as pool:
        report = Reports()
        task = asyncio.create_task(report.read(pool, spooled(image.content, image.name)))
        await asyncio.wait_for(report.started.wait(), 30)
        worker = busy_worker(pool)
        family = [worker, *worker.children(recursive=True)]
        assert len(family) >= 2
        assert await reason(task) == ("EXTRACTION_TIMED_OUT", {"seconds_max": "5"})
        _, left = await asyncio.to_thread(psutil.wait_procs, family, 60)
        assert left == []


async def test_an_engine_that_takes_too_long_is_left_out(start_pool, spooled, slow_file) -> None:
    async with start_pool(step_seconds_max=4) as pool:
        reading = await Reports().read(pool, spooled(slow_file, "slow.jpg"))
        assert reading.fallback == Fallback("exiftool", "timeout")
        await can_still_read(pool, spooled)


async def test_a_file_for_which_nothing_has_room_is_given_up(start_pool, spooled) -> None:
    image = make("jpeg")
    async with start_pool(memory_bytes_max=MEBIBYTE) as pool:
        task = Reports().read(pool, spooled(image.content, image.name))
        assert await reason(task) == ("WORKER_LOST", {"cause": "memory_limit"})


async def test_what_swells_is_kept_from_the_engines_and_still_answered(pool, spooled, swelling_png) -> None:
    reading = await Reports().read(pool, spooled(swelling_png, "swelling.png"))
    assert reading.fallback == Fallback("exiftool", "budget")
    assert (reading.format_name, reading.width_pixels) == ("PNG", 1)
    assert reading.memory_peak_bytes is None or reading.memory_peak_bytes < 400 * MEBIBYTE


async def test_a_list_of_a_thousand_million_packets_is_kept_from_the_engine_that_makes_it(
    pool, spooled
) -> None:
    image = with_credentials(packet_number=2**30)
    reading = await Reports().read(pool, spooled(image.content, image.name))
    assert reading.fallback == Fallback("exiftool", "budget")
    assert [one.name for one in reading.fields if one.name == "Make"] == ["Make"]


async def test_of_a_file_that_says_too_much_the_long_values_are_cut(pool, spooled, talkative_png) -> None:
    reading = await Reports().read(pool, spooled(talkative_png, "talkative.png"))
    assert "FIELDS_TRUNCATED" in {notice.code for notice in reading.warnings}
    assert (
        len([field for field in reading.fields if field.group == "PNG" and field.name.startswith("Text")])
        == 400
    )
    assert sum(len(field.printed) for field in reading.fields) < 8 * MEBIBYTE


async def test_a_full_queue_takes_no_more(start_pool, spooled, slow_file, becomes) -> None:
    file = spooled(slow_file, "slow.jpg")
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


async def test_cancelling_a_reading_kills_and_replaces_its_worker(pool, spooled, slow_file, becomes) -> None:
    task = await Reports().reading(pool, spooled(slow_file, "slow.jpg"))
    worker = busy_worker(pool)
    family = [worker, *worker.children(recursive=True)]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    _, left = await asyncio.to_thread(psutil.wait_procs, family, 60)
    assert left == []
    await becomes(lambda: pool.workers_count == 3)
    await can_still_read(pool, spooled)


async def test_cancelling_twice_costs_the_pool_no_worker(pool, spooled, slow_file, becomes) -> None:
    task = await Reports().reading(pool, spooled(slow_file, "slow.jpg"))
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
        deadline = time.monotonic() + 60
        while runs(worker.pid):
            assert time.monotonic() < deadline

    reading = await asyncio.wait_for(Reports().read(pool, spooled(image.content, image.name)), 50)

    assert reading.format_name == "PNG"


async def test_a_prefix_is_read_only_by_an_idle_worker(start_pool, spooled, slow_file) -> None:
    image = make("jpeg")
    file = spooled(image.content, image.name)
    async with start_pool() as pool:
        reading = await asyncio.wait_for(pool.read_if_idle(file), 50)
        assert reading is not None
        task = await Reports().reading(pool, spooled(slow_file, "slow.jpg"))
        assert await reason(pool.read_if_idle(file)) == ("EXTRACTOR_BUSY", {"limit": "workers_count"})
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_prefix_that_costs_its_worker_is_no_failure(start_pool, spooled, slow_file) -> None:
    async with start_pool(step_seconds_max=4) as pool:
        assert await pool.read_if_idle(spooled(slow_file, "slow.jpg")) is None
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
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        assert not [process for process in family if "a secret" in str(process.environ())]
        engine = engine_of(family[0])
        for process in (engine, engine.parent()):
            assert process.rlimit(psutil.RLIMIT_AS) == (1024 * MEBIBYTE,) * 2
            assert process.rlimit(psutil.RLIMIT_FSIZE)[1] <= 16 * MEBIBYTE
            assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0)


async def test_the_version_of_the_engine_is_what_it_says_itself(pool) -> None:
    process = await asyncio.create_subprocess_exec(exiftool_path(), "-ver", stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert pool.engines["exiftool"] == output.decode().strip()
