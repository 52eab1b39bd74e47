"""`sessionId: "user:<id>"` read, spent and claimed the credits of another account: 50 stolen by one POST."""

import pytest

MVP = "/api/images_mvp/credits"


def names_of(victim):
    """Return what a thief might call the session: every way in which an account was or is named."""
    return [
        victim.account,
        victim.id,
        f"images_mvp:{victim.account}",
        f"credits:core:{victim.account}",
        f"../{victim.account}",
        f"session:{victim.account}",
    ]


@pytest.fixture
async def victim(person):
    return await person(credits=50)


async def test_the_balance_of_an_account_is_not_that_of_a_session(stranger, victim) -> None:
    for name in names_of(victim):
        asked = [
            await stranger.get(f"{MVP}/balance", params={"sessionId": name}),
            await stranger.get(f"{MVP}/balance", headers={"X-Session-Id": name}),
            await stranger.get(f"{MVP}/balance", headers={"Cookie": f"metaextract_session_id={name}"}),
        ]
        assert [one.json()["credits"] for one in asked] == [0, 0, 0]
    assert (await victim.http.get(f"{MVP}/balance")).json()["credits"] == 50


async def test_an_account_is_not_claimed_as_a_session(person, victim, credits_of) -> None:
    thief = await person()
    for name in names_of(victim):
        claimed = await thief.http.post(f"{MVP}/claim", json={"sessionId": name})
        assert (claimed.status_code, claimed.json()) == (200, {"transferred": 0})

    assert await credits_of(victim.account) == 50
    assert await credits_of(thief.account) == 0


async def test_an_account_does_not_pay_for_a_session(stranger, victim, extract, credits_of) -> None:
    answer = await extract(stranger, session_id=victim.account)

    assert answer.json().get("access", {}).get("mode") != "paid"
    assert await credits_of(victim.account) == 50
