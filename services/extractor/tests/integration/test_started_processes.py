"""A process that is being started does not outlive whoever gives up on it."""

import asyncio
import os
import sys

import psutil
import pytest

from metaextract_extractor.adapters.workers.starting import started

STAYS = (sys.executable, "-c", "import sys; sys.stdin.read()")


async def test_a_start_that_is_cancelled_leaves_no_process() -> None:
    before = set(psutil.Process().children())
    for turns in range(6):
        starting = asyncio.create_task(started(STAYS, os.environ))
        for _ in range(turns):
            await asyncio.sleep(0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
    assert set(psutil.Process().children()) == before


async def test_a_program_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        await started(("/no/such/program",), os.environ)


async def test_what_was_started_can_be_talked_to() -> None:
    process = await started(
        (sys.executable, "-c", "import sys; sys.stdout.write(sys.stdin.read())"), os.environ
    )
    said, complained = await process.communicate(b"hello")
    assert (said, complained, process.returncode) == (b"hello", b"", 0)
