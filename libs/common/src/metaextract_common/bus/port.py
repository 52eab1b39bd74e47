"""What a bus promises. `memory.py` keeps it within one process, `nats.py` between replicas."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final, Protocol

_KEY: Final = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class Message:
    """What was published. `sequence` rises within the bus; it says nothing of how many there are."""

    sequence: int
    payload: bytes


class Bus(Protocol):
    """Topics of ordered messages, kept for a while for those who join late.

    A topic is any text and need not be made; nobody can read it back from what the bus stores. While the
    bus is away calls wait for it, but for `read` and `check`: whoever cannot wait sets a time limit.
    """

    async def publish(self, topic: str, payload: bytes, *, replaces: str = "") -> int:
        """Append a message, return its sequence once it is stored. Payloads may have any length.

        The messages of one caller stand in the order of its calls. With `replaces` (lower-case letters and
        underscores) earlier messages of the topic under the same word are no longer shown: this one says
        all that they did.
        """
        ...

    async def read(self, topic: str, after: int = 0) -> list[Message]:
        """Return the messages after sequence `after`, oldest first; raises SERVICE_UNREACHABLE."""
        ...

    def follow(self, topic: str, after: int = 0) -> AsyncGenerator[Message, None]:
        """Yield the messages after sequence `after`, then those to come, for ever.

        None is lost, doubled or out of order; one that was replaced before it was read is left out.
        """
        ...

    async def forget(self, topic: str) -> None:
        """Delete the messages of a topic. Those who follow it see what is published afterwards."""
        ...

    async def check(self) -> None:
        """Return if the bus can be used, raise if not."""
        ...


def checked_key(replaces: str) -> str:
    """Return a word that stands for what replaces what, or raise `ValueError`."""
    if replaces and not _KEY.fullmatch(replaces):
        raise ValueError(f"{replaces!r} is no word of lower-case letters and underscores")
    return replaces
