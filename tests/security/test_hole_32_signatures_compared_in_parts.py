"""The signature of a device token was compared character by character, so that its time told how far."""

import hmac
from datetime import UTC, datetime, timedelta
from unittest import mock

from starlette.requests import Request
from starlette.responses import Response

from metaextract_gateway.adapters.http.devices import COOKIE, DeviceTokens

SECRET = b"s" * 32


def device_of(tokens, cookie):
    return tokens.device_of(
        Request({"type": "http", "headers": [(b"cookie", f"{COOKIE}={cookie}".encode())]})
    )


def issued(tokens):
    response = Response()
    tokens.issue(response, "d-1", secure=True)
    return response.headers["set-cookie"].partition("=")[2].partition(";")[0]


def test_signatures_are_compared_whole_in_constant_time() -> None:
    tokens = DeviceTokens(SECRET, lambda: datetime.now(UTC))
    good = issued(tokens)
    signature = good.rpartition(".")[2]
    forged = good.removesuffix(signature) + "0" * 64

    with mock.patch.object(hmac, "compare_digest", wraps=hmac.compare_digest) as compared:
        assert device_of(tokens, good) == "d-1"
        assert device_of(tokens, forged) == ""

    assert [sorted(map(len, call.args)) for call in compared.call_args_list] == [[64, 64]] * 2


async def test_a_device_that_signs_for_itself_is_a_new_one(person, extract) -> None:
    expiry_ms = round((datetime.now(UTC) + timedelta(days=1)).timestamp() * 1000)
    owner = await person(credits=4)
    owner.http.cookies.set(COOKIE, f"d-1.{expiry_ms}.{'0' * 64}")

    answer = await extract(owner.http)

    assert answer.status_code == 200
    assert not answer.cookies[COOKIE].startswith("d-1.")
