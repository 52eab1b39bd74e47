"""Starts a redactor for each copy, within limits of time, memory and room, and takes over what it made."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import structlog
from opentelemetry import trace

from metaextract_common.errors import ServiceError
from metaextract_extractor.adapters.workers.complaints import Complaints
from metaextract_extractor.adapters.workers.inbox import Inbox, Outbox
from metaextract_extractor.adapters.workers.redaction_protocol import (
    Made,
    Refused,
    Request,
    outcome_from_json,
    request_to_json,
)
from metaextract_extractor.adapters.workers.sandbox import ENVIRONMENT, Sandbox
from metaextract_extractor.adapters.workers.starting import started
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.redaction import RedactionProfile, RedactionReport, Refusal

log = structlog.stdlib.get_logger()

REDACTOR: Final = ("-m", "metaextract_extractor.redactor")
OUTCOME_BYTES_MAX: Final = 8 * 1024 * 1024
CHUNK_BYTES: Final = 256 * 1024
CHECK_SECONDS: Final = 0.1
COPIES_COUNT_MAX: Final = 3
"""Files that a redactor may have in its outbox at once: a copy, a better one, and a file from within."""
GROWTH_BYTES_MAX: Final = 1024 * 1024
"""How much larger than the upload a copy may be."""


@dataclass(frozen=True, slots=True)
class RedactorLimits:
    """`count` copies are written at once. The rest is for each."""

    count: int
    seconds_max: float
    memory_bytes_max: int
    file_bytes_max: int


class _LostError(Exception):
    """A redactor died or had to be killed. `cause` as in the contract."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class OutboxFile:
    """Implements `domain.ports.RedactedFile`: opened before anybody else can touch it."""

    def __init__(self, report: RedactionReport, descriptor: int) -> None:
        self.report = report
        self.size_bytes = os.fstat(descriptor).st_size
        self._descriptor = descriptor

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Read in threads."""
        at = 0
        while at < self.size_bytes:
            try:
                chunk = await asyncio.to_thread(os.pread, self._descriptor, CHUNK_BYTES, at)
            except OSError as error:
                raise errors.spool_unavailable() from error
            if not chunk:
                raise errors.spool_unavailable()
            at += len(chunk)
            yield chunk


class SandboxedRedactors:
    """Implements `domain.ports.Redactors`."""

    def __init__(self, sandbox: Sandbox, limits: RedactorLimits) -> None:
        self._sandbox = sandbox
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.count)
        self._tracer = trace.get_tracer("metaextract.redactors")

    @asynccontextmanager
    async def redacted(
        self, path: str, extension: str, profile: RedactionProfile
    ) -> AsyncIterator[OutboxFile]:
        """Wait for a slot, run a redactor, open what it made."""
        inboxes = self._sandbox.inboxes
        outbox = await asyncio.to_thread(inboxes.new_outbox, self._limits.file_bytes_max + GROWTH_BYTES_MAX)
        try:
            made = await self._made(Path(path), outbox, extension, profile)
            try:
                descriptor = outbox.opened(made.file_name)
            except OSError as error:
                raise errors.worker_lost("crashed") from error
            try:
                yield OutboxFile(made.report, descriptor)
            finally:
                os.close(descriptor)
        finally:
            await asyncio.to_thread(outbox.remove)

    async def _made(self, path: Path, outbox: Outbox, extension: str, profile: RedactionProfile) -> Made:
        async with self._slots:
            inbox = await asyncio.to_thread(self._sandbox.inboxes.new)
            try:
                with (
                    self._tracer.start_as_current_span("redactor.run") as span,
                    inbox.holding(path, f".{extension}" if extension else "") as name,
                ):
                    span.set_attribute("redaction.profile", profile.value)
                    request = Request(
                        path=self._sandbox.seen(inbox, name),
                        folder=self._sandbox.seen_outbox(outbox),
                        extension=extension,
                        profile=profile,
                    )
                    outcome = await self._outcome(inbox, outbox, request)
            except OSError as error:  # no room, or the file is gone
                raise errors.spool_unavailable() from error
            finally:
                await asyncio.to_thread(inbox.remove)
        if isinstance(outcome, Refused):
            raise _refusal(outcome)
        return outcome

    async def _outcome(self, inbox: Inbox, outbox: Outbox, request: Request) -> Made | Refused:
        command = self._sandbox.command(
            inbox,
            REDACTOR,
            outbox=outbox,
            exiftool=self._sandbox.visible.exiftool,
            parent_pid=self._sandbox.parent_pid,
        )
        process = await started(command, ENVIRONMENT)
        complaints = Complaints(process.stderr, "redactor")
        try:
            async with asyncio.timeout(self._limits.seconds_max):
                return await self._watched(process, outbox, request)
        except TimeoutError as error:
            log.warning("redactor.lost", cause="timeout")
            raise errors.extraction_timed_out(self._limits.seconds_max) from error
        except _LostError as lost:
            log.warning("redactor.lost", cause=lost.cause)
            raise errors.worker_lost(lost.cause) from lost
        finally:
            await _ended(process)
            await complaints.end()

    async def _watched(
        self, process: asyncio.subprocess.Process, outbox: Outbox, request: Request
    ) -> Made | Refused:
        answering = asyncio.create_task(_answer(process, request))
        watching = asyncio.create_task(self._over_limits(process, outbox))
        try:
            await asyncio.wait({answering, watching}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                return answering.result()
            raise _LostError(watching.result())
        finally:
            answering.cancel()
            watching.cancel()
            await asyncio.gather(answering, watching, return_exceptions=True)

    async def _over_limits(self, process: asyncio.subprocess.Process, outbox: Outbox) -> str:
        """Return which limit the redactor is over; never, if none."""
        while True:
            if _memory_bytes(process.pid) > self._limits.memory_bytes_max:
                return "memory_limit"
            if await asyncio.to_thread(outbox.size_bytes) > COPIES_COUNT_MAX * outbox.file_bytes_max:
                return "output_limit"
            await asyncio.sleep(CHECK_SECONDS)


async def _answer(process: asyncio.subprocess.Process, request: Request) -> Made | Refused:
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None and stdout is not None  # noqa: S101, PT018 - started with pipes
    try:
        stdin.write(request_to_json(request))
        await stdin.drain()
        stdin.close()
        answer = bytearray()
        while piece := await stdout.read(CHUNK_BYTES):
            answer += piece
            if len(answer) > OUTCOME_BYTES_MAX:
                raise _LostError("output_limit")
        return outcome_from_json(bytes(answer))
    except (ConnectionError, ValueError) as error:
        raise _LostError("crashed") from error


async def _ended(process: asyncio.subprocess.Process) -> None:
    """End the whole process group, and reap it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    stdout = process.stdout
    assert stdout is not None  # noqa: S101 - started with pipes
    with suppress(RuntimeError):  # somebody else is reading it to the end
        while await stdout.read(CHUNK_BYTES):
            pass  # asyncio does not see the end of a process whose output nobody takes
    await process.wait()


def _memory_bytes(pid: int) -> int:
    total = 0
    with suppress(psutil.NoSuchProcess):
        redactor = psutil.Process(pid)
        for process in (redactor, *redactor.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
    return total


def _refusal(refused: Refused) -> ServiceError:
    match refused.refusal:
        case Refusal.UNSUPPORTED:
            return errors.redaction_unsupported(refused.format_name)
        case Refusal.DAMAGED:
            return errors.redaction_refused(refused.format_name, refused.cause)
        case Refusal.NOT_VERIFIED:
            remaining = ", ".join(f"{one.group}:{one.name}".strip(":") for one in refused.remaining)
            return errors.redaction_not_verified(refused.cause, remaining)
