"""Domain <-> protobuf. Total in both directions; tests walk every enum value."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final, cast

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Value
from google.protobuf.timestamp_pb2 import Timestamp

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1 import insights_pb2 as insights_pb
from metaextract.extractor.v1 import operations_pb2 as operations_pb
from metaextract.extractor.v1 import quality_pb2 as quality_pb
from metaextract.extractor.v1 import result_pb2 as result_pb
from metaextract_common.errors import invalid_request
from metaextract_common.rpc.channel_options import CHUNK_BYTES_MAX
from metaextract_common.rpc.errors import to_status
from metaextract_common.rpc.validation import validate
from metaextract_extractor.adapters.rpc.messages import to_message
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.findings import ExtractionResult
from metaextract_extractor.domain.formats import Format
from metaextract_extractor.domain.model import (
    Event,
    Extraction,
    PartialResult,
    PlacedChunk,
    Progress,
    Revision,
    State,
    StateChange,
    UploadFinish,
    UploadHeader,
)
from metaextract_extractor.domain.operations import Operation
from metaextract_extractor.domain.quality import FormatSupport
from metaextract_extractor.domain.result import Basis, EngineRun, Field, Outcome, Standard

STATES: Final[dict[State, pb.Extraction.State]] = {
    State.RECEIVING: pb.Extraction.STATE_RECEIVING,
    State.QUEUED: pb.Extraction.STATE_QUEUED,
    State.PARSING: pb.Extraction.STATE_PARSING,
    State.SUCCEEDED: pb.Extraction.STATE_SUCCEEDED,
    State.FAILED: pb.Extraction.STATE_FAILED,
    State.CANCELLED: pb.Extraction.STATE_CANCELLED,
}
STANDARDS: Final[dict[Standard, int]] = {
    one: result_pb.Field.Standard.Value(f"STANDARD_{one.name}") for one in Standard
}
BASES: Final[dict[Basis, int]] = {
    one: result_pb.DetectedFormat.Basis.Value(f"BASIS_{one.name}") for one in Basis
}

OUTCOMES: Final[dict[Outcome, int]] = {
    one: result_pb.EngineRun.Outcome.Value(f"OUTCOME_{one.name}") for one in Outcome
}
_OPERATIONS: Final = {pb.Operation.Value(f"OPERATION_{one.name}"): one for one in Operation}

HEADER_SECONDS: Final = 30
"""Time that the header of an upload may take to come."""

CANCELLATION_SECONDS: Final = 0.25
"""Time that a cancellation may take to arrive after the end of the stream."""


async def upload_from_proto(
    requests: AsyncIterator[pb.ExtractRequest],
) -> tuple[UploadHeader, AsyncIterator[bytes | PlacedChunk | UploadFinish]]:
    """Take the header off the stream; what follows comes as chunks and one finish."""
    async with asyncio.timeout(HEADER_SECONDS):
        first = await anext(aiter(requests), None)
    if first is None or first.WhichOneof("part") != "header":
        raise errors.upload_out_of_order("a header first")
    validate(first)
    header = first.header
    return UploadHeader(
        extraction_id=header.extraction_id,
        owner=header.owner,
        request_id=header.request_id,
        file_name=header.file_name,
        declared_media_type=header.declared_media_type,
        size_bytes=header.size_bytes if header.HasField("size_bytes") else None,
        partial_results=header.partial_results,
        operations=tuple(_OPERATIONS[one] for one in header.operations),
        detached=header.detached,
        batch=header.batch,
    ), _parts(requests)


async def _parts(
    requests: AsyncIterator[pb.ExtractRequest],
) -> AsyncIterator[bytes | PlacedChunk | UploadFinish]:
    async for request in requests:
        match request.WhichOneof("part"):
            case "chunk":
                yield _within_limit("chunk", request.chunk)  # each access makes a copy
            case "placed_chunk":
                data = _within_limit("placed_chunk.data", request.placed_chunk.data)
                validate(request)
                yield PlacedChunk(request.placed_chunk.offset_bytes, data)
            case "finish":
                validate(request)
                yield UploadFinish(request.finish.size_bytes, request.finish.sha256)
            case _:
                raise errors.upload_out_of_order("chunks, then one finish")
    # Not finished. A client that left looks just like this, its cancellation comes a moment later.
    await asyncio.sleep(CANCELLATION_SECONDS)


def _within_limit(name: str, chunk: bytes) -> bytes:
    if len(chunk) > CHUNK_BYTES_MAX:
        raise invalid_request(name, f"at most {CHUNK_BYTES_MAX} bytes")
    return chunk


def event_to_proto(event: Event, ended: Extraction | None) -> pb.ExtractionEvent:
    """Render an event; `ended` is the extraction if it has ended."""
    message = pb.ExtractionEvent(name=event.name, sequence=event.sequence, time=_timestamp(event.time))
    match event.happening:
        case StateChange(state):
            message.state_change.state = STATES[state]
        case Progress() as progress:
            message.progress.CopyFrom(_progress(progress))
        case PartialResult(fields, bytes_read):
            message.partial_result.bytes_read = bytes_read
            message.partial_result.fields.extend(map(field_to_proto, fields))
        case Revision() as revision:
            to_message(revision, message.revision)
        case _:
            assert ended is not None  # noqa: S101 - the caller looks it up
            message.ended.CopyFrom(extraction_to_proto(ended))
    return message


def _progress(progress: Progress) -> pb.Progress:
    return pb.Progress(
        state=STATES[progress.state],
        bytes_received=progress.bytes_received,
        bytes_total=progress.bytes_total,
        fraction=progress.fraction,
        step=progress.step,
    )


def extraction_to_proto(extraction: Extraction) -> pb.Extraction:
    """Render an extraction, with its result or error."""
    found = extraction.result
    return pb.Extraction(
        name=extraction.name,
        state=STATES[extraction.state],
        create_time=_timestamp(extraction.create_time),
        end_time=_timestamp(extraction.end_time) if extraction.end_time else None,
        expire_time=_timestamp(extraction.expire_time) if extraction.expire_time else None,
        result=result_to_proto(found) if found else None,
        error=to_status(extraction.error) if extraction.error else None,
        insights=to_message(found.insights, insights_pb.Insights()) if found and found.insights else None,
        quality=to_message(found.quality, quality_pb.Quality()) if found and found.quality else None,
        operations=[
            to_message(one, operations_pb.OperationOutcome()) for one in (found.operations if found else ())
        ],
        batch=extraction.batch,
    )


def result_to_proto(result: ExtractionResult) -> result_pb.ExtractionResult:
    """Render a result."""
    file, timings = result.file, result.timings
    return result_pb.ExtractionResult(
        file=result_pb.FileFacts(
            file_name=file.file_name,
            size_bytes=file.size_bytes,
            hashes=result_pb.Hashes(
                sha256=file.hashes.sha256,
                sha1=file.hashes.sha1,
                md5=file.hashes.md5,
                crc32=file.hashes.crc32,
            ),
            format=result_pb.DetectedFormat(
                name=file.format.name,
                media_type=file.format.media_type,
                basis=cast("result_pb.DetectedFormat.Basis", BASES[file.format.basis]),
                declared_media_type=file.format.declared_media_type,
                declared_extension=file.format.declared_extension,
            ),
            width_pixels=file.width_pixels,
            height_pixels=file.height_pixels,
        ),
        fields=map(field_to_proto, result.fields),
        warnings=[
            result_pb.Warning(code=one.code, message=one.message, engine=one.engine)
            for one in result.warnings
        ],
        engines=map(_engine_run, result.engines),
        timings=result_pb.Timings(
            receiving=_duration(timings.receiving_seconds),
            queued=_duration(timings.queued_seconds),
            parsing=_duration(timings.parsing_seconds),
            cpu=None if timings.cpu_seconds is None else _duration(timings.cpu_seconds),
            memory_peak_bytes=timings.memory_peak_bytes,
        ),
        fallback=to_message(result.fallback, result_pb.Fallback()) if result.fallback else None,
        containers=[to_message(one, result_pb.Container()) for one in result.containers],
        embedded=[to_message(one, result_pb.EmbeddedFile()) for one in result.embedded],
    )


def field_to_proto(field: Field) -> result_pb.Field:
    """Render a field."""
    location = field.location
    return result_pb.Field(
        path=field.path,
        standard=cast("result_pb.Field.Standard", STANDARDS[field.standard]),
        group=field.group,
        category=field.category,
        name=field.name,
        tag_id=field.tag_id,
        raw=_value(field.raw),
        printed=field.printed,
        type=field.type,
        engine=field.engine,
        location=result_pb.ByteRange(offset_bytes=location.offset_bytes, length_bytes=location.length_bytes)
        if location
        else None,
        occurrence=field.occurrence,
        agreement=to_message(field.agreement, result_pb.Agreement()) if field.agreement else None,
    )


def format_to_proto(entry: Format, support: FormatSupport) -> pb.Format:
    """Render a format and how well it is read."""
    return pb.Format(
        name=entry.name,
        title=entry.title,
        extensions=entry.extensions,
        media_types=entry.media_types,
        raw=entry.raw,
        support=to_message(support, quality_pb.FormatSupport()),
    )


def _engine_run(run: EngineRun) -> result_pb.EngineRun:
    return result_pb.EngineRun(
        name=run.name,
        version=run.version,
        wall=_duration(run.wall_seconds),
        cpu=None if run.cpu_seconds is None else _duration(run.cpu_seconds),
        fields_count=run.fields_count,
        outcome=cast("result_pb.EngineRun.Outcome", OUTCOMES[run.outcome]),
        cause=run.cause,
    )


def _value(raw: object) -> Value:
    match raw:
        case None:
            return Value(null_value=0)  # type: ignore[arg-type]
        case bool():
            return Value(bool_value=raw)
        case int() | float():
            return Value(number_value=raw)
        case list() | tuple():
            value = Value()
            value.list_value.values.extend(map(_value, raw))
            return value
        case _:
            return Value(string_value=str(raw))


def _timestamp(time: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(time)
    return message


def _duration(seconds: float) -> Duration:
    message = Duration()
    message.FromNanoseconds(round(seconds * 1e9))
    return message
