"""The calibration table: how often an independent reader agreed, by what the witnesses had said.

Counts come from leave-one-engine-out on the calibration corpus (`python -m bench quality`); the estimate of a
cell is (n⁺ + ½) / (n + 1). Neighbouring cells are pooled until one more agreeing witness, or one disagreeing
less, never lowers the estimate (isotonic regression on a partial order by pooling violators, weighted with
the counts).

Engines contradict each other too seldom to count what that means, so faults are injected (`bench.quality`),
and they are read pessimistically: one contradiction makes a field doubtful however many agree, because
readers inherit each other's mistakes. `injected` tells how many of a cell's cases these are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Self

from metaextract_extractor.reading.quality.witnesses import Source

WITNESSES_MAX: Final = 8
"""More witnesses count as so many, in proportion."""


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """What the witnesses said of a field: how many read it, how many of them agreed, and its class."""

    read: int
    agreed: int
    source: Source


@dataclass(frozen=True, slots=True)
class Counts:
    """How often a further reader was asked in such a case, and how often it agreed.

    `injected`: those of the cases whose contradiction was made, not met.
    """

    asked: int = 0
    agreed: int = 0
    injected: int = 0

    @property
    def estimate(self) -> float:
        """How probable agreement is."""
        return (self.agreed + 0.5) / (self.asked + 1)


class Calibration:
    """Estimates for every cell. `version` names the run that the counts are from."""

    def __init__(self, version: str, counts: Mapping[Cell, Counts]) -> None:
        self.version = version
        self._counts = dict(counts)
        self._estimates: dict[Cell, float] = {}
        for source in Source:
            self._estimates |= _isotonic(_all_counts(self._counts, source))

    @classmethod
    def from_json(cls, document: str) -> Self:
        """Read what `to_json` wrote."""
        content = json.loads(document)
        return cls(
            content["version"],
            {
                Cell(row["read"], row["agreed"], Source(row["source"])): Counts(
                    row["asked"], row["confirmed"], row["injected"]
                )
                for row in content["cells"]
            },
        )

    def to_json(self) -> str:
        """Write the counts; estimates are made of them again."""
        cells = [
            {
                "source": cell.source.value,
                "read": cell.read,
                "agreed": cell.agreed,
                "asked": counts.asked,
                "confirmed": counts.agreed,
                "injected": counts.injected,
            }
            for cell, counts in sorted(self._counts.items(), key=lambda item: item[0])
        ]
        rows = ",\n".join(f"  {json.dumps(row)}" for row in cells)
        return f'{{\n "version": {json.dumps(self.version)},\n "cells": [\n{rows}\n ]\n}}\n'

    def counts(self, cell: Cell) -> Counts:
        """Return what was counted for a cell, before pooling."""
        return self._counts.get(cell, Counts())

    def estimate(self, read: int, agreed: int, source: Source) -> float:
        """Return how probable it is that a further reader agrees; `read` is at least `agreed`."""
        if read > WITNESSES_MAX:
            agreed = agreed * WITNESSES_MAX // read
            read = WITNESSES_MAX
        return self._estimates[Cell(read, agreed, source)]


@cache
def calibration() -> Calibration:
    """Return the table of this build."""
    return Calibration.from_json(resources.files(__package__).joinpath("calibration.json").read_text())


def _all_counts(counts: Mapping[Cell, Counts], source: Source) -> dict[Cell, Counts]:
    """Return every cell of a class; one that was never seen borrows."""
    return {
        Cell(read, agreed, source): _counts(counts, Cell(read, agreed, source))
        for read in range(WITNESSES_MAX + 1)
        for agreed in range(read + 1)
    }


def _counts(counts: Mapping[Cell, Counts], cell: Cell) -> Counts:
    """Return the counts of a cell, of its likes in all classes, or of the cell with one witness less.

    That one is the least sure neighbour which the cell must not fall below.
    """
    own = counts.get(cell)
    if own is not None and own.asked:
        return own
    same = [one for other, one in counts.items() if (other.read, other.agreed) == (cell.read, cell.agreed)]
    pooled = Counts(sum(one.asked for one in same), sum(one.agreed for one in same))
    if pooled.asked or cell.read == 0:
        return pooled
    return _counts(counts, Cell(cell.read - 1, max(0, cell.agreed - 1), cell.source))


def _isotonic(cells: Mapping[Cell, Counts]) -> dict[Cell, float]:
    block_of = {cell: index for index, cell in enumerate(cells)}
    weights = {index: counts.asked + 1.0 for index, counts in enumerate(cells.values())}
    values = {index: counts.estimate for index, counts in enumerate(cells.values())}
    pairs = [(low, high) for low in cells for high in _one_better(low) if high in cells]
    while True:
        violated = next(((a, b) for a, b in pairs if values[block_of[a]] > values[block_of[b]] + 1e-12), None)
        if violated is None:
            return {cell: values[block] for cell, block in block_of.items()}
        keep, drop = block_of[violated[0]], block_of[violated[1]]
        weight = weights[keep] + weights[drop]
        values[keep] = (values[keep] * weights[keep] + values[drop] * weights[drop]) / weight
        weights[keep] = weight
        for cell, block in block_of.items():
            if block == drop:
                block_of[cell] = keep


def _one_better(cell: Cell) -> list[Cell]:
    """Return the cells that must not be less sure: one more agrees, or one of the others does."""
    better = [Cell(cell.read + 1, cell.agreed + 1, cell.source)]
    if cell.agreed < cell.read:
        better += [Cell(cell.read, cell.agreed + 1, cell.source)]
        better += [Cell(cell.read - 1, cell.agreed, cell.source)]
    return better
