"""Reads samples with broken directory entries: there engines have reason to contradict each other unaided."""

import random
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.hostile.mutations import VARIANT_BYTES_MAX, change_entry
from bench.quality.calibrating import Case, cases
from bench.quality.corpus import Sample
from bench.quality.gather import Gatherer

VARIANTS_COUNT: Final = 3
"""Of each file; each has one to four entries (or units, where there are no entries) changed."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """What was read of one variant."""

    is_fitted: bool
    """Whether the whole file belongs to the half that is fitted."""
    cases: tuple[Case, ...]
    """The natural ones: nothing is injected."""


def damaged(gatherer: Gatherer, samples: Iterable[Sample]) -> Iterator[Damaged]:
    """Read the variants of every sample of at most `VARIANT_BYTES_MAX`. Each run makes the same ones."""
    with tempfile.TemporaryDirectory() as folder:
        for sample in samples:
            if sample.path.stat().st_size > VARIANT_BYTES_MAX:
                continue
            for number in range(VARIANTS_COUNT):
                chance = random.Random(f"{sample.sha256} {number}")  # noqa: S311 - no secret
                path = Path(folder, f"damaged{sample.path.suffix}")
                path.write_bytes(change_entry(bytearray(sample.path.read_bytes()), chance))
                with gatherer.reading(path) as gathered:
                    every = cases(gathered.evidence, seed=sample.sha256)
                    yield Damaged(sample.is_fitted, tuple(one for one in every if not one.injected))
