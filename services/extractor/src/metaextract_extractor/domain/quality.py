"""How well a file was read, and how well it is made. Shapes as in metaextract/extractor/v1/quality.proto.

Every number is measured for the one file and stands beside its parts; None where there was nothing to
measure. All of them speak about the reading of metadata, none about the truth of the picture.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Self

from metaextract_extractor.domain.result import Why


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """A standard forbids it, or readers will fail."""
    WARNING = "warning"
    """A standard advises against it, or two statements cannot both be true."""
    MINOR = "minor"
    """Untidy; readers cope."""


ACTIONS_MAX: Final = 20
"""Recommended actions of one reading."""


class SupportLevel(StrEnum):
    """How well a format is read, by the conformance run."""

    COMPREHENSIVE = "comprehensive"
    """Recall and exactness of at least .98, and no crash in the fuzz run."""
    ADVANCED = "advanced"
    """Recall and exactness of at least .90."""
    BASIC = "basic"
    """Identified, and its dimensions are read."""
    LIMITED = "limited"
    """Less than that, or never tried."""


@dataclass(frozen=True, slots=True)
class ReadValue:
    """The value that one engine read; `raw` and `printed` as in `Field`, of at most 256 characters."""

    engine: str
    raw: str
    printed: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that engines read differently. The first of `values` is the one that the result holds."""

    path: str
    group: str
    name: str
    occurrence: int
    values: tuple[ReadValue, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure the values are: would an independent reader that follows the standards find the same ones?"""

    score: float | None
    """Mean over the fields that a second engine read too, 0 to 1; None if there is none."""
    key_fields_confidence: float | None
    """The least sure of time, position, make, model, orientation and dimensions, as far as witnessed."""
    witnessed: float | None
    """Share of the fields that a second engine read too, 0 to 1; None without fields."""
    fields_count: int
    witnessed_count: int
    agreed_count: int
    """Witnessed fields on which all engines agree."""
    conflicts_count: int
    conflicts: tuple[Conflict, ...]
    """Least sure first, at most 100."""
    witnesses: tuple[str, ...]
    """Engines that read at least one of the fields as well."""
    calibration_version: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A range inside a metadata container that nobody decoded, or not all of it."""

    offset_bytes: int
    length_bytes: int
    path: str
    reason: Why
    decoded_share: float = 0.0
    """Share of its tags that the primary engine knows, which does not tell where in the range they stand."""


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of what the file says was read: the product of those of the three parts that are known."""

    score: float | None
    """None without metadata and references, and where the range is wider than half of the scale."""
    score_low: float | None
    score_high: float | None
    """In nine of ten files that break off the true share is from low to high; of others both are `score`."""
    structure: float | None
    """Bytes of metadata containers that were decoded / their bytes; None without metadata containers."""
    decoding: float | None
    """Known tags / tags; None without tags, and if the primary engine did not say what it does not know."""
    reach: float
    """Tags read / (tags read + tags that unresolved references lead to on average); 1 if all are resolved."""
    container_bytes: int
    decoded_bytes: int
    known_tags_count: int | None
    unknown_tags_count: int | None
    unknown_tags: tuple[str, ...]
    """Table and id of tags that nobody knows, such as `Sony::Main 8228`; at most 100."""
    references_count: int
    unresolved_references_count: int
    gaps_count: int
    gaps: tuple[Gap, ...]
    """Largest first, at most 100."""


@dataclass(frozen=True, slots=True)
class Efficiency:
    """What the reading cost. Nothing here is guessed: None where the kernel or the clock did not tell.

    A worker knows what it did itself; `seen_from_outside` adds what only the server process sees.
    """

    processing_efficiency: float | None
    """min(1, expected / used processor time), 0 to 1."""
    expected_cpu_ms: float | None
    """What such a file costs on this host, by the model of this build."""
    io_economy: float | None
    """1 - bytes read / bytes of the file; at least 0."""
    cpu_ms: float | None
    wall_ms: float | None
    """From the moment at which a worker had the file until its answer was here."""
    queue_ms: float | None
    """From the last byte until a worker had the file."""
    memory_peak_bytes: int | None
    bytes_read: int | None
    bytes_total: int
    host_scale: float | None
    """How many times slower than the reference host this one is."""
    model_version: str
    bytes_read_for_pixels: int | None = None
    """Those of `bytes_read` from which pixels were decoded."""
    metadata_io_economy: float | None = None
    """As `io_economy`, without what was read for pixels."""

    def seen_from_outside(
        self, *, queue_seconds: float, wall_seconds: float, memory_peak_bytes: int | None
    ) -> Self:
        """Return it as the server process saw it: who waits sees more than the worker's own time."""
        return replace(
            self,
            queue_ms=queue_seconds * 1000,
            wall_ms=wall_seconds * 1000,
            memory_peak_bytes=memory_peak_bytes,
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the file itself that is not as it should be, with its evidence.

    `evidence` names the fields as `group:name`, `rule` is stable.
    """

    rule: str
    statement: str
    severity: Severity
    evidence: tuple[str, ...] = ()
    standard: str = ""
    """The document and section that the rule rests on; empty for findings of an engine."""


@dataclass(frozen=True, slots=True)
class Conformance:
    """Whether the file follows the standards it is made by."""

    errors_count: int
    warnings_count: int
    minor_count: int
    findings: tuple[Finding, ...]
    """Gravest first, at most 100."""


@dataclass(frozen=True, slots=True)
class Consistency:
    """Whether EXIF, IPTC and XMP tell the same of the facts that more than one of them states (MWG)."""

    facts_count: int
    """Facts stated at least twice."""
    consistent_count: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Plausibility:
    """Whether what the file says can be true. `checked` names the rules that had something to look at."""

    checked: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class FormatSupport:
    """How well files of this format are read, by the latest conformance run. None: not measured."""

    format_name: str
    level: SupportLevel
    files_count: int
    recall: float | None
    """Tags of the ground truth that were found, 0 to 1."""
    exact: float | None
    """Tags of the ground truth that were found with the same value, 0 to 1."""
    fuzzed_count: int | None
    """Damaged files of the format that were tried; None if none were."""
    crashes_count: int | None
    measured_on: str
    """Date of the run, ISO 8601; empty if the format was never tried."""
    engines: tuple[str, ...]
    """Names and versions, such as `exiftool 13.59`."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to do, in plain words. `part` is the part of the quality it follows from."""

    action: str
    part: str
    rule: str


@dataclass(frozen=True, slots=True)
class Quality:
    """The quality of one reading, part by part."""

    confidence: Confidence
    completeness: Completeness
    efficiency: Efficiency
    format_support: FormatSupport
    conformance: Conformance
    consistency: Consistency
    plausibility: Plausibility
    recommended_actions: tuple[Recommendation, ...]
