"""Starts and stops what is measured."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
STOP_SECONDS_MAX: Final = 30.0


@contextmanager
def service(folder: Path, name: str, settings: Mapping[str, str]) -> Iterator[str]:
    """Run billing as it is deployed, without audits; yield its address."""
    address = f"unix:{folder}/{name}"
    environment = {"BILLING_LISTEN": address, "BILLING_AUDIT_SECONDS": "0", **settings}
    with _program(["-m", "metaextract_billing.main"], environment, folder / f"{name}.log"):
        yield address


@contextmanager
def peer(folder: Path, name: str, url: str) -> Iterator[str]:
    """Run one of the designs behind the same contract; yield its address."""
    address = f"unix:{folder}/{name}"
    with _program(["-m", "bench.billing.peers.server", name, url, address], {}, folder / f"{name}.log"):
        yield address


@contextmanager
def _program(arguments: list[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    with (
        log.open("wb") as output,
        subprocess.Popen(
            (sys.executable, *arguments),
            env={**os.environ, "BILLING_LOG_FORMAT": "json", **environment},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
