"""Broken and malicious files cost nobody anything: each is answered, and the extractor goes on.

All hostile samples and a few hundred variants of whole files go through an extractor as it is deployed, with
its limits. `python -m bench hostile` does the same with as many variants as there is time for.
"""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from bench.hostile.feeding import Answer, feed, sent
from bench.hostile.seeds import File, factory_seeds, hostile_files, sample_seeds, variants
from bench.hostile.serving import SAMPLE_SECONDS, Server, extractor

from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceStub
from metaextract_common.rpc.client import open_channel
from metaextract_extractor.settings import Settings

SAMPLES_DIR = Path(os.environ.get("SAMPLES_DIR", Path(__file__).parents[2].parent / "shared" / "samples"))
SEED = 20261123
VARIANTS_COUNT = 300

# Bare ExifTool 13.59 works on each of these for longer than half a minute, or dies of its need of memory.
EXIFTOOL_KILLERS = (
    "hostile/made/ifd/subifds_loop.tif",
    "hostile/made/malformed/jpeg_20000_app1.jpg",
    "hostile/made/xml/xmp_deep_100k.png",
    "hostile/made/malformed/heic_iloc_overlap_60000.heic",
    "hostile/made/bombs/png_itxt_64MB.png",
)

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Run:
    """What became of all files, and of the server."""

    answers: list[Answer]
    server: Server
    survived: bool


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder, sockets = tmp_path_factory.mktemp("hostile"), tmp_path_factory.mktemp("s")
    with extractor(folder, sockets, workers_count=2) as server:
        answers = asyncio.run(fed(server))
        server.sample()
        yield Run(answers, server, server.alive)


async def fed(server: Server) -> list[Answer]:
    answers: list[Answer] = []
    channel = open_channel(server.target, timeout_seconds=600)
    try:
        await server.ready(channel)
        stub = ExtractorServiceStub(channel)
        watching = asyncio.create_task(watch(server))
        await feed(
            stub,
            files(),
            at_once=4,
            done=lambda _file, answer: answers.append(answer),
            stopped=asyncio.Event(),
        )
        answers.append(await sent(stub, factory_seeds()[0]))
        watching.cancel()
    finally:
        await channel.close()
    return answers


async def watch(server: Server) -> None:
    while True:
        server.sample()
        await asyncio.sleep(SAMPLE_SECONDS)


def files() -> Iterator[File]:
    made = factory_seeds()
    yield from hostile_files(SAMPLES_DIR)
    yield from variants(made, sample_seeds(SAMPLES_DIR), SEED, range(VARIANTS_COUNT))


def test_every_file_is_answered_with_a_result_or_a_typed_error(run: Run) -> None:
    assert len(run.answers) > VARIANTS_COUNT
    assert [one for one in run.answers if not one.answered] == []


def test_none_goes_beyond_the_limit_of_a_task(run: Run) -> None:
    limit = Settings().worker_seconds_max
    assert [one for one in run.answers if one.parsing_seconds > limit + 1] == []


def test_nothing_of_ours_raises_what_it_must_not(run: Run) -> None:
    assert [one for one in run.answers if one.shows_a_defect] == []
    assert run.server.errors_count() == 0


def test_no_worker_goes_beyond_its_memory_limit(run: Run) -> None:
    limit = Settings().worker_memory_bytes_max
    assert 0 < run.server.watched.worker_peak_bytes <= limit
    assert max(one.memory_peak_bytes for one in run.answers) <= limit


@pytest.mark.parametrize("name", EXIFTOOL_KILLERS)
def test_what_bare_exiftool_does_not_get_through_is_answered_with_a_result(run: Run, name: str) -> None:
    (answer,) = [one for one in run.answers if one.name == name]
    assert answer.has_result
    assert answer.fields_count > 0


def test_the_server_is_the_same_process_afterwards_and_reads_whole_files(run: Run) -> None:
    assert run.survived
    last = run.answers[-1]
    assert last.name.startswith("factory/")
    assert last.outcome == "result"
    assert last.failures == {}
