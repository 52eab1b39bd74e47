"""Nothing is read before something is held, nothing is charged that was not delivered."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import nullcontext
from dataclasses import replace

import pytest

from metaextract_common.errors import Kind, ServiceError
from metaextract_gateway.application.extracting import Extracting
from metaextract_gateway.domain.model import (
    Access,
    Delivered,
    Happening,
    Hold,
    HoldState,
    Operations,
    Payer,
    Quoted,
    Upload,
)

UPLOAD = Upload("id-1", "key-1", "a.jpg", "image/jpeg", 10, 100, partial_results=False)
PAYER = Payer("session:s1", "device-1")
DONE = Delivered(size_bytes=10, width_pixels=1, height_pixels=1, extraction_id="id-0")
QUOTED = replace(UPLOAD, quoted=Quoted("quote-1", "f1"))
OCR = Operations(ocr=True)
LOST = ServiceError(Kind.ABORTED, "extractor.metaextract", "WORKER_LOST", "lost")


def refusal(reason: str) -> ServiceError:
    return ServiceError(Kind.PRECONDITION, "billing.metaextract", reason, "Told to people.")


class Ledger:
    """A billing in memory, which notes what is asked of it."""

    def __init__(self, *states: HoldState, quote: str = "", capture: str = "") -> None:
        """Refuse quotes and captures for the reasons given."""
        self.states = list(states) or [HoldState.HELD]
        self.calls: list[str] = []
        self.quote = quote
        self.mismatch = capture

    async def hold(self, payer: Payer, request_id: str, upload: Upload) -> Hold:
        self.calls.append(
            f"hold {request_id}" + (f" quoted {upload.quoted.file_id}" if upload.quoted else "")
        )
        if upload.quoted and self.quote:
            raise refusal(self.quote)
        return self._hold(self.states.pop(0))

    async def capture(self, name: str, delivered: Delivered) -> Hold:
        self.calls.append("capture")
        if self.mismatch:
            raise refusal(self.mismatch)
        return self._hold(HoldState.CAPTURED)

    async def release(self, name: str) -> Hold:
        await asyncio.sleep(0)
        self.calls.append("release")
        return self._hold(HoldState.RELEASED)

    def _hold(self, state: HoldState) -> Hold:
        return Hold("holds/1", state, Access.CREDITS, 4, 0, 0, OCR)


class Reader:
    """An extractor that says what it is told to say."""

    def __init__(self, *happenings: Happening | ServiceError) -> None:
        self.happenings = happenings
        self.closed = False
        self.operations: Operations | None = None

    async def extract(
        self, owner: str, upload: Upload, chunks: AsyncIterator[bytes]
    ) -> AsyncGenerator[Happening, None]:
        self.operations = upload.operations
        try:
            for happening in self.happenings:
                if isinstance(happening, ServiceError):
                    raise happening
                yield happening
        finally:
            self.closed = True


async def no_chunks() -> AsyncIterator[bytes]:
    for chunk in ():
        yield chunk


async def run(ledger: Ledger, reader: Reader, upload: Upload = UPLOAD) -> list[Happening]:
    events = Extracting(reader, ledger).extract(PAYER, upload, no_chunks(), lambda _hold: None)
    return [event async for event in events]


async def test_a_delivered_result_is_captured_before_it_is_handed_out() -> None:
    ledger = Ledger()

    events = await run(ledger, Reader(Happening("progress"), Happening("ended", DONE)))

    assert [event.message for event in events] == ["progress", "ended"]
    assert ledger.calls == ["hold key-1", "capture"]


async def test_a_failed_extraction_is_released() -> None:
    ledger = Ledger()

    await run(ledger, Reader(Happening("ended", LOST)))

    assert ledger.calls == ["hold key-1", "release"]


async def test_an_extractor_that_is_gone_releases_and_raises() -> None:
    ledger = Ledger()

    with pytest.raises(ServiceError):
        await run(ledger, Reader(LOST))

    assert ledger.calls == ["hold key-1", "release"]


async def test_a_reader_who_leaves_early_stops_the_work_and_releases() -> None:
    ledger, reader = Ledger(), Reader(Happening("progress"), Happening("ended", DONE))
    events = Extracting(reader, ledger).extract(PAYER, UPLOAD, no_chunks(), lambda _hold: None)

    await anext(events)
    await events.aclose()

    assert reader.closed
    assert ledger.calls == ["hold key-1", "release"]


async def test_a_repeated_request_that_was_charged_is_not_charged_or_released_again() -> None:
    ledger = Ledger(HoldState.CAPTURED)

    await run(ledger, Reader(Happening("ended", DONE)))

    assert ledger.calls == ["hold key-1"]


async def test_a_request_whose_first_attempt_was_given_back_gets_a_new_hold() -> None:
    ledger = Ledger(HoldState.RELEASED, HoldState.HELD)

    await run(ledger, Reader(Happening("ended", DONE)))

    assert ledger.calls == ["hold key-1", "hold key-1#again.1", "capture"]


async def test_a_request_is_charged_once_though_its_first_attempts_were_given_back() -> None:
    ledger = Ledger(HoldState.RELEASED, HoldState.EXPIRED, HoldState.CAPTURED)

    await run(ledger, Reader(Happening("ended", DONE)), replace(UPLOAD, extraction_id="id-3"))

    assert ledger.calls == ["hold key-1", "hold key-1#again.1", "hold key-1#again.2"]


async def test_a_repeated_request_leaves_what_is_held_to_the_one_that_is_under_way() -> None:
    ledger = Ledger()
    under_way = ServiceError(Kind.ALREADY_EXISTS, "extractor.metaextract", "REQUEST_ID_REUSED", "Wait.")

    with pytest.raises(ServiceError):
        await run(ledger, Reader(under_way))

    assert ledger.calls == ["hold key-1"]


async def test_a_cancelled_caller_still_releases() -> None:
    ledger = Ledger()

    class Hanging(Reader):
        async def extract(
            self, owner: str, upload: Upload, chunks: AsyncIterator[bytes]
        ) -> AsyncGenerator[Happening, None]:
            yield Happening("progress")
            await asyncio.Event().wait()

    task = asyncio.create_task(run(ledger, Hanging()))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait({task})

    assert task.cancelled()
    assert ledger.calls == ["hold key-1", "release"]


async def test_a_paid_request_whose_result_is_no_longer_kept_is_paid_again() -> None:
    anew = replace(DONE, extraction_id=UPLOAD.extraction_id)
    ledger = Ledger(HoldState.CAPTURED, HoldState.HELD)

    await run(ledger, Reader(Happening("ended", anew)), QUOTED)

    assert ledger.calls == ["hold key-1 quoted f1", "hold key-1#id-1", "capture"]


async def test_the_operations_are_those_that_were_held_for() -> None:
    reader = Reader(Happening("ended", DONE))

    await run(Ledger(), reader)

    assert reader.operations == OCR


@pytest.mark.parametrize("reason", ["QUOTE_NOT_FOUND", "QUOTE_EXPIRED"])
async def test_a_quote_that_is_gone_does_not_stand_in_the_way(reason: str) -> None:
    ledger = Ledger(quote=reason)

    await run(ledger, Reader(Happening("ended", DONE)), QUOTED)

    assert ledger.calls == ["hold key-1 quoted f1", "hold key-1#unquoted", "capture"]


async def test_a_quote_that_was_used_stands_in_the_way() -> None:
    ledger = Ledger(quote="QUOTE_FILE_UNUSABLE")

    with pytest.raises(ServiceError) as caught:
        await run(ledger, Reader(Happening("ended", DONE)), QUOTED)

    assert caught.value.reason == "QUOTE_FILE_UNUSABLE"
    assert ledger.calls == ["hold key-1 quoted f1"]


async def test_a_file_that_is_not_what_was_quoted_is_released_and_not_handed_out() -> None:
    ledger, seen = Ledger(capture="QUOTE_MISMATCH"), list[Happening]()
    reader = Reader(Happening("progress"), Happening("ended", DONE))
    events = Extracting(reader, ledger).extract(PAYER, QUOTED, no_chunks(), lambda _hold: None)

    with pytest.raises(ServiceError) as caught:
        async for happening in events:
            seen.append(happening)

    assert caught.value.reason == "QUOTE_MISMATCH"
    assert [one.message for one in seen] == ["progress"]
    assert ledger.calls == ["hold key-1 quoted f1", "capture", "release"]


async def test_request_ids_made_of_the_longest_key_are_not_too_long() -> None:
    ledger = Ledger(HoldState.RELEASED, HoldState.HELD)

    await run(ledger, Reader(Happening("ended", DONE)), replace(UPLOAD, request_id="k" * 128))

    ids = [call.partition(" ")[2] for call in ledger.calls if call.startswith("hold")]
    assert len(set(ids)) == 2
    assert max(len(id_) for id_ in ids) == 128


@pytest.mark.parametrize("binds", [True, False])
async def test_a_file_of_another_type_than_declared_is_refused_where_that_binds(binds: bool) -> None:
    ledger = Ledger()
    reader = Reader(Happening("ended", replace(DONE, declared_otherwise="image/png")))

    with pytest.raises(ServiceError) if binds else nullcontext() as caught:
        await run(ledger, reader, replace(UPLOAD, declared_type_binds=binds))

    assert ledger.calls == ["hold key-1", "release" if binds else "capture"]
    assert caught is None or caught.value.reason == "MEDIA_TYPE_UNSUPPORTED"
