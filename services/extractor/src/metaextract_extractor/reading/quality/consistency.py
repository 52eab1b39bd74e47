"""Whether EXIF, IPTC and XMP tell the same of one fact.

Source: Metadata Working Group, Guidelines for Handling Image Metadata 2.0, §5: which properties are one fact,
that IIM values are cut at their lengths, and that Exif holds several creators in one text.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Final, TypeAlias

from metaextract_extractor.domain.quality import Consistency, Finding, Severity
from metaextract_extractor.domain.result import Field
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.stated import Stated
from metaextract_extractor.reading.insights.written_time import WrittenTime, read_time

_MWG: Final = "MWG Guidelines 2.0 §5"
_CREATORS: Final = re.compile(r"\s*;\s*")
_PARTS: Final = ("year", "month", "day", "hour", "minute", "second")
_LENGTHS: Final = {"year": 1, "month": 2, "day": 3, "minute": 5, "second": 6, "subsecond": 6}

Source: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact, and where the standards keep it: (group, name), IIM with its length in bytes."""

    rule: str
    title: str
    sources: tuple[Source, ...]
    same: Callable[["Statement", "Statement"], bool]


@dataclass(frozen=True, slots=True)
class Statement:
    """What one place says: the field, and of IIM times the second one that goes with it."""

    field: Field
    text: str

    @property
    def label(self) -> str:
        """`group:name`."""
        return f"{self.field.group}:{self.field.name}"


def assess_consistency(evidence: Evidence) -> Consistency:
    """Compare the places of each fact that at least two of them state."""
    stated = Stated.of(evidence)
    facts = 0
    findings = []
    for fact in _FACTS:
        statements = [one for source in fact.sources if (one := _statement(stated, source)) is not None]
        if len(statements) < 2:  # noqa: PLR2004 - nothing to compare
            continue
        facts += 1
        different = [(one, two) for one, two in combinations(statements, 2) if not fact.same(one, two)]
        if different:
            labels = tuple(dict.fromkeys(one.label for pair in different for one in pair))
            findings.append(
                Finding(
                    fact.rule,
                    f"{' and '.join(labels)} state different {fact.title}.",
                    Severity.WARNING,
                    labels,
                    _MWG,
                )
            )
    return Consistency(facts, facts - len(findings), tuple(findings))


def _statement(stated: Stated, source: Source) -> Statement | None:
    group, name = source
    found = stated.every(group, name)
    texts = [text for one in found for text in _texts(one)]
    if not any(texts):
        return None
    text = "; ".join(filter(None, texts))
    if time := _TIMES.get(source):
        text = f"{text} {stated.text(*time)}".strip()
    return Statement(found[0], text)


def _texts(field: Field) -> list[str]:
    values = field.raw if isinstance(field.raw, list | tuple) else [field.raw]
    return [_folded(str(value)) for value in values]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _same_text(one: Statement, other: Statement) -> bool:
    """Equal, or one is the other cut at the length that IIM 4.2 allows."""
    if one.text == other.text:
        return True
    for cut, whole in ((one, other), (other, one)):
        length = _IIM_LENGTHS.get((cut.field.group, cut.field.name))
        if length and len(cut.text.encode()) >= length - 4 and whole.text.startswith(cut.text):
            return True
    return False


def _same_creators(one: Statement, other: Statement) -> bool:
    return _same_text(one, other) or sorted(_CREATORS.split(one.text)) == sorted(_CREATORS.split(other.text))


def _same_set(one: Statement, other: Statement) -> bool:
    cut = _IIM_LENGTHS["IPTC", "Keywords"]
    sets = [{word.encode()[:cut] for word in _CREATORS.split(statement.text)} for statement in (one, other)]
    return sets[0] == sets[1]


def _same_time(one: Statement, other: Statement) -> bool:
    """Equal in the parts that both state; zones count only where both state one."""
    first, second = read_time(one.text), read_time(other.text)
    if first is None or second is None:
        return first is second
    length = min(_LENGTHS[first.precision], _LENGTHS[second.precision])
    if None not in (first.offset_minutes, second.offset_minutes) and length > 3:  # noqa: PLR2004 - a time of day
        return _parts(_utc(first), length) == _parts(_utc(second), length)
    return _parts(first.clock, length) == _parts(second.clock, length)


def _utc(time: WrittenTime) -> datetime:
    return time.moment(time.offset_minutes or 0) or time.clock


def _parts(clock: datetime, length: int) -> tuple[int, ...]:
    return tuple(getattr(clock, part) for part in _PARTS[:length])


_IIM_LENGTHS: Final = {
    ("IPTC", "Caption-Abstract"): 2000,
    ("IPTC", "By-line"): 32,
    ("IPTC", "CopyrightNotice"): 128,
    ("IPTC", "Keywords"): 64,
    ("IPTC", "City"): 32,
    ("IPTC", "Province-State"): 32,
    ("IPTC", "Country-PrimaryLocationName"): 64,
}
_TIMES: Final[dict[Source, Source]] = {
    ("IPTC", "DateCreated"): ("IPTC", "TimeCreated"),
    ("IPTC", "DigitalCreationDate"): ("IPTC", "DigitalCreationTime"),
}
_FACTS: Final = (
    Fact(
        "MWG_DESCRIPTION",
        "descriptions",
        (("IFD0", "ImageDescription"), ("IPTC", "Caption-Abstract"), ("XMP-dc", "Description")),
        _same_text,
    ),
    Fact(
        "MWG_CREATOR",
        "creators",
        (("IFD0", "Artist"), ("IPTC", "By-line"), ("XMP-dc", "Creator")),
        _same_creators,
    ),
    Fact(
        "MWG_COPYRIGHT",
        "copyright notices",
        (("IFD0", "Copyright"), ("IPTC", "CopyrightNotice"), ("XMP-dc", "Rights")),
        _same_text,
    ),
    Fact("MWG_KEYWORDS", "keywords", (("IPTC", "Keywords"), ("XMP-dc", "Subject")), _same_set),
    Fact(
        "MWG_ORIGINAL_TIME",
        "capture times",
        (("ExifIFD", "DateTimeOriginal"), ("IPTC", "DateCreated"), ("XMP-photoshop", "DateCreated")),
        _same_time,
    ),
    Fact(
        "MWG_DIGITISED_TIME",
        "times of digitising",
        (("ExifIFD", "CreateDate"), ("IPTC", "DigitalCreationDate"), ("XMP-xmp", "CreateDate")),
        _same_time,
    ),
    Fact(
        "MWG_MODIFIED_TIME",
        "times of change",
        (("IFD0", "ModifyDate"), ("XMP-xmp", "ModifyDate")),
        _same_time,
    ),
    Fact(
        "MWG_ORIENTATION", "orientations", (("IFD0", "Orientation"), ("XMP-tiff", "Orientation")), _same_text
    ),
    Fact("MWG_RATING", "ratings", (("IFD0", "Rating"), ("XMP-xmp", "Rating")), _same_text),
    Fact("MWG_CITY", "cities", (("IPTC", "City"), ("XMP-photoshop", "City")), _same_text),
    Fact("MWG_STATE", "states", (("IPTC", "Province-State"), ("XMP-photoshop", "State")), _same_text),
    Fact(
        "MWG_COUNTRY",
        "countries",
        (("IPTC", "Country-PrimaryLocationName"), ("XMP-photoshop", "Country")),
        _same_text,
    ),
)
