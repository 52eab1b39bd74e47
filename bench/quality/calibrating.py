"""Fits and scores the calibration table: leave one engine out, on halves of the corpus.

Engines contradict each other so seldom (a few fields of ten thousand) that what a contradiction means cannot
be counted; so faults are injected as well: in a share of the witnessed fields the value of the result is
replaced by another one, and the witnesses that follow it in its error are drawn at random, at least one
excepted. The engine that was left out keeps its value. This is the pessimistic reading of a contradiction: it
never lets the number of those who agree speak against the one who does not, because readers inherit each
other's mistakes.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from metaextract_extractor.domain.canonical import agree
from metaextract_extractor.domain.result import Field
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.quality.calibration import Calibration, Cell, Counts
from metaextract_extractor.reading.quality.witnesses import (
    Source,
    Witnessed,
    source_of,
    testimonies,
    witnessed,
)

FAULTS_SHARE: Final = 0.05
BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Case:
    """One question to the engine that was left out: what the others said, and whether it agreed."""

    cell: Cell
    agreed: bool
    injected: bool


def cases(evidence: Evidence, *, seed: str) -> Iterator[Case]:
    """Return every case of one file: the natural ones, and those with an injected fault."""
    said = testimonies(evidence)
    primary = [one for one in evidence.fields if one.engine not in said]
    chance = random.Random(seed)  # noqa: S311 - no secret
    everyone = witnessed(primary, said)
    for one in everyone:
        source = source_of(one.field)
        readers = [(reader, True) for reader in one.agreeing] + [
            (reader, False) for reader in one.disagreeing
        ]
        for held_out, verdict in readers:
            others = [good for reader, good in readers if reader is not held_out]
            yield Case(Cell(len(others), sum(others), source), verdict, injected=False)
            if others and chance.random() < FAULTS_SHARE:
                followers = sum(chance.random() < 0.5 for _ in others[1:])
                yield Case(Cell(len(others), followers, source), agreed=False, injected=True)


def fit(found: Iterable[Case], version: str) -> Calibration:
    """Count."""
    counts: dict[Cell, Counts] = {}
    for case in found:
        before = counts.get(case.cell, Counts())
        counts[case.cell] = Counts(
            before.asked + 1, before.agreed + case.agreed, before.injected + case.injected
        )
    return Calibration(version, counts)


@dataclass(frozen=True, slots=True)
class Score:
    """How good the probabilities are. `constant_brier`: that of the best constant for these very cases."""

    count: int
    agreed: int
    ece: float
    brier: float
    constant_brier: float
    legacy_brier: float
    """That of the constant 0.85, which the old system told."""

    @property
    def times_better(self) -> float:
        """How many times better than the best constant."""
        return self.constant_brier / self.brier if self.brier else float("inf")


def score(found: Iterable[Case], table: Calibration) -> Score:
    """Score cases that have at least one witness, as the confidence score takes them."""
    told = [
        (table.estimate(case.cell.read, case.cell.agreed, case.cell.source), case.agreed)
        for case in found
        if case.cell.read
    ]
    count, agreed = len(told), sum(outcome for _, outcome in told)
    rate = agreed / count if count else 0.0
    return Score(
        count=count,
        agreed=agreed,
        ece=_ece(told),
        brier=_brier(told),
        constant_brier=rate * (1 - rate),
        legacy_brier=_brier([(0.85, outcome) for _, outcome in told]),
    )


def _brier(told: list[tuple[float, bool]]) -> float:
    return sum((estimate - outcome) ** 2 for estimate, outcome in told) / len(told) if told else 0.0


def _ece(told: list[tuple[float, bool]]) -> float:
    """Expected calibration error over bins of equal width."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for estimate, outcome in told:
        bins.setdefault(min(BINS - 1, int(estimate * BINS)), []).append((estimate, outcome))
    return (
        sum(abs(sum(e for e, _ in one) - sum(o for _, o in one)) for one in bins.values()) / len(told)
        if told
        else 0.0
    )


def corrupted(one: Field) -> Field:
    """Return a field with another value of the same kind."""
    raw = one.raw
    if isinstance(raw, bool):
        return replace(one, raw=not raw, printed="")
    if isinstance(raw, int | float):
        return replace(one, raw=raw + max(1, abs(raw) * 1e-3), printed="")
    return replace(one, raw=f"{raw} other", printed="")


@dataclass(frozen=True, slots=True)
class Corruption:
    """What one corrupted reading does to the probability of its key."""

    keys_count: int
    dropped_count: int
    """Keys whose probability fell below .1."""
    highest: float


def corrupt_witnesses(evidence: Evidence, table: Calibration) -> Corruption:
    """Corrupt one witness of every agreed key in turn, and weigh the key again."""
    said = testimonies(evidence)
    primary = [one for one in evidence.fields if one.engine not in said]
    after = []
    for one in witnessed(primary, said):
        for reader in one.agreeing if not one.disagreeing else ():
            changed = corrupted(reader)
            if agree(one.field, changed):
                continue  # a list or a date that the change did not touch
            rest = len(one.agreeing) - 1
            after.append(table.estimate(one.witnesses_count, rest, source_of(one.field)))
    return Corruption(len(after), sum(value < 0.1 for value in after), max(after, default=0.0))


def is_monotone(table: Calibration, most: int = 8) -> bool:
    """Whether one more agreeing witness never lowers the probability."""
    return all(
        table.estimate(read + 1, agreed + 1, source) >= table.estimate(read, agreed, source) - 1e-12
        for source in Source
        for read in range(most)
        for agreed in range(read + 1)
    )


def contradictions(everyone: Iterable[Witnessed]) -> int:
    """Count keys on which engines differ."""
    return sum(1 for one in everyone if one.disagreeing)
