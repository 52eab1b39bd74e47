"""Whoever cleared their cookies had their free checks again, without end."""

from metaextract_gateway.adapters.http.devices import COOKIE

NETWORK_FREE_USES_COUNT_MAX = 4  # as in conftest.py


async def test_a_network_has_so_many_free_checks_a_day_whoever_it_says_it_is(browser, extract) -> None:
    browsers = [await browser(f"192.0.2.{number}") for number in range(NETWORK_FREE_USES_COUNT_MAX + 1)]
    answers = [await extract(one) for one in browsers]
    made_up = await browser("192.0.2.200")
    made_up.cookies.set(COOKIE, "11111111-1111-4111-8111-111111111111.9999999999999.0")
    answers.append(await extract(made_up))
    elsewhere = await extract(await browser())

    given = [200] * NETWORK_FREE_USES_COUNT_MAX
    assert [one.status_code for one in answers] == [*given, 402, 402]
    assert answers[-1].json()["error"]["code"] == "QUOTA_EXCEEDED"
    assert elsewhere.status_code == 200


async def test_an_address_that_a_client_makes_up_is_not_another_network(browser, extract) -> None:
    """Only what the nearest proxy says counts: what stands left of it, the client may have written."""
    browsers = [await browser(f"203.0.{number}.7, 198.51.100.9") for number in range(5)]

    answers = [await extract(one) for one in browsers]

    assert [one.status_code for one in answers] == [200] * NETWORK_FREE_USES_COUNT_MAX + [402]
