"""A token of ours is one that we made, for this purpose, not long ago."""

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.auth.csrf import CsrfTokens
from metaextract_gateway.adapters.http.auth.signing import LEEWAY, Signing, derived_key
from metaextract_gateway.adapters.http.auth.tokens import LIFETIME, AccessTokens
from metaextract_gateway.domain.identity import Role, Session, SignIn, User, signed_in

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32
ADA = User("u-1", "ada@example.com", "ada", frozenset({Role.ADMIN}))
SESSION = Session(ADA, "refresh-secret", datetime(2030, 1, 1, tzinfo=UTC))


def now() -> datetime:
    return datetime.now(UTC)


def tokens(*secrets: bytes, at=now) -> AccessTokens:
    return AccessTokens(secrets or (NEW,), at)


def payload(token: str) -> dict:
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


def cause(token: str, by: AccessTokens | None = None) -> str:
    with pytest.raises(ServiceError) as refused:
        (by or tokens()).caller(token)
    assert refused.value.reason == "TOKEN_INVALID"
    return refused.value.metadata["cause"]


def test_a_token_tells_who_somebody_is_and_the_label_of_old_clients() -> None:
    token = tokens().issue(SESSION)

    assert tokens().caller(token) == signed_in(ADA, SignIn.SESSION)
    claims = payload(token)
    told = {name: claims[name] for name in ("id", "email", "username", "tier", "roles", "iss", "aud")}
    assert told == {
        "id": "u-1",
        "email": "ada@example.com",
        "username": "ada",
        "tier": "enterprise",
        "roles": ["admin"],
        "iss": "metaextract",
        "aud": "metaextract/access",
    }
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["jti"] != payload(tokens().issue(SESSION))["jti"]


def test_the_refresh_token_inside_is_sealed() -> None:
    token = tokens().issue(SESSION)

    assert "refresh-secret" not in str(payload(token))
    assert tokens().refresh_token(token) == "refresh-secret"


def test_a_token_ends_after_an_hour_and_what_clocks_differ() -> None:
    almost = tokens(at=lambda: now() - LIFETIME - LEEWAY + timedelta(minutes=1)).issue(SESSION)
    over = tokens(at=lambda: now() - LIFETIME - LEEWAY - timedelta(seconds=1)).issue(SESSION)

    assert tokens().caller(almost).user == "u-1"
    assert cause(over) == "expired"


def test_a_token_from_the_future_is_none() -> None:
    assert cause(tokens(at=lambda: now() + LEEWAY + timedelta(minutes=1)).issue(SESSION)) == "malformed"


def test_a_secret_is_changed_without_signing_anybody_out() -> None:
    before = tokens(OLD).issue(SESSION)
    both = tokens(NEW, OLD)

    assert both.caller(before).user == "u-1"
    assert both.refresh_token(before) == "refresh-secret"
    assert tokens(NEW).caller(both.issue(SESSION)).user == "u-1"
    assert cause(before, tokens(NEW)) == "unknown"


NESTED = base64.urlsafe_b64encode(b"[" * 30_000).decode()


@pytest.mark.parametrize(
    "token", ["", f"{NESTED}.{NESTED}.x", "x", "a.b.c", "é.é.é", "\x00", "." * 1000, "{}", "a" * 9000]
)
def test_what_is_no_token_is_malformed(token: str) -> None:
    assert cause(token) == "malformed"


def test_a_token_that_was_changed_is_not_ours() -> None:
    head, _, signature = tokens().issue(SESSION).split(".")
    claims = payload(tokens().issue(SESSION)) | {"sub": "somebody-else"}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    assert cause(f"{head}.{body}.{signature}") == "signature"


@pytest.mark.parametrize("algorithm", ["none", "HS512"])
def test_the_token_does_not_choose_the_algorithm(algorithm: str) -> None:
    ours = tokens().issue(SESSION)
    headers = {"kid": jwt.get_unverified_header(ours)["kid"]}
    key = None if algorithm == "none" else derived_key(NEW, "access") * 2

    assert cause(jwt.encode(payload(ours), key, algorithm, headers)) == "signature"


def test_neither_the_secret_itself_nor_another_one_signs() -> None:
    ours = tokens().issue(SESSION)
    headers = {"kid": jwt.get_unverified_header(ours)["kid"]}

    assert cause(jwt.encode(payload(ours), NEW, "HS256", headers)) == "signature"
    assert cause(tokens(OTHER).issue(SESSION)) == "unknown"


def test_a_token_for_one_purpose_is_none_for_another() -> None:
    caller = tokens().caller(tokens().issue(SESSION))
    csrf = CsrfTokens([NEW], now)

    assert cause(csrf.issue(caller)) == "unknown"
    assert not csrf.is_of(caller, tokens().issue(SESSION))
    assert csrf.is_of(caller, csrf.issue(caller))


@pytest.mark.parametrize("claims", [{}, {"sub": "u", "email": "", "username": "", "roles": ["emperor"]}])
def test_what_another_version_signed_otherwise_is_refused(claims: dict) -> None:
    token = Signing([NEW], "access", LIFETIME, now).sign(claims)

    assert cause(token) == "malformed"
    with pytest.raises(ServiceError):
        tokens().refresh_token(token)
