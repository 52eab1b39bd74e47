"""The stages of the legacy progress socket, from the events of an extraction."""

import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_common.bus.memory import MemoryBus
from metaextract_common.bus.outbox import Outbox
from metaextract_gateway.adapters.http.legacy.progress import Frame, SessionProgress
from metaextract_gateway.adapters.http.legacy.stages import Stages

STEPS = ("walkers", "exiftool", "pillow", "exifread", "c2pa", "insights", "place", "pixels", "ocr", "quality")


class Recorded(SessionProgress):
    """Keeps what is published."""

    def __init__(self) -> None:
        bus = MemoryBus(bytes_max=1, keep_seconds=1)
        super().__init__(bus, Outbox(bus))
        self.frames: list[Frame] = []

    def begin(self, session_id: str) -> None:
        self.frames.clear()

    def publish(self, session_id: str, kind: str, **values: object) -> None:
        self.frames.append({"type": kind, "sessionId": session_id, **values})


def state(entered: pb.Extraction.State) -> pb.ExtractionEvent:
    return pb.ExtractionEvent(state_change=pb.StateChange(state=entered))


def step(name: str, fraction: float) -> pb.ExtractionEvent:
    progress = pb.Progress(state=pb.Extraction.STATE_PARSING, step=name, fraction=fraction)
    return pb.ExtractionEvent(progress=progress)


def frames(*events: pb.ExtractionEvent) -> list[Frame]:
    recorded = Recorded()
    stages = Stages(recorded, "s1")
    stages.begin()
    for event in events:
        stages.saw(event)
    return recorded.frames


def ended() -> pb.ExtractionEvent:
    return pb.ExtractionEvent(ended=pb.Extraction(state=pb.Extraction.STATE_SUCCEEDED))


def test_fine_steps_fill_the_silence_between_20_and_90() -> None:
    begun = [state(pb.Extraction.STATE_QUEUED), state(pb.Extraction.STATE_PARSING)]
    read = [step(name, 0.95 * place / len(STEPS)) for place, name in enumerate(STEPS)]

    seen = frames(*begun, *read, ended())

    percents = [frame["progress"] for frame in seen]
    assert percents == sorted(percents)
    assert (percents[0], percents[1], percents[-1]) == (10, 20, 90)
    assert all(20 <= percent < 90 for percent in percents[1:-1])
    assert [frame["message"] for frame in seen[2:-1]] == [f"Reading: {name}" for name in STEPS]
    assert all(frame["progress"] == frame["percentage"] for frame in seen)


@pytest.mark.parametrize("again", [0.0, 0.2, 0.5])
def test_a_file_that_is_begun_again_does_not_set_the_bar_back(again: float) -> None:
    seen = frames(step("exiftool", 0.6), step("walkers", again), step("pillow", 0.7))

    assert [frame["progress"] for frame in seen] == [62, 62, 69]


def test_what_happens_beside_the_reading_is_no_stage() -> None:
    receiving = pb.Progress(state=pb.Extraction.STATE_RECEIVING, fraction=0.5)
    beside = (
        pb.ExtractionEvent(progress=receiving),
        pb.ExtractionEvent(partial_result=pb.PartialResult(bytes_read=5)),
        pb.ExtractionEvent(revision=pb.Revision()),
        pb.ExtractionEvent(ended=pb.Extraction(state=pb.Extraction.STATE_FAILED)),
    )

    assert frames(*beside) == []
