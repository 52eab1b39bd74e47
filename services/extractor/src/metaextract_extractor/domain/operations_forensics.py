"""What the file shows of its history: statements with their evidence, never a verdict, never a score."""

from dataclasses import dataclass
from enum import StrEnum

from metaextract_extractor.domain.result import ByteRange


class ForensicTopic(StrEnum):
    """What a statement is about."""

    COMPRESSION_HISTORY = "compression_history"
    THUMBNAIL = "thumbnail"
    EDITING = "editing"
    STRUCTURE = "structure"


class ForensicStrength(StrEnum):
    """How far a statement goes."""

    FACT = "fact"
    """It stands in the bytes, and anybody can check it. What it means is another question."""
    INDICATION = "indication"
    """Measured or inferred; other causes are possible."""


@dataclass(frozen=True, slots=True)
class ForensicEvidence:
    """One thing that a statement rests on: what was looked at, its value, and where it is.

    `field`: `Group:Name` of the field that holds it; `places`: its bytes in the file. Either may be empty.
    """

    what: str
    value: str
    field: str = ""
    places: tuple[ByteRange, ...] = ()


@dataclass(frozen=True, slots=True)
class ForensicStatement:
    """Something that the file shows.

    `id` is stable, such as `editing.xmp_history`. `innocent_explanations`: how an untouched picture, or one
    with an everyday history, comes to show it; there is always at least one.
    """

    id: str
    topic: ForensicTopic
    text: str
    strength: ForensicStrength
    evidence: tuple[ForensicEvidence, ...]
    innocent_explanations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotExamined:
    """A question that was not asked of this file, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Forensics:
    """All statements, and what was not examined. No statements do not mean that nothing was done."""

    statements: tuple[ForensicStatement, ...]
    not_examined: tuple[NotExamined, ...]
