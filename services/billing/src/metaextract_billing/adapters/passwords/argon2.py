"""Hashes of passwords: Argon2id (RFC 9106, section 4, second recommended option) by argon2-cffi."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

HASHES_COUNT_MAX: Final = 2
"""Hashes that are computed at once: each takes 64 MiB, and four threads of its own."""


@asynccontextmanager
async def opened(hasher: PasswordHasher | None = None) -> AsyncIterator["Argon2Passwords"]:
    """Start the threads that compute hashes, and end them."""
    hasher = hasher or PasswordHasher()
    with ThreadPoolExecutor(HASHES_COUNT_MAX, thread_name_prefix="passwords") as threads:
        loop = asyncio.get_running_loop()
        hash_of_nobody = await loop.run_in_executor(threads, hasher.hash, secrets.token_urlsafe())
        yield Argon2Passwords(hasher, threads, hash_of_nobody)


class Argon2Passwords:
    """Implements `domain.user_ports.Passwords`. Borrows its threads.

    Whoever gives up waiting for a thread leaves the queue.
    """

    def __init__(self, hasher: PasswordHasher, threads: ThreadPoolExecutor, hash_of_nobody: str) -> None:
        self._hasher = hasher
        self._threads = threads
        self._hash_of_nobody = hash_of_nobody

    async def hashed(self, password: str) -> str:
        """Compute a hash with a new salt."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Compute the hash again; without one compute another that nothing matches."""
        loop = asyncio.get_running_loop()
        matches = await loop.run_in_executor(
            self._threads, self._verified, password_hash or self._hash_of_nobody, password
        )
        return matches and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Compare the parameters."""
        return self._hasher.check_needs_rehash(password_hash)

    def _verified(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except VerifyMismatchError:
            return False
