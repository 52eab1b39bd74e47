"""`bench partials`: sends large files over a throttled line and notes when their fields are told."""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.hostile.serving import extractor
from bench.partials.report import page, progress
from bench.partials.scoring import Figures, figures
from bench.partials.sending import Sending
from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceStub
from metaextract_common.rpc.client import open_channel
from metaextract_extractor.settings import Settings
from metaextract_testing.factory import LARGE_FORMATS, large_image

REPORT: Final = Path(__file__).parents[1] / "results" / "partials.md"
MEGABYTE: Final = 1_000_000
START_SECONDS_MAX: Final = 120.0
STREAM_SECONDS_MAX: Final = 600.0
BARE_COUNT: Final = 3
WORKERS_COUNT: Final = 2
LATE_FORMATS: Final = frozenset({"webp", "tiff-late", "heic-late"})
"""Their metadata stands at the end, so they are sent tail first as well."""


def add_to(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the sub-command."""
    parser = commands.add_parser(
        "partials",
        help="how early fields are told while a file still travels",
        description="Send one large file of each format to an extractor as it is deployed, over a throttled "
        "line, in order and where it helps tail first; note when its fields are told, and whether they hold.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--megabytes", type=float, default=100, help="size of each file, in 10^6 bytes")
    parser.add_argument("--pace", type=float, default=20, help="10^6 bytes a second that the line takes")
    parser.add_argument("--formats", nargs="+", choices=LARGE_FORMATS, default=LARGE_FORMATS, help="which")
    parser.add_argument("--report", type=Path, default=REPORT, help="where the report goes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and write; 1 if something that was told did not hold."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-partials-") as folder,
        tempfile.TemporaryDirectory(prefix="metaextract-bench-", dir="/tmp") as sockets,
        extractor(Path(folder), Path(sockets), workers_count=WORKERS_COUNT) as server,
    ):
        measured = asyncio.run(_measured(server.target, Path(folder), arguments))
    arguments.report.write_text(page(measured, arguments.megabytes, arguments.pace, os.getloadavg()[1]))
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in measured], indent=1) + "\n")
    held = all(one.contradictions_count == one.revisions_count == 0 for one in measured)
    return 0 if held else 1


async def _measured(target: str, folder: Path, arguments: argparse.Namespace) -> list[Figures]:
    measured = []
    async with open_channel(target, timeout_seconds=STREAM_SECONDS_MAX) as channel:
        stub = ExtractorServiceStub(channel)
        async with asyncio.timeout(START_SECONDS_MAX):
            info = await stub.GetServerInfo(pb.GetServerInfoRequest(), wait_for_ready=True)
            while info.workers_count <= WORKERS_COUNT:  # and the spare one
                await asyncio.sleep(0.2)
                info = await stub.GetServerInfo(pb.GetServerInfoRequest())
        for file_format in arguments.formats:
            image = large_image(file_format, round(arguments.megabytes * MEGABYTE))
            path = folder / image.name
            with path.open("wb") as file:
                file.writelines(image.chunks())
            bare_seconds = await asyncio.to_thread(_bare_seconds, path)
            for order, tail_first in _orders(file_format):
                halting, paced = Sending(path, tail_first), Sending(path, tail_first)
                await halting.prefixes(stub)
                await paced.whole(stub, arguments.pace * MEGABYTE)
                measured.append(figures(file_format, order, paced, halting, bare_seconds))
                sys.stdout.write(progress(measured[-1]) + "\n")
                sys.stdout.flush()
            path.unlink()
    return measured


def _orders(file_format: str) -> Iterator[tuple[str, bool]]:
    yield "in order", False
    if file_format in LATE_FORMATS:
        yield "tail first", True


def _bare_seconds(path: Path) -> float:
    """Return the median time of ExifTool as somebody would run it who has the whole file."""
    command = [str(Settings().exiftool_path()), "-j", "-G1", "-a", str(path)]
    seconds = []
    for _ in range(BARE_COUNT):
        began = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - began)
    return median(seconds)
