"""The public keys of an identity provider: OpenID Connect Discovery 1.0 and JSON Web Key Sets (RFC 7517)."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import httpx
import jwt
import structlog

from metaextract_gateway.domain import errors

log = structlog.stdlib.get_logger()

ALGORITHMS: Final = ("RS256", "ES256", "EdDSA")
FRESH_SECONDS: Final = 600.0
PAUSE_SECONDS: Final = 10.0
"""However many tokens name keys that nobody knows, the provider is not asked more often."""
DISCOVERY: Final = "/.well-known/openid-configuration"


class IssuerError(Exception):
    """What the provider publishes cannot be used."""


class IssuerKeys:
    """Keeps the keys of one issuer by their id. While it is away, those that are known stay good."""

    def __init__(
        self, issuer: str, client: httpx.AsyncClient, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuer = issuer
        self._client = client
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = float("-inf")
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def key(self, key_id: str) -> jwt.PyJWK | None:
        """Return a key; None if the issuer has none of this id.

        Raises IDENTITY_PROVIDER_UNAVAILABLE if its keys were never read, or may have changed.
        """
        if key_id in self._keys and self._clock() - self._read_at < FRESH_SECONDS:
            return self._keys[key_id]
        async with self._asking:
            if self._clock() - self._asked_at >= PAUSE_SECONDS and not self._known_and_fresh(key_id):
                self._asked_at = self._clock()
                await self._read()
        if key_id not in self._keys and self._read_at < self._asked_at:
            raise errors.identity_provider_unavailable()
        return self._keys.get(key_id)

    def _known_and_fresh(self, key_id: str) -> bool:
        return key_id in self._keys and self._clock() - self._read_at < FRESH_SECONDS

    async def _read(self) -> None:
        try:
            self._keys = dict(_usable(await self._published()))
            self._read_at = self._clock()
        except (httpx.HTTPError, IssuerError) as error:
            log.warning("oidc.keys_not_read", issuer=self._issuer, error=str(error))

    async def _published(self) -> Iterable[Mapping[str, Any]]:
        about = await self._document(self._issuer.rstrip("/") + DISCOVERY)
        if about.get("issuer") != self._issuer:
            raise IssuerError("the issuer calls itself otherwise")
        keys = (await self._document(str(about.get("jwks_uri")))).get("keys")
        if not isinstance(keys, list):
            raise IssuerError("there are no keys in the key set")
        return [key for key in keys if isinstance(key, dict)]

    async def _document(self, url: str) -> dict[str, Any]:
        if self._issuer.startswith("https:") and not url.startswith("https:"):
            raise IssuerError("the keys would come over a line that is not secured")
        try:
            response = (await self._client.get(url)).raise_for_status()
            document = response.json()
        except (ValueError, httpx.InvalidURL) as error:
            raise IssuerError("the issuer's document cannot be read") from error
        if not isinstance(document, dict):
            raise IssuerError("the issuer's document is not an object")
        return document


def _usable(published: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, jwt.PyJWK]]:
    """Yield the keys that verify signatures by an algorithm that we take, each bound to that algorithm.

    A key decides how it is used, and the token does not: so none is ever the secret of an HMAC.
    """
    for one in published:
        if one.get("kty") == "oct" or one.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK.from_dict(dict(one))
        except jwt.PyJWTError:
            continue  # of a kind that this version does not know
        if key.algorithm_name in ALGORITHMS:
            yield key.key_id or "", key
