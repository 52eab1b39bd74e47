"""Which fields of several readers are readings of the same thing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from metaextract_extractor.domain.canonical import compare
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.walk import ENGINE as WALKERS


class Source(StrEnum):
    """Classes of fields that differ in how well readers agree on them."""

    STANDARD = "standard"
    MAKERNOTE = "makernote"
    COMPOSITE = "composite"
    TEXT = "text"


_SOURCES: Final = {
    Standard.MAKERNOTE: Source.MAKERNOTE,
    Standard.COMPOSITE: Source.COMPOSITE,
    Standard.XMP: Source.TEXT,
    Standard.JUMBF: Source.TEXT,
}
_TEXT_GROUPS: Final = frozenset({"SVG", "XML"})


def source_of(field: Field) -> Source:
    """Return the class of a field."""
    text = field.group in _TEXT_GROUPS or field.path.endswith(("iTXt", "tEXt", "zTXt"))
    return _SOURCES.get(field.standard, Source.TEXT if text else Source.STANDARD)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """One field of the result, and what other engines read in its place."""

    field: Field
    agreeing: tuple[Field, ...] = ()
    disagreeing: tuple[Field, ...] = ()

    @property
    def witnesses_count(self) -> int:
        """Engines whose reading could be compared."""
        return len(self.agreeing) + len(self.disagreeing)


class Testimonies:
    """Fields of one engine, found by container path (where it tells one), group, name and occurrence.

    Not by tag id: the tables inside a maker note share a group, and their ids begin anew.
    """

    def __init__(self, fields: Iterable[Field]) -> None:
        self._by_path: dict[tuple[str, str, str, int], Field] = {}
        self._by_name: dict[tuple[str, str, int], Field] = {}
        counted = Counted()
        for field in fields:
            if field.path:
                self._by_path.setdefault((*_path_key(field), counted.of(*_path_key(field))), field)
            else:
                self._by_name.setdefault((field.group, field.name, field.occurrence), field)

    def on(self, field: Field, nth_on_path: int) -> Field | None:
        """Return this engine's reading of a field, the nth of its path, group and name."""
        return self._by_path.get((*_path_key(field), nth_on_path)) or self._by_name.get(
            (field.group, field.name, field.occurrence)
        )


class Counted:
    """Counts how often a key came before."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, ...], int] = {}

    def of(self, *key: str) -> int:
        """Return 0 for the first time, 1 for the second, and so on."""
        count = self._counts[key] = self._counts.get(key, -1) + 1
        return count


def _path_key(field: Field) -> tuple[str, str, str]:
    return field.path, field.group, field.name


def testimonies(evidence: Evidence) -> dict[str, list[Field]]:
    """Return what each engine said on its own, our walkers among them."""
    said = {name: list(report.fields) for name, report in evidence.reports.items() if report.fields}
    if evidence.walk.fields:
        said[WALKERS] = list(evidence.walk.fields)
    return said


def witnessed(fields: Iterable[Field], said: Mapping[str, Iterable[Field]]) -> list[Witnessed]:
    """Put beside each field what engines other than its own read there, where that can be compared."""
    indices = {name: Testimonies(one) for name, one in said.items()}
    counted = Counted()
    found = []
    for field in fields:
        nth = counted.of(*_path_key(field))
        others = [
            other
            for name, index in indices.items()
            if name != field.engine and (other := index.on(field, nth)) is not None
        ]
        verdicts = [(other, compare(field, other)) for other in others]
        found.append(
            Witnessed(
                field,
                tuple(other for other, same in verdicts if same is True),
                tuple(other for other, same in verdicts if same is False),
            )
        )
    return found
