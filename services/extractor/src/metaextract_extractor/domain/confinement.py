"""How far workers are confined."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class SandboxLevel(StrEnum):
    """From the strongest to the weakest; each adds to the weaker ones, as far as the kernel can."""

    NAMESPACES = "namespaces"
    """bubblewrap: no network, no other process, no file but the engines' own and the one to be read."""
    SELF_CONFINED = "self_confined"
    """The worker gives up files (Landlock) or system calls (seccomp), or both, before it reads."""
    LIMITS_ONLY = "limits_only"
    """Resource limits and nothing else."""

    def reaches(self, least: "SandboxLevel") -> bool:
        """Tell whether this is `least` or stronger."""
        order = list(SandboxLevel)
        return order.index(self) <= order.index(least)


@dataclass(frozen=True, slots=True)
class Confinement:
    """What a worker does to itself before it opens a file. Paths are as the worker sees them.

    With `landlock` only `readable` can be read, only `executable` run and only `writable` written to.
    With `seccomp` system calls that no engine needs fail. What is asked for must succeed: a worker that
    cannot confine itself does not start. `file_bytes_max` is the largest file that it may write.
    """

    landlock: bool
    seccomp: bool
    readable: tuple[str, ...]
    executable: tuple[str, ...]
    writable: tuple[str, ...]
    address_space_bytes_max: int
    file_bytes_max: int
    processes_max: int | None

    def to_json(self) -> str:
        """Encode for a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Decode what `to_json` made."""
        stated = json.loads(text).items()
        values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in stated}
        return cls(**values)
