"""Sends files to a running extractor, a few at a time, and writes down what became of each."""

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from google.protobuf import timestamp_pb2
from google.rpc import error_details_pb2

from bench.hostile.seeds import File
from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1 import result_pb2
from metaextract_common.errors import ServiceError

if TYPE_CHECKING:  # the name stands in the type stubs only
    from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceAsyncStub

CHUNK_BYTES: Final = 256 * 1024
CALL_SECONDS_MAX: Final = 180.0
"""Beyond the limits of a task, and of those that wait before it."""

RESULT: Final = "result"
FALLBACK: Final = "result of the basic path"
HUNG: Final = "NO ANSWER"
UNTYPED: Final = frozenset({HUNG, "INTERNAL", "SERVICE_UNREACHABLE", "DEADLINE_EXCEEDED", "CANCELLED", ""})
"""No answer to a file: nobody meant it."""

LOSSES: Final = frozenset({"crashed", "timeout", "memory_limit", "output_limit"})
_STEP_FAILED: Final = re.compile(r"The step (\w+) is missing from the result: (.*)\.")


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one file.

    outcome: `RESULT`, `FALLBACK`, or the reason of the error. parsing_seconds: from a worker's beginning to
    the end, as the server says; seconds: as the client saw it. failures: engines and steps that failed, and
    why; skipped: engines that a budget kept from the file.
    """

    name: str
    group: str
    size_bytes: int
    outcome: str
    seconds: float
    parsing_seconds: float = 0.0
    memory_peak_bytes: int = 0
    format_name: str = ""
    fields_count: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    @property
    def answered(self) -> bool:
        """Whether it is a result or an error that somebody meant."""
        return self.outcome not in UNTYPED

    @property
    def has_result(self) -> bool:
        """Whether something was read."""
        return self.outcome in (RESULT, FALLBACK)

    @property
    def cost_a_worker(self) -> bool:
        """Whether a worker had to be replaced for it."""
        return bool(LOSSES.intersection(self.failures.values())) or self.outcome in (
            "WORKER_LOST",
            "EXTRACTION_TIMED_OUT",
        )

    @property
    def shows_a_defect(self) -> bool:
        """Whether something of ours raised what it must not, or did not answer."""
        ours = ("walkers", "insights", "place", "pixels", "quality")
        raised = any(self.failures.get(step, "").startswith("crashed (") for step in ours)
        return raised or not self.answered


async def feed(
    stub: "ExtractorServiceAsyncStub",
    files: Iterable[File],
    *,
    at_once: int,
    done: Callable[[File, Answer], None],
    stopped: asyncio.Event,
) -> None:
    """Upload all files, `at_once` at a time, and tell `done` of each; leave off when `stopped`."""
    waiting = iter(files)

    async def send_one_after_the_other() -> None:
        for file in waiting:  # shared: each file goes to one sender
            done(file, await sent(stub, file))
            if stopped.is_set():
                return

    async with asyncio.TaskGroup() as senders:
        for _ in range(at_once):
            senders.create_task(send_one_after_the_other())


async def sent(stub: "ExtractorServiceAsyncStub", file: File) -> Answer:
    """Upload one file and return what became of it."""
    began = time.monotonic()
    states: dict[int, float] = {}
    ended: pb.Extraction | None = None
    outcome = HUNG
    try:
        async with asyncio.timeout(CALL_SECONDS_MAX):
            async for response in stub.Extract(_parts(file)):
                event = response.event
                if event.HasField("state_change"):
                    states[event.state_change.state] = _seconds(event.time)
                if event.HasField("ended"):
                    ended = event.ended
    except ServiceError as error:
        outcome = error.reason
    except TimeoutError:
        pass  # the answer says so
    seconds = time.monotonic() - began
    if ended is None:
        return Answer(file.name, file.group, len(file.content), outcome, seconds)
    parsing = _seconds(ended.end_time) - states.get(pb.Extraction.STATE_PARSING, _seconds(ended.end_time))
    return _answer(file, ended, seconds, parsing)


async def _parts(file: File) -> AsyncIterator[pb.ExtractRequest]:
    name = file.name.rpartition("/")[2][-255:]
    yield pb.ExtractRequest(
        header=pb.UploadHeader(owner="bench", file_name=name, size_bytes=len(file.content))
    )
    for at in range(0, len(file.content), CHUNK_BYTES):
        yield pb.ExtractRequest(chunk=file.content[at : at + CHUNK_BYTES])
    digest = hashlib.sha256(file.content).digest()
    yield pb.ExtractRequest(finish=pb.UploadFinish(size_bytes=len(file.content), sha256=digest))


def _answer(file: File, ended: pb.Extraction, seconds: float, parsing_seconds: float) -> Answer:
    result = ended.result
    succeeded = ended.state == pb.Extraction.STATE_SUCCEEDED
    if not succeeded:
        outcome = _reason(ended)
    elif result.HasField("fallback"):
        outcome = FALLBACK
    else:
        outcome = RESULT
    return Answer(
        name=file.name,
        group=file.group,
        size_bytes=len(file.content),
        outcome=outcome,
        seconds=seconds,
        parsing_seconds=parsing_seconds,
        memory_peak_bytes=result.timings.memory_peak_bytes,
        format_name=result.file.format.name,
        fields_count=len(result.fields),
        failures=_failures(result),
        skipped=[one.name for one in result.engines if one.outcome == result_pb2.EngineRun.OUTCOME_SKIPPED],
    )


def _failures(result: result_pb2.ExtractionResult) -> dict[str, str]:
    failed = result_pb2.EngineRun.OUTCOME_FAILED
    failures = {one.name: one.cause for one in result.engines if one.outcome == failed}
    warnings = cast("Iterable[result_pb2.Warning]", result.warnings)  # the stub means the builtin
    for warning in warnings:
        found = _STEP_FAILED.fullmatch(warning.message)
        if found:
            failures[found[1]] = found[2]
    return failures


def _reason(ended: pb.Extraction) -> str:
    info = error_details_pb2.ErrorInfo()
    return next((info.reason for detail in ended.error.details if detail.Unpack(info)), "")


def _seconds(stamp: timestamp_pb2.Timestamp) -> float:
    return stamp.seconds + stamp.nanos / 1e9
