"""Which fields of an unfinished file may be told already."""

from collections.abc import Iterable
from typing import Final

from metaextract_extractor.domain.result import Container, Field, Standard, Why
from metaextract_extractor.reading.walk import Walk

_TOLD_AT_THE_END: Final = frozenset({"FileSize", "TrailerLength", "ImageDataHash", "Warning", "Error"})


def provisional(fields: Iterable[Field], walk: Walk) -> tuple[Field, ...]:
    """Return the fields whose container has arrived whole; computed ones wait for the end.

    An engine that reads an unfinished file may take bytes that have not arrived for zeros. Our walkers
    know which they are, so what they placed is right, and so is everything in a container in which they
    missed nothing.
    """
    open_paths = {one.path for one in walk.unread if one.why is Why.MISSING}
    containers = [one for one in walk.containers if one.kind != "file"]
    return tuple(one for one in fields if _holds(one, containers, open_paths))


def _holds(field: Field, containers: list[Container], open_paths: set[str]) -> bool:
    if field.standard is Standard.COMPOSITE or field.name in _TOLD_AT_THE_END:
        return False
    if field.location is not None:
        return True
    around = [one.path for one in containers if _is_within(field.path, one.path)]
    if not around:
        return False
    nearest = max(around, key=len)
    return not any(_is_within(path, nearest) or _is_within(nearest, path) for path in open_paths)


def _is_within(path: str, container: str) -> bool:
    return path == container or path.startswith(f"{container}-")
