"""One-time tokens that come by mail (§1.11)."""

import pytest

from metaextract_common.errors import Kind, ServiceError

SENT = {"message": "If an account exists with this email, a reset link has been sent."}
INVALID = ServiceError(Kind.INVALID, "billing.metaextract", "ONE_TIME_TOKEN_INVALID", "x")
NO_MAIL = ServiceError(Kind.PRECONDITION, "billing.metaextract", "MAIL_NOT_CONFIGURED", "x")
WEAK = ServiceError(Kind.INVALID, "billing.metaextract", "PASSWORD_WEAK", "x", {"rules": "too_short"})


async def signed_in(gate):
    return {"Authorization": f"Bearer {await gate.token_of(gate.ada)}"}


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
async def test_a_reset_is_answered_alike_for_everybody(gate, http, email) -> None:
    answer = await http.post("/api/auth/password-reset/request", json={"email": email})

    assert (answer.status_code, answer.json()) == (200, SENT)
    assert gate.directory.asked == [f"request_password_reset {email}"]


async def test_a_server_that_sends_no_mail_says_so(gate, http) -> None:
    gate.directory.error = NO_MAIL

    answer = await http.post("/api/auth/password-reset/request", json={"email": "ada@example.com"})

    assert (answer.status_code, answer.json()["error"]) == (503, "Password reset request failed")


async def test_the_token_is_taken_for_a_new_password(gate, http) -> None:
    body = {"token": "one-time", "password": "Another-horse-1"}
    answer = await http.post("/api/auth/password-reset/confirm", json=body)

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert gate.directory.asked == ["reset_password one-time Another-horse-1"]


@pytest.mark.parametrize(
    ("error", "body"),
    [
        (INVALID, {"error": "Invalid or expired reset token"}),
        (
            WEAK,
            {
                "error": "Validation failed",
                "details": {"password": ["Password must be at least 8 characters"]},
            },
        ),
    ],
)
async def test_a_reset_that_is_refused_is_400(gate, http, error, body) -> None:
    gate.directory.error = error

    answer = await http.post("/api/auth/password-reset/confirm", json={"token": "t", "password": "p"})

    assert (answer.status_code, answer.json()) == (400, body)


async def test_the_token_verifies_the_address(gate, http) -> None:
    answer = await http.post("/api/auth/verify-email", json={"token": "one-time"})
    missing = await http.post("/api/auth/verify-email", json={})
    gate.directory.error = INVALID
    used = await http.post("/api/auth/verify-email", json={"token": "one-time"})

    assert answer.json() == {
        "success": True,
        "message": "Email verified successfully",
        "userId": gate.ada.id,
    }
    assert (missing.status_code, missing.json()) == (400, {"error": "Verification token is required"})
    assert (used.status_code, used.json()) == (
        400,
        {"success": False, "error": "Invalid verification token"},
    )


@pytest.mark.parametrize("path", ["resend", "resend-verification"])
async def test_another_token_is_sent_to_whoever_is_signed_in(gate, http, path) -> None:
    nobody = await http.post(f"/api/auth/{path}")
    sent = await http.post(f"/api/auth/{path}", headers=await signed_in(gate))
    gate.directory.already_verified = True
    verified = await http.post(f"/api/auth/{path}", headers=await signed_in(gate))

    assert (nobody.status_code, nobody.json()) == (
        401,
        {"error": "Authentication required", "code": "AUTH_REQUIRED"},
    )
    assert (sent.status_code, sent.json()) == (200, {"success": True, "message": "Verification email sent"})
    assert (verified.status_code, verified.json()) == (
        400,
        {"success": False, "error": "Email already verified"},
    )
