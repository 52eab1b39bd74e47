"""Small readings of loose values: generators write numbers as texts and texts as numbers."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from metaextract_extractor.domain.generation import GenerationParameter

PARAMETERS_COUNT_MAX: Final = 200
VALUE_CHARACTERS_MAX: Final = 2_000
PROMPT_CHARACTERS_MAX: Final = 32_000
INTEGER_MAX: Final = 2**31 - 1
"""What the contract can tell (int32)."""

_INTEGER: Final = re.compile(r"\s*(-?\d{1,10})(?:\.0{1,6})?\s*", re.ASCII)
_NUMBER: Final = re.compile(r"\s*(-?\d{1,12}(?:\.\d{1,20})?)\s*", re.ASCII)
_SIZE: Final = re.compile(r"\(?\s*(\d{1,6})\s*[x\u00d7,]\s*(\d{1,6})\s*\)?", re.ASCII)


def integer(value: object) -> int | None:
    """Read a small whole number; None for anything else."""
    match = _INTEGER.fullmatch(str(value)) if isinstance(value, int | float | str) else None
    found = int(match[1]) if match and not isinstance(value, bool) else None
    return found if found is not None and abs(found) <= INTEGER_MAX else None


def number(value: object) -> float | None:
    """Read a finite number; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e12 and math.isfinite(value) else None  # noqa: PLR2004
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return float(match[1]) if match else None


def size(value: object) -> tuple[int | None, int | None]:
    """Read `512x768` or `(512, 768)`."""
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    return (int(match[1]), int(match[2])) if match else (None, None)


def text(value: object, characters_max: int = VALUE_CHARACTERS_MAX) -> str:
    """Say a value in one text: strings as they are, lists of strings by lines, the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _whole(value[:characters_max])
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return _whole("\n".join(value)[:characters_max])
    return _whole(json.dumps(value, ensure_ascii=False)[:characters_max])


def _whole(value: str) -> str:
    """JSON can hold halves of surrogate pairs, which no UTF-8 can."""
    return value.encode("utf-8", "replace").decode("utf-8")


def prompt(value: object) -> str:
    """Say a prompt."""
    return text(value, PROMPT_CHARACTERS_MAX).strip()


def others(values: Mapping[str, Any], used: Iterable[str]) -> tuple[GenerationParameter, ...]:
    """Return what was not used, under the names of the file; nothing that says nothing."""
    taken = set(used)
    rest = [
        (key, value) for key, value in values.items() if key not in taken and value not in (None, "", [], {})
    ]
    return tuple(
        GenerationParameter(text(str(key), 200), text(value)) for key, value in rest[:PARAMETERS_COUNT_MAX]
    )
