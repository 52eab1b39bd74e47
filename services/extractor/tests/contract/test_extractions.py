"""What every store of extractions promises."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from metaextract_common.errors import ServiceError
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.findings import ExtractionResult, FileFacts, Timings
from metaextract_extractor.domain.model import Extraction, State
from metaextract_extractor.domain.ports import Extractions
from metaextract_extractor.domain.result import (
    Basis,
    ByteRange,
    DetectedFormat,
    EngineRun,
    Field,
    Hashes,
    Notice,
    Standard,
)

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
KEEP = timedelta(hours=1)
FIELDS = tuple(
    Field("p", Standard.EXIF, "g", "c", "n", "1", raw, "printed", "t", "e", ByteRange(1, 2), 3)
    for raw in (None, True, 5, 0.5, "x\u00e9\U0001f600", ["a", [1, 2.5]])
)
RESULT = ExtractionResult(
    FileFacts("a.jpg", 7, Hashes("a", "b", "c", "d"), DetectedFormat("JPEG", "image/jpeg", Basis.SIGNATURE)),
    Timings(0.5, 0.25, 1.5, None, 1000),
    fields=FIELDS,
    warnings=(Notice("CODE", "text"),),
    engines=(EngineRun("exiftool", "13.59", 1.5, None, 1),),
)


@pytest.fixture
def extractions(stores) -> Extractions:
    return stores[0].extractions


def extraction(number: int = 1, owner: str = "alice", request_id: str = "") -> Extraction:
    return Extraction(f"extractions/{number}", owner, request_id, State.RECEIVING, NOW)


def parsing(one: Extraction) -> Extraction:
    return one.to(State.QUEUED).to(State.PARSING)


async def reason(awaitable) -> str:
    with pytest.raises(ServiceError) as caught:
        await awaitable
    return caught.value.reason


async def test_what_was_added_is_found_by_its_name(extractions: Extractions) -> None:
    await extractions.add(extraction(1, request_id="r"))
    await extractions.add(extraction(2))
    assert await extractions.get("extractions/1") == extraction(1, request_id="r")
    assert await reason(extractions.get("extractions/3")) == "EXTRACTION_NOT_FOUND"


async def test_a_name_is_taken_once_by_whomever(extractions: Extractions) -> None:
    await extractions.add(extraction(1))
    assert await reason(extractions.add(extraction(1, owner="bob"))) == "EXTRACTION_EXISTS"
    assert (await extractions.get("extractions/1")).owner == "alice"


async def test_a_request_id_is_taken_once_for_each_owner(extractions: Extractions) -> None:
    await extractions.add(extraction(1, request_id="r"))
    assert await reason(extractions.add(extraction(2, request_id="r"))) == "REQUEST_ID_REUSED"
    await extractions.add(extraction(3, owner="bob", request_id="r"))
    for owner, name in (("alice", "extractions/1"), ("bob", "extractions/3")):
        found = await extractions.find_by_request(owner, "r")
        assert found is not None
        assert found.name == name
    assert await extractions.find_by_request("carol", "r") is None


async def test_any_number_of_extractions_have_no_request_id(extractions: Extractions) -> None:
    for number in range(3):
        await extractions.add(extraction(number))
    assert await extractions.find_by_request("alice", "") is None


async def test_of_many_that_come_at_once_one_gets_the_request_id(extractions: Extractions) -> None:
    adding = [extractions.add(extraction(number, request_id="r")) for number in range(10)]
    outcomes = await asyncio.gather(*adding, return_exceptions=True)
    assert outcomes.count(None) == 1
    assert {one.reason for one in outcomes if one is not None} == {"REQUEST_ID_REUSED"}


async def test_a_request_id_is_free_again_after_a_failure(extractions: Extractions) -> None:
    first = extraction(1, request_id="r")
    await extractions.add(first)
    failed = first.given_up(errors.upload_incomplete(5), at=NOW, keep=KEEP, sequence=2)
    await extractions.update(failed)
    assert await extractions.find_by_request("alice", "r") is None
    await extractions.add(extraction(2, request_id="r"))


async def test_a_result_is_kept_whole(extractions: Extractions) -> None:
    first = extraction(1, request_id="r")
    await extractions.add(first)
    succeeded = parsing(first).succeeded(RESULT, at=NOW, keep=KEEP, sequence=7)
    await extractions.update(succeeded)
    assert succeeded.size_bytes == RESULT.file.size_bytes
    assert await extractions.get(first.name) == succeeded
    assert await extractions.find_by_request("alice", "r") == succeeded


async def test_an_error_is_kept_whole(extractions: Extractions) -> None:
    await extractions.add(extraction(1))
    error = errors.worker_lost("crashed")
    await extractions.update(extraction(1).given_up(error, at=NOW, keep=KEEP, sequence=2))
    found = await extractions.get("extractions/1")
    assert found.error is not None
    assert vars(found.error) == vars(error)


async def test_what_was_never_added_cannot_be_updated(extractions: Extractions) -> None:
    assert await reason(extractions.update(extraction(1))) == "EXTRACTION_NOT_FOUND"


async def test_what_has_expired_is_forgotten_and_nothing_else(extractions: Extractions) -> None:
    for number, keep in ((1, KEEP), (2, KEEP + timedelta(microseconds=1))):
        await extractions.add(extraction(number))
        error = errors.upload_incomplete(5)
        await extractions.update(extraction(number).given_up(error, at=NOW, keep=keep, sequence=2))
    await extractions.add(extraction(3))
    assert await extractions.forget_expired(NOW + KEEP - timedelta(microseconds=1)) == 0
    assert await extractions.forget_expired(NOW + KEEP) == 1
    assert await reason(extractions.get("extractions/1")) == "EXTRACTION_NOT_FOUND"
    await extractions.get("extractions/2")
    assert await extractions.forget_expired(NOW + KEEP * 100) == 1
    await extractions.get("extractions/3")


async def test_the_abandoned_ones_are_those_that_have_not_ended(extractions: Extractions) -> None:
    states = [extraction(1), extraction(2).to(State.QUEUED), parsing(extraction(3))]
    for one in states:
        await extractions.add(replace(one, state=State.RECEIVING))
        await extractions.update(one)
    await extractions.add(extraction(4))
    await extractions.update(
        extraction(4).given_up(errors.upload_incomplete(5), at=NOW, keep=KEEP, sequence=2)
    )
    await extractions.add(extraction(5))
    await extractions.update(parsing(extraction(5)).succeeded(RESULT, at=NOW, keep=KEEP, sequence=2))
    found = await extractions.abandoned(NOW, running=[], since=NOW)
    assert sorted(found, key=lambda one: one.name) == states


async def test_a_store_that_works_passes_its_check(extractions: Extractions) -> None:
    await extractions.check()
