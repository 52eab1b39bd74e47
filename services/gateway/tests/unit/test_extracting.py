"""Nothing is read before something is held, nothing is charged that was not delivered."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from metaextract_common.errors import Kind, ServiceError
from metaextract_gateway.application.extracting import Extracting
from metaextract_gateway.domain.model import Access, Delivered, Happening, Hold, HoldState, Payer, Upload

UPLOAD = Upload("id-1", "key-1", "a.jpg", "image/jpeg", 10, 100, partial_results=False)
PAYER = Payer("session:s1", "device-1")
DONE = Delivered(size_bytes=10, width_pixels=1, height_pixels=1)
LOST = ServiceError(Kind.ABORTED, "extractor.metaextract", "WORKER_LOST", "lost")


class Ledger:
    """A billing in memory, which notes what is asked of it."""

    def __init__(self, *states: HoldState) -> None:
        self.states = list(states) or [HoldState.HELD]
        self.calls: list[str] = []

    async def hold(self, payer: Payer, request_id: str, upload: Upload) -> Hold:
        self.calls.append(f"hold {request_id}")
        return self._hold(self.states.pop(0))

    async def capture(self, name: str, delivered: Delivered) -> Hold:
        self.calls.append("capture")
        return self._hold(HoldState.CAPTURED)

    async def release(self, name: str) -> Hold:
        await asyncio.sleep(0)
        self.calls.append("release")
        return self._hold(HoldState.RELEASED)

    def _hold(self, state: HoldState) -> Hold:
        return Hold("holds/1", state, Access.CREDITS, 4, 0, 0)


class Reader:
    """An extractor that says what it is told to say."""

    def __init__(self, *happenings: Happening | ServiceError) -> None:
        self.happenings = happenings
        self.closed = False

    async def extract(
        self, owner: str, upload: Upload, chunks: AsyncIterator[bytes]
    ) -> AsyncGenerator[Happening, None]:
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


async def run(ledger: Ledger, reader: Reader) -> list[Happening]:
    events = Extracting(reader, ledger).extract(PAYER, UPLOAD, no_chunks(), lambda _hold: None)
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

    assert ledger.calls == ["hold key-1", "hold key-1#id-1", "capture"]


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
