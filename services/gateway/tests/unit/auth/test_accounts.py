"""Registering, signing in and out, in the legacy shapes (§1.11)."""

import asyncio
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from metaextract_common.errors import Kind, ServiceError, invalid_request, service_unreachable

DAYS_7 = 7 * 24 * 3600
UUID = r"[0-9a-f-]{36}"
NEW = {"email": "new@example.com", "username": "newcomer", "password": "Correct-horse-1"}


def refusal(reason, kind, metadata=None, wait_seconds=None):
    return ServiceError(kind, "billing.metaextract", reason, "Told to people.", metadata, wait_seconds)


def cookies_of(response):
    """Return the attributes of each cookie that an answer sets."""
    found = {}
    for line in response.headers.get_list("set-cookie"):
        first, *attributes = line.split("; ")
        name, _, value = first.partition("=")
        found[name] = {"value": value, "attributes": sorted(one.lower() for one in attributes)}
    return found


async def login(http, gate, **options):
    body = {"email": gate.ada.email, "password": gate.password}
    return await http.post("/api/auth/login", json=body, **options)


async def test_registering_answers_as_the_original_and_signs_in(gate, http) -> None:
    answer = await http.post("/api/auth/register", json=NEW)

    assert answer.status_code == 201
    body = answer.json()
    assert re.fullmatch(UUID, body["user"]["id"])
    user = {"id": body["user"]["id"], "email": NEW["email"], "username": "newcomer"}
    assert body == {
        "success": True,
        "user": user | {"tier": "enterprise", "credits": 0},
        "token": body["token"],
    }
    assert gate.tokens.caller(body["token"]).user == user["id"]
    assert answer.cookies["auth_token"] == body["token"]
    assert (await http.get("/api/auth/me")).json()["user"]["id"] == user["id"]


@pytest.mark.parametrize(
    ("reason", "words", "code"),
    [
        ("EMAIL_TAKEN", "Email already registered", "EMAIL_EXISTS"),
        ("USERNAME_TAKEN", "Username already taken", "USERNAME_EXISTS"),
    ],
)
async def test_what_somebody_has_is_refused(gate, http, reason, words, code) -> None:
    gate.directory.error = refusal(reason, Kind.ALREADY_EXISTS)

    answer = await http.post("/api/auth/register", json=NEW)

    assert (answer.status_code, answer.json()) == (409, {"error": words, "code": code})
    assert not cookies_of(answer)


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({}, {"email": ["Required"], "username": ["Required"], "password": ["Required"]}),
        (NEW | {"email": 7}, {"email": ["Expected string, received number"]}),
        (NEW | {"password": None}, {"password": ["Expected string, received null"]}),
        (
            {"email": [], "username": {}, "password": True},
            {
                "email": ["Expected string, received array"],
                "username": ["Expected string, received object"],
                "password": ["Expected string, received boolean"],
            },
        ),
        (
            {"email": "x", "username": "ab", "password": 1.5},
            {
                "email": ["Invalid email address"],
                "username": ["Username must be at least 3 characters"],
                "password": ["Expected string, received number"],
            },
        ),
    ],
)
async def test_all_that_is_missing_or_wrong_is_told_by_field(gate, http, body, details) -> None:
    broken = {"email": "form", "username": "too_short", "password": "too_short,digit"}
    of_texts = {name: rules for name, rules in broken.items() if body.get(name) != NEW[name]}
    gate.directory.error = refusal("REGISTRATION_INVALID", Kind.INVALID, of_texts)

    answer = await http.post("/api/auth/register", json=body)

    assert (answer.status_code, answer.json()) == (400, {"error": "Validation failed", "details": details})


@pytest.mark.parametrize(
    ("error", "details"),
    [
        (
            refusal("PASSWORD_WEAK", Kind.INVALID, {"rules": "upper_case,digit"}),
            {
                "password": [
                    "Password must contain at least one uppercase letter",
                    "Password must contain at least one number",
                ]
            },
        ),
        (invalid_request("email", "must be a valid email"), {"email": ["Invalid email address"]}),
        (
            refusal(
                "REGISTRATION_INVALID",
                Kind.INVALID,
                {"username": "too_long,characters", "password": "too_short,too_long"},
            ),
            {
                "username": ["String must contain at most 50 character(s)", "Invalid username"],
                "password": [
                    "Password must be at least 8 characters",
                    "Password must be no more than 72 characters",
                ],
            },
        ),
    ],
)
async def test_what_the_users_service_refuses_is_told_by_field(gate, http, error, details) -> None:
    gate.directory.error = error

    answer = await http.post("/api/auth/register", json=NEW)

    assert (answer.status_code, answer.json()) == (400, {"error": "Validation failed", "details": details})


async def test_signing_in_answers_as_the_original_with_the_credits_of_the_account(gate, http) -> None:
    answer = await login(http, gate)

    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "user": {
            "id": gate.ada.id,
            "email": "ada@example.com",
            "username": "ada",
            "tier": "enterprise",
            "subscriptionStatus": "none",
            "credits": 42,
        },
        "token": answer.cookies["auth_token"],
    }
    assert gate.directory.asked[0] == "with_password ada@example.com from 192.0.2.7"


async def test_no_script_reads_the_cookie_which_lives_as_long_as_the_session(gate, http) -> None:
    cookies = cookies_of(await login(http, gate))

    assert list(cookies) == ["auth_token"]
    expires, age, *rest = sorted(cookies["auth_token"]["attributes"], key=lambda one: one[:1] not in "em")
    assert age == f"max-age={DAYS_7}"
    left = parsedate_to_datetime(expires.removeprefix("expires=")) - datetime.now(UTC)
    assert DAYS_7 - 60 < left.total_seconds() <= DAYS_7
    assert rest == ["httponly", "path=/", "samesite=lax"]


async def test_over_https_the_cookies_are_secure(gates) -> None:
    gate = gates(scheme="https")
    async with gate.client() as http:
        cookies = cookies_of(await login(http, gate))

    assert all("secure" in one["attributes"] for one in cookies.values())


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({}, {"email": ["Required"], "password": ["Required"]}),
        ({"email": "ada@example.com", "password": ""}, {"password": ["Password is required"]}),
    ],
)
async def test_signing_in_with_nothing_is_told_by_field(gate, http, body, details) -> None:
    answer = await http.post("/api/auth/login", json=body)

    assert (answer.status_code, answer.json()) == (400, {"error": "Validation failed", "details": details})
    assert gate.directory.asked == []


async def test_a_wrong_password_is_not_told_apart_from_a_wrong_address(gate, http) -> None:
    wrong = [
        await http.post("/api/auth/login", json={"email": email, "password": "Wrong-horse-1"})
        for email in (gate.ada.email, "nobody@example.com")
    ]

    for answer in wrong:
        assert answer.status_code == 401
        assert answer.json() == {"error": "Invalid credentials", "code": "INVALID_CREDENTIALS"}


async def test_an_address_that_is_locked_is_429_with_the_time_to_wait(gate, http) -> None:
    gate.directory.error = refusal("LOGIN_LOCKED", Kind.EXHAUSTED, wait_seconds=612.4)

    answer = await login(http, gate)

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "613"
    assert answer.json() == {
        "error": "Too many login attempts",
        "message": "Please wait 15 minutes before trying again",
        "retryAfter": 613,
    }


async def test_a_body_that_is_no_json_is_400_in_the_legacy_shape(http) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await http.post("/api/auth/login", content=b"{", headers=headers)

    assert (answer.status_code, list(answer.json())) == (400, ["message"])


@pytest.mark.parametrize(("path", "words"), [("login", "Login failed"), ("register", "Registration failed")])
async def test_nobody_signs_in_while_users_are_away(gate, http, path, words) -> None:
    gate.directory.error = service_unreachable("VerifyPassword")

    answer = await http.post(f"/api/auth/{path}", json=NEW)

    assert (answer.status_code, answer.json()["error"]) == (503, words)


async def test_me_always_answers_200(gate, http) -> None:
    nobody = await http.get("/api/auth/me")
    await login(http, gate)
    ada = await http.get("/api/auth/me")

    assert (nobody.status_code, nobody.json()) == (200, {"authenticated": False, "user": None})
    user = {"id": gate.ada.id, "email": gate.ada.email, "username": "ada", "tier": "enterprise"}
    assert ada.json() == {"authenticated": True, "user": user | {"subscriptionStatus": "none"}}


async def test_me_believes_the_token_while_users_are_away_and_not_when_the_user_is_gone(gate, http) -> None:
    await login(http, gate)

    gate.directory.error = service_unreachable("GetUser")
    assert (await http.get("/api/auth/me")).json()["user"]["id"] == gate.ada.id
    gate.directory.error = None
    gate.directory.users.clear()
    assert (await http.get("/api/auth/me")).json() == {"authenticated": False, "user": None}


async def test_a_refresh_gives_a_newer_token(gate, http) -> None:
    first = await login(http, gate)
    refreshed = await http.post("/api/auth/refresh")

    assert refreshed.status_code == 200
    body = refreshed.json()
    user = {"id": gate.ada.id, "email": gate.ada.email, "username": "ada", "tier": "enterprise"}
    assert body["success"] is True
    assert body["user"] == user | {"subscriptionStatus": "none"}
    assert body["token"] == refreshed.cookies["auth_token"] != first.json()["token"]
    assert gate.tokens.refresh_token(body["token"]) == "refresh-2"


@pytest.mark.parametrize("how", ["cookie", "header"])
async def test_a_client_that_keeps_its_token_alone_stays_signed_in_by_refreshing(gate, how) -> None:
    token = await gate.token_of(gate.ada)
    for _ in range(3):
        headers = (
            {"Cookie": f"auth_token={token}"} if how == "cookie" else {"Authorization": f"Bearer {token}"}
        )
        async with gate.client() as http:
            newer = (await http.post("/api/auth/refresh", headers=headers)).json()["token"]
        assert newer != token
        token = newer

    assert gate.tokens.caller(token).user == gate.ada.id


async def test_a_refresh_that_failed_can_be_tried_again(gate, http) -> None:
    await login(http, gate)
    gate.directory.error = service_unreachable("RefreshSession")
    assert (await http.post("/api/auth/refresh")).status_code == 503
    gate.directory.error = None

    assert (await http.post("/api/auth/refresh")).status_code == 200


async def test_nothing_to_refresh_is_401(http) -> None:
    nothing = ({}, {"Authorization": "Bearer x"}, {"Cookie": "auth_token=x"}, {"X-API-Key": "mx_k1_secret"})
    for headers in nothing:
        answer = await http.post("/api/auth/refresh", headers=headers)

        assert answer.status_code == 401
        assert answer.json() == {"error": "Not authenticated", "code": "NOT_AUTHENTICATED"}
        assert list(cookies_of(answer)) == (["auth_token"] if "Cookie" in headers else [])


@pytest.mark.parametrize("how", ["cookie", "header"])
async def test_signing_out_ends_the_session_and_clears_the_cookie(gate, http, how) -> None:
    token = (await login(http, gate)).json()["token"]
    if how == "header":
        http.cookies.clear()
    headers = {"Authorization": f"Bearer {token}"} if how == "header" else {}

    answer = await http.post("/api/auth/logout", headers=headers)

    assert (answer.status_code, answer.json()) == (
        200,
        {"success": True, "message": "Logged out successfully"},
    )
    assert gate.directory.asked[-1] == "end_session refresh-1"
    cleared = cookies_of(answer)
    assert list(cleared) == ["auth_token"]
    assert cleared["auth_token"]["attributes"] == ["expires=thu, 01 jan 1970 00:00:00 gmt", "path=/"]
    assert (await http.get("/api/auth/me")).json()["authenticated"] is False
    kept = {"Authorization": f"Bearer {token}"}
    assert (await http.post("/api/auth/refresh", headers=kept)).status_code == 401


async def test_no_earlier_token_goes_on_after_signing_out(gate, http) -> None:
    first = (await login(http, gate)).json()["token"]
    tokens = [first, *[(await http.post("/api/auth/refresh")).json()["token"] for _ in range(2)]]
    await http.post("/api/auth/logout")

    for token in tokens:
        kept = {"Authorization": f"Bearer {token}"}
        assert (await http.post("/api/auth/refresh", headers=kept)).status_code == 401


async def test_a_refresh_that_is_under_way_does_not_survive_signing_out(gate, http) -> None:
    token = (await login(http, gate)).json()["token"]
    kept = {"Authorization": f"Bearer {token}"}

    gate.directory.may_refresh.clear()

    refreshing = asyncio.create_task(http.post("/api/auth/refresh", headers=kept))
    while "refresh_session" not in gate.directory.asked:
        await asyncio.sleep(0)
    out = await http.post("/api/auth/logout", headers=kept)
    gate.directory.may_refresh.set()

    assert (out.status_code, (await refreshing).status_code) == (200, 401)


async def test_signing_out_twice_is_no_failure(http) -> None:
    assert (await http.post("/api/auth/logout")).status_code == 200


async def test_a_csrf_token_is_given_to_whoever_is_signed_in(gate, http) -> None:
    nobody = await http.get("/api/auth/csrf-token")
    await login(http, gate)
    answer = await http.get("/api/auth/csrf-token")

    assert (nobody.status_code, nobody.json()) == (401, {"error": "Authentication required"})
    left_ms = answer.json()["expiresAt"] - datetime.now(UTC).timestamp() * 1000
    assert 3_590_000 < left_ms <= 3_600_000
    cookie = cookies_of(answer)["csrf_token"]
    assert cookie["value"] == answer.json()["token"]
    assert cookie["attributes"][0].startswith("expires=")
    assert cookie["attributes"][1:] == ["max-age=3600", "path=/", "samesite=strict"]


async def test_nothing_about_somebody_is_kept_by_a_cache(gate, http) -> None:
    answers = [
        await login(http, gate),
        await http.post("/api/auth/refresh"),
        await http.get("/api/auth/me"),
        await http.get("/api/auth/csrf-token"),
    ]

    assert [answer.headers["cache-control"] for answer in answers] == ["no-store"] * 4
