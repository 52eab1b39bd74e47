"""The OpenAPI document is that of the contract, and the running product does what it says (schemathesis).

`API_EXAMPLES` says how many requests each operation gets.
"""

import json
import os
import zlib
from pathlib import Path
from typing import Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import validate
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from scripts.openapi import text

from metaextract_gateway.adapters.http import reference
from metaextract_testing.fleet import Fleet

FILE: Final = Path(reference.__file__).with_name("openapi.json")
EXAMPLES: Final = int(os.environ.get("API_EXAMPLES", "6"))
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
schema = schemathesis.openapi.from_path(str(FILE))


@schemathesis.serializer("application/offset+octet-stream")
def piece(_context: schemathesis.SerializationContext, value: object) -> bytes:
    """Send a piece of a file as it is, and what is none as its text."""
    return value if isinstance(value, bytes) else str(value).encode()


def test_the_document_is_what_the_contract_says() -> None:
    assert FILE.read_text() == text(), "run python -m scripts.openapi"


def test_the_document_is_valid() -> None:
    validate(json.loads(FILE.read_text()))


def test_the_served_document_is_the_committed_one_and_is_sent_once(running: Fleet) -> None:
    first = httpx.get(f"{running.url}/v1/openapi.json", timeout=60)
    known = {"If-None-Match": first.headers["etag"]}
    again = httpx.get(f"{running.url}/v1/openapi.json", headers=known, timeout=60)

    assert first.json() == json.loads(FILE.read_text())
    assert (again.status_code, again.content) == (304, b"")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 6,
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.timeout(0 if EXAMPLES > 100 else 300)
def test_the_product_does_what_the_document_says(
    case: schemathesis.Case, running: Fleet, extraction: str
) -> None:
    parameters = case.path_parameters or {}
    if case.path.startswith("/v1/extractions/{") and zlib.crc32(repr(parameters).encode()) % 2:
        case.path_parameters = dict.fromkeys(parameters, extraction)
    if case.query and "wait_seconds" in case.query:
        case.query = {**case.query, "wait_seconds": 0}  # for what does not exist: answered alike, later

    case.call_and_validate(base_url=running.url, checks=CHECKS, timeout=30)
