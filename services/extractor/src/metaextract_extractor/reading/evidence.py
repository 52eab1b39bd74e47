"""What the steps of one reading know and add to: the file, and what was found in it so far."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from metaextract_extractor.domain.formats import HEAD_BYTES, sniff
from metaextract_extractor.domain.result import ByteRange, Field, Notice
from metaextract_extractor.domain.xml_heads import is_svg
from metaextract_extractor.reading.view import FileSource, MissingBytesError, View
from metaextract_extractor.reading.walk import Walk

PROLOG_BYTES_MAX: Final = 1024 * 1024
"""Where the first element of an XML document has to begin."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The file to read. `path` for engines that want one, `view` for ours; `whole` if all of it is there.

    `family` is the container that its first bytes show (`domain.formats.sniff`), `extension` a known one
    without dot, or empty.
    """

    path: Path
    view: View
    family: str
    extension: str
    whole: bool = True


@contextmanager
def subject_of(
    path: Path, size_bytes: int, extension: str, received: tuple[ByteRange, ...] | None
) -> Iterator[Subject]:
    """Open a file for reading. `received`: the ranges that have arrived; None for a whole file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        view = View.of(FileSource(descriptor, size_bytes, received))
        yield Subject(path, view, _family(view), extension, whole=received is None)
    finally:
        os.close(descriptor)


def _family(view: View) -> str:
    for length in (HEAD_BYTES, 64):
        with suppress(MissingBytesError):
            family = sniff(view.all(length))
            return "SVG" if family == "XML" and _is_svg(view) else family
    return ""


def _is_svg(view: View) -> bool:
    """Whether a document whose prolog is longer than what was looked at is an SVG, as far as it is there."""
    with suppress(MissingBytesError):
        return is_svg(view.all(PROLOG_BYTES_MAX))
    return False


@dataclass(frozen=True, slots=True)
class Report:
    """What an engine says of one file, in the names and groups of ExifTool, so that it can be compared."""

    fields: tuple[Field, ...] = ()
    notices: tuple[Notice, ...] = ()


class Engine(Protocol):
    """A reader of metadata. Runs in the sandboxed worker; may crash, hang or be killed there."""

    @property
    def name(self) -> str:
        """Stable, lower case, such as `exiftool`."""
        ...

    @property
    def version(self) -> str:
        """As it states it."""
        ...

    def reads(self, subject: Subject) -> bool:
        """Whether it can say something of such a file; cheap, decided from the family alone."""
        ...

    def read(self, subject: Subject) -> Report:
        """Read; raises `EngineError` with a plain reason when it cannot."""
        ...


class EngineError(Exception):
    """An engine could not read the file. The text is for people and holds no value of the file."""


@dataclass(slots=True)
class Evidence:
    """Everything that is known of the file when the insights are drawn from it.

    `fields` are the merged ones: those of the primary engine with the places that the walkers found,
    then what only others found. `reports` holds what each engine said on its own.
    """

    subject: Subject
    walk: Walk
    fields: list[Field] = field(default_factory=list)
    reports: dict[str, Report] = field(default_factory=dict)

    def first(self, group: str, name: str) -> Field | None:
        """Return the first field of a group (ExifTool family 1) and name."""
        return next((one for one in self.fields if one.group == group and one.name == name), None)

    def named(self, name: str) -> list[Field]:
        """Return all fields of a name, whatever their group."""
        return [one for one in self.fields if one.name == name]
