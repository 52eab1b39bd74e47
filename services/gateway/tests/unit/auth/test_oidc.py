"""Tokens of an identity provider that really answers on a socket and signs with real keys."""

from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.auth.issuer_keys import FRESH_SECONDS, PAUSE_SECONDS, IssuerKeys
from metaextract_gateway.adapters.http.auth.oidc import OidcTokens
from metaextract_gateway.domain.identity import Identity
from metaextract_testing.identity_provider import AUDIENCE, EC, ED, RSA, identity_provider, published

WELL_KNOWN = "c2VjcmV0LXRoYXQtZXZlcnlib2R5LWtub3dzLXdob2V2ZXI"
RSA_NEW = rsa.generate_private_key(65537, 2048)
RSA_SHORT = rsa.generate_private_key(65537, 1024)  # noqa: S505 - refused


class Clock:
    seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.fixture(scope="module")
def running():
    with identity_provider() as provider:
        yield provider


@pytest.fixture
def issuer(running):
    running.renew()
    return running


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def tokens(issuer, clock):
    async with httpx.AsyncClient(timeout=60) as client:
        yield OidcTokens(issuer.url, AUDIENCE, IssuerKeys(issuer.url, client, clock))


async def cause(tokens, token):
    with pytest.raises(ServiceError) as refused:
        await tokens.identity(token)
    return refused.value.metadata.get("cause", refused.value.reason)


@pytest.mark.parametrize(("key", "kid"), [(RSA, "rsa"), (EC, "ec"), (ED, "ed")])
async def test_a_token_of_the_issuer_vouches_for_somebody(tokens, issuer, key, kid) -> None:
    told = await tokens.identity(issuer.token(key, kid, email="ada@example.com", email_verified=True))

    assert told == Identity(issuer.url, "ada-at-idp", "ada@example.com", email_verified=True)


@pytest.mark.parametrize("email", [None, 7, "nobody", "a@" + "b" * 300])
async def test_an_address_that_is_none_is_not_handed_on(tokens, issuer, email) -> None:
    told = await tokens.identity(issuer.token(email=email, email_verified="true"))

    assert told == Identity(issuer.url, "ada-at-idp")


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"lifetime": timedelta(minutes=-1)}, "expired"),
        ({"exp": None}, "malformed"),
        ({"sub": None}, "malformed"),
        ({"aud": None}, "malformed"),
        ({"aud": "another-api"}, "audience"),
        ({"aud": []}, "malformed"),
        ({"iss": "https://evil.test"}, "issuer"),
        ({"nbf": datetime.now(UTC) + timedelta(hours=1)}, "malformed"),
        ({"key_id": "nobody-has-it"}, "unknown"),
        ({"key_id": "ec"}, "signature"),
        ({"key_id": None}, "unknown"),
        ({"key": RSA_NEW}, "signature"),
    ],
)
async def test_a_token_that_is_not_for_us_now_is_refused(tokens, issuer, claims, why) -> None:
    assert await cause(tokens, issuer.token(**claims)) == why


async def test_a_little_difference_of_clocks_does_not_matter(tokens, issuer) -> None:
    late = issuer.token(lifetime=timedelta(seconds=-5))
    early = issuer.token(nbf=datetime.now(UTC) + timedelta(seconds=20))

    assert (await tokens.identity(late)).subject == (await tokens.identity(early)).subject == "ada-at-idp"


async def test_an_audience_may_be_one_of_several(tokens, issuer) -> None:
    assert (await tokens.identity(issuer.token(aud=["x", AUDIENCE]))).subject == "ada-at-idp"


async def test_what_cannot_be_read_is_no_token(tokens, issuer) -> None:
    nested = jwt.utils.base64url_encode(b"[" * 30_000).decode()
    for token in ("", "x", f"{nested}.{nested}.x", issuer.token().replace(".", f".{nested}.", 1)):
        assert not tokens.is_from_issuer(token)
        assert await cause(tokens, token) == "malformed"


async def test_a_token_without_signature_is_refused(tokens, issuer) -> None:
    unsigned = issuer.token(None, "rsa", algorithm="none")

    assert await cause(tokens, unsigned) == "signature"
    assert issuer.requests_count == 0  # nor is the issuer asked for it


@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER])
async def test_the_public_key_is_no_secret_of_an_hmac(tokens, issuer, encoding) -> None:
    """Public keys are known: whoever could use one as an HMAC secret could sign (RFC 8725, 2.1)."""
    public = RSA.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    header, body, _ = issuer.token().split(".")
    header = jwt.utils.base64url_encode(b'{"alg":"HS256","kid":"rsa","typ":"JWT"}').decode()
    signature = jwt.get_algorithm_by_name("HS256").sign(f"{header}.{body}".encode(), public)
    forged = f"{header}.{body}.{jwt.utils.base64url_encode(signature).decode()}"

    assert await cause(tokens, forged) == "signature"


async def test_a_secret_among_the_published_keys_is_not_used(tokens, issuer) -> None:
    issuer.keys.append({"kty": "oct", "kid": "oct", "alg": "RS256", "k": WELL_KNOWN})
    issuer.keys.append(published(RSA_NEW, "encrypting", use="enc"))
    issuer.keys.append({"kty": "new-kind", "kid": "new"})

    secret = jwt.utils.base64url_decode(WELL_KNOWN)
    assert await cause(tokens, issuer.token(secret, "oct", algorithm="HS256")) == "signature"
    assert await cause(tokens, issuer.token(RSA_NEW, "encrypting")) == "unknown"
    assert (await tokens.identity(issuer.token())).subject == "ada-at-idp"


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # of the issuer that signs
async def test_a_key_that_is_too_short_signs_nothing(tokens, issuer) -> None:
    issuer.keys.append(published(RSA_SHORT, "short"))

    assert await cause(tokens, issuer.token(RSA_SHORT, "short")) == "signature"


async def test_keys_are_read_once_and_again_after_ten_minutes(tokens, issuer, clock) -> None:
    for _ in range(3):
        await tokens.identity(issuer.token())
    assert issuer.requests_count == 1

    clock.seconds += FRESH_SECONDS
    await tokens.identity(issuer.token())
    assert issuer.requests_count == 2


async def test_a_key_that_is_new_is_found_at_once(tokens, issuer, clock) -> None:
    await tokens.identity(issuer.token())
    issuer.keys = [published(RSA_NEW, "new")]
    clock.seconds += PAUSE_SECONDS

    assert (await tokens.identity(issuer.token(RSA_NEW, "new"))).subject == "ada-at-idp"
    assert await cause(tokens, issuer.token()) == "unknown"  # what the issuer took back is not good


async def test_keys_that_nobody_has_do_not_have_the_issuer_asked_each_time(tokens, issuer, clock) -> None:
    for number in range(20):
        assert await cause(tokens, issuer.token(key_id=f"made-up-{number}")) == "unknown"
    assert issuer.requests_count == 1

    clock.seconds += PAUSE_SECONDS
    assert await cause(tokens, issuer.token(key_id="made-up")) == "unknown"
    assert issuer.requests_count == 2


async def test_known_keys_stay_good_while_the_issuer_is_away(tokens, issuer, clock) -> None:
    await tokens.identity(issuer.token())
    issuer.away = True
    clock.seconds += 10 * FRESH_SECONDS

    assert (await tokens.identity(issuer.token())).subject == "ada-at-idp"
    assert await cause(tokens, issuer.token(RSA_NEW, "new")) == "IDENTITY_PROVIDER_UNAVAILABLE"
    assert issuer.requests_count == 2

    issuer.away, issuer.keys = False, [published(RSA_NEW, "new")]
    clock.seconds += PAUSE_SECONDS
    assert (await tokens.identity(issuer.token(RSA_NEW, "new"))).subject == "ada-at-idp"


async def test_an_issuer_that_was_never_reached_is_told_apart_from_a_bad_token(tokens, issuer) -> None:
    issuer.away = True

    assert await cause(tokens, issuer.token()) == "IDENTITY_PROVIDER_UNAVAILABLE"


async def test_an_issuer_that_calls_itself_otherwise_is_not_believed(tokens, issuer) -> None:
    issuer.named = "https://another.test"

    assert await cause(tokens, issuer.token()) == "IDENTITY_PROVIDER_UNAVAILABLE"


async def test_keys_of_a_secure_issuer_come_over_a_secure_line(clock) -> None:
    asked = []

    def answer(request):
        asked.append(str(request.url))
        return httpx.Response(200, json={"issuer": "https://idp.test", "jwks_uri": "http://idp.test/keys"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(ServiceError, match="does not answer"):
            await IssuerKeys("https://idp.test", client, clock).key("rsa")

    assert asked == ["https://idp.test/.well-known/openid-configuration"]


async def test_somebody_whom_the_issuer_vouches_for_is_a_caller_and_asked_for_once(
    gates, tokens, issuer
) -> None:
    gate = gates(oidc=tokens)
    good = {"Authorization": f"Bearer {issuer.token(email='ada@example.com')}"}
    again = {"Authorization": f"Bearer {issuer.token(email='ada@example.com')}"}
    bad = {"Authorization": f"Bearer {issuer.token(aud='another-api')}"}
    ours = {"Authorization": f"Bearer {await gate.token_of(gate.ada)}"}

    async with gate.client() as http:
        answers = [await http.get("/v1/who", headers=one) for one in (good, again, bad, ours)]
        legacy = [await http.get("/api/who", headers=one) for one in (good, bad)]

    account = f"user:{gate.ada.id}"
    assert answers[0].json() == answers[1].json() == {"account": account, "by": "oidc"}
    assert (answers[2].status_code, answers[2].json()["metadata"]) == (401, {"cause": "audience"})
    assert answers[3].json() == {"account": account, "by": "session"}
    assert [one.json()["account"] for one in legacy] == [account, ""]
    assert gate.directory.identities == [Identity(issuer.url, "ada-at-idp", "ada@example.com")]


async def test_without_an_issuer_its_tokens_are_nobodys(gate, issuer) -> None:
    async with gate.client() as http:
        answer = await http.get("/v1/who", headers={"Authorization": f"Bearer {issuer.token()}"})

    assert (answer.status_code, answer.json()["reason"]) == (401, "TOKEN_INVALID")
