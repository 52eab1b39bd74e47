"""A device cannot choose its identity."""

from datetime import UTC, datetime, timedelta

import pytest
from starlette.requests import Request
from starlette.responses import Response

from metaextract_gateway.adapters.http.devices import COOKIE, LIFETIME, DeviceTokens

NOW = datetime(2026, 1, 2, tzinfo=UTC)
TOKENS = DeviceTokens(b"s" * 32, lambda: NOW)


def token(device: str = "d-1", tokens: DeviceTokens = TOKENS) -> str:
    response = Response()
    tokens.issue(response, device, secure=True)
    return response.headers["set-cookie"].partition("=")[2].partition(";")[0]


def request(cookie: str) -> Request:
    return Request({"type": "http", "headers": [(b"cookie", f"{COOKIE}={cookie}".encode())]})


def test_a_token_of_ours_is_recognised() -> None:
    assert TOKENS.device_of(request(token())) == "d-1"


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "d-1",
        "d-1.1.2.3",
        token().replace("d-1", "d-2"),
        token()[:-1] + ("0" if token()[-1] != "0" else "1"),
        token(tokens=DeviceTokens(b"t" * 32, lambda: NOW)),
        "é.é.é",
    ],
)
def test_any_other_token_is_not(cookie: str) -> None:
    scope = {"type": "http", "headers": [(b"cookie", f"{COOKIE}={cookie}".encode("latin-1", "replace"))]}

    assert TOKENS.device_of(Request(scope)) == ""


def test_a_token_ends_after_thirty_days() -> None:
    issued = token()
    later = DeviceTokens(b"s" * 32, lambda: NOW + LIFETIME - timedelta(seconds=1))
    too_late = DeviceTokens(b"s" * 32, lambda: NOW + LIFETIME)

    assert later.device_of(request(issued)) == "d-1"
    assert too_late.device_of(request(issued)) == ""


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie_has_the_attributes_of_the_legacy_one(secure: bool) -> None:
    response = Response()
    TOKENS.issue(response, "d-1", secure=secure)

    cookie = response.headers["set-cookie"]
    names = {part.strip().partition("=")[0] for part in cookie.split(";")}
    assert names == {COOKIE, "HttpOnly", "Max-Age", "expires", "Path", "SameSite"} | (
        {"Secure"} if secure else set()
    )
    assert all(part in cookie for part in ("Max-Age=2592000", "Path=/", "SameSite=Strict"))


def test_a_retry_without_a_cookie_is_the_same_device_and_nobody_else_is() -> None:
    first = TOKENS.new_device("10.0.0.1", "key")

    assert TOKENS.new_device("10.0.0.1", "key") == first
    assert TOKENS.new_device("10.0.0.2", "key") != first
    assert TOKENS.new_device("10.0.0.1", "other") != first
    assert DeviceTokens(b"t" * 32, lambda: NOW).new_device("10.0.0.1", "key") != first
    assert TOKENS.new_device("10.0.0.1", "") != TOKENS.new_device("10.0.0.1", "")


def test_what_an_account_uses_without_a_cookie_is_always_the_same_and_nobody_elses() -> None:
    first = TOKENS.device_of_account("user:1")

    assert TOKENS.device_of_account("user:1") == first
    assert TOKENS.device_of_account("user:2") != first
    assert DeviceTokens(b"t" * 32, lambda: NOW).device_of_account("user:1") != first
