"""A browser of the original stays signed in as long as its session lives, though it never asks for it."""

import asyncio
from datetime import timedelta

import pytest

from metaextract_common.errors import service_unreachable

OLD = timedelta(hours=2)


@pytest.fixture
async def old(gate):
    """The cookie of somebody whose access token has expired."""
    return {"Cookie": f"auth_token={await gate.token_of(gate.ada, OLD)}"}


@pytest.mark.parametrize("path", ["/api/who", "/v1/who"])
async def test_an_expired_cookie_is_taken_for_a_newer_one(gate, http, old, path) -> None:
    answer = await http.get(path, headers=old)

    assert answer.json() == {"account": f"user:{gate.ada.id}", "by": "session"}
    assert answer.headers["cache-control"] == "no-store"
    newer = answer.cookies["auth_token"]
    assert gate.tokens.caller(newer).user == gate.ada.id
    assert gate.tokens.refresh_token(newer) == "refresh-2"


async def test_a_token_that_is_still_good_is_left_alone(gate, http) -> None:
    answer = await http.get("/api/who", headers={"Cookie": f"auth_token={await gate.token_of(gate.ada)}"})

    assert "set-cookie" not in answer.headers
    assert gate.directory.asked == ["start_session"]


async def test_requests_sent_at_once_share_one_refresh(gate, http, old) -> None:
    answers = await asyncio.gather(*(http.get("/api/who", headers=old) for _ in range(5)))

    assert {answer.json()["account"] for answer in answers} == {f"user:{gate.ada.id}"}
    assert gate.directory.asked.count("refresh_session") == 1


async def test_a_session_that_has_ended_is_not_prolonged(gate, http, old) -> None:
    gate.directory.sessions.clear()

    legacy, problem = await http.get("/api/who", headers=old), await http.get("/v1/who", headers=old)

    assert legacy.json()["account"] == ""
    assert (problem.status_code, problem.json()["metadata"]) == (401, {"cause": "expired"})


async def test_a_session_that_cannot_be_asked_for_is_neither_taken_nor_ignored(gate, http, old) -> None:
    gate.directory.error = service_unreachable("RefreshSession")

    for path in ("/api/who", "/v1/who"):
        assert (await http.get(path, headers=old)).status_code == 503


async def test_a_program_prolongs_its_session_itself(gate, http) -> None:
    bearer = {"Authorization": f"Bearer {await gate.token_of(gate.ada, OLD)}"}

    assert (await http.get("/v1/who", headers=bearer)).status_code == 401
    assert (await http.post("/api/auth/refresh", headers=bearer)).status_code == 200


async def test_a_page_of_somebody_else_prolongs_nothing(gate, http, old) -> None:
    foreign = old | {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}

    assert (await http.post("/v1/who", headers=foreign)).status_code == 403
    assert "refresh_session" not in gate.directory.asked


@pytest.mark.parametrize("size", [{"Content-Length": "200000"}, {"Transfer-Encoding": "chunked"}])
async def test_no_session_hangs_on_the_answer_to_an_upload(gate, http, old, size) -> None:
    answer = await http.post("/v1/who", headers=old | size, content=b"x" * 200_000)

    assert answer.status_code == 401
    assert "refresh_session" not in gate.directory.asked


async def test_signing_out_with_an_expired_cookie_signs_out(gate, http, old) -> None:
    answer = await http.post("/api/auth/logout", headers=old)

    assert answer.headers.get_list("set-cookie")[0].startswith(
        "auth_token=; Path=/; Expires=Thu, 01 Jan 1970"
    )
    assert len(answer.headers.get_list("set-cookie")) == 1
    assert gate.directory.sessions == {}


async def test_refreshing_with_an_expired_cookie_uses_one_refresh_token(gate, http, old) -> None:
    answer = await http.post("/api/auth/refresh", headers=old)

    assert answer.status_code == 200
    assert answer.headers.get_list("set-cookie")[0].startswith(f"auth_token={answer.json()['token']};")
    assert gate.directory.asked.count("refresh_session") == 1
