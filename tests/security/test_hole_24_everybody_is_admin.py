"""Whoever registered had the tier `enterprise`, and whoever had it was an administrator."""

import jwt
import pytest

OPERATORS = [
    "/api/admin/credits/refund-eligibility?paymentId=pay_1",
    "/api/admin/security-events",
    "/api/images_mvp/analytics/report",
]
"""What an administrator finds, does not find, and reads: whoever is none learns not even which."""
ELEVATED = [
    {"tier": "enterprise"},
    {"role": "admin", "roles": ["admin"]},
    {"isAdmin": True, "is_admin": True, "user": {"roles": ["ROLE_ADMIN"]}},
]


@pytest.mark.parametrize("told", ELEVATED)
async def test_registering_gives_no_role_whatever_is_asked_for(person, told) -> None:
    somebody = await person(**told)

    claims = jwt.decode(somebody.token, options={"verify_signature": False})
    assert (claims["tier"], claims["roles"]) == ("enterprise", [])
    for path in OPERATORS:
        assert (await somebody.http.get(path)).status_code == 403, path


async def test_a_label_in_a_request_opens_nothing(stranger) -> None:
    headers = {"X-Admin-API-Key": "admin", "X-Admin-Secret": "admin", "X-Role": "admin"}
    for path in OPERATORS:
        answer = await stranger.get(path, headers=headers, params={"tier": "enterprise", "paymentId": "p"})
        assert answer.status_code == 401, path


async def test_a_token_that_somebody_else_signed_is_no_administrators(person) -> None:
    somebody = await person()
    claims = jwt.decode(somebody.token, options={"verify_signature": False})
    header = jwt.get_unverified_header(somebody.token)
    somebody.http.cookies.clear()
    for secret, algorithm in (("fallback_jwt_secret_for_development", "HS256"), (None, "none")):
        forged = jwt.encode(claims | {"roles": ["admin"]}, secret, algorithm, {"kid": header["kid"]})
        bearer = {"Authorization": f"Bearer {forged}"}
        assert (await somebody.http.get("/v1/users/me", headers=bearer)).status_code == 401
        assert (await somebody.http.get(OPERATORS[0], headers=bearer)).status_code == 401
