"""Uploads of one address are counted in the windows of the legacy contract (§1.2)."""

import json

import pytest
from starlette.requests import Request

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.legacy import errors as legacy
from metaextract_gateway.adapters.http.rate_limits import CONFIRM, QUOTE, RateLimits
from metaextract_gateway.domain import errors


def request(address: str) -> Request:
    return Request({"type": "http", "headers": [], "client": (address, 1)})


async def test_the_eleventh_of_a_minute_is_refused_and_other_addresses_are_not() -> None:
    limits = RateLimits(enforced=True)
    headers = [await limits.admit(request("10.0.0.1")) for _ in range(10)]

    with pytest.raises(ServiceError) as caught:
        await limits.admit(request("10.0.0.1"))

    assert [one["X-RateLimit-Remaining"] for one in headers] == [str(left) for left in range(9, -1, -1)]
    assert caught.value.metadata == {"requests_max": "10"}
    assert caught.value.retry_after_seconds is not None
    assert await limits.admit(request("10.0.0.2"))


async def test_what_is_counted_is_counted_apart() -> None:
    limits = RateLimits(enforced=True)
    for _ in range(10):
        await limits.admit(request("10.0.0.1"), CONFIRM)

    with pytest.raises(ServiceError):
        await limits.admit(request("10.0.0.1"), CONFIRM)
    headers = await limits.admit(request("10.0.0.1"), QUOTE)

    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("30", "29")


async def test_nothing_is_counted_when_limits_are_not_enforced() -> None:
    limits = RateLimits(enforced=False)

    assert [await limits.admit(request("10.0.0.1")) for _ in range(100)] == [{}] * 100


@pytest.mark.parametrize("requests_max", [10, 50])
def test_the_legacy_body_names_the_window_that_was_exceeded(requests_max: int) -> None:
    answer = legacy.render(errors.rate_limited(requests_max, 2.5))

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "3"
    assert json.loads(answer.body) == {
        "error": "Too many requests",
        "message": f"Rate limit exceeded. Maximum {requests_max} requests per window.",
        "retry_after_seconds": 3,
    }
