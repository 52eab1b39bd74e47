"""Every value of the domain has its place in the contract, and the other way round."""

import dataclasses
import re
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import get_args, get_type_hints

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor

from metaextract.extractor.v1 import comparison_pb2, insights_pb2, operations_pb2, quality_pb2, result_pb2
from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.errors import from_status
from metaextract_extractor.adapters.rpc.mapping import (
    BASES,
    OUTCOMES,
    STANDARDS,
    STATES,
    event_to_proto,
    extraction_to_proto,
    field_to_proto,
    format_to_proto,
    upload_from_proto,
)
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.comparison import Comparison
from metaextract_extractor.domain.findings import ExtractionResult, FileFacts, Timings
from metaextract_extractor.domain.formats import FORMATS
from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.model import (
    Ended,
    Event,
    Extraction,
    PartialResult,
    PlacedChunk,
    Progress,
    RevisedField,
    Revision,
    State,
    StateChange,
    UploadFinish,
    UploadHeader,
)
from metaextract_extractor.domain.operations import Operation, OperationOutcome
from metaextract_extractor.domain.privacy import PrivacyReport
from metaextract_extractor.domain.quality import FormatSupport, Quality, SupportLevel
from metaextract_extractor.domain.result import (
    Agreement,
    Basis,
    ByteRange,
    Container,
    DetectedFormat,
    Embedded,
    EngineRun,
    Fallback,
    Field,
    Hashes,
    Notice,
    Outcome,
    Standard,
)

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
FIELD = Field(
    "JPEG-APP1-IFD0", Standard.EXIF, "IFD0", "Camera", "Make", "271", "canon", "Canon", "string", "exiftool",
    ByteRange(10, 6), 2, Agreement(2, 1, 0.5),
)  # fmt: skip
RESULT = ExtractionResult(
    FileFacts(
        "a.jpg",
        7,
        Hashes("a", "b", "c", "d"),
        DetectedFormat("JPEG", "image/jpeg", Basis.SIGNATURE, "image/png", "png"),
        3,
        4,
    ),
    Timings(0.5, 0.25, 1.5, 0.125, 1000),
    fields=(FIELD,),
    warnings=(Notice("FIELD_TRUNCATED", "text", "exiftool"),),
    engines=(EngineRun("exiftool", "13.59", 1.5, 0.5, 1, Outcome.FAILED, "timeout"),),
    fallback=Fallback("exiftool", "timeout"),
    containers=(Container("JPEG-APP1", "exif", (ByteRange(2, 40),)),),
    embedded=(Embedded("thumbnail", "JPEG-APP1-IFD1", (ByteRange(20, 9),), 160, None),),
    insights=Insights(privacy=PrivacyReport((), 0)),
)


@pytest.mark.parametrize(
    ("table", "enum", "values", "unspecified_is_sent"),
    [
        (STATES, State, pb.Extraction.State, False),
        (STANDARDS, Standard, result_pb2.Field.Standard, True),
        (BASES, Basis, result_pb2.DetectedFormat.Basis, False),
        (OUTCOMES, Outcome, result_pb2.EngineRun.Outcome, False),
    ],
)
def test_both_sides_have_the_same_values(table, enum, values, unspecified_is_sent) -> None:
    assert set(table) == set(enum)
    assert len(set(table.values())) == len(table)
    assert set(table.values()) == set(values.values()) - (set() if unspecified_is_sent else {0})
    assert all(values.Name(number).endswith(f"_{one.name}") for one, number in table.items())


def fields_without_a_place(domain: type, descriptor: Descriptor, path: str = "") -> list[str]:
    """Return what a message cannot hold of a dataclass and those inside it, and the other way round."""
    wrong = []
    known = {field.name: field for field in descriptor.fields}
    hints = get_type_hints(domain)
    wrong += [f"{path}{name} is only in the contract" for name in set(known) - set(hints)]
    for name, hint in hints.items():
        inner = next(one for one in (get_args(hint) or (hint,)) if one not in (type(None), Ellipsis))
        inner = (get_args(inner) or (inner,))[0]
        field = known.get(name)
        if field is None:
            wrong.append(f"{path}{name} is only in the domain")
        elif dataclasses.is_dataclass(inner):
            wrong += fields_without_a_place(inner, field.message_type, f"{path}{name}.")
        elif isinstance(inner, type) and issubclass(inner, Enum):
            prefix = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", inner.__name__).upper()
            values = {f"{prefix}_{one.name}" for one in inner} | {f"{prefix}_UNSPECIFIED"}
            if field.enum_type is None or set(field.enum_type.values_by_name) != values:
                wrong.append(f"{path}{name} has other values")
        elif (type(None) in get_args(hint)) and not field.has_presence:
            wrong.append(f"{path}{name} cannot be absent")
    return wrong


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        (Insights, insights_pb2.Insights),
        (Quality, quality_pb2.Quality),
        (OperationOutcome, operations_pb2.OperationOutcome),
        (Comparison, comparison_pb2.Comparison),
        (Revision, pb.Revision),
    ],
)
def test_every_value_of_the_domain_has_its_place_in_the_contract(domain, message) -> None:
    assert fields_without_a_place(domain, message.DESCRIPTOR) == []


def test_a_result_keeps_everything() -> None:
    extraction = Extraction(
        "extractions/1", "alice", "r", State.SUCCEEDED, NOW, NOW, NOW + timedelta(hours=1), RESULT
    )
    message = extraction_to_proto(extraction)
    assert json_format.MessageToDict(message, preserving_proto_field_name=True) == {
        "name": "extractions/1",
        "state": "STATE_SUCCEEDED",
        "create_time": "2026-11-23T12:00:00.123456Z",
        "end_time": "2026-11-23T12:00:00.123456Z",
        "expire_time": "2026-11-23T13:00:00.123456Z",
        "result": {
            "file": {
                "file_name": "a.jpg",
                "size_bytes": "7",
                "hashes": {"sha256": "a", "sha1": "b", "md5": "c", "crc32": "d"},
                "format": {
                    "name": "JPEG",
                    "media_type": "image/jpeg",
                    "basis": "BASIS_SIGNATURE",
                    "declared_media_type": "image/png",
                    "declared_extension": "png",
                },
                "width_pixels": 3,
                "height_pixels": 4,
            },
            "fields": [
                {
                    "path": "JPEG-APP1-IFD0",
                    "standard": "STANDARD_EXIF",
                    "group": "IFD0",
                    "category": "Camera",
                    "name": "Make",
                    "tag_id": "271",
                    "raw": "canon",
                    "printed": "Canon",
                    "type": "string",
                    "engine": "exiftool",
                    "location": {"offset_bytes": "10", "length_bytes": "6"},
                    "occurrence": 2,
                    "agreement": {"witnesses_count": 2, "agreeing_count": 1, "confidence": 0.5},
                }
            ],
            "warnings": [{"code": "FIELD_TRUNCATED", "message": "text", "engine": "exiftool"}],
            "engines": [
                {
                    "name": "exiftool",
                    "version": "13.59",
                    "wall": "1.500s",
                    "cpu": "0.500s",
                    "fields_count": 1,
                    "outcome": "OUTCOME_FAILED",
                    "cause": "timeout",
                }
            ],
            "fallback": {"engine": "exiftool", "cause": "timeout"},
            "containers": [
                {
                    "path": "JPEG-APP1",
                    "kind": "exif",
                    "places": [{"offset_bytes": "2", "length_bytes": "40"}],
                }
            ],
            "embedded": [
                {
                    "kind": "thumbnail",
                    "path": "JPEG-APP1-IFD1",
                    "places": [{"offset_bytes": "20", "length_bytes": "9"}],
                    "width_pixels": 160,
                }
            ],
            "timings": {
                "receiving": "0.500s",
                "queued": "0.250s",
                "parsing": "1.500s",
                "cpu": "0.125s",
                "memory_peak_bytes": "1000",
            },
        },
        "insights": {"privacy": {}},
    }


def test_what_is_not_known_is_absent_and_not_zero() -> None:
    facts = FileFacts("", 0, Hashes("", "", "", ""), DetectedFormat("JPEG", "", Basis.EXTENSION))
    run = EngineRun("exiftool", "13.59", 0, None, 0)
    result = ExtractionResult(facts, Timings(0, 0, 0, None, None), engines=(run,))
    message = extraction_to_proto(Extraction("extractions/1", "", "", State.PARSING, NOW, result=result))
    assert not message.HasField("end_time")
    assert not message.HasField("expire_time")
    assert not message.HasField("error")
    assert not message.result.file.HasField("width_pixels")
    assert not message.result.timings.HasField("cpu")
    assert not message.result.timings.HasField("memory_peak_bytes")
    assert not message.result.engines[0].HasField("cpu")


def test_the_owner_and_the_request_id_are_not_told() -> None:
    message = extraction_to_proto(Extraction("extractions/1", "owner-7", "request-7", State.PARSING, NOW))
    assert b"-7" not in message.SerializeToString()


def test_an_error_stays_the_same_error() -> None:
    error = errors.worker_lost("crashed")
    message = extraction_to_proto(Extraction("extractions/1", "", "", State.FAILED, NOW, error=error))
    assert vars(from_status(message.error)) == vars(error)


@pytest.mark.parametrize(
    ("raw", "kind", "expected"),
    [
        (None, "null_value", None),
        (True, "bool_value", True),
        (3, "number_value", 3.0),
        (0.5, "number_value", 0.5),
        ("x", "string_value", "x"),
        ([1, "x", [True, None]], "list_value", [1.0, "x", [True, None]]),
        ((1, 2), "list_value", [1.0, 2.0]),
        ([], "list_value", []),
    ],
)
def test_a_raw_value_keeps_its_type(raw, kind, expected) -> None:
    field = Field("", Standard.EXIF, "", "", "", "", raw, "", "", "")
    message = field_to_proto(field)
    assert message.raw.WhichOneof("kind") == kind
    assert json_format.MessageToDict(message.raw) == expected
    assert not message.HasField("location")


@pytest.mark.parametrize("entry", FORMATS, ids=lambda entry: entry.name)
def test_a_format_keeps_everything(entry) -> None:
    support = FormatSupport(
        entry.name, SupportLevel.ADVANCED, 5, 1.0, 0.5, None, None, "2026-11-23", ("exiftool 13.59",)
    )
    message = format_to_proto(entry, support)
    assert (message.name, message.title, message.raw) == (entry.name, entry.title, entry.raw)
    assert (tuple(message.extensions), tuple(message.media_types)) == (entry.extensions, entry.media_types)
    told = message.support
    assert (told.format_name, told.level, told.files_count) == (
        entry.name,
        quality_pb2.SUPPORT_LEVEL_ADVANCED,
        5,
    )
    assert (told.recall, told.exact, told.HasField("crashes_count")) == (1.0, 0.5, False)


@pytest.mark.parametrize("state", [State.RECEIVING, State.QUEUED, State.PARSING])
def test_events_keep_everything(state: State) -> None:
    def rendered(happening) -> pb.ExtractionEvent:
        message = event_to_proto(Event("extractions/1", 5, NOW, happening), None)
        assert (message.name, message.sequence) == ("extractions/1", 5)
        assert message.time.ToDatetime(UTC) == NOW
        return message

    assert rendered(StateChange(state)).state_change.state == STATES[state]
    progress = rendered(Progress(state, 1, 2, 0.5, "exiftool")).progress
    assert (progress.state, progress.bytes_received, progress.bytes_total) == (STATES[state], 1, 2)
    assert (progress.fraction, progress.step) == (0.5, "exiftool")
    unknown = rendered(Progress(state, 0, None, None)).progress
    assert not unknown.HasField("bytes_total")
    assert not unknown.HasField("fraction")
    partial = rendered(PartialResult((FIELD,), 9)).partial_result
    assert partial.bytes_read == 9
    assert list(partial.fields) == [field_to_proto(FIELD)]
    revision = rendered(Revision((RevisedField("p", "g", "n", 1, "a", None),))).revision
    assert (revision.fields[0].provisional, revision.fields[0].HasField("final")) == ("a", False)


def test_the_last_event_holds_the_extraction() -> None:
    extraction = Extraction("extractions/1", "", "", State.SUCCEEDED, NOW, result=RESULT)
    message = event_to_proto(Event("extractions/1", 5, NOW, Ended()), extraction)
    assert message.ended == extraction_to_proto(extraction)


def test_times_are_sent_in_utc() -> None:
    east = NOW.astimezone(timezone(timedelta(hours=5)))
    message = extraction_to_proto(Extraction("extractions/1", "", "", State.PARSING, east))
    assert message.create_time.ToDatetime(UTC) == NOW


async def stream(*parts: pb.ExtractRequest):
    for part in parts:
        yield part


HEADER = pb.ExtractRequest(header=pb.UploadHeader(owner="alice"))
FINISH = pb.ExtractRequest(finish=pb.UploadFinish(size_bytes=2, sha256=bytes(32)))


async def test_an_upload_is_unpacked() -> None:
    full = pb.UploadHeader(
        extraction_id="0" * 8 + "-0000-0000-0000-" + "0" * 12,
        owner="alice",
        request_id="r",
        file_name="a.jpg",
        declared_media_type="image/jpeg",
        size_bytes=0,
        partial_results=True,
        operations=[pb.OPERATION_OCR, pb.OPERATION_EMBEDDING],
    )
    placed = pb.ExtractRequest(placed_chunk=pb.PlacedChunk(offset_bytes=7, data=b"y"))
    header, parts = await upload_from_proto(
        stream(pb.ExtractRequest(header=full), pb.ExtractRequest(chunk=b"x"), placed, FINISH)
    )
    operations = (Operation.OCR, Operation.EMBEDDING)
    assert header == UploadHeader(
        full.extraction_id, "alice", "r", "a.jpg", "image/jpeg", 0, True, operations
    )
    assert [part async for part in parts] == [b"x", PlacedChunk(7, b"y"), UploadFinish(2, bytes(32))]
    header, _ = await upload_from_proto(stream(HEADER))
    assert header == UploadHeader("", "alice", "", "", "", None, False)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [pb.ExtractRequest(chunk=b"x")],
        [FINISH],
        [pb.ExtractRequest()],
        [HEADER, HEADER],
        [HEADER, pb.ExtractRequest()],
    ],
    ids=["nothing", "chunk", "finish", "empty", "second header", "empty after header"],
)
async def test_parts_in_another_order_are_refused(parts: list[pb.ExtractRequest]) -> None:
    with pytest.raises(ServiceError) as caught:
        _, rest = await upload_from_proto(stream(*parts))
        async for _ in rest:
            pass
    assert caught.value.reason in ("UPLOAD_OUT_OF_ORDER", "INVALID_REQUEST")


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([pb.ExtractRequest(header=pb.UploadHeader())], "header.owner"),
        (
            [pb.ExtractRequest(header=pb.UploadHeader(owner="a", extraction_id="../x"))],
            "header.extraction_id",
        ),
        ([pb.ExtractRequest(header=pb.UploadHeader(owner="a", file_name="x" * 256))], "header.file_name"),
        ([pb.ExtractRequest(header=pb.UploadHeader(owner="a", size_bytes=-1))], "header.size_bytes"),
        ([HEADER, pb.ExtractRequest(finish=pb.UploadFinish(sha256=b"short"))], "finish.sha256"),
        ([HEADER, pb.ExtractRequest(chunk=bytes(1024 * 1024 + 1))], "chunk"),
        (
            [HEADER, pb.ExtractRequest(placed_chunk=pb.PlacedChunk(data=bytes(1024 * 1024 + 1)))],
            "placed_chunk.data",
        ),
        (
            [HEADER, pb.ExtractRequest(placed_chunk=pb.PlacedChunk(offset_bytes=-1))],
            "placed_chunk.offset_bytes",
        ),
        ([pb.ExtractRequest(header=pb.UploadHeader(owner="a", operations=[0]))], "header.operations"),
    ],
)
async def test_a_part_that_breaks_the_contract_is_refused(parts: list[pb.ExtractRequest], field: str) -> None:
    with pytest.raises(ServiceError) as caught:
        _, rest = await upload_from_proto(stream(*parts))
        async for _ in rest:
            pass
    assert caught.value.reason == "INVALID_REQUEST"
    assert caught.value.metadata["field"] == field
