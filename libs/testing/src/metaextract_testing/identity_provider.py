"""An OpenID Connect issuer that really answers on a socket and signs with real keys."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final, TypeAlias

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

AUDIENCE: Final = "metaextract-api"
"""Whom its tokens are for."""
SUBJECT: Final = "ada-at-idp"
Key: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
RSA: Final = rsa.generate_private_key(65537, 2048)
EC: Final = ec.generate_private_key(ec.SECP256R1())
ED: Final = ed25519.Ed25519PrivateKey.generate()


def algorithm_of(key: Key) -> str:
    """Return the algorithm that a key signs by."""
    if isinstance(key, rsa.RSAPrivateKey):
        return "RS256"
    return "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "EdDSA"


def published(key: Key, key_id: str, **more: str) -> dict[str, Any]:
    """Return the public half of a key as a JSON Web Key."""
    algorithm: Any = jwt.get_algorithm_by_name(algorithm_of(key))
    return dict(algorithm.to_jwk(key.public_key(), as_dict=True)) | {"kid": key_id} | more


class IdentityProvider:
    """`keys`: what it publishes; `requests_count`: how often they were asked for; `away`: it fails."""

    def __init__(self) -> None:
        self.url = ""
        self.renew()

    def renew(self) -> None:
        """Be as at the beginning."""
        self.named = self.url
        self.keys: list[dict[str, Any]] = [published(RSA, "rsa"), published(EC, "ec"), published(ED, "ed")]
        self.requests_count = 0
        self.away = False

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        """Return the status and the document at a path."""
        if path == "/.well-known/openid-configuration":
            return 200, {"issuer": self.named, "jwks_uri": f"{self.url}/keys"}
        self.requests_count += 1
        return (503, {}) if self.away else (200, {"keys": self.keys})

    def token(
        self,
        key: Key | bytes | None = RSA,
        key_id: str | None = "rsa",
        *,
        algorithm: str = "",
        lifetime: timedelta = timedelta(minutes=5),
        **claims: object,
    ) -> str:
        """Return a token; a claim that is None is left out. `algorithm`: of a key that is none of its own."""
        now = datetime.now(UTC)
        said = {"iss": self.url, "aud": AUDIENCE, "sub": SUBJECT, "iat": now, "exp": now + lifetime}
        present = {name: value for name, value in (said | claims).items() if value is not None}
        headers = {} if key_id is None else {"kid": key_id}
        signing: Any = key
        return jwt.encode(present, signing, algorithm or algorithm_of(signing), headers)


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """Run one on loopback."""
    provider = IdentityProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, document = provider.answer(self.path)
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_port}"
        provider.renew()
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
