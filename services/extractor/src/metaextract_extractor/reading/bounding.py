"""Keeps a result at a size that its readers can take."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from metaextract_extractor.domain.result import Field, Notice

CHARACTERS_MAX: Final = 6 * 1024 * 1024
"""All values together, as read and as printed."""

CUT_CHARACTERS: Final = 256
"""What is left of each value once that is used up."""


def bounded(fields: Iterable[Field]) -> tuple[tuple[Field, ...], tuple[Notice, ...]]:
    """Return the fields, with long values cut after the first `CHARACTERS_MAX` characters, and say so."""
    kept: list[Field] = []
    cut_count = 0
    left = CHARACTERS_MAX
    for one in fields:
        size = _size(one.raw) + len(one.printed)
        if size > left and size > 2 * CUT_CHARACTERS:
            raw = one.raw if isinstance(one.raw, int | float) else one.printed[:CUT_CHARACTERS]
            kept.append(replace(one, raw=raw, printed=one.printed[:CUT_CHARACTERS]))
            cut_count += 1
        else:
            kept.append(one)
            left -= size
    if not cut_count:
        return tuple(kept), ()
    message = f"{cut_count} values are cut: all together were longer than {CHARACTERS_MAX} characters."
    return tuple(kept), (Notice("FIELDS_TRUNCATED", message),)


def _size(raw: object) -> int:
    if isinstance(raw, str):
        return len(raw)
    if isinstance(raw, list | tuple):
        return sum(map(_size, raw)) + len(raw)
    return 8
