"""The pages that mails lead to, as people without any script see them."""

import base64
import hashlib
import re

import pytest

from metaextract_common.errors import Kind, ServiceError, invalid_request, service_unreachable

HOSTILE = '"><script>alert(1)</script>'


def refusal(reason, kind, **metadata):
    return ServiceError(kind, "billing.metaextract", reason, "x", metadata)


WEAK = refusal("PASSWORD_WEAK", Kind.INVALID, rules="too_short,digit")


async def sent(http, page, **fields):
    """Fill in the form of a page, and press its button."""
    method, action = re.search(r'<form method="(\w+)" action="([^"]+)">', page.text).groups()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
    asked = set(re.findall(r'<input type="(?:password|email)" name="(\w+)"', page.text))
    assert (method, asked) == ("post", set(fields))
    return await http.post(action, data=hidden | fields)


async def test_somebody_who_forgot_their_password_chooses_another(gate, http) -> None:
    asked = await sent(http, await http.get("/reset-password"), email="ada@example.com")
    changed = await sent(http, await http.get("/reset-password?token=t0-_ken"), password="Correct-horse-2")

    assert (asked.status_code, changed.status_code) == (200, 200)
    assert "a reset link has been sent" in asked.text
    assert "Sign in with your new password" in changed.text
    assert gate.directory.asked == [
        "request_password_reset ada@example.com",
        "reset_password t0-_ken Correct-horse-2",
    ]


async def test_a_password_that_is_too_weak_is_asked_for_again_with_what_is_wrong(gate, http) -> None:
    form = await http.get("/reset-password?token=token")
    gate.directory.error = WEAK
    again = await sent(http, form, password="weak")
    gate.directory.error = None
    changed = await sent(http, again, password="Correct-horse-2")

    assert again.status_code == 400
    assert "<p>Password must be at least 8 characters</p>" in again.text
    assert "<p>Password must contain at least one number</p>" in again.text
    assert "weak" not in again.text
    assert changed.status_code == 200
    assert gate.directory.asked[-1] == "reset_password token Correct-horse-2"


async def test_an_address_is_verified_by_pressing_the_button_and_not_by_following_the_link(
    gate, http
) -> None:
    form = await http.get("/verify-email?token=token")
    before = list(gate.directory.asked)
    answer = await sent(http, form)

    assert (before, gate.directory.asked) == ([], ["verify_email token"])
    assert (answer.status_code, "is verified" in answer.text) == (200, True)


@pytest.mark.parametrize("path", ["/reset-password", "/verify-email"])
async def test_no_link_puts_anything_into_a_page(gate, http, path) -> None:
    for token in (HOSTILE, "", "a b", "x" * 201):
        answer = await http.get(path, params={"token": token})

        assert (answer.status_code, "as it stands in the mail" in answer.text) == (400, True)
        assert "alert" not in answer.text
    posted = await http.post("/reset-password", data={"token": HOSTILE, "password": HOSTILE})
    gate.directory.error = WEAK
    refused = await http.post("/reset-password", data={"token": HOSTILE, "password": HOSTILE})
    assert "<script" not in posted.text + refused.text


async def test_pages_run_nothing_and_send_their_forms_to_us_alone(http) -> None:
    answer = await http.get("/reset-password?token=token")

    [style] = re.findall(r"<style>(.*?)</style>", answer.text)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        f"style-src 'sha256-{digest}'"
    )
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (refusal("ONE_TIME_TOKEN_INVALID", Kind.INVALID), 400, "not valid any more"),
        (invalid_request("email", "must be an address"), 400, "what you wrote"),
        (refusal("MAIL_NOT_CONFIGURED", Kind.PRECONDITION), 503, "does not send mail"),
        (service_unreachable("ConfirmPasswordReset"), 503, "try again shortly"),
        (refusal("NEW", Kind.INTERNAL), 500, "on our side"),
    ],
)
@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/reset-password", {"token": "t", "password": "Correct-horse-2"}),
        ("/reset-password", {"email": "ada@example.com"}),
        ("/verify-email", {"token": "t"}),
    ],
)
async def test_what_does_not_work_is_told_in_words(gate, http, path, fields, error, status, words) -> None:
    gate.directory.error = error

    answer = await http.post(path, data=fields)

    assert (answer.status_code, words in answer.text) == (status, True)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/reset-password", "/verify-email"])
async def test_a_form_that_is_no_form_is_refused(gate, http, path) -> None:
    answer = await http.post(path, content=b"token=" + b"x" * 10_000)

    assert answer.status_code == 413
    assert gate.directory.asked == []
