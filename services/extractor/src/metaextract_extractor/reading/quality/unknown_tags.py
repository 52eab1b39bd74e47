"""The tags of which the primary engine only knows that they are there.

ExifTool tells them with `-u`, which makes it decode and print them too, at half as much time again.
`engines/exiftool_unknown_tags.config` has it name them instead, as one field, at no
cost that could be measured.
"""

from collections.abc import Iterable
from typing import Final

from metaextract_extractor.domain.result import Field
from metaextract_extractor.reading.walk import Located

_GROUP: Final = "ExifTool"
_NAME: Final = "UnknownTags"


def is_unknown_tags_field(field: Field) -> bool:
    """Whether a field is the one that the configuration adds: about the reading, not of the file."""
    return (field.group, field.name) == (_GROUP, _NAME)


def unknown_tags(fields: Iterable[Field]) -> list[str] | None:
    """Return table and id of each, such as `Sony::Main 8228`; None if the engine did not say."""
    told = next(filter(is_unknown_tags_field, fields), None)
    return None if told is None else [tag for tag in str(told.raw).split(", ") if tag]


class UnknownTags:
    """Looks up what is unknown."""

    def __init__(self, tags: Iterable[str]) -> None:
        self._ids: set[tuple[str, str, str]] = set()
        self._counts: dict[str, int] = {}
        for tag in tags:
            table, _, tag_id = tag.rpartition(" ")
            module, _, part = table.partition("::")
            self._ids.add((module, part, tag_id))
            self._counts[module] = self._counts.get(module, 0) + 1

    def has(self, entry: Located) -> bool:
        """Whether a maker note entry is unknown. Sub-tables stand in a container of their name."""
        part = entry.path.rpartition("-")[2]
        return any((entry.group, one, entry.tag_id) in self._ids for one in ("Main", part))

    def count(self, modules: Iterable[str]) -> int:
        """Return how many tags of these makers or formats are unknown."""
        return sum(self._counts.get(module, 0) for module in set(modules))
