"""What the installed ExifTool says of its fields: the XML of `exiftool -listx`, read as it is written."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

from metaextract_extractor.domain.dictionary import ENGLISH, Entry, EntryValue, Facts, Flag
from metaextract_extractor.domain.field_ranking import standard
from metaextract_extractor.domain.field_units import unit

ENGINE: Final = "exiftool"
# An empty configuration file name keeps ExifTool from reading one of its user; -f adds flags and structures.
_ARGUMENTS: Final = ("-config", "", "-f", "-listx")
_FLAGS: Final[Mapping[str, Flag]] = {flag.value: flag for flag in Flag}
_UNTYPED: Final = "?"


class ListingError(Exception):
    """ExifTool did not list its fields; the text is what it said."""


def version(exiftool: Path) -> str:
    """Return the version as it states it, such as `13.59`; raises ListingError."""
    try:
        done = subprocess.run(  # noqa: S603 - the engine that the settings name
            [exiftool, "-config", "", "-ver"], capture_output=True, text=True, timeout=60, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ListingError("it does not say its version within a minute") from error
    if done.returncode:
        raise ListingError(done.stderr.strip())
    return done.stdout.strip()


@contextmanager
def listing(exiftool: Path) -> Iterator[Iterator[Entry]]:
    """Yield every field that ExifTool knows, in the order of its tables.

    Raises ListingError, at the end of the block at the latest, if it did not list all of them.
    """
    process = subprocess.Popen(  # noqa: S603 - the engine that the settings name
        [exiftool, *_ARGUMENTS], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None  # noqa: S101 - asked for
    assert process.stderr is not None  # noqa: S101 - asked for
    with process:
        try:
            yield entries(process.stdout)
        except (ParseError, DefusedXmlException) as error:
            raise ListingError(f"its list is cut off or damaged ({error})") from error
        said = process.stderr.read().decode(errors="replace").strip()
    if process.returncode:
        raise ListingError(said or f"exit code {process.returncode}")


def entries(xml: IO[bytes]) -> Iterator[Entry]:
    """Read ExifTool's `taginfo` document (its documentation of -listx); holds one table at a time."""
    table: Mapping[str, str] = {}
    for event, element in iterparse(xml, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            if element.tag == "table":
                table = element.attrib
        elif element.tag == "tag":
            yield _entry(table, element)
        elif element.tag == "table":
            element.clear()


def _entry(table: Mapping[str, str], tag: Element) -> Entry:
    family = tag.get("g0", table["g0"])
    tag_id = tag.get("id", "")
    name = tag.get("name", "")
    index, count, kind = tag.get("index"), tag.get("count", ""), tag.get("type", "")
    return Entry(
        facts=Facts(
            field_name=name,
            family=family,
            group=tag.get("g1", table["g1"]),
            category=tag.get("g2", table["g2"]),
            table=table["name"],
            tag_id=tag_id,
            standard=standard(family),
            tag_id_hex=f"{int(tag_id):#06x}" if re.fullmatch("[0-9]{1,20}", tag_id) else "",
            variant=None if index is None else int(index),
            type="" if kind == _UNTYPED else kind,
            count=int(count) if re.fullmatch("[0-9]{1,9}", count) else None,
            writable=tag.get("writable") == "true",
            flags=_flags(tag.get("flags", "")),
            structure=tag.get("struct", ""),
            unit=unit(table["name"], name),
            engine=ENGINE,
        ),
        descriptions=_texts(tag, "desc") or {ENGLISH: name},
        values=tuple(_values(tag)),
    )


def _flags(text: str) -> tuple[Flag, ...]:
    """Flags of an ExifTool newer than this list are left out."""
    return tuple(sorted(_FLAGS[one] for one in text.lower().split(",") if one in _FLAGS))


def _values(tag: Element) -> Iterator[EntryValue]:
    for values in tag.iterfind("values"):
        index = values.get("index")
        for one in values.iterfind("key"):
            texts = _texts(one, "val")
            if ENGLISH in texts:
                yield EntryValue(one.get("id", ""), texts, None if index is None else int(index))


def _texts(parent: Element, name: str) -> dict[str, str]:
    return {sys.intern(one.get("lang", ENGLISH)): sys.intern(one.text or "") for one in parent.iterfind(name)}
