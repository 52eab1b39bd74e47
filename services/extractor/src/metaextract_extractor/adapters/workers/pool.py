"""Keeps workers warm, gives each file to one, and replaces what a bad file breaks."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog
from opentelemetry import metrics, trace

from metaextract_common.errors import ServiceError
from metaextract_extractor.adapters.workers.process import WorkerDiedError, WorkerProcess, WorkerSettings
from metaextract_extractor.adapters.workers.protocol import Done, Read, Span, Step
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.ports import StepReport, Task
from metaextract_extractor.domain.result import Reading

log = structlog.stdlib.get_logger()

MEMORY_CHECK_SECONDS: Final = 0.1
RESTART_PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """`workers_count` files are read at once, `queue_count_max` wait. The rest is per task."""

    workers_count: int
    queue_count_max: int
    task_seconds_max: float
    memory_bytes_max: int
    recycle_bytes: int


class WorkerPool:
    """Implements `domain.ports.Workers`. One process more than `workers_count` stands by as a spare."""

    def __init__(self, settings: WorkerSettings, limits: PoolLimits) -> None:
        self._settings = settings
        self._limits = limits
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
        try:
            async with self._worker() as worker:
                await on_start()
                return await self._read(worker, task, on_step)
        finally:
            self._slots.release()

    async def read_if_idle(self, task: Task) -> Reading | None:
        """Read at once or not at all."""
        if self._slots.locked() or not self._idle:
            return None
        async with self._slots, self._worker() as worker:
            try:
                return await self._read(worker, task, _ignored)
            except ServiceError:
                return None  # the prefix of a file may be unreadable where the file is not

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
                await self._became_idle.wait()

    async def _return(self, worker: WorkerProcess) -> None:
        async with self._became_idle:
            self._idle.append(worker)
            self._became_idle.notify()

    async def _read(self, worker: WorkerProcess, task: Task, on_step: StepReport) -> Reading:
        with self._tracer.start_as_current_span("worker.read", attributes={"worker.pid": worker.pid}) as span:
            watching = asyncio.create_task(self._over_memory(worker))
            reading = asyncio.create_task(self._answered(worker, task, on_step))
            try:
                await asyncio.wait(
                    {watching, reading},
                    timeout=self._limits.task_seconds_max,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if reading.done():
                    return reading.result()
                cause = "memory_limit" if watching.done() else "timeout"
                raise self._gave_up(cause)
            except WorkerDiedError as error:
                raise self._gave_up(error.cause) from error
            except ServiceError as error:
                span.set_attribute("error.type", error.reason)
                raise
            finally:
                watching.cancel()
                reading.cancel()
                await asyncio.gather(watching, reading, return_exceptions=True)

    async def _answered(self, worker: WorkerProcess, task: Task, on_step: StepReport) -> Reading:
        async with aclosing(worker.read(Read(task.path, task.size_bytes))) as answers:
            async for answer in answers:
                match answer:
                    case Step(name, fraction):
                        await on_step(name, fraction)
                    case Done(reading, spans):
                        self._report(spans)
                        return reading
        raise WorkerDiedError("crashed")

    async def _over_memory(self, worker: WorkerProcess) -> None:
        """Return when the worker and its engines hold more than they may."""
        while worker.memory_bytes() <= self._limits.memory_bytes_max:  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(MEMORY_CHECK_SECONDS)

    def _gave_up(self, cause: str) -> ServiceError:
        self._lost.add(1, {"cause": cause})
        log.warning("worker.lost", cause=cause)
        if cause == "timeout":
            return errors.extraction_timed_out(self._limits.task_seconds_max)
        return errors.worker_lost(cause)

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
