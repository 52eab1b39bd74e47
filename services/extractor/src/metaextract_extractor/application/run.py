"""Follows one extraction through its life cycle, from the first byte to the terminal state."""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from metaextract_common.errors import Kind, ServiceError, internal
from metaextract_extractor.application.partials import Partials
from metaextract_extractor.application.receiving import Parts, Receiving
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.detection import detected, disagreement
from metaextract_extractor.domain.findings import ExtractionResult, FileFacts, Findings, Reading, Timings
from metaextract_extractor.domain.formats import extension_of
from metaextract_extractor.domain.model import (
    Ended,
    Extraction,
    Happening,
    Progress,
    Revision,
    State,
    StateChange,
    UploadHeader,
)
from metaextract_extractor.domain.ports import (
    EventLog,
    Events,
    Extractions,
    Spool,
    SpooledFile,
    Task,
    Workers,
)
from metaextract_extractor.domain.quality import ACTIONS_MAX, Quality
from metaextract_extractor.domain.result import WALKERS, DetectedFormat, Field, Hashes, Notice, Outcome
from metaextract_extractor.domain.revisions import revised_fields

STORE_PAUSES_SECONDS: Final = (0.2, 1.0, 3.0)
"""Between attempts to store an end."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every run works with. `keep`: how long an ended extraction is kept."""

    extractions: Extractions
    event_log: EventLog
    spool: Spool
    workers: Workers
    events: Events
    now: Callable[[], datetime]
    upload_bytes_max: int
    upload_idle_seconds_max: float
    keep: timedelta


class Run:
    """One extraction under way. Nobody else writes its events; others may end its record.

    `ending` is True from when its end is being stored.
    """

    def __init__(self, extraction: Extraction, header: UploadHeader, surroundings: Surroundings) -> None:
        self._extraction = extraction
        self._header = header
        self._with = surroundings
        self._sequence = 0
        self.ending = False

    @property
    def needs_caller(self) -> bool:
        """Whether the work is of no use without the call that brings the file."""
        return not self._header.detached or self._extraction.state is State.RECEIVING

    async def begin(self) -> None:
        """Make the extraction known, or raise EXTRACTION_EXISTS or REQUEST_ID_REUSED."""
        try:
            await _uninterrupted(self._begin())
        except asyncio.CancelledError:
            if self._sequence:
                await self._end(errors.extraction_cancelled(self._extraction.name))
            raise

    async def _begin(self) -> None:
        await self._with.extractions.add(self._extraction)
        await self._append(StateChange(self._extraction.state))

    async def go(self, parts: Parts) -> None:
        """Receive, read, and end the extraction in any case. Raises what went wrong with the upload."""
        outcome: ExtractionResult | ServiceError | None = None  # stays if something unforeseen happens
        try:
            outcome = await self._result(parts)
        except ServiceError as known:
            outcome = known
            if self._extraction.state is State.RECEIVING:
                raise
        except asyncio.CancelledError:
            outcome = errors.extraction_cancelled(self._extraction.name)
            raise
        finally:
            await _uninterrupted(self._end(outcome))

    async def _result(self, parts: Parts) -> ExtractionResult:
        extension = extension_of(self._header.file_name)
        began = time.perf_counter()
        async with self._with.spool.file(extension, self._header.size_bytes) as file:
            receiving = Receiving(
                file,
                size_bytes=self._header.size_bytes,
                extension=extension,
                upload_bytes_max=self._with.upload_bytes_max,
                idle_seconds_max=self._with.upload_idle_seconds_max,
            )
            provisional = await self._receive(receiving, file, extension, parts)
            received = time.perf_counter()
            await self._enter(State.QUEUED)
            size_bytes = file.received.bytes_count
            task = Task(file.path, size_bytes, extension, operations=self._header.operations)
            reading, started = await self._read(task)
            ended = time.perf_counter()
            await self._revise(provisional, reading.fields)
            timings = Timings(
                receiving_seconds=received - began,
                queued_seconds=started - received,
                parsing_seconds=ended - started,
                cpu_seconds=reading.cpu_seconds,
                memory_peak_bytes=reading.memory_peak_bytes,
            )
            hashes = await file.hashes()
            reading = replace(reading, quality=_seen_from_outside(reading.quality, timings))
            return _result(self._header, size_bytes, hashes, receiving.head, reading, timings)

    async def _receive(
        self, receiving: Receiving, file: SpooledFile, extension: str, parts: Parts
    ) -> tuple[Field, ...]:
        """Return the provisional fields that were told last."""
        total = self._header.size_bytes
        partials = Partials(
            file,
            size_bytes=total if self._header.partial_results else None,
            extension=extension,
            workers=self._with.workers,
            report=self._append,
        )

        async def advanced() -> None:
            received = file.received.bytes_count
            fraction = min(1.0, received / total) if total else None
            await self._append(Progress(State.RECEIVING, received, total, fraction))
            partials.advanced()

        try:
            await receiving.receive(parts, advanced)
        finally:
            await partials.stop()
        received = file.received.bytes_count
        await self._append(Progress(State.RECEIVING, received, received, 1.0))
        return partials.fields

    async def _revise(self, provisional: tuple[Field, ...], final: tuple[Field, ...]) -> None:
        revised = revised_fields(provisional, final)
        if revised:
            await self._append(Revision(revised))

    async def _read(self, task: Task) -> tuple[Reading, float]:
        started = time.perf_counter()

        async def on_start() -> None:
            nonlocal started
            started = time.perf_counter()
            await self._enter(State.PARSING)

        async def on_step(step: str, fraction: float) -> None:
            await self._append(Progress(State.PARSING, task.size_bytes, task.size_bytes, fraction, step))

        return await self._with.workers.read(task, on_step, on_start), started

    async def _enter(self, state: State) -> None:
        self._extraction = self._extraction.to(state)
        await self._with.extractions.update(self._extraction)
        await self._append(StateChange(state))

    async def _append(self, happening: Happening) -> None:
        event = await self._with.event_log.append(self._extraction.name, happening)
        self._sequence = event.sequence

    async def _end(self, outcome: ExtractionResult | ServiceError | None) -> None:
        self.ending = True
        at, keep, sequence = self._with.now(), self._with.keep, self._sequence + 1
        if outcome is None or isinstance(outcome, ServiceError):
            error = outcome or internal()
            ended = self._extraction.given_up(error, at=at, keep=keep, sequence=sequence)
        else:
            ended = self._extraction.succeeded(outcome, at=at, keep=keep, sequence=sequence)
        # Stored first: whoever sees the event finds the result.
        try:
            ended = await self._stored(ended)
        finally:  # a store that fails must not leave the followers waiting
            await self._append(Ended())
        self._with.events.publish(f"extraction.{ended.state.value}", _attributes(ended))

    async def _stored(self, ended: Extraction) -> Extraction:
        """Store the end and return what stands: that of another replica if it was quicker.

        Tries again if the store is away for a moment: the work is done, and would be lost.
        """
        for pause_seconds in (*STORE_PAUSES_SECONDS, None):
            try:
                await self._with.extractions.update(ended)
                break
            except ServiceError as error:
                if error.reason == "ILLEGAL_STATE_TRANSITION":
                    return await self._with.extractions.get(ended.name)
                if error.kind is not Kind.UNAVAILABLE or pause_seconds is None:
                    raise
            await asyncio.sleep(pause_seconds)
        return ended


def _attributes(ended: Extraction) -> dict[str, str]:
    if ended.error is not None:
        return {"reason": ended.error.reason}
    return {"format": ended.result.file.format.name} if ended.result else {}


async def _uninterrupted(work: Coroutine[None, None, None]) -> None:
    """Finish `work` even if we are cancelled (again) meanwhile: an extraction must not stay open."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def _seen_from_outside(quality: Quality | None, timings: Timings) -> Quality | None:
    """Complete what the worker told with what was measured around it, so that all places tell the same."""
    if quality is None:
        return None
    efficiency = quality.efficiency.seen_from_outside(
        queue_seconds=timings.queued_seconds,
        wall_seconds=timings.parsing_seconds,
        memory_peak_bytes=timings.memory_peak_bytes,
    )
    return replace(quality, efficiency=efficiency)


def _is_walked(reading: Reading) -> bool:
    return any(run.name == WALKERS and run.outcome is Outcome.SUCCEEDED for run in reading.engines)


def _with_disagreement(reading: Reading, form: DetectedFormat) -> Reading:
    """Tell a name that is another format's as a warning, and what to do about it."""
    advice = disagreement(form)
    if advice is None:
        return reading
    warning = Notice(advice.rule, advice.action)
    if reading.quality is not None:
        actions = (advice, *reading.quality.recommended_actions)[:ACTIONS_MAX]
        reading = replace(reading, quality=replace(reading.quality, recommended_actions=actions))
    return replace(reading, warnings=(warning, *reading.warnings))


def _result(
    header: UploadHeader, size_bytes: int, hashes: Hashes, head: bytes, reading: Reading, timings: Timings
) -> ExtractionResult:
    extension = extension_of(header.file_name)
    form = detected(
        head,
        engine_name=reading.format_name,
        engine_media_type=reading.media_type,
        declared_media_type=header.declared_media_type,
        extension=extension,
        walked=_is_walked(reading),
    )
    if not form.name:
        raise errors.unsupported_format(extension, size_bytes)
    reading = _with_disagreement(reading, form)
    facts = FileFacts(
        file_name=header.file_name,
        size_bytes=size_bytes,
        hashes=hashes,
        format=form,
        width_pixels=reading.width_pixels,
        height_pixels=reading.height_pixels,
    )
    findings = {one.name: getattr(reading, one.name) for one in dataclasses.fields(Findings)}
    return ExtractionResult(facts, timings, **findings)
