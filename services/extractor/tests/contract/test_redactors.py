"""What redactors promise, proved on real ones with the real ExifTool, at every level of confinement."""

import asyncio
import dataclasses
from pathlib import Path

import psutil
import pytest

from metaextract_common.errors import ServiceError
from metaextract_extractor.adapters.workers.redactors import RedactorLimits, SandboxedRedactors
from metaextract_extractor.domain.redaction import RedactionProfile, RedactionReport
from metaextract_testing.factory import make

pytestmark = pytest.mark.asyncio(loop_scope="module")
MEBIBYTE = 1024 * 1024
LIMITS = RedactorLimits(
    count=2, seconds_max=60, memory_bytes_max=768 * MEBIBYTE, file_bytes_max=32 * MEBIBYTE
)


@pytest.fixture
def redactors(sandbox) -> SandboxedRedactors:
    return SandboxedRedactors(sandbox, LIMITS)


async def redacted(
    redactors: SandboxedRedactors, path: Path, profile: RedactionProfile
) -> tuple[bytes, RedactionReport]:
    async with redactors.redacted(str(path), path.suffix.removeprefix("."), profile) as copy:
        content = b"".join([chunk async for chunk in copy.chunks()])
        assert len(content) == copy.size_bytes
        return content, copy.report


async def refusal(redactors: SandboxedRedactors, path: Path) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await redacted(redactors, path, RedactionProfile.REMOVE_ALL)
    return caught.value


def on_disk(folder: Path, fmt: str, seed: int = 0) -> Path:
    image = make(fmt, seed=seed)
    path = folder / image.name
    path.write_bytes(image.content)
    return path


async def test_what_a_redactor_refuses_is_an_error_of_the_contract(redactors, tmp_path: Path) -> None:
    comment = b"Taken by Jane Example in Alesund"
    leaking = tmp_path / "a.ppm"
    leaking.write_bytes(b"P6\n# " + comment + b"\n4 4\n255\n" + comment + bytes(16))
    cut = tmp_path / "a.png"
    cut.write_bytes(make("png").content[:3000])

    unsupported = await refusal(redactors, on_disk(tmp_path, "svg"))
    not_verified = await refusal(redactors, leaking)
    damaged = await refusal(redactors, cut)

    assert (unsupported.reason, unsupported.metadata) == ("REDACTION_UNSUPPORTED", {"format": "SVG"})
    assert not_verified.reason == "REDACTION_NOT_VERIFIED"
    assert not_verified.metadata["remaining"] == "File:Comment"
    assert "Jane" not in not_verified.message
    assert damaged.reason in ("REDACTION_REFUSED", "REDACTION_NOT_VERIFIED")


async def test_every_level_of_confinement_lets_a_redactor_write(
    sandbox_level, lock_in, tmp_path: Path
) -> None:
    async with lock_in(sandbox_level) as sandbox:
        path = on_disk(tmp_path, "jpeg")
        content, report = await redacted(
            SandboxedRedactors(sandbox, LIMITS), path, RedactionProfile.REMOVE_ALL
        )

    assert report.verification.verified
    assert content.startswith(b"\xff\xd8")


async def test_a_file_that_takes_too_long_costs_its_redactor(sandbox, slow_file, tmp_path: Path) -> None:
    limits = dataclasses.replace(LIMITS, seconds_max=1)
    path = tmp_path / "slow.jpg"
    path.write_bytes(slow_file)

    error = await refusal(SandboxedRedactors(sandbox, limits), path)

    assert error.reason == "EXTRACTION_TIMED_OUT"
    assert running_redactors() == []


async def test_a_redactor_that_wants_too_much_memory_is_killed(sandbox, tmp_path: Path) -> None:
    limits = dataclasses.replace(LIMITS, memory_bytes_max=8 * MEBIBYTE)

    error = await refusal(SandboxedRedactors(sandbox, limits), on_disk(tmp_path, "jpeg"))

    assert (error.reason, error.metadata) == ("WORKER_LOST", {"cause": "memory_limit"})
    assert running_redactors() == []


async def test_who_gives_up_leaves_no_redactor_behind(sandbox, slow_file, tmp_path: Path, becomes) -> None:
    path = tmp_path / "slow.jpg"
    path.write_bytes(slow_file)
    working = asyncio.create_task(refusal(SandboxedRedactors(sandbox, LIMITS), path))
    await becomes(lambda: len(running_redactors()) == 1)

    working.cancel()
    await asyncio.wait({working})

    assert running_redactors() == []


async def test_no_more_redactors_run_at_once_than_allowed(sandbox, tmp_path: Path) -> None:
    alone = SandboxedRedactors(sandbox, dataclasses.replace(LIMITS, count=1))
    paths = [on_disk(tmp_path, "jpeg", seed) for seed in range(3)]
    peak = 0

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, len(running_redactors()))
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(redacted(alone, path, RedactionProfile.REMOVE_ALL) for path in paths))
    watching.cancel()

    assert peak == 1


def running_redactors() -> list[int]:
    """Redactors that this process started and that have not ended."""
    found = []
    for child in psutil.Process().children():
        try:
            if "metaextract_extractor.redactor" in child.cmdline():
                found.append(child.pid)
        except psutil.NoSuchProcess:
            continue
    return found
