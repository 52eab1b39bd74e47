"""Everything that is measured over the corpus, once; fitting and scoring are done on what stands here."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.quality.calibrating import Case, Corruption, cases, corrupt_witnesses
from bench.quality.conforming import Tally, tally
from bench.quality.corpus import Sample
from bench.quality.gather import Gatherer
from metaextract_extractor.domain.quality import Completeness
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.quality.calibration import Calibration
from metaextract_extractor.reading.quality.completeness import assess_completeness
from metaextract_extractor.reading.quality.conformance import assess_conformance
from metaextract_extractor.reading.quality.consistency import assess_consistency
from metaextract_extractor.reading.quality.plausibility import assess_plausibility
from metaextract_extractor.reading.quality.witnesses import testimonies, witnessed


@dataclass(slots=True)
class Measured:
    """What reading every sample gave."""

    fitted: list[Case] = field(default_factory=list)
    scored: list[Case] = field(default_factory=list)
    evidence: list[tuple[Sample, Evidence]] = field(default_factory=list)
    completeness: dict[str, list[Completeness]] = field(default_factory=lambda: defaultdict(list))
    decoding_by_make: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    witnessed_count: int = 0
    contradictions: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)


def measure(gatherer: Gatherer, samples: Iterable[Sample]) -> Measured:
    """Read every sample with every engine."""
    done = Measured()
    for sample in samples:
        with gatherer.reading(sample.path) as gathered:
            evidence = gathered.evidence
            half = done.fitted if sample.is_fitted else done.scored
            half.extend(cases(evidence, seed=sample.sha256))
            done.evidence.append((sample, evidence))
            completeness = assess_completeness(evidence)
            done.completeness[sample.format_name].append(completeness)
            _count_make(done, evidence, completeness)
            tally(done.tallies[sample.format_name], sample, gathered)
            _count(done, evidence)
    return done


def _count(done: Measured, evidence: Evidence) -> None:
    said = testimonies(evidence)
    for one in witnessed([one for one in evidence.fields if one.engine not in said], said):
        done.witnessed_count += bool(one.witnesses_count)
        done.contradictions.update(
            f"{other.engine} {one.field.group}:{one.field.name}" for other in one.disagreeing
        )
    for findings in (
        assess_conformance(evidence).findings,
        assess_consistency(evidence).findings,
        assess_plausibility(evidence).findings,
    ):
        done.findings.update({finding.rule for finding in findings})


def _count_make(done: Measured, evidence: Evidence, completeness: Completeness) -> None:
    make = evidence.first("IFD0", "Make")
    if make is not None and make.printed.strip() and completeness.decoding is not None:
        done.decoding_by_make[make.printed.split()[0].capitalize()].append(completeness.decoding)


def corruption(done: Measured, table: Calibration) -> Corruption:
    """Corrupt one witness of every agreed key of the scored half."""
    parts = [corrupt_witnesses(evidence, table) for sample, evidence in done.evidence if not sample.is_fitted]
    return Corruption(
        sum(part.keys_count for part in parts),
        sum(part.dropped_count for part in parts),
        max((part.highest for part in parts), default=0.0),
    )
