"""The caller of a request is found once; what proves nothing is refused or counts for nothing (§0.3)."""

from datetime import timedelta

import pytest
from starlette.requests import HTTPConnection

from metaextract_common.errors import service_unreachable
from metaextract_gateway.adapters.http.auth.callers import caller_of
from metaextract_gateway.adapters.http.auth.middleware import CallerMiddleware


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


async def test_nobody_is_signed_in_without_credentials(http) -> None:
    for path in ("/v1/who", "/api/who"):
        assert (await http.get(path)).json() == {"account": "", "by": None}


@pytest.mark.parametrize("path", ["/v1/who", "/api/who"])
async def test_a_token_is_taken_from_the_header_and_else_from_the_cookie(gate, http, path) -> None:
    ada, root = await gate.token_of(gate.ada), await gate.token_of(gate.root)

    by_header = await http.get(path, headers=bearer(ada))
    by_cookie = await http.get(path, headers={"Cookie": f"auth_token={ada}"})
    by_both = await http.get(path, headers=bearer(root) | {"Cookie": f"auth_token={ada}"})

    assert by_header.json() == by_cookie.json() == {"account": f"user:{gate.ada.id}", "by": "session"}
    assert by_both.json()["account"] == f"user:{gate.root.id}"


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer mx_k1_secret"}, {"X-API-Key": "mx_k1_secret"}])
async def test_a_key_is_taken_from_either_header(gate, http, headers) -> None:
    assert (await http.get("/v1/who", headers=headers)).json() == {
        "account": f"user:{gate.ada.id}",
        "by": "api_key",
    }


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Authorization": "Bearer nonsense"}, "TOKEN_INVALID"),
        ({"Authorization": "Bearer "}, "TOKEN_INVALID"),
        ({"Cookie": "auth_token=nonsense"}, "TOKEN_INVALID"),
        ({"Authorization": "Bearer mx_nobody"}, "API_KEY_INVALID"),
        ({"X-API-Key": "nonsense"}, "TOKEN_INVALID"),
        ({"X-API-Key": "mx_\xff".encode("latin-1")}, "API_KEY_INVALID"),
    ],
)
async def test_credentials_that_prove_nothing_are_refused_on_v1_and_count_for_nothing_elsewhere(
    http, headers, reason
) -> None:
    refused = await http.get("/v1/who", headers=headers)

    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["www-authenticate"] == 'Bearer realm="metaextract", error="invalid_token"'
    assert refused.json()["reason"] == reason
    assert (await http.get("/api/who", headers=headers)).json() == {"account": "", "by": None}


async def test_another_scheme_of_a_proxy_is_none_of_ours(http) -> None:
    assert (await http.get("/v1/who", headers={"Authorization": "Basic YTpi"})).json()["account"] == ""


async def test_a_key_that_was_revoked_is_refused_after_twenty_seconds(gate, http) -> None:
    key = {"X-API-Key": "mx_k1_secret"}
    assert (await http.get("/v1/who", headers=key)).status_code == 200
    gate.directory.keys.clear()

    gate.seconds = 19.9
    assert (await http.get("/v1/who", headers=key)).status_code == 200
    assert gate.directory.asked == ["with_api_key"]
    gate.seconds = 20.0
    assert (await http.get("/v1/who", headers=key)).status_code == 401


async def test_nobody_guesses_keys(gate, http) -> None:
    good = {"X-API-Key": "mx_k1_secret"}
    wrong = [await http.get("/v1/who", headers={"X-API-Key": f"mx_{number}"}) for number in range(102)]
    asked_count = len(gate.directory.asked)
    legacy = await http.get("/api/who", headers={"X-API-Key": "mx_102"})
    neighbour = await http.get("/v1/who", headers=good)

    assert [one.status_code for one in wrong] == [401] * 100 + [429] * 2
    assert wrong[-1].headers["retry-after"] == "60"
    assert asked_count == 100
    assert legacy.json()["account"] == ""
    assert neighbour.status_code == 429
    gate.seconds = 60.0
    assert (await http.get("/v1/who", headers=good)).status_code == 200


async def test_wrong_keys_of_others_do_not_matter(gate, http) -> None:
    good = {"X-API-Key": "mx_k1_secret"}
    assert (await http.get("/v1/who", headers=good)).status_code == 200
    for number in range(101):
        await http.get("/v1/who", headers={"X-API-Key": f"mx_{number}"})
    async with gate.client("198.51.100.1") as elsewhere:
        other = await elsewhere.get("/v1/who", headers={"X-API-Key": "mx_wrong"})

    assert (await http.get("/v1/who", headers=good)).status_code == 200  # it was known before
    assert other.status_code == 401


@pytest.mark.parametrize("path", ["/v1/who", "/api/who"])
async def test_a_key_that_cannot_be_checked_is_neither_taken_nor_ignored(gate, http, path) -> None:
    gate.directory.error = service_unreachable("VerifyApiKey")

    refused = await http.get(path, headers={"X-API-Key": "mx_k1_secret"})

    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "2"


async def test_a_person_is_asked_for_where_a_key_is_not_enough(gate, http) -> None:
    nobody = await http.get("/v1/person")
    program = await http.get("/v1/person", headers={"X-API-Key": "mx_k1_secret"})
    person = await http.get("/v1/person", headers=bearer(await gate.token_of(gate.ada)))

    assert (nobody.status_code, nobody.json()["reason"]) == (401, "SIGN_IN_REQUIRED")
    assert nobody.headers["www-authenticate"] == 'Bearer realm="metaextract"'
    assert (program.status_code, program.json()["reason"]) == (403, "API_KEY_NOT_ALLOWED")
    assert person.json() == {"account": f"user:{gate.ada.id}"}


async def test_a_role_is_had_and_not_told_by_a_label(gate, http) -> None:
    nobody = await http.get("/v1/admin")
    user = await http.get("/v1/admin", headers=bearer(await gate.token_of(gate.ada)))
    operator = await http.get("/v1/admin", headers=bearer(await gate.token_of(gate.root)))

    assert nobody.status_code == 401
    assert (user.status_code, user.json()["reason"]) == (403, "ROLE_REQUIRED")
    assert operator.json() == {"account": f"user:{gate.root.id}"}


OWN_PAGES = [
    {},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://here"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://here"},
]
OTHER_PAGES = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://blog.here"},
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": "http://here.evil.test"},
]


@pytest.mark.parametrize("path", ["/v1/who", "/api/who"])
@pytest.mark.parametrize("page", OWN_PAGES)
async def test_a_page_of_ours_acts_with_the_cookie(gate, http, path, page) -> None:
    cookie = {"Cookie": f"auth_token={await gate.token_of(gate.ada)}"}

    assert (await http.post(path, headers=cookie | page)).json()["account"] == f"user:{gate.ada.id}"


@pytest.mark.parametrize("page", OTHER_PAGES)
async def test_a_page_of_somebody_else_does_not_act_with_the_cookie(gate, http, page) -> None:
    cookie = {"Cookie": f"auth_token={await gate.token_of(gate.ada)}"}

    problem = await http.post("/v1/who", headers=cookie | page)
    legacy = await http.post("/api/who", headers=cookie | page)

    assert (problem.status_code, problem.json()["reason"]) == (403, "CROSS_SITE_REQUEST")
    assert (legacy.status_code, legacy.json()["error"]) == (403, "CSRF token required")
    assert (await http.get("/v1/who", headers=cookie | page)).status_code == 200  # reading changes nothing


async def test_neither_does_it_act_with_a_cookie_that_has_expired(gate, http) -> None:
    expired = {"Cookie": f"auth_token={await gate.token_of(gate.ada, timedelta(hours=2))}", **OTHER_PAGES[0]}

    assert (await http.post("/api/auth/logout", headers=expired)).status_code == 403
    assert gate.directory.asked == ["start_session"]


async def test_a_page_that_has_the_callers_csrf_token_acts_with_the_cookie(gate, http) -> None:
    cookie = {"Cookie": f"auth_token={await gate.token_of(gate.ada)}", **OTHER_PAGES[0]}
    token = (await http.get("/api/auth/csrf-token", headers=cookie)).json()["token"]
    others = {"Cookie": f"auth_token={await gate.token_of(gate.root)}", **OTHER_PAGES[0]}

    assert (await http.post("/v1/who", headers=cookie | {"X-CSRF-Token": token})).status_code == 200
    assert (await http.post("/v1/who", headers=others | {"X-CSRF-Token": token})).status_code == 403
    assert (await http.post("/v1/who", headers=cookie | {"X-CSRF-Token": "x"})).status_code == 403


@pytest.mark.parametrize("page", OTHER_PAGES)
async def test_whoever_sends_a_token_themselves_may_come_from_anywhere(gate, http, page) -> None:
    headers = bearer(await gate.token_of(gate.ada)) | page

    assert (await http.post("/v1/who", headers=headers)).status_code == 200


async def test_pages_of_origins_that_are_named_act_with_the_cookie(gate, http) -> None:
    """Behind a proxy that renames the host, or on a host of their own."""
    gate.sign_ins._origins = {"https://photos.example"}
    cookie = {"Cookie": f"auth_token={await gate.token_of(gate.ada)}"}
    ours = {"Origin": "https://photos.example", "Sec-Fetch-Site": "same-site"}
    plain = {"Origin": "http://photos.example"}

    assert (await http.post("/v1/who", headers=cookie | ours)).status_code == 200
    assert (await http.post("/v1/who", headers=cookie | plain)).status_code == 403


async def test_a_socket_that_a_page_of_somebody_else_opens_is_anybodys(gate) -> None:
    told = []

    async def socket(scope, _receive, _send) -> None:
        told.append(caller_of(HTTPConnection(scope)).account)

    cookie = f"auth_token={await gate.token_of(gate.ada)}".encode()
    for origin in (b"http://here", b"https://evil.test"):
        headers = [(b"cookie", cookie), (b"host", b"here"), (b"origin", origin)]
        scope = {"type": "websocket", "path": "/ws", "headers": headers}
        await CallerMiddleware(socket, gate.sign_ins)(scope, None, None)

    assert told == [f"user:{gate.ada.id}", ""]
