"""The paths of the original that were broken (§10.A), each as its clients take it, and whole.

The seventh, buying, is in `tests/e2e/test_money.py`; the ninth, how often clients may tell of their use, in
the gateway's `test_rate_limits.py`.
"""

import uuid
from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Any, Final

import httpx
import pytest

from metaextract_testing.factory import make
from metaextract_testing.fleet import Fleet

MVP: Final = "/api/images_mvp"
SEEDS: Final = count(10_000)
ADDRESSES: Final = count(1)


@pytest.fixture
async def http(metered: Fleet) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"X-Forwarded-For": f"198.51.{next(ADDRESSES)}.7"}
    async with httpx.AsyncClient(base_url=metered.url, timeout=60, headers=headers) as client:
        yield client


@pytest.fixture
def session() -> str:
    return str(uuid.uuid4())


async def extracted(http: httpx.AsyncClient, **fields: str) -> httpx.Response:
    image = make("jpeg", seed=next(SEEDS))
    files = {"file": (image.name, image.content, image.media_type)}
    return await http.post(f"{MVP}/extract", files=files, data=fields)


async def balance(http: httpx.AsyncClient, session: str = "") -> int:
    answer = await http.get(f"{MVP}/credits/balance", params={"sessionId": session} if session else {})
    return int(answer.json()["credits"])


async def as_the_client_does(http: httpx.AsyncClient, session: str, **ops: bool) -> httpx.Response:
    """Quote and upload in the order of the shipped client (§9): no key, fields before the file."""
    image = make("jpeg", seed=next(SEEDS))
    file_id = str(uuid.uuid4())
    stated = {"id": file_id, "name": image.name, "mime": image.media_type, "sizeBytes": len(image.content)}
    wanted = {"embedding": True, "ocr": False, "forensics": False, **ops}
    quote = await http.post(f"{MVP}/quote", json={"files": [stated], "ops": wanted})
    assert quote.json()["schemaVersion"] == "images_mvp_quote_v1"
    fields: list[tuple[str, Any]] = [
        ("fingerprintData", (None, '{"canvas": "' + "x" * 100_000 + '"}')),
        ("session_id", (None, session)),
        ("quote_id", (None, quote.json()["quoteId"])),
        ("client_file_id", (None, file_id)),
        *((f"op_{name}", (None, str(value).lower())) for name, value in wanted.items()),
        ("client_last_modified", (None, "1767098096000")),
        ("file", (image.name, image.content, image.media_type)),
    ]
    return await http.post(f"{MVP}/extract", files=fields)


async def test_1_the_shipped_client_extracts_without_a_key(
    http: httpx.AsyncClient, grant: Callable[..., Any], session: str
) -> None:
    free = await as_the_client_does(http, session)
    await grant(f"session:{session}", 20)
    paid = await as_the_client_does(http, session)

    assert (free.status_code, free.json()["access"]["mode"]) == (200, "device_free")
    assert free.json()["client_last_modified_iso"] == "2025-12-30T12:34:56.000Z"
    assert (paid.status_code, paid.json()["access"]["credits_charged"]) == (200, 4)
    assert await balance(http, session) == 16


async def test_1_a_quote_that_was_asked_for_without_the_session_holds_for_it(
    http: httpx.AsyncClient, grant: Callable[..., Any], session: str
) -> None:
    """The shipped client names its session when it uploads, and not when it asks what that would cost."""
    await grant(f"session:{session}", 20)
    image = make("jpeg", seed=next(SEEDS))
    stated = {"id": "f1", "name": image.name, "mime": image.media_type, "sizeBytes": len(image.content)}
    quote = await http.post(f"{MVP}/quote", json={"files": [stated], "ops": {"forensics": True}})

    claim = {"session_id": session, "quote_id": quote.json()["quoteId"], "client_file_id": "f1"}
    answers = []
    for content in (image.content, image.content, image.content + b"another"):
        files = {"file": (image.name, content, image.media_type)}
        answers.append(await http.post(f"{MVP}/extract", files=files, data=claim))

    assert quote.json()["creditsTotal"] == 8
    assert [answer.json()["access"]["credits_charged"] for answer in answers[:2]] == [8, 8]
    assert (answers[2].status_code, answers[2].json()["code"]) == (400, "QUOTE_INVALID")
    assert await balance(http, session) == 12


async def test_2_two_free_checks_are_two_on_one_device(http: httpx.AsyncClient) -> None:
    answers = [await extracted(http) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 402]
    assert [answer.json()["access"]["free_used"] for answer in answers[:2]] == [1, 2]
    cookies = [len(answer.headers.get_list("set-cookie")) for answer in answers]
    assert cookies == [1, 0, 1]  # the device once, and a session for whoever has to buy


async def test_3_whoever_pays_gets_the_whole_report(
    http: httpx.AsyncClient, grant: Callable[..., Any], session: str
) -> None:
    await grant(f"session:{session}", 4)

    document = (await extracted(http, session_id=session)).json()

    assert document["access"] == {
        "trial_email_present": False,
        "trial_granted": False,
        "credits_charged": 4,
        "credits_required": 4,
        "mode": "paid",
    }
    assert document["locked_fields"] == []
    assert document["gps"]["google_maps_url"].startswith("https://maps.google.com/?q=")


async def test_4_nobody_is_charged_and_refused(
    http: httpx.AsyncClient, grant: Callable[..., Any], session: str
) -> None:
    for _ in range(2):
        await extracted(http)
    await grant(f"session:{session}", 8)

    answers = [await extracted(http, session_id=session) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 402]
    assert answers[-1].json()["error"]["message"] == "Insufficient credits: have 0, need 4"
    assert await balance(http, session) == 0


async def test_5_credits_are_seen_wherever_the_session_is_named(
    http: httpx.AsyncClient, grant: Callable[..., Any], session: str
) -> None:
    for _ in range(2):
        await extracted(http)
    await grant(f"session:{session}", 16)
    image = make("jpeg", seed=next(SEEDS))
    files = {"file": (image.name, image.content, image.media_type)}

    by_body = await extracted(http, session_id=session)
    by_query = await http.post(f"{MVP}/extract", files=files, params={"session_id": session})
    by_header = await http.post(f"{MVP}/extract", files=files, headers={"X-Session-Id": session})
    http.cookies.set("metaextract_session_id", session)
    by_cookie = await http.post(f"{MVP}/extract", files=files)

    answers = (by_body, by_query, by_header, by_cookie)
    assert [answer.json()["access"]["mode"] for answer in answers] == ["paid"] * 4
    assert await balance(http, session) == 0


async def test_5_credits_are_seen_behind_the_file_too(
    http: httpx.AsyncClient, grant: Callable[..., Any], session: str
) -> None:
    """The original stored the whole form before it looked at it."""
    await grant(f"session:{session}", 10)
    image = make("jpeg", seed=next(SEEDS))
    fields: list[tuple[str, Any]] = [
        ("file", (image.name, image.content, image.media_type)),
        ("session_id", (None, session)),
        ("op_ocr", (None, "true")),
        ("client_last_modified", (None, "1767098096000")),
    ]

    document = (await http.post(f"{MVP}/extract", files=fields)).json()

    assert (document["access"]["mode"], document["access"]["credits_required"]) == ("paid", 9)
    assert document["client_last_modified_iso"] == "2025-12-30T12:34:56.000Z"


async def test_6_whoever_is_signed_in_pays_from_the_own_account(
    http: httpx.AsyncClient, grant: Callable[..., Any], session: str
) -> None:
    name = f"p{uuid.uuid4().hex[:12]}"
    body = {"email": f"{name}@example.com", "username": name, "password": "Correct-horse-1"}
    user = (await http.post("/api/auth/register", json=body)).json()["user"]
    await grant(f"user:{user['id']}", 4)
    await grant(f"session:{session}", 4)

    answer = await extracted(http, session_id=session)

    assert answer.json()["access"]["mode"] == "paid"
    assert await balance(http) == 0
    http.cookies.clear()
    assert await balance(http, session) == 4


async def test_8_a_trial_email_in_the_form_is_seen(http: httpx.AsyncClient) -> None:
    email = f" {uuid.uuid4().hex}@Example.com "
    answers = [await extracted(http, trial_email=email) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 402]
    assert answers[0].json()["access"]["mode"] == answers[1].json()["access"]["mode"] == "trial_limited"
