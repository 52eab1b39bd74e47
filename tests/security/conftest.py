"""One metered product that every hole of the original is looked for in (§10.C)."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from itertools import count
from types import SimpleNamespace

import grpc
import httpx
import pytest

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_testing.factory import make
from metaextract_testing.fleet import Fleet, started

NETWORK_FREE_USES_COUNT_MAX = 4
"""So that the free checks of a whole network are used up before the limit on requests is met."""
SEEDS = count(22_000)
NETWORKS = count(1)


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    environment = {
        "BILLING_NETWORK_FREE_USES_COUNT_MAX": str(NETWORK_FREE_USES_COUNT_MAX),
        "GATEWAY_TRUSTED_PROXIES": "127.0.0.1/32",  # the tests, which say for whom they ask
    }
    with started(tmp_path_factory.mktemp("security"), "--metered", environment=environment) as running:
        yield running


@pytest.fixture
async def billing(fleet: Fleet) -> AsyncIterator[BillingServiceStub]:
    async with grpc.aio.insecure_channel(fleet.target("billing")) as channel:
        yield BillingServiceStub(channel)


@pytest.fixture
async def browser(fleet: Fleet) -> AsyncIterator[Callable[..., Awaitable[httpx.AsyncClient]]]:
    """Makes clients that keep their own cookies, as browsers do; each in a network of its own if not told."""
    async with AsyncExitStack() as stack:

        async def opened(address: str = "") -> httpx.AsyncClient:
            headers = {"X-Forwarded-For": address or f"10.{next(NETWORKS)}.0.1"}
            client = httpx.AsyncClient(base_url=fleet.url, timeout=60, headers=headers)
            return await stack.enter_async_context(client)

        yield opened


@pytest.fixture
async def stranger(browser: Callable[..., Awaitable[httpx.AsyncClient]]) -> httpx.AsyncClient:
    """Somebody who is not signed in."""
    return await browser()


@pytest.fixture
def person(
    browser: Callable[..., Awaitable[httpx.AsyncClient]], billing: BillingServiceStub
) -> Callable[..., Awaitable[SimpleNamespace]]:
    """Makes people who registered just now, with `credits` in their account."""

    async def registered(credits: int = 0, **told: str) -> SimpleNamespace:  # noqa: A002 - of money
        http = await browser()
        name = f"p{uuid.uuid4().hex[:12]}"
        body = {"email": f"{name}@example.com", "username": name, "password": "Correct-horse-1", **told}
        answer = await http.post("/api/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        user, token = answer.json()["user"], answer.json()["token"]
        account = f"user:{user['id']}"
        if credits:
            request_id = str(uuid.uuid4())
            await billing.GrantCredits(
                pb.GrantCreditsRequest(account=account, request_id=request_id, credits=credits)
            )
        return SimpleNamespace(id=user["id"], account=account, http=http, token=token)

    return registered


@pytest.fixture
def credits_of(billing: BillingServiceStub) -> Callable[[str], Awaitable[int]]:
    """Tells what an account holds, as billing says."""

    async def told(account: str) -> int:
        return (await billing.GetBalance(pb.GetBalanceRequest(account=account))).credits_available

    return told


@pytest.fixture
def extract() -> Callable[..., Awaitable[httpx.Response]]:
    """Sends a picture that nobody has sent before."""

    async def sent(http: httpx.AsyncClient, **fields: str) -> httpx.Response:
        image = make("jpeg", seed=next(SEEDS))
        files = {"file": (image.name, image.content, image.media_type)}
        return await http.post("/api/images_mvp/extract", files=files, data=fields)

    return sent
