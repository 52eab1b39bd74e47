"""Fits what a file costs: processor time of a whole reading, by format, fields and bytes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.quality.corpus import Sample
from bench.quality.gather import Gatherer
from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.reading.assembly import assembled
from metaextract_extractor.reading.engines.measuring import Measurement
from metaextract_extractor.reading.evidence import subject_of
from metaextract_extractor.reading.quality.efficiency import (
    MEGABYTE,
    Coefficients,
    CostModel,
    kernel_cpu_seconds,
)
from metaextract_extractor.reading.reader import Reader
from metaextract_extractor.reading.steps import Steps

ROUNDS: Final = 3
"""The first one warms up and does not count."""

FILES_LEAST: Final = 3
"""Formats with fewer files are told by the model for all."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One file, and the least processor time of its readings."""

    path: Path
    format_name: str
    fields_count: int
    size_bytes: int
    cpu_seconds: float


def observe(gatherer: Gatherer, samples: Iterable[Sample]) -> list[Observation]:
    """Read every file several times as the worker does."""
    reader = assembled(gatherer.primary, trust_lists=(), pixel_decoders=True)
    found = []
    for sample in samples:
        readings = [read_once(reader, gatherer, sample.path) for _ in range(ROUNDS)]
        costs = [one.quality.efficiency.cpu_ms for one in readings[1:] if one.quality is not None]
        if costs and None not in costs:
            reading = readings[-1]
            least = min(cost for cost in costs if cost is not None) / 1000
            size = sample.path.stat().st_size
            found.append(Observation(sample.path, sample.format_name, len(reading.fields), size, least))
    return found


def read_once(reader: Reader, gatherer: Gatherer, path: Path) -> Reading:
    """Read one file as the worker does."""
    measurement = Measurement(gatherer.primary.pid)
    steps = Steps({}, reader.step_names, lambda _name, _share: None, measurement.cpu_seconds)
    with subject_of(path, path.stat().st_size, path.suffix[1:].lower(), None) as subject:
        return reader.read(subject, steps, measurement)


def fit_costs(observations: Sequence[Observation], version: str) -> CostModel:
    """Fit one line for all, and a base of its own for each format with enough files."""
    slopes = _least_squares(observations)
    formats = {"": slopes}
    for name in sorted({one.format_name for one in observations}):
        own = [one for one in observations if one.format_name == name]
        if name and len(own) >= FILES_LEAST:
            rest = [
                one.cpu_seconds * 1000 - slopes.expected_ms(one.fields_count, one.size_bytes) + slopes.base_ms
                for one in own
            ]
            formats[name] = Coefficients(
                max(0.1, float(np.median(rest))), slopes.field_ms, slopes.megabyte_ms
            )
    return CostModel(version, kernel_cpu_seconds(), formats)


def _least_squares(observations: Sequence[Observation]) -> Coefficients:
    """Weighted by 1/time, so that a share counts and not a millisecond; no coefficient below 0."""
    times = np.array([one.cpu_seconds * 1000 for one in observations])
    columns = np.array([[1.0, one.fields_count, one.size_bytes / MEGABYTE] for one in observations])
    weights = 1 / np.maximum(times, 1.0)
    used = [0, 1, 2]
    while True:
        solution, *_ = np.linalg.lstsq(columns[:, used] * weights[:, None], times * weights, rcond=None)
        negative = [index for index, value in zip(used, solution, strict=True) if value < 0]
        if not negative:
            break
        used.remove(negative[-1])
    values = dict.fromkeys(range(3), 0.0) | {
        index: float(value) for index, value in zip(used, solution, strict=True)
    }
    return Coefficients(values[0], values[1], values[2])


def errors(observations: Iterable[Observation], model: CostModel) -> list[float]:
    """Return expected / used time for each file, with 1 for a perfect model."""
    return [
        model.expected_ms(one.format_name, one.fields_count, one.size_bytes) / (one.cpu_seconds * 1000)
        for one in observations
        if one.cpu_seconds > 0
    ]
