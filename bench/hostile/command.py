"""`bench hostile`: feeds broken and malicious files to the extractor and counts what becomes of them."""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.hostile.feeding import Answer, feed, sent
from bench.hostile.journal import Journal, fingerprint
from bench.hostile.report import fuzz_counts, progress, report
from bench.hostile.seeds import File, factory_seeds, hostile_files, hostile_paths, sample_seeds, variants
from bench.hostile.serving import SAMPLE_SECONDS, Server, extractor
from bench.quality.corpus import SAMPLES_DIR
from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceStub
from metaextract_common.rpc.client import open_channel

REPORT: Final = Path(__file__).parents[1] / "results" / "hostile.md"
PROGRESS_SECONDS: Final = 30.0
STREAM_SECONDS_MAX: Final = 600.0


def add_to(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the sub-command."""
    parser = commands.add_parser(
        "hostile",
        help="broken and malicious files",
        description="Feed all hostile samples and N fuzzed variants of small files to an extractor as it is "
        "deployed; count answers, lost workers, time and memory. Interrupted, it goes on where it was.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--variants", type=int, default=2_000, help="fuzzed variants; 0: hostile samples only"
    )
    parser.add_argument("--seed", type=int, default=1, help="other seed, other variants")
    parser.add_argument("--workers", type=int, default=2, help="files that are read at once")
    parser.add_argument("--minutes", type=float, default=0, help="end after this time; 0: when all is done")
    parser.add_argument("--samples", type=Path, default=SAMPLES_DIR, help="folder with hostile/ and public/")
    parser.add_argument("--no-hostile", action="store_true", help="leave the hostile samples out")
    parser.add_argument(
        "--folder", type=Path, default=Path(".data/hostile"), help="journal, log, and files worth a study"
    )
    parser.add_argument("--report", type=Path, default=REPORT, help="where the report goes")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="counts by format, for `bench quality --fuzz`"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Feed, count, write; 1 if a file had no proper answer or something else is wrong."""
    arguments.folder.mkdir(parents=True, exist_ok=True)
    made, sampled = factory_seeds(), sample_seeds(arguments.samples)
    journal = Journal(arguments.folder, fingerprint(arguments.seed, [*made, *sampled]))
    files = _files(arguments, made, sampled, journal)
    try:
        asyncio.run(_session(arguments, files, journal))
    finally:
        journal.close()
    figures = report(
        journal.answers,
        journal.sessions(),
        measured_on=datetime.now(UTC).date().isoformat(),
        seed=arguments.seed,
        seeds_count=len(made) + len(sampled),
        hostile_count=0 if arguments.no_hostile else len(hostile_paths(arguments.samples)),
    )
    sys.stdout.write(figures.text)
    arguments.report.write_text(figures.text)
    if arguments.json:
        arguments.json.write_text(json.dumps(fuzz_counts(journal.answers), indent=1, sort_keys=True) + "\n")
    return 0 if figures.is_good else 1


def _files(
    arguments: argparse.Namespace, made: Sequence[File], sampled: Sequence[File], journal: Journal
) -> Iterator[File]:
    """Whole files first: they must be read, and they warm the workers up."""

    def everything() -> Iterator[File]:
        yield from made
        yield from sampled
        if not arguments.no_hostile:
            yield from hostile_files(arguments.samples)
        left = (one for one in range(arguments.variants) if not journal.has_variant(one))
        yield from variants(made, sampled, arguments.seed, left)

    return (file for file in everything() if not journal.has(file.name))


async def _session(arguments: argparse.Namespace, files: Iterator[File], journal: Journal) -> None:
    """One run of one server. Ends early, in order, on SIGINT, SIGTERM, or when its time is up."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if arguments.minutes:
        loop.call_later(arguments.minutes * 60, stopped.set)
    with (
        tempfile.TemporaryDirectory(prefix="mx-hostile-", dir="/tmp") as sockets,
        tempfile.TemporaryDirectory(prefix="data-", dir=arguments.folder) as data,
        extractor(Path(data), Path(sockets), workers_count=arguments.workers) as server,
    ):
        channel = open_channel(server.target, timeout_seconds=STREAM_SECONDS_MAX)
        try:
            await server.ready(channel)
            await _fed(arguments, server, ExtractorServiceStub(channel), files, journal, stopped)
        finally:
            await channel.close()
            (arguments.folder / "extractor.log").write_bytes(server.log.read_bytes())


async def _fed(
    arguments: argparse.Namespace,
    server: Server,
    stub: Any,  # noqa: ANN401 - its type stands in the type stubs only
    files: Iterator[File],
    journal: Journal,
    stopped: asyncio.Event,
) -> None:
    began, before = time.monotonic(), len(journal.answers)
    server.began()

    def done(file: File, answer: Answer) -> None:
        journal.add(file, answer)
        if not server.alive:
            stopped.set()  # the report says that it died

    watching = asyncio.create_task(_watch(server, journal, arguments.variants))
    try:
        await feed(stub, files, at_once=2 * arguments.workers, done=done, stopped=stopped)
        last = await sent(stub, factory_seeds()[0])
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        if server.alive:
            server.sample()
    journal.end_session(
        {
            **asdict(server.watched),
            "seconds": time.monotonic() - began,
            "files": len(journal.answers) - before,
            "alive": server.alive and last.has_result,
            "losses": server.losses(),
            "errors_logged": server.errors_count(),
            "workers": arguments.workers,
        }
    )


async def _watch(server: Server, journal: Journal, variants_count: int) -> None:
    began, before, told = time.monotonic(), len(journal.answers), time.monotonic()
    while True:
        await asyncio.sleep(SAMPLE_SECONDS)
        if not server.alive:
            return
        server.sample()
        if time.monotonic() - told >= PROGRESS_SECONDS:
            told = time.monotonic()
            rate = (len(journal.answers) - before) / (told - began)
            sys.stdout.write(progress(journal.answers, variants_count, rate, server.watched) + "\n")
            sys.stdout.flush()
