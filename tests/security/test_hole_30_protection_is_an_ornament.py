"""Scores of risk were computed from what was never read, and whoever looked bad was merely asked to wait.

What protects now does not depend on what a client says of itself: signed devices, networks, what was used.
"""

import json

import pytest

BAD = {"user-agent": "HeadlessChrome bot", "x-risk-token": "bm90IGpzb24="}
GOOD = {"riskScore": 0, "trusted": True, "deviceId": "known-good"}


@pytest.mark.parametrize("field", ["fingerprintData", "fingerprint"])
async def test_what_a_client_says_of_itself_buys_nothing(stranger, extract, field) -> None:
    for _ in range(2):
        await extract(stranger)

    praised = await extract(stranger, **{field: json.dumps(GOOD)})

    assert (praised.status_code, praised.json()["error"]["code"]) == (402, "QUOTA_EXCEEDED")


async def test_nobody_is_refused_or_challenged_for_how_they_look(stranger, extract) -> None:
    stranger.headers.update(BAD)

    answer = await extract(stranger, fingerprintData="not json at all {")

    assert answer.status_code == 200
    assert "challenge" not in answer.text


async def test_new_devices_of_one_network_do_not_add_up(browser, extract) -> None:
    network = "203.0.113"
    answers = [await extract(await browser(f"{network}.{host}")) for host in range(1, 7)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 402, 402]
