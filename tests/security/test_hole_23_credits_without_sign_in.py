"""Credits were used, transactions and subscriptions read, and subscriptions cancelled, by anybody."""

import pytest


@pytest.fixture
async def victim(person):
    return await person(credits=50)


async def asked(http, victim):
    """Return the answers to everything that was open, about the victim."""
    balance_id = (await victim.http.get("/api/credits/balance")).json()["balanceId"]
    use = {"balanceId": balance_id, "amount": 5, "fileType": "image/jpeg"}
    return {
        "use": await http.post("/api/credits/use", json=use),
        "add": await http.post("/api/credits/add", json={"balanceId": balance_id, "credits": 5}),
        "grant": await http.post("/api/dev/credits/grant", json={"credits": 5}),
        "grant mvp": await http.post("/api/dev/images_mvp/credits/grant", json={"credits": 5}),
        "transactions": await http.get("/api/credits/transactions", params={"balanceId": balance_id}),
        "transactions mvp": await http.get(
            "/api/images_mvp/credits/transactions", params={"balanceId": balance_id}
        ),
        "status": await http.get("/api/subscription/status", params={"userId": victim.id}),
        "cancel": await http.post("/api/subscription/cancel", json={"userId": victim.id}),
    }


async def test_nobody_learns_or_moves_anything_without_signing_in(stranger, victim, credits_of) -> None:
    answers = await asked(stranger, victim)

    assert {name: one.status_code for name, one in answers.items() if one.status_code not in (401, 404)} == {}
    assert await credits_of(victim.account) == 50


async def test_nobody_learns_or_moves_anything_of_somebody_else(person, victim, credits_of) -> None:
    answers = await asked((await person()).http, victim)

    assert all(one.status_code >= 400 for one in answers.values()), answers
    assert await credits_of(victim.account) == 50


async def test_the_owner_sees_the_own(victim) -> None:
    mine = await victim.http.get("/api/credits/transactions")

    assert mine.status_code == 200
    assert [one["amount"] for one in mine.json()["transactions"]] == [50]
