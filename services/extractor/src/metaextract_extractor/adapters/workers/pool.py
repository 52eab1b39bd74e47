"""Keeps workers warm, gives each file to one, and replaces what a bad file breaks."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Final

import structlog
from opentelemetry import metrics, trace

from metaextract_extractor.adapters.workers.course import Course
from metaextract_extractor.adapters.workers.limits import PoolLimits
from metaextract_extractor.adapters.workers.process import WorkerDiedError, WorkerProcess, WorkerSettings
from metaextract_extractor.adapters.workers.protocol import Done, Known, Read, Span, Step, Tried
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.ports import StepReport, Task

log = structlog.stdlib.get_logger()

CHECK_SECONDS: Final = 0.1
RESTART_PAUSE_SECONDS: Final = 1.0


class _StepLostError(Exception):
    """The step that a file is at cost the worker its life. `cause` as in the contract."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class WorkerPool:
    """Implements `domain.ports.Workers`. One process more than `workers_count` stands by as a spare."""

    def __init__(
        self, settings: WorkerSettings, limits: PoolLimits, *, engines_off: Iterable[str] = ()
    ) -> None:
        self._settings = settings
        self._limits = limits
        self._off = frozenset(engines_off)
        self._slots = asyncio.Semaphore(limits.workers_count)
        self._idle: deque[WorkerProcess] = deque()
        self._became_idle = asyncio.Condition()
        self._starting: set[asyncio.Task[None]] = set()
        self._busy: set[WorkerProcess] = set()
        self._queued_count = 0
        self._closed = False
        self.engines: Mapping[str, str] = {}
        meter = metrics.get_meter("metaextract.workers")
        self._lost = meter.create_counter(
            "worker.lost", unit="{worker}", description="Workers that had to be replaced, by cause."
        )
        self._tracer = trace.get_tracer("metaextract.workers")

    @property
    def sandbox_level(self) -> str:
        """How far the workers are confined, as it was found at the start."""
        return self._settings.sandbox.level.value

    @property
    def workers_count(self) -> int:
        """Workers that can take or have a file."""
        return sum(worker.alive for worker in (*self._idle, *self._busy))

    @property
    def busy_count(self) -> int:
        """Workers that read a file now."""
        return len(self._busy)

    @property
    def queued_count(self) -> int:
        """Files that wait for a worker now."""
        return self._queued_count

    async def check(self) -> None:
        """Return if a worker is alive, raise if not; idle ones that died are replaced."""
        for worker in [one for one in self._idle if not one.alive]:
            self._idle.remove(worker)
            self._replace_idle()
            await worker.kill()
        if not any(worker.alive for worker in (*self._idle, *self._busy)):
            raise RuntimeError("no worker is alive")

    async def start(self) -> None:
        """Start the first worker and wait for it (raises if that fails), and the others behind it."""
        first = await WorkerProcess.started(self._settings)
        self.engines = first.engines
        self._idle.append(first)
        for _ in range(self._limits.workers_count):
            self._start_another()

    async def close(self) -> None:
        """Kill all workers."""
        self._closed = True
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.gather(*(worker.kill() for worker in (*self._idle, *self._busy)))

    async def read(self, task: Task, on_step: StepReport, on_start: Callable[[], Awaitable[None]]) -> Reading:
        """Wait in the queue, then read."""
        if self._queued_count >= self._limits.queue_count_max:
            raise errors.extractor_busy("queue_count_max")
        self._queued_count += 1
        try:
            await self._slots.acquire()
        finally:
            self._queued_count -= 1
        course = self._course(task)
        try:
            async with asyncio.timeout(self._limits.task_seconds_max) as limit:
                return await self._read_without_what_fails(course, limit, on_step, on_start)
        except TimeoutError:
            self._lost_step(course.step, "timeout")
            return course.run_out_of_time()
        finally:
            self._slots.release()

    async def read_if_idle(self, task: Task) -> Reading | None:
        """Read at once or not at all."""
        if self._slots.locked() or not self._idle:
            raise errors.extractor_busy("workers_count")
        try:
            async with self._slots, asyncio.timeout(self._limits.step_seconds_max), self._worker() as worker:
                return await self._read(worker, self._course(task), _ignored)
        except (_StepLostError, TimeoutError):
            return None  # what has arrived may be unreadable where the file is not

    def _course(self, task: Task) -> Course:
        return Course(task, self._limits, engines=self.engines, off=self._off)

    async def _read_without_what_fails(
        self,
        course: Course,
        limit: asyncio.Timeout,
        on_step: StepReport,
        on_start: Callable[[], Awaitable[None]],
    ) -> Reading:
        """Read; a step that costs the worker is left out with the next one. Time counts from the first."""
        has_begun = False
        while True:
            try:
                async with self._worker() as worker:
                    if not has_begun:
                        has_begun = True
                        course.begin()
                        limit.reschedule(asyncio.get_running_loop().time() + self._limits.task_seconds_max)
                        await on_start()
                    return await self._read(worker, course, on_step)
            except _StepLostError as lost:
                result = course.result_without(lost.cause)
                if result is not None:
                    return result

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[WorkerProcess]:
        """Lend a worker; whatever ends the block other than success costs its life."""
        worker = await self._next_idle()
        self._busy.add(worker)
        fit = False
        try:
            yield worker
            fit = worker.alive and worker.memory_bytes() <= self._limits.recycle_bytes
        finally:
            self._busy.discard(worker)
            if fit:
                await self._return(worker)
            else:
                self._start_another()  # first: who is cancelled again while killing must not cost a worker
                await worker.kill()

    async def _next_idle(self) -> WorkerProcess:
        async with self._became_idle:
            while True:
                while self._idle:
                    worker = self._idle.popleft()
                    if worker.alive:
                        return worker
                    self._replace_idle()
                    await worker.kill()
                await self._became_idle.wait()

    async def _return(self, worker: WorkerProcess) -> None:
        async with self._became_idle:
            self._idle.append(worker)
            self._became_idle.notify()

    async def _read(self, worker: WorkerProcess, course: Course, on_step: StepReport) -> Reading:
        request = course.next_request()
        with self._tracer.start_as_current_span("worker.read", attributes={"worker.pid": worker.pid}) as span:
            watching = asyncio.create_task(self._over_limits(worker, course))
            reading = asyncio.create_task(self._answered(worker, request, course, on_step))
            try:
                await asyncio.wait({watching, reading}, return_when=asyncio.FIRST_COMPLETED)
                if reading.done():
                    return reading.result()
                raise self._lost_step(course.step, watching.result())
            except WorkerDiedError as error:
                raise self._lost_step(course.step, error.cause) from error
            except _StepLostError as lost:
                span.set_attributes({"worker.step": course.step, "error.type": lost.cause})
                raise
            finally:
                watching.cancel()
                reading.cancel()
                await asyncio.gather(watching, reading, return_exceptions=True)

    async def _answered(
        self, worker: WorkerProcess, request: Read, course: Course, on_step: StepReport
    ) -> Reading:
        async with aclosing(worker.read(request)) as answers:
            async for answer in answers:
                match answer:
                    case Step():
                        await course.enter(answer, on_step)
                    case Known():
                        course.is_known(answer)
                    case Tried():
                        course.was_tried(answer)
                    case Done():
                        self._report(answer.spans)
                        course.is_done(answer)
        if course.result is None:
            raise WorkerDiedError("crashed")
        return course.result

    async def _over_limits(self, worker: WorkerProcess, course: Course) -> str:
        """Return which limit the worker is over: `memory_limit` or `timeout`."""
        while True:
            if worker.memory_bytes() > self._limits.memory_bytes_max:
                return "memory_limit"
            if course.is_over_time():
                return "timeout"
            await asyncio.sleep(CHECK_SECONDS)

    def _lost_step(self, step: str, cause: str) -> _StepLostError:
        self._lost.add(1, {"cause": cause, "step": step})
        log.warning("worker.lost", cause=cause, step=step)
        return _StepLostError(cause)

    def _report(self, spans: tuple[Span, ...]) -> None:
        """Report in our trace what the worker, which has no way out, measured by its own clock."""
        for span in spans:
            self._tracer.start_span(span.name, start_time=span.start_ns).end(span.end_ns)

    def _replace_idle(self) -> None:
        self._lost.add(1, {"cause": "idle"})
        self._start_another()

    def _start_another(self) -> None:
        if not self._closed:
            task = asyncio.create_task(self._keep_starting())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _keep_starting(self) -> None:
        while True:
            try:
                worker = await WorkerProcess.started(self._settings)
            except (WorkerDiedError, OSError):
                log.exception("worker.not_started")
                await asyncio.sleep(RESTART_PAUSE_SECONDS)
            else:
                await self._return(worker)
                return


async def _ignored(_step: str, _fraction: float) -> None:
    """Provisional readings report no steps."""
