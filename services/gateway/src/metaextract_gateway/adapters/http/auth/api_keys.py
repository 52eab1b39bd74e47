"""Whose an API key is, as the users service said a moment ago; and an end to guessing."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from cachetools import TTLCache

from metaextract_common.errors import Kind, ServiceError
from metaextract_gateway.adapters.http.addresses import network_of
from metaextract_gateway.domain import errors
from metaextract_gateway.domain.identity import User, Users

REMEMBERED: Final = timedelta(seconds=20)
"""So long a key that was revoked may still be taken."""
WRONG_COUNT_MAX: Final = 100
WRONG_SECONDS: Final = 60
_REMEMBERED_COUNT_MAX: Final = 10_000
_CUSTOMER_BITS: Final = 64
"""Of an IPv6 address: what one customer has at least."""


class ApiKeys:
    """Asks once, and then remembers. Who has sent many wrong keys in a row is not asked for, for a minute."""

    def __init__(self, users: Users, clock: Callable[[], float]) -> None:
        self._users = users
        self._known: TTLCache[bytes, User] = TTLCache(
            _REMEMBERED_COUNT_MAX, REMEMBERED.total_seconds(), clock
        )
        self._wrong: TTLCache[str, int] = TTLCache(_REMEMBERED_COUNT_MAX, WRONG_SECONDS, clock)

    async def user(self, secret: str, address: str) -> User:
        """Return whose key it is; raises API_KEY_INVALID or RATE_LIMITED."""
        digest = hashlib.sha256(secret.encode()).digest()
        user = self._known.get(digest)
        if user is None:
            user = self._known[digest] = await self._asked(secret, network_of(address, _CUSTOMER_BITS))
        return user

    async def _asked(self, secret: str, network: str) -> User:
        wrong_count = self._wrong.get(network, 0)
        if wrong_count >= WRONG_COUNT_MAX:
            raise errors.rate_limited(
                WRONG_COUNT_MAX, WRONG_SECONDS, "wrong_keys", WRONG_SECONDS, limited_by="ip", tier=""
            )
        try:
            return await self._users.with_api_key(secret)
        except ServiceError as error:
            if error.kind is Kind.UNAUTHENTICATED:
                self._wrong[network] = wrong_count + 1
            raise
