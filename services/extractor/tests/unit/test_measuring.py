"""What a reading cost, against what the kernel says: the gates of processing efficiency and of memory."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from metaextract_extractor.adapters.workers.memory_peak import MemoryPeak
from metaextract_extractor.domain.quality import Efficiency
from metaextract_extractor.reading.engines.measuring import Measurement
from metaextract_extractor.reading.quality.efficiency import Coefficients, Cost, CostModel, assess_efficiency

MODEL = CostModel("test", 0.004, {"": Coefficients(200, 0, 0)})
"""Every file costs 200 ms."""

ENGINE = """
import sys, time
print("ready", flush=True)
for line in sys.stdin:
    work, amount = line.split()
    if work == "burn":
        until = time.process_time() + float(amount)
        while time.process_time() < until:
            pass
    else:
        held = b"x" * int(amount)
        del held
    print("done", flush=True)
"""

WORKER = """
import resource, subprocess, sys
from metaextract_extractor.reading.engines.measuring import Measurement
pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
engine = subprocess.Popen([sys.executable, "-c", sys.argv[1]], **pipes)
engine.stdout.readline()
measurement = Measurement(engine.pid)
held = b"x" * 120_000_000
del held
print("hold", 80_000_000, file=engine.stdin, flush=True)
engine.stdout.readline()
measured = measurement.memory_peak_bytes()
engine.communicate()
kernel = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(measured, 1024 * sum(kernel))
"""


OUTSIDE = """
import os, subprocess, sys
from metaextract_extractor.adapters.workers.memory_peak import MemoryPeak
pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
processes = [subprocess.Popen([sys.executable, "-c", sys.argv[1]], **pipes) for _ in range(2)]
for one in processes:
    one.stdout.readline()
peak = MemoryPeak(one.pid for one in processes)
for one, amount in zip(processes, (150_000_000, 60_000_000)):
    print("hold", amount, file=one.stdin, flush=True)
    one.stdout.readline()
measured, kernel = peak.bytes_count(), 0
for one in processes:
    one.stdin.close()
    _, one.returncode, usage = os.wait4(one.pid, 0)
    kernel += usage.ru_maxrss
print(measured, 1024 * kernel)
"""

LAUNCHER = """
import subprocess, sys
subprocess.run([sys.executable, "-c", *sys.argv[1:]], check=True)
"""
"""To a process that was forked off a large one, such as that of these tests, the kernel counts its memory."""


class Process:
    """A process that burns processor time or holds memory when it is told to."""

    def __init__(self) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([sys.executable, "-c", ENGINE], **pipes)
        self._answered()

    def does(self, work: str, amount: float) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{work} {amount}\n")
        self.process.stdin.flush()
        self._answered()

    def _answered(self) -> None:
        assert self.process.stdout
        assert self.process.stdout.readline()

    def ended(self) -> None:
        """End it."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def engine() -> Iterator[Process]:
    process = Process()
    yield process
    if process.process.returncode is None:
        process.ended()


def burn(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def efficiency(measurement: Measurement) -> float:
    cost = Cost(cpu_seconds=measurement.cpu_seconds(), host_scale=1.0)
    found = assess_efficiency(cost, "JPEG", 0, MODEL)
    assert isinstance(found, Efficiency)
    assert found.processing_efficiency is not None
    return found.processing_efficiency


def test_an_injected_sleep_leaves_the_efficiency_as_it_is(engine: Process) -> None:
    measurement = Measurement(engine.process.pid)
    burn(0.25)
    before = efficiency(measurement)
    time.sleep(0.5)
    assert 0.5 < before < 1
    assert efficiency(measurement) == pytest.approx(before, abs=0.05)


def test_twice_the_work_is_half_the_efficiency_whoever_does_it(engine: Process) -> None:
    measurement = Measurement(engine.process.pid)
    burn(0.25)
    once = efficiency(measurement)
    engine.does("burn", 0.25)
    assert efficiency(measurement) / once == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(("program", "held_bytes"), [(WORKER, 200_000_000), (OUTSIDE, 210_000_000)])
def test_the_peak_is_within_a_tenth_of_what_the_kernel_says(program: str, held_bytes: int) -> None:
    """As the worker itself and as the server measures it, against getrusage(2)."""
    command = [sys.executable, "-c", LAUNCHER, program, ENGINE]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    measured, kernel = map(int, output.split())
    assert held_bytes < kernel < 1.5 * held_bytes
    assert measured == pytest.approx(kernel, rel=0.1)


def test_the_peak_of_one_file_is_not_that_of_the_one_before(engine: Process) -> None:
    engine.does("hold", 200_000_000)
    peak = MemoryPeak([engine.process.pid])
    engine.does("hold", 1_000)
    found = peak.bytes_count()
    assert found is not None
    assert found < 100_000_000


def test_the_peak_of_a_process_that_is_gone_is_unknown() -> None:
    process = Process()
    peak = MemoryPeak([process.process.pid])
    process.ended()
    assert peak.bytes_count() is None


def test_bytes_are_counted_by_what_they_were_read_for(engine: Process, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(1_000_000))
    measurement = Measurement(engine.process.pid)
    file.read_bytes()
    with measurement.for_pixels():
        file.read_bytes()
        file.read_bytes()
    with measurement.elsewhere():
        file.read_bytes()
    assert measurement.bytes_read() == pytest.approx(3_000_000, rel=0.01)
    assert measurement.bytes_read_for_pixels() == pytest.approx(2_000_000, rel=0.01)


def test_what_cannot_be_counted_is_unknown() -> None:
    process = Process()
    process.ended()
    measurement = Measurement(process.process.pid)
    with measurement.for_pixels(), measurement.elsewhere():
        pass
    assert measurement.bytes_read() is None
    assert measurement.bytes_read_for_pixels() is None
    assert measurement.memory_peak_bytes() is None
    assert measurement.cpu_seconds() is None
