"""Whatever operations and engines do to a worker, the file is answered, and says what was not delivered."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from metaextract_extractor.adapters.workers.pool import WorkerPool
from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.operations import NOT_DELIVERED, Operation
from metaextract_extractor.domain.ports import Task
from metaextract_extractor.domain.result import Fallback, Outcome
from metaextract_testing.factory import make

pytestmark = pytest.mark.asyncio(loop_scope="module")
DYING_WORKER = Path(__file__).with_name("dying_worker.py")
HANGING_WORKER = Path(__file__).with_name("hanging_worker.py")
ALL = (Operation.EMBEDDING, Operation.FORENSICS)


@pytest.fixture
def picture(spooled) -> Task:
    image = make("jpeg")
    return replace(spooled(image.content, image.name), operations=ALL)


async def answer(pool: WorkerPool, task: Task, quiet) -> Reading:
    return await asyncio.wait_for(pool.read(task, *quiet), 50)


def told(reading: Reading) -> dict[str, str]:
    """Map each operation to why it was not delivered."""
    assert all(one.delivered == (not one.reason) for one in reading.operations)
    return {one.operation: one.reason for one in reading.operations}


def tags(reading: Reading) -> set[tuple[str, str, str]]:
    """What was read of the file itself, and not of the spool."""
    return {
        (one.group, one.name, one.printed) for one in reading.fields if one.group not in {"System", "File"}
    }


@pytest.mark.parametrize(
    ("first", "reason"), [("embedding", {"embedding": "crashed"}), ("forensics", {"forensics": "crashed"})]
)
async def test_an_operation_that_kills_its_worker_costs_itself_alone(
    first: str, reason: dict[str, str], picture, start_pool, pool, quiet
) -> None:
    whole = await answer(pool, picture, quiet)
    async with start_pool(program=(str(DYING_WORKER), first)) as dying:
        reading = await answer(dying, picture, quiet)

    assert tags(reading) == tags(whole)
    assert reading.quality is not None
    assert told(reading) == {one: NOT_DELIVERED.get(reason.get(one, ""), "") for one in ALL}


async def test_an_operation_has_a_time_of_its_own(start_pool, picture, quiet) -> None:
    program = (str(HANGING_WORKER), "embedding")
    async with start_pool(program=program, operation_seconds_max=2) as pool:
        reading = await answer(pool, picture, quiet)
    assert reading.fallback is None
    assert told(reading) == {"embedding": NOT_DELIVERED["timeout"], "forensics": ""}


async def test_an_operation_that_would_last_beyond_the_time_of_the_file_costs_no_metadata(
    start_pool, picture, quiet
) -> None:
    program = (str(HANGING_WORKER), "embedding")
    async with start_pool(program=program, task_seconds_max=12) as pool:
        reading = await answer(pool, picture, quiet)
        assert pool.busy_count == 0
    assert reading.fallback is None
    assert reading.insights is not None
    assert told(reading) == {"embedding": NOT_DELIVERED["timeout"], "forensics": NOT_DELIVERED["budget"]}


async def test_when_time_runs_short_the_basic_path_answers_without_operations(
    start_pool, picture, quiet
) -> None:
    program = (str(HANGING_WORKER), "exiftool,exifread,pixels")
    async with start_pool(program=program, task_seconds_max=15) as pool:
        reading = await answer(pool, picture, quiet)
    assert reading.fallback == Fallback("exiftool", "timeout")
    assert (reading.format_name, reading.width_pixels) == ("JPEG", 160)
    runs = {one.name: (one.outcome, one.cause) for one in reading.engines}
    assert runs["exifread"] == (Outcome.SKIPPED, "budget")
    assert runs["pillow"] == (Outcome.SUCCEEDED, "")
    assert told(reading) == dict.fromkeys(ALL, NOT_DELIVERED["budget"])


async def test_a_file_that_has_cost_too_many_workers_is_read_by_the_basic_path(
    start_pool, picture, quiet
) -> None:
    program = (str(DYING_WORKER), "exiftool,exifread,place,pixels,quality,insights,walkers")
    async with start_pool(program=program) as pool:
        reading = await answer(pool, picture, quiet)
    assert reading.fallback == Fallback("exiftool", "crashed")
    assert ("IFD0", "Make") in {(one.group, one.name) for one in reading.fields}
    assert told(reading) == dict.fromkeys(ALL, NOT_DELIVERED["budget"])
