"""What workers say on stderr: nothing of a file gets into logs, and failures of our code do."""

import struct
from pathlib import Path

import pytest
import structlog

from metaextract_common.errors import ServiceError
from metaextract_extractor.adapters.workers.process import WorkerDiedError
from metaextract_extractor.domain.failures import Failure, failure, failure_from_line, failure_to_line
from metaextract_extractor.reading.walkers.exif_tags import EXIF

SECRET = "Owner-of-this-file"
ASIDE = Path(__file__).with_name("talking_worker.py")


def broken_tiff() -> bytes:
    """Pixels that are no deflated data, at which libtiff complains; with a name that no log is to hold."""
    name = SECRET.encode() + b"\0"
    shorts = ((0x0100, 64), (0x0101, 64), (0x0102, 8), (0x0103, 8), (0x0106, 1), (0x0115, 1), (0x0116, 64))
    entries = [(tag, 3, 1, value) for tag, value in shorts]
    entries += [(0x010F, 2, len(name), 200), (0x0111, 4, 1, 230), (0x0117, 4, 1, 20)]
    directory = b"".join(struct.pack("<HHII", *one) for one in sorted(entries))
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + bytes(4)
    return head.ljust(200, b"\0") + name.ljust(30, b"\0") + b"\x5a\xa5" * 10


async def ignore_step(_step: str, _fraction: float) -> None: ...


async def ignore_start() -> None: ...


async def test_what_libraries_say_of_a_file_is_counted_and_not_told(start_pool, spooled, capfd) -> None:
    with structlog.testing.capture_logs() as logs:
        async with start_pool() as pool:
            await pool.read(spooled(broken_tiff(), "broken.tif"), ignore_step, ignore_start)
    said = capfd.readouterr()
    assert SECRET not in said.err + said.out + repr(logs)
    assert [one["bytes_count"] > 0 for one in logs if one["event"] == "worker.complained"] == [True]


async def test_a_failure_of_our_code_is_told_without_what_it_was_about(start_pool, spooled, becomes) -> None:
    with structlog.testing.capture_logs() as logs:
        async with start_pool(program=(str(ASIDE), SECRET, "fail")) as pool:
            with pytest.raises(ServiceError):
                await pool.read(spooled(broken_tiff(), "broken.tif"), ignore_step, ignore_start)
            await becomes(lambda: pool.workers_count > 1)
    told = [one for one in logs if one["event"] == "worker.failed"]
    assert told[0]["errors"] == ("ValueError", "KeyError")
    assert told[0]["frames"][-1].startswith("talking_worker.py:")
    assert SECRET not in repr(logs)


async def test_a_step_that_fails_is_told_and_the_others_go_on(start_pool, spooled) -> None:
    with structlog.testing.capture_logs() as logs:
        async with start_pool(program=(str(ASIDE), SECRET, "step")) as pool:
            reading = await pool.read(spooled(broken_tiff(), "broken.tif"), ignore_step, ignore_start)
    assert reading.fields
    (told,) = (one for one in logs if one["event"] == "worker.failed")
    assert told["errors"] == ("ValueError", "KeyError")
    assert [one.partition(":")[0] for one in told["frames"]][:1] == ["steps.py"]
    assert SECRET not in repr(logs)


async def test_why_a_worker_does_not_start_is_told_in_full(start_pool) -> None:
    with structlog.testing.capture_logs() as logs, pytest.raises(WorkerDiedError):
        await start_pool(program=(str(ASIDE), "no such engine", "start")).__aenter__()
    assert [one for one in logs if one["event"] == "worker.not_ready" and "no such engine" in one["said"]]


def test_a_line_tells_names_and_places_only() -> None:
    try:
        EXIF[-1]
    except KeyError as error:
        told = failure(error, error.__traceback__)
    assert told.names == ("KeyError",)
    assert failure_from_line(failure_to_line(told)) == told
    for forged in (
        Failure(("it says: " + SECRET,), ()),
        Failure(("ValueError",), (f"/home/{SECRET}:1 read",)),
        Failure(("ValueError",) * 9, ()),
        Failure(("ValueError",), ("reader.py:1 read",) * 41),
    ):
        assert failure_from_line(failure_to_line(forged)) is None
    for line in (b"", b"metaextract failed", b"metaextract failed 1", b"metaextract failed [[1],[2]]", b"x"):
        assert failure_from_line(line) is None
