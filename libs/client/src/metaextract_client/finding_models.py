"""What a server says of a reading and of several: quality, operations, comparison.

Typed are the parts that programs decide by; `Extraction.raw` has everything.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ReadValue:
    """The value that one engine read."""

    engine: str = ""
    raw: str = ""
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that engines read differently; the first value is the one in the result."""

    path: str = ""
    group: str = ""
    name: str = ""
    occurrence: int = 0
    values: tuple[ReadValue, ...] = ()
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Confidence:
    """Would an independent reader find the same values? `score` is None if no second engine read any."""

    score: float | None = None
    key_fields_confidence: float | None = None
    witnessed: float | None = None
    fields_count: int = 0
    witnessed_count: int = 0
    agreed_count: int = 0
    conflicts_count: int = 0
    conflicts: tuple[Conflict, ...] = ()
    witnesses: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What to show before any number, such as `agreed by 3 engines, 2 conflicts`."""
        if not self.witnessed_count:
            return "read by one engine, witnessed by none"
        conflicts = f"{self.conflicts_count or 'no'} conflict{'' if self.conflicts_count == 1 else 's'}"
        share = f"{self.agreed_count} of {self.fields_count} values"
        return f"{share} agreed by {1 + len(self.witnesses)} engines, {conflicts}"


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of what the file says was read: `score` is the product of the parts, each 0 to 1 or None.

    Of a file that breaks off the true share lies from `score_low` to `score_high` in nine of ten cases; if
    that is more than half of the scale, `score` is None.
    """

    score: float | None = None
    score_low: float | None = None
    score_high: float | None = None
    structure: float | None = None
    decoding: float | None = None
    reach: float | None = None
    gaps_count: int = 0
    unknown_tags_count: int | None = None


@dataclass(frozen=True, slots=True)
class Efficiency:
    """What the reading cost; None is what the kernel or the clock did not tell."""

    processing_efficiency: float | None = None
    cpu_ms: float | None = None
    wall_ms: float | None = None
    queue_ms: float | None = None
    memory_peak_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class FormatSupport:
    """How well files of the format are read, by a conformance run over `files_count` files."""

    level: str = ""
    files_count: int = 0
    recall: float | None = None
    exact: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the file that is not as it should be, with the fields that it rests on."""

    rule: str = ""
    statement: str = ""
    severity: str = ""
    evidence: tuple[str, ...] = ()
    standard: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of one part of the quality."""

    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to do, in plain words, and the rule that it follows from."""

    action: str = ""
    part: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a file was read, and how well it is made. Says nothing of the truth of the picture."""

    confidence: Confidence = Confidence()
    completeness: Completeness = Completeness()
    efficiency: Efficiency = Efficiency()
    format_support: FormatSupport = FormatSupport()
    conformance: Findings = Findings()
    consistency: Findings = Findings()
    plausibility: Findings = Findings()
    recommended_actions: tuple[Recommendation, ...] = ()


class Relation(StrEnum):
    """How the values of a field of several files relate."""

    UNSPECIFIED = "RELATION_UNSPECIFIED"
    DIFFERENT = "RELATION_DIFFERENT"
    MISSING = "RELATION_MISSING"
    EQUAL = "RELATION_EQUAL"

    @classmethod
    def _missing_(cls, value: object) -> "Relation":
        return cls.UNSPECIFIED


@dataclass(frozen=True, slots=True)
class ComparedValue:
    """The value of a field in one file; `printed` is None if the file has no such field."""

    printed: str | None = None


@dataclass(frozen=True, slots=True)
class ComparedField:
    """One field of several files; `values` stand in the order of `Comparison.extractions`."""

    group: str = ""
    name: str = ""
    occurrence: int = 0
    relation: Relation = Relation.UNSPECIFIED
    values: tuple[ComparedValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Files side by side, by normalised values: the fields that differ, then those that some lack, then the
    equal ones."""

    extractions: tuple[str, ...] = ()
    equal_count: int = 0
    different_count: int = 0
    missing_count: int = 0
    fields: tuple[ComparedField, ...] = ()
