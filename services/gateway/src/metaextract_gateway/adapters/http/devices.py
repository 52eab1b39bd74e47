"""The device cookie: a token that we signed, so that a device cannot choose its identity.

Legacy shape (`metaextract_client`): `<uuid>.<expiry in ms>.<hex HMAC-SHA256 of the part before>`.
"""

import hashlib
import hmac
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from metaextract_gateway.adapters.http.same_site import STRICT

COOKIE: Final = "metaextract_client"
LIFETIME: Final = timedelta(days=30)
_PARTS: Final = 3


class DeviceTokens:
    """Makes device tokens with one secret, and checks them with that and those it replaced."""

    def __init__(self, secret: bytes, now: Callable[[], datetime], replaced: Sequence[bytes] = ()) -> None:
        self._secret = secret
        self._now = now
        self._replaced = tuple(replaced)

    def device_of(self, request: Request) -> str:
        """Return the device id of a request's cookie; empty if it has none that is ours and valid."""
        parts = request.cookies.get(COOKIE, "").split(".")
        if len(parts) != _PARTS:
            return ""
        device, expiry_ms, signature = parts
        if not self._signed(device, expiry_ms, signature):
            return ""
        expiry = datetime.fromtimestamp(int(expiry_ms) / 1000, UTC)
        return device if expiry > self._now() else ""

    def issue(self, response: Response, device: str, *, secure: bool) -> None:
        """Set the cookie for `device`, with the attributes of the legacy one; `secure` where it came by TLS.

        The legacy set two, one after the other; these are the attributes of the second, which stayed.
        """
        expiry_ms = str(round((self._now() + LIFETIME).timestamp() * 1000))
        response.set_cookie(
            COOKIE,
            f"{device}.{expiry_ms}.{_signature(self._secret, device, expiry_ms)}",
            max_age=int(LIFETIME.total_seconds()),
            expires=int(LIFETIME.total_seconds()),
            path="/",
            secure=secure,
            httponly=True,
            samesite=STRICT,
        )

    def new_device(self, address: str, idempotency_key: str) -> str:
        """Return an id for a client without a cookie.

        A retry that never saw our answer has no cookie either: the same address with the same idempotency
        key is the same device, so that its first attempt is found. Without a key every request is new.
        """
        return self._derived(f"{address}|{idempotency_key}") if idempotency_key else str(uuid.uuid4())

    def device_of_account(self, account: str) -> str:
        """Return the id of what an account uses without a cookie: always the same one."""
        return self._derived(account)

    def _derived(self, name: str) -> str:
        digest = hmac.new(self._secret, name.encode(), hashlib.sha256).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4))

    def _signed(self, device: str, expiry_ms: str, signature: str) -> bool:
        expected = (
            _signature(secret, device, expiry_ms).encode() for secret in (self._secret, *self._replaced)
        )
        return any(hmac.compare_digest(one, signature.encode()) for one in expected)


def _signature(secret: bytes, device: str, expiry_ms: str) -> str:
    return hmac.new(secret, f"{device}.{expiry_ms}".encode(), hashlib.sha256).hexdigest()
