"""Hashes of passwords."""

import asyncio
import threading

from argon2 import PasswordHasher

from metaextract_billing.adapters.passwords import argon2


class CountingHasher(PasswordHasher):
    """Counts how many hashes are computed at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.at_once = self.most = self.verified = 0
        self.both = threading.Barrier(argon2.HASHES_COUNT_MAX)
        self._lock = threading.Lock()

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002 - argon2's name
        with self._lock:
            self.at_once += 1
            self.verified += 1
            self.most = max(self.most, self.at_once)
        self.both.wait()  # until as many as may are here
        try:
            return super().verify(hash, password)
        finally:
            with self._lock:
                self.at_once -= 1


async def test_a_hash_is_argon2id_with_the_recommended_parameters_and_a_salt_of_its_own() -> None:
    async with argon2.opened() as passwords:
        first, second = await passwords.hashed("Correct-horse-1"), await passwords.hashed("Correct-horse-1")

        assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
        assert first != second
        assert await passwords.matches("Correct-horse-1", first)
        assert not await passwords.matches("correct-horse-1", first)
        assert not passwords.is_outdated(first)


async def test_only_so_many_are_computed_at_once() -> None:
    hasher = CountingHasher()
    async with argon2.opened(hasher) as passwords:
        password_hash = await passwords.hashed("a")
        matches = await asyncio.gather(*(passwords.matches("a", password_hash) for _ in range(10)))

    assert matches == [True] * 10
    assert hasher.most == argon2.HASHES_COUNT_MAX


async def test_nobody_costs_a_hash_as_well() -> None:
    hasher = CountingHasher()
    async with argon2.opened(hasher) as passwords:
        matches = await asyncio.gather(*(passwords.matches("a", None) for _ in range(2)))

    assert matches == [False, False]
    assert hasher.verified == 2
