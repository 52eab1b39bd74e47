"""What is known of one file: ExifTool's fields, our walk, a digest of the picture, whether others open it."""

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from PIL import Image

from metaextract_extractor.domain.result import Container, Embedded, Field
from metaextract_extractor.reading.dispatch import walk_file
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.evidence import subject_of
from metaextract_extractor.reading.merging import placed
from metaextract_extractor.reading.redaction.buried import Carrier, buried_in, carriers_in
from metaextract_extractor.reading.redaction.pictures import picture_digest
from metaextract_extractor.reading.redaction.structure import is_computed
from metaextract_extractor.reading.redaction.unseen import unseen_in
from metaextract_extractor.reading.walk import BudgetExceededError, Walk

# What is embedded in what is embedded, unknown tags too, and the digest of the compressed picture.
_OPTIONS: Final = ("-ee", "-u", "-api", "RequestTags=ImageDataHash", "-api", "ImageHashType=SHA256")

_EMBEDDED_COUNT_MAX: Final = 16
"""Files within the file that are read by themselves; hardly any has more than four.

Of the others, `buried_in` reads the Exif and XMP.
"""

MORE_THAN_READ: Final = Container("more than is read", "vendor", ())
"""Stands for what is beyond our limits, among the parts that nobody looks into."""


@dataclass(frozen=True, slots=True)
class Account:
    """One file as two readers see it. `picture`: digest of the compressed picture; empty without one.

    `unseen`: parts that no reader looks into. `carriers`: values that hold a file of their own.
    `seen_by_others`: format and size as Pillow states them, None if it does not open the file.
    """

    path: Path
    family: str
    format_name: str
    size_pixels: tuple[int | None, int | None]
    fields: tuple[Field, ...]
    walked_fields: tuple[Field, ...]
    containers: tuple[Container, ...]
    unseen: tuple[Container, ...]
    carriers: tuple[Carrier, ...]
    embedded: tuple[Embedded, ...]
    picture: str
    seen_by_others: tuple[str | None, tuple[int, int]] | None
    is_error: bool

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """Those of both readers, with their places where these are known."""
        return self.fields + self.walked_fields


def account_of(exiftool: ExifTool, path: Path, extension: str, scratch: Path) -> Account:
    """Read a file with everything that a redaction is judged by; `scratch` is a folder to unpack into.

    Raises `OSError`.
    """
    found = exiftool.read(path, *_OPTIONS)
    with subject_of(path, path.stat().st_size, extension, None) as subject:
        walk = Walk()
        with suppress(BudgetExceededError):
            walk_file(subject.view, walk, subject.family, extension)
        stated = next((one.printed for one in found.fields if one.name == "ImageDataHash"), "")
        buried, is_all = buried_in(exiftool, path, walk, scratch)
        unseen = tuple(unseen_in(path, subject.view, subject.family, walk, found.fields))
        if not is_all or walk.budgets_exceeded:
            unseen = (*unseen, MORE_THAN_READ)
        return Account(
            path=path,
            family=subject.family,
            format_name=found.format_name,
            size_pixels=(found.width_pixels, found.height_pixels),
            fields=(*placed(found.fields, walk), *_within(exiftool, path, walk.embedded, scratch), *buried),
            walked_fields=tuple(walk.fields),
            containers=tuple(walk.containers),
            unseen=unseen,
            carriers=tuple(carriers_in(exiftool, path, found.fields, scratch)),
            embedded=tuple(walk.embedded),
            picture=stated or picture_digest(subject.view, subject.family),
            seen_by_others=_seen_by_pillow(path),
            is_error=any(one.code == "ENGINE_ERROR" for one in found.warnings),
        )


def _within(exiftool: ExifTool, path: Path, embedded: Iterable[Embedded], scratch: Path) -> Iterator[Field]:
    """Yield what the files inside the file state: previews have positions of their own, and so have films."""
    for one in list(embedded)[:_EMBEDDED_COUNT_MAX]:
        extension = _extension_of(path, one)
        if not extension:
            continue
        unpacked = scratch / f"embedded.{extension}"
        try:
            with path.open("rb") as file, unpacked.open("xb") as copy:
                for place in one.places:
                    os.sendfile(copy.fileno(), file.fileno(), place.offset_bytes, place.length_bytes)
            for field in exiftool.read(unpacked, "-ee").fields:
                if not is_computed(field.group, field.name):
                    yield replace(field, path=f"{one.path}-{one.kind}-{field.path}", location=None)
        finally:
            unpacked.unlink(missing_ok=True)


def _extension_of(path: Path, embedded: Embedded) -> str:
    """Return `jpg` or `mp4`, or nothing for what is no file of its own."""
    if not embedded.places:
        return ""
    with path.open("rb") as file:
        head = os.pread(file.fileno(), 8, embedded.places[0].offset_bytes)
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    return "mp4" if head[4:8] == b"ftyp" else ""


def _seen_by_pillow(path: Path) -> tuple[str | None, tuple[int, int]] | None:
    """Read the header; no pixel is decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is broken, others tell
            with Image.open(path) as image:
                return image.format, image.size
    except Exception:  # noqa: BLE001 - Pillow raises anything on damaged files, and then says nothing
        return None
