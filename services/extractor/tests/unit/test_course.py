"""What is left to do for a file, and for how long, after whatever its workers did."""

import asyncio
from dataclasses import dataclass

import pytest

from metaextract_common.errors import ServiceError
from metaextract_extractor.adapters.workers.course import Course
from metaextract_extractor.adapters.workers.limits import PoolLimits
from metaextract_extractor.adapters.workers.protocol import Done, Known, Step, Tried
from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.operations import NOT_DELIVERED, Operation, OperationOutcome, not_delivered
from metaextract_extractor.domain.ports import Task

LIMITS = PoolLimits(
    workers_count=1,
    queue_count_max=1,
    task_seconds_max=30,
    step_seconds_max=10,
    operation_seconds_max=20,
    memory_bytes_max=1,
    recycle_bytes=1,
)
ENGINES = ("exiftool", "pillow", "exifread")
READING = Reading("JPEG", "image/jpeg", 1, 1, 0.5, 100)
THREE = (Operation.EMBEDDING, Operation.OCR, Operation.FORENSICS)
IN_TURN = (Operation.EMBEDDING, Operation.FORENSICS, Operation.OCR)


@dataclass
class Clock:
    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def course(clock: Clock) -> Course:
    task = Task("a.jpg", 1, "jpg", operations=THREE)
    return Course(task, LIMITS, engines=ENGINES, off=("rawpy",), now=clock)


async def unheard(_step: str, _fraction: float) -> None:
    pass


def at(course: Course, *steps: str) -> None:
    for step in steps:
        asyncio.run(course.enter(Step(step, 0.5), unheard))


def told(reading: Reading | None) -> dict[str, str]:
    assert reading is not None
    return {one.operation: one.reason for one in reading.operations}


def delivered(operation: Operation) -> Tried:
    return Tried(OperationOutcome(operation.value, True))


def test_of_what_is_delivered_all_is_told(course: Course) -> None:
    request = course.next_request()
    assert (request.operations, request.without) == (IN_TURN, {"rawpy": "off"})
    course.is_known(Known(READING))
    for operation in THREE:
        course.was_tried(delivered(operation))
    course.is_done(Done(0.7, 200, ()))
    result = course.result
    assert told(result) == dict.fromkeys(THREE, "")
    assert (result.cpu_seconds, result.memory_peak_bytes) == (0.7, 200)


def test_after_an_operation_was_lost_only_those_left_are_asked_for(course: Course, clock: Clock) -> None:
    course.next_request()
    clock.seconds += 1
    course.is_known(Known(READING))
    course.was_tried(delivered(Operation.EMBEDDING))
    at(course, "ocr")
    clock.seconds += 5
    assert course.result_without("memory_limit") is None
    assert course.next_request().operations == (Operation.FORENSICS,)
    at(course, "exiftool")  # of the same file that was read before

    assert told(course.result_without("crashed")) == {
        "embedding": "",
        "ocr": NOT_DELIVERED["memory_limit"],
        "forensics": NOT_DELIVERED["crashed"],
    }


def test_no_other_worker_reads_for_operations_for_which_no_time_is_left(course: Course, clock: Clock) -> None:
    course.next_request()
    clock.seconds += 4
    course.is_known(Known(READING))
    at(course, "embedding")
    clock.seconds += 16.5
    assert told(course.result_without("timeout")) == {
        "embedding": NOT_DELIVERED["timeout"],
        "ocr": NOT_DELIVERED["budget"],
        "forensics": NOT_DELIVERED["budget"],
    }


def test_the_end_of_the_time_costs_the_operation_under_way_and_those_after(
    course: Course, clock: Clock
) -> None:
    course.next_request()
    clock.seconds += 20
    course.is_known(Known(READING))
    course.was_tried(delivered(Operation.EMBEDDING))
    at(course, "ocr")
    clock.seconds += 10
    assert told(course.run_out_of_time()) == {
        "embedding": "",
        "ocr": NOT_DELIVERED["timeout"],
        "forensics": NOT_DELIVERED["budget"],
    }


def test_of_which_nothing_is_known_at_the_end_is_timed_out(course: Course) -> None:
    course.next_request()
    with pytest.raises(ServiceError) as caught:
        course.run_out_of_time()
    assert (caught.value.reason, caught.value.metadata) == ("EXTRACTION_TIMED_OUT", {"seconds_max": "30"})


@pytest.mark.parametrize(
    ("seconds", "step", "over"),
    [
        (9.9, "exiftool", False),
        (10.1, "exiftool", True),
        (19.9, "ocr", False),
        (20.1, "ocr", True),
    ],
)
def test_a_step_has_its_time(seconds: float, step: str, over: bool, course: Course, clock: Clock) -> None:
    course.next_request()
    at(course, step)
    clock.seconds += seconds
    assert course.is_over_time() is over


def test_the_last_fifth_of_the_time_belongs_to_the_basic_path(course: Course, clock: Clock) -> None:
    course.next_request()
    clock.seconds += 23
    at(course, "quality")
    assert not course.is_over_time()
    clock.seconds += 1.1
    assert course.is_over_time()
    assert course.result_without("timeout") is None

    request = course.next_request()
    assert request.without == {
        "rawpy": "off",
        "exiftool": "budget",
        "exifread": "budget",
        "place": "budget",
        "pixels": "budget",
        "quality": "timeout",
    }
    assert request.operations == ()
    at(course, "walkers")
    clock.seconds += 5
    assert not course.is_over_time()
    course.is_known(Known(READING))
    assert told(course.result) == dict.fromkeys(THREE, NOT_DELIVERED["budget"])


def test_the_time_in_which_there_was_no_worker_does_not_count(course: Course, clock: Clock) -> None:
    clock.seconds += 25
    course.begin()
    course.next_request()
    clock.seconds += 23
    at(course, "quality")
    assert not course.is_over_time()
    assert course.next_request().operation_begins_seconds_max == pytest.approx(1)


def test_metadata_that_are_known_are_not_hurried(course: Course, clock: Clock) -> None:
    course.next_request()
    clock.seconds += 23.9
    course.is_known(Known(READING))
    at(course, "ocr")
    clock.seconds += 1
    assert not course.is_over_time()
    assert course.next_request().operation_begins_seconds_max < 0


def test_the_fourth_worker_that_is_lost_is_the_last_that_was_to_read_everything(course: Course) -> None:
    for step in ("exiftool", "exifread", "insights"):
        course.next_request()
        at(course, step)
        assert course.result_without("crashed") is None
        assert course.next_request().operations == IN_TURN
    at(course, "quality")
    course.result_without("crashed")
    request = course.next_request()
    assert request.without["place"] == "budget"
    assert request.operations == ()
    at(course, "walkers")
    assert course.result_without("crashed") is None
    assert course.next_request().without["walkers"] == "crashed"


def test_what_kills_the_basic_path_in_no_step_is_given_up(course: Course) -> None:
    course.next_request()
    assert course.result_without("memory_limit") is None
    course.next_request()
    with pytest.raises(ServiceError) as caught:
        course.result_without("memory_limit")
    assert (caught.value.reason, caught.value.metadata) == ("WORKER_LOST", {"cause": "memory_limit"})


def test_a_worker_that_is_silent_about_an_operation_or_talks_of_another_is_not_believed() -> None:
    task = Task("a.jpg", 1, "jpg", operations=(Operation.OCR,))
    course = Course(task, LIMITS, engines=ENGINES, off=())
    course.next_request()
    course.is_known(Known(READING))
    course.was_tried(delivered(Operation.FORENSICS))
    course.is_done(Done(None, None, ()))
    assert course.result.operations == (not_delivered("ocr", "crashed"),)
