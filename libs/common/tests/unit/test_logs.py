"""What a process writes to stderr."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging, sys, warnings
import structlog
from opentelemetry.sdk.trace import TracerProvider
from metaextract_common import logs

warnings.simplefilter("error")
logs.configure("example", sys.argv[1])
log = structlog.stdlib.get_logger()
log.info("example.happened", count=3)
with TracerProvider().get_tracer("test").start_as_current_span("work"):
    log.info("example.traced")
logging.getLogger("library").warning("said %s", "so")
logging.getLogger("library").debug("not said")
def fail(secret):
    raise LookupError("lost")
try:
    fail("a" + "private" + "value")
except LookupError:
    log.exception("example.failed")
"""


def lines(log_format: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, log_format], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


@pytest.mark.parametrize("log_format", ["json", "auto"])
def test_every_line_outside_a_terminal_is_one_json_object(log_format: str) -> None:
    happened, traced, library, failed = map(json.loads, lines(log_format))
    assert (happened["event"], happened["count"], happened["level"]) == ("example.happened", 3, "info")
    assert happened["service"] == "example"
    assert "trace_id" not in happened
    assert len(traced["trace_id"]) == 32
    assert len(traced["span_id"]) == 16
    assert (library["event"], library["level"]) == ("said so", "warning")
    assert "LookupError: lost" in failed["exception"]


def test_a_traceback_shows_no_values_of_variables() -> None:
    for log_format in ("json", "console"):
        text = "\n".join(lines(log_format))
        assert "LookupError: lost" in text
        assert "aprivatevalue" not in text
