"""Whose credits pay: no id that a client sends leads to an account of another kind (§0.3, §10.C 22)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from metaextract_gateway.adapters.http.legacy.sessions import Sessions, session_account


def request(query: str = "", **headers: str) -> Request:
    named = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "headers": named, "query_string": query.encode(), "path": "/"})


@pytest.mark.parametrize(
    ("query", "body", "headers", "session"),
    [
        ("sessionId=q1&session_id=q2", {"sessionId": "b"}, {"x_session_id": "h"}, "q1"),
        ("session_id=q2", {"sessionId": "b"}, {"x_session_id": "h"}, "q2"),
        ("", {"sessionId": "b1", "session_id": "b2"}, {"x_session_id": "h"}, "b1"),
        ("", {"session_id": "b2"}, {"x_session_id": "h"}, "b2"),
        ("", {}, {"x_session_id": "h", "cookie": "metaextract_session_id=c"}, "h"),
        ("", {}, {"cookie": "metaextract_session_id=c"}, "c"),
        ("", {}, {}, ""),
        ("sessionId=", {"sessionId": 7, "session_id": ["x"]}, {"x_session_id": "h"}, "h"),
        ("sessionId=a%00b", {}, {}, ""),
        (f"sessionId={'x' * 191}", {}, {}, ""),
    ],
)
def test_the_session_is_looked_for_in_the_order_of_the_contract(
    query: str, body: dict[str, object], headers: dict[str, str], session: str
) -> None:
    assert Sessions().session_of(request(query, **headers), body) == session


def test_an_upload_is_paid_by_the_session_it_names_else_by_that_of_the_cookie() -> None:
    cookie = request(cookie="metaextract_session_id=c")

    assert Sessions().account_of_upload(cookie, "s1") == "session:s1"
    assert Sessions().account_of_upload(cookie, "") == "session:c"
    assert Sessions().account_of_upload(request(), "") == ""
    assert Sessions(lambda _request: "user:7").account_of_upload(cookie, "s1") == "user:7"


def test_an_upload_proves_every_account_that_it_names_and_the_first_pays() -> None:
    cookie = request(cookie="metaextract_session_id=c")
    signed_in = Sessions(lambda _request: "user:7")

    assert signed_in.accounts_of_upload(cookie, "s1") == ("user:7", "session:s1", "session:c")
    assert Sessions().accounts_of_upload(cookie, "c") == ("session:c",)
    assert Sessions().accounts_of_upload(request(), "") == ()
    assert Sessions().accounts_of_upload(cookie, "user:7\x00") == ("session:c",)


@given(st.text())
def test_no_session_id_leads_out_of_the_sessions(session_id: str) -> None:
    account = Sessions().account_of(request(), {"sessionId": session_id})

    assert account == "" or account.startswith("session:")
    assert len(account) <= 200
    assert "\x00" not in account
    assert session_account("") == ""
