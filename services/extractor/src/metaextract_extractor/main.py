"""Composition root of the extractor: the only file that knows every class."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import resources
from typing import Final

import grpc
import structlog

from metaextract.extractor.v1 import (
    batches_pb2,
    batches_pb2_grpc,
    dictionary_pb2,
    dictionary_pb2_grpc,
    redaction_pb2,
    redaction_pb2_grpc,
)
from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1 import extractor_pb2_grpc as pb_grpc
from metaextract_common.bus.outbox import sending
from metaextract_common.bus.settings import connected
from metaextract_common.chores import repeating
from metaextract_common.events import NullEvents, publishing
from metaextract_common.process import run
from metaextract_common.rpc.client import open_channel
from metaextract_common.rpc.serving import Check, Draining, serving
from metaextract_extractor.adapters.dictionary.prepared import prepared
from metaextract_extractor.adapters.event_log.memory import MemoryEventLog
from metaextract_extractor.adapters.event_log.shared import SharedEventLog
from metaextract_extractor.adapters.rpc.batches import BatchServicer
from metaextract_extractor.adapters.rpc.dictionary import FieldDictionaryServicer
from metaextract_extractor.adapters.rpc.redaction import RedactionServicer
from metaextract_extractor.adapters.rpc.servicer import ExtractorServicer
from metaextract_extractor.adapters.spool.disk import DiskSpool
from metaextract_extractor.adapters.storage import postgres, sqlite
from metaextract_extractor.adapters.storage.stores import Stores
from metaextract_extractor.adapters.workers.inbox import Inboxes
from metaextract_extractor.adapters.workers.limits import PoolLimits
from metaextract_extractor.adapters.workers.pool import WorkerPool
from metaextract_extractor.adapters.workers.process import WorkerSettings
from metaextract_extractor.adapters.workers.redactors import RedactorLimits, SandboxedRedactors
from metaextract_extractor.adapters.workers.sandbox import Sandbox, SandboxTooWeakError, probed
from metaextract_extractor.application.batches import BatchQueries
from metaextract_extractor.application.comparing import Comparing
from metaextract_extractor.application.dictionary import FieldDefinitions
from metaextract_extractor.application.extractions import ExtractionQueries
from metaextract_extractor.application.redacting import Redacting, RedactionLimits
from metaextract_extractor.application.replica import Replica
from metaextract_extractor.application.run import Surroundings
from metaextract_extractor.application.status import Status
from metaextract_extractor.application.uploads import Uploads
from metaextract_extractor.domain.confinement import SandboxLevel
from metaextract_extractor.domain.measured_support import REPORT, MeasuredSupport
from metaextract_extractor.domain.ports import EventLog, Events
from metaextract_extractor.settings import Settings

log = structlog.stdlib.get_logger()

SERVICE: Final = pb.DESCRIPTOR.services_by_name["ExtractorService"].full_name
BATCHES: Final = batches_pb2.DESCRIPTOR.services_by_name["BatchService"].full_name
FIELD_DICTIONARY: Final = dictionary_pb2.DESCRIPTOR.services_by_name["FieldDictionaryService"].full_name
REDACTION: Final = redaction_pb2.DESCRIPTOR.services_by_name["RedactionService"].full_name
EXIFTOOL_VERSION_MIN: Final = (13, 50)
RENEWAL_SECONDS: Final = 1.0
"""Pause between two signs of life; what another replica has ended is stopped with the next."""


class ExifToolTooOldError(Exception):
    """The ExifTool that was found lacks cameras and security fixes of two years."""


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """Build, start, yield the bound address, and drain."""
    now = partial(datetime.now, UTC)
    keep = timedelta(seconds=settings.result_seconds)
    draining = Draining()
    async with AsyncExitStack() as stack:
        spool = DiskSpool(settings.spool_dir)
        await asyncio.to_thread(spool.open)
        stores = await stack.enter_async_context(_opened_stores(settings))
        extractions = stores.extractions
        event_log, bus_check = await _event_log(settings, now, stack)
        events = await _events(settings, stack)
        sandbox = await _sandbox(settings, stack)
        workers = await _workers(settings, sandbox, stack)
        uploads = Uploads(
            Surroundings(
                extractions=extractions,
                event_log=event_log,
                spool=spool,
                workers=workers,
                events=events,
                now=now,
                upload_bytes_max=settings.upload_bytes_max,
                upload_idle_seconds_max=settings.upload_idle_seconds_max,
                keep=keep,
            ),
            uploads_count_max=settings.uploads_count_max,
        )
        queries = ExtractionQueries(extractions, event_log, uploads, keep=keep, now=now)
        replica = Replica(
            extractions,
            event_log,
            uploads,
            lease=timedelta(seconds=settings.lease_seconds),
            keep=keep,
            now=now,
            shared=stores.shared,
        )
        await replica.renew()
        await replica.end_abandoned()
        for work in _chores(settings, replica, queries):
            await stack.enter_async_context(work)
        # What the drain cuts off still ends in order, with the store, the workers and the lease it needs.
        stack.push_async_callback(uploads.close)
        stack.push_async_callback(uploads.settled, settings.drain_seconds)
        status, support = Status(workers, uploads), _measured_support()
        servicer = ExtractorServicer(uploads, queries, Comparing(queries), status, support, draining)
        add = partial(pb_grpc.add_ExtractorServiceServicer_to_server, servicer)
        checks = {"workers": workers.check, "store": extractions.check, "spool": spool.check}
        add_dictionary = await _dictionary(settings, stack)
        redacting = RedactionServicer(_redacting(settings, sandbox, spool), draining)
        add_redaction = partial(redaction_pb2_grpc.add_RedactionServiceServicer_to_server, redacting)
        batches = BatchServicer(BatchQueries(stores.batches, queries, now=now), draining)
        add_batches = partial(batches_pb2_grpc.add_BatchServiceServicer_to_server, batches)
        address = await stack.enter_async_context(
            serving(
                settings,
                settings.listen,
                {
                    SERVICE: add,
                    BATCHES: add_batches,
                    FIELD_DICTIONARY: add_dictionary,
                    REDACTION: add_redaction,
                },
                checks=checks,
                draining=draining,
                dispensable={"bus": bus_check} if bus_check else {},
            )
        )
        yield address


def _measured_support() -> MeasuredSupport:
    report = resources.files("metaextract_extractor").joinpath(REPORT)
    return MeasuredSupport.from_json(report.read_text())


async def _workers(settings: Settings, sandbox: Sandbox, stack: AsyncExitStack) -> WorkerPool:
    pool = WorkerPool(
        WorkerSettings(
            sandbox=sandbox,
            start_seconds_max=settings.worker_start_seconds_max,
            pixel_decoders=sandbox.level.reaches(settings.pixel_decoders_level_min),
            trust_lists=settings.trust_list_paths(),
            tessdata=settings.tessdata_path(),
        ),
        PoolLimits(
            workers_count=settings.workers_count,
            queue_count_max=settings.queue_count_max,
            task_seconds_max=settings.worker_seconds_max,
            step_seconds_max=settings.worker_step_seconds_max,
            operation_seconds_max=settings.worker_operation_seconds_max,
            memory_bytes_max=settings.worker_memory_bytes_max,
            recycle_bytes=settings.worker_recycle_bytes,
        ),
        engines_off=[name.strip() for name in settings.engines_off.split(",") if name.strip()],
    )
    stack.push_async_callback(pool.close)
    await pool.start()
    version = pool.engines["exiftool"]
    if tuple(int(part) for part in version.split(".")) < EXIFTOOL_VERSION_MIN:
        raise ExifToolTooOldError(
            f"ExifTool {version} is too old; 13.50 or later is needed: run `make setup`."
        )
    log.info("workers.started", engines=dict(pool.engines), sandbox_level=pool.sandbox_level)
    return pool


def _redacting(settings: Settings, sandbox: Sandbox, spool: DiskSpool) -> Redacting:
    redactors = SandboxedRedactors(
        sandbox,
        RedactorLimits(
            count=settings.redactors_count,
            seconds_max=settings.redaction_seconds_max,
            memory_bytes_max=settings.worker_memory_bytes_max,
            file_bytes_max=settings.upload_bytes_max,
        ),
    )
    limits = RedactionLimits(
        count_max=settings.redactions_count_max,
        upload_bytes_max=settings.upload_bytes_max,
        upload_idle_seconds_max=settings.upload_idle_seconds_max,
    )
    return Redacting(spool, redactors, limits)


async def _sandbox(settings: Settings, stack: AsyncExitStack) -> Sandbox:
    """Find out how far workers can be confined here; refuse to start if that is not far enough."""
    inboxes = Inboxes(settings.spool_dir / "inboxes")
    await asyncio.to_thread(inboxes.open)
    stack.callback(inboxes.close)
    sandbox = await probed(
        settings.exiftool_path(),
        inboxes,
        settings.worker_address_space_bytes_max,
        readable=(*settings.trust_list_paths(), *filter(None, [settings.tessdata_path()])),
    )
    if not sandbox.level.reaches(settings.sandbox_level_min):
        raise SandboxTooWeakError(
            f"Workers reach the sandbox level {sandbox.level} here, and EXTRACTOR_SANDBOX_LEVEL_MIN demands "
            f"{settings.sandbox_level_min}: deploy/README.md says what each level needs."
        )
    if not sandbox.level.reaches(SandboxLevel.NAMESPACES):
        log.warning("sandbox.weak", level=sandbox.level.value)
    return sandbox


async def _dictionary(settings: Settings, stack: AsyncExitStack) -> Callable[[grpc.aio.Server], None]:
    made, own = settings.dictionary_made_path(), settings.dictionary_own_path()
    dictionary = await stack.enter_async_context(prepared(settings.exiftool_path(), made=made, own=own))
    servicer = FieldDictionaryServicer(FieldDefinitions(dictionary))
    return partial(dictionary_pb2_grpc.add_FieldDictionaryServiceServicer_to_server, servicer)


async def _event_log(
    settings: Settings, now: Callable[[], datetime], stack: AsyncExitStack
) -> tuple[EventLog, Check | None]:
    """Return the event log, and what tells whether other replicas see it; None where there are none."""
    own = MemoryEventLog(now)
    if not settings.nats_url.get_secret_value():
        return own, None
    keep_seconds = settings.stream_seconds_max + settings.result_seconds
    bus = await stack.enter_async_context(connected(settings, "extractions", keep_seconds=keep_seconds))
    outbox = await stack.enter_async_context(sending(bus, flush_seconds=3))
    return SharedEventLog(own, outbox, bus), bus.check


async def _events(settings: Settings, stack: AsyncExitStack) -> Events:
    if not settings.analytics_target:
        return NullEvents()
    channel: grpc.aio.Channel = open_channel(settings.analytics_target, timeout_seconds=5)
    stack.push_async_callback(channel.close)
    return await stack.enter_async_context(publishing("extractor", channel, flush_seconds=3))


def _opened_stores(settings: Settings) -> AbstractAsyncContextManager[Stores]:
    """Open the store that the settings name, for this process under a name of its own."""
    url, replica = settings.database_url.get_secret_value(), uuid.uuid4().hex
    if url:
        return postgres.opened(url, replica, batch_count_max=settings.batch_count_max)
    return sqlite.opened(settings.database_path, replica, batch_count_max=settings.batch_count_max)


def _chores(
    settings: Settings, replica: Replica, queries: ExtractionQueries
) -> Iterator[AbstractAsyncContextManager[None]]:
    """Yield what is done again and again, whether or not anybody asks for anything."""

    async def sweep() -> None:
        await queries.forget_expired()
        await replica.end_abandoned()

    yield repeating("renew", replica.renew, RENEWAL_SECONDS)
    yield repeating("sweep", sweep, settings.sweep_seconds)


def main() -> None:
    """Serve until told to stop."""
    run("extractor", Settings, running)


if __name__ == "__main__":
    main()
