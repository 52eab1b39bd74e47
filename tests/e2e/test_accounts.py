"""People with accounts: registering, paying from the account, keys, the way out; on one metered product."""

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Final

import grpc
import httpx
import pytest

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_testing.factory import make
from metaextract_testing.fleet import Fleet, started
from metaextract_testing.identity_provider import AUDIENCE, IdentityProvider, identity_provider

MVP: Final = "/api/images_mvp"
PASSWORD: Final = "Correct-horse-1"
SEEDS: Final = count(19_000)


@pytest.fixture(scope="module")
def issuer() -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, issuer: IdentityProvider) -> Iterator[Fleet]:
    environment = {"GATEWAY_OIDC_ISSUER": issuer.url, "GATEWAY_OIDC_AUDIENCE": AUDIENCE}
    with started(tmp_path_factory.mktemp("accounts"), "--metered", environment=environment) as running:
        yield running


@pytest.fixture
async def http(fleet: Fleet) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=fleet.url, timeout=60) as client:
        yield client


@pytest.fixture
async def billing(fleet: Fleet) -> AsyncIterator[BillingServiceStub]:
    async with grpc.aio.insecure_channel(fleet.target("billing")) as channel:
        yield BillingServiceStub(channel)


async def grant(billing: BillingServiceStub, account: str, credits_: int) -> None:
    request = pb.GrantCreditsRequest(account=account, request_id=str(uuid.uuid4()), credits=credits_)
    await billing.GrantCredits(request)


async def registered(http: httpx.AsyncClient) -> dict:
    name = f"p{uuid.uuid4().hex[:12]}"
    body = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
    answer = await http.post("/api/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def extract(http: httpx.AsyncClient, **fields: str) -> httpx.Response:
    image = make("jpeg", seed=next(SEEDS))
    files = {"file": (image.name, image.content, image.media_type)}
    return await http.post(f"{MVP}/extract", files=files, data=fields)


async def upload(http: httpx.AsyncClient, **options: object) -> httpx.Response:
    image = make("jpeg", seed=next(SEEDS))
    headers = {"Content-Type": image.media_type, **options.pop("headers", {})}
    return await http.post("/v1/extractions?operations=embedding", content=image.content, headers=headers)


async def balance(http: httpx.AsyncClient) -> int:
    return (await http.get(f"{MVP}/credits/balance")).json()["credits"]


async def test_what_a_session_holds_is_claimed_and_then_pays_from_the_account(
    http: httpx.AsyncClient, billing: BillingServiceStub
) -> None:
    session = str(uuid.uuid4())
    await grant(billing, f"session:{session}", 10)
    assert (await http.get(f"{MVP}/credits/balance?sessionId={session}")).json()["credits"] == 10
    nobody = await http.post(f"{MVP}/credits/claim", json={"sessionId": session})
    assert (nobody.status_code, nobody.json()["code"]) == (401, "AUTH_REQUIRED")

    user = (await registered(http))["user"]
    assert await balance(http) == user["credits"] == 0
    quote = await http.post(f"{MVP}/quote", json={"files": [], "ops": {}})
    assert quote.status_code == 200
    free = [await extract(http) for _ in range(2)]
    assert [one.json()["access"]["mode"] for one in free] == ["device_free"] * 2
    claimed = await http.post(f"{MVP}/credits/claim", json={"sessionId": session})
    assert (claimed.status_code, claimed.json()) == (200, {"transferred": 10})
    assert await balance(http) == 10

    # The page of the original always names its session; the credits of the account come first (§10.A, 6).
    paid = await extract(http, session_id=session)
    assert paid.json()["access"]["mode"] == "paid"
    assert paid.json()["access"]["credits_charged"] == 4
    assert await balance(http) == 6
    account = pb.GetBalanceRequest(account=f"user:{user['id']}")
    assert (await billing.GetBalance(account)).credits_available == 6
    v1 = await upload(http)
    assert v1.status_code == 201, v1.text
    assert await balance(http) == 2

    again = await http.post("/api/auth/login", json={"email": user["email"], "password": PASSWORD})
    assert again.json()["user"]["credits"] == 2


async def test_a_session_goes_on_by_refreshing_and_ends_by_signing_out(http: httpx.AsyncClient) -> None:
    first = await registered(http)
    assert first["token"] == http.cookies["auth_token"]

    refreshed = await http.post("/api/auth/refresh")
    assert refreshed.status_code == 200
    assert refreshed.json()["token"] == http.cookies["auth_token"] != first["token"]
    assert (await http.get("/api/auth/me")).json()["user"]["id"] == first["user"]["id"]

    await http.post("/api/auth/logout")
    assert (await http.get("/api/auth/me")).json() == {"authenticated": False, "user": None}
    for token in (first["token"], refreshed.json()["token"]):
        kept = {"Authorization": f"Bearer {token}"}
        assert (await http.post("/api/auth/refresh", headers=kept)).status_code == 401


async def test_a_key_acts_for_its_user_until_it_is_revoked(
    fleet: Fleet, http: httpx.AsyncClient, billing: BillingServiceStub
) -> None:
    user = (await registered(http))["user"]
    await grant(billing, f"user:{user['id']}", 4)
    made = await http.post("/v1/apiKeys", json={"title": "holiday pictures"})
    assert made.status_code == 201, made.text
    key = {"X-API-Key": made.json()["secret"]}
    listed = (await http.get("/v1/apiKeys")).json()["api_keys"]
    assert [one["title"] for one in listed] == ["holiday pictures"]
    assert made.json()["secret"] not in str(listed)

    async with httpx.AsyncClient(base_url=fleet.url, timeout=60) as program:
        paid = await upload(program, headers=key)
        more_keys = await program.post("/v1/apiKeys", json={"title": "x"}, headers=key)
        assert await balance(http) == 0
        assert (await http.delete(made.headers["location"])).status_code == 204
        unused = made.json()["secret"][:-1] + ("A" if made.json()["secret"][-1] != "A" else "B")
        wrong = await upload(program, headers={"X-API-Key": unused})

    assert paid.status_code == 201, paid.text
    assert (more_keys.status_code, more_keys.json()["reason"]) == (403, "API_KEY_NOT_ALLOWED")
    assert (wrong.status_code, wrong.json()["reason"]) == (401, "API_KEY_INVALID")
    assert (await http.get("/v1/apiKeys")).json() == {}
    gone = await http.delete(made.headers["location"])
    assert (gone.status_code, gone.json()["reason"]) == (404, "API_KEY_NOT_FOUND")


async def test_what_a_program_repeats_without_cookies_is_the_same_request_and_paid_once(
    fleet: Fleet, http: httpx.AsyncClient, billing: BillingServiceStub
) -> None:
    user = (await registered(http))["user"]
    await grant(billing, f"user:{user['id']}", 9)
    made = await http.post("/v1/apiKeys", json={"title": "holiday pictures"})
    headers = {"X-API-Key": made.json()["secret"], "Content-Type": "image/jpeg"}
    content = make("jpeg", seed=next(SEEDS)).content

    answers = []
    for run in ("1", "2"):  # of a program, each with cookies of its own
        async with httpx.AsyncClient(base_url=fleet.url, timeout=60, headers=headers) as program:
            for key in (run, "both"):
                said = {"Idempotency-Key": f"{key}-{user['id']}"}
                answers.append(await program.post("/v1/extractions", content=content, headers=said))

    assert [one.status_code for one in answers] == [201] * 4, answers[-1].text
    assert answers[1].json()["name"] == answers[3].json()["name"]
    assert await balance(http) == 6


async def test_a_key_that_was_revoked_before_it_was_used_is_refused(http: httpx.AsyncClient) -> None:
    await registered(http)
    made = await http.post("/v1/apiKeys", json={"title": "never used"})
    await http.delete(made.headers["location"])
    http.cookies.clear()

    refused = await upload(http, headers={"Authorization": f"Bearer {made.json()['secret']}"})

    assert (refused.status_code, refused.json()["reason"]) == (401, "API_KEY_INVALID")
    assert refused.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "title"), ({"title": "x", "expire_time": "2020-01-01T00:00:00Z"}, "expire_time")],
)
async def test_a_key_that_cannot_be_made_says_why(http: httpx.AsyncClient, body: dict, field: str) -> None:
    await registered(http)

    refused = await http.post("/v1/apiKeys", json=body)

    assert (refused.status_code, refused.json()["reason"]) == (400, "INVALID_REQUEST")
    assert refused.json()["metadata"]["field"] == field


async def test_somebody_elses_key_is_not_there(fleet: Fleet, http: httpx.AsyncClient) -> None:
    await registered(http)
    made = await http.post("/v1/apiKeys", json={"title": "mine"})
    async with httpx.AsyncClient(base_url=fleet.url, timeout=60) as other:
        await registered(other)
        refused = await other.delete(made.headers["location"])

    assert (refused.status_code, refused.json()["reason"]) == (404, "API_KEY_NOT_FOUND")
    assert len((await http.get("/v1/apiKeys")).json()["api_keys"]) == 1


async def test_somebody_whom_the_identity_provider_vouches_for_pays_from_an_account(
    http: httpx.AsyncClient, billing: BillingServiceStub, issuer: IdentityProvider
) -> None:
    tokens = (issuer.token(), issuer.token(aud="another"))
    bearers = [{"Authorization": f"Bearer {token}"} for token in tokens]
    me = (await http.get("/v1/users/me", headers=bearers[0])).json()
    await grant(billing, me["account"], 4)

    paid = await upload(http, headers=bearers[0])
    refused = await upload(http, headers=bearers[1])

    assert paid.status_code == 201, paid.text
    left = await billing.GetBalance(pb.GetBalanceRequest(account=me["account"]))
    assert left.credits_available == 0
    assert (refused.status_code, refused.json()["metadata"]) == (401, {"cause": "audience"})


async def test_an_operator_is_made_by_a_command_on_the_server(fleet: Fleet, http: httpx.AsyncClient) -> None:
    user = (await registered(http))["user"]
    path = "/api/admin/credits/refund-eligibility?paymentId=pay_unknown"
    before = await http.get(path)

    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "metaextract_billing.users_admin", "grant-admin", user["email"]),
        env=billing_environment(fleet),
    )
    assert await command.wait() == 0
    body = {"email": user["email"], "password": PASSWORD}
    await http.post("/api/auth/login", json=body)  # the token of before does not tell the role
    after = await http.get(path)

    assert before.status_code == 403
    assert after.status_code == 404


def billing_environment(fleet: Fleet) -> dict[str, str]:
    """Return what the billing of the fleet was started with."""
    environment = fleet.service("billing").environ()
    database = Path(environment["BILLING_DATABASE_PATH"])
    assert database.is_file()
    return {"PATH": os.defpath, **{key: value for key, value in environment.items() if "BILLING" in key}}
