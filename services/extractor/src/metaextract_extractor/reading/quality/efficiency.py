"""processing_efficiency: what such a file costs by the model of this build, against what this one did cost.

The model is linear for each format: processor milliseconds = base + per field x fields + per MB x bytes;
fitted on the benchmark corpus (`python -m bench quality`) and scaled by how fast this host runs a fixed piece
of work.
"""

import hashlib
import json
import re
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Self

from metaextract_extractor.domain.quality import Efficiency

MEGABYTE: Final = 1_000_000
KERNEL_RUNS: Final = 20
_KERNEL_TEXT: Final = b"MetaExtract measures the host by the same work everywhere. " * 64
_WORDS: Final = re.compile(rb"[a-z]+ (\w+)")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one reading cost. None where it was not measured.

    `host_scale`: how many times slower than the reference host this one is (`measure_host`).
    """

    cpu_seconds: float | None = None
    wall_seconds: float | None = None
    memory_peak_bytes: int | None = None
    bytes_read: int | None = None
    bytes_read_for_pixels: int | None = None
    bytes_total: int = 0
    host_scale: float | None = None


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Processor milliseconds on the reference host."""

    base_ms: float
    field_ms: float
    megabyte_ms: float

    def expected_ms(self, fields_count: int, size_bytes: int) -> float:
        """Return what a file with so many fields and bytes costs."""
        return self.base_ms + self.field_ms * fields_count + self.megabyte_ms * size_bytes / MEGABYTE


@dataclass(frozen=True, slots=True)
class CostModel:
    """Coefficients for each format; `""` stands for all others. `kernel_seconds`: of the reference host."""

    version: str
    kernel_seconds: float
    formats: Mapping[str, Coefficients]

    @classmethod
    def from_json(cls, document: str) -> Self:
        """Read what `to_json` wrote."""
        content = json.loads(document)
        formats = {name: Coefficients(**one) for name, one in content["formats"].items()}
        return cls(content["version"], content["kernel_seconds"], formats)

    def to_json(self) -> str:
        """Write the model."""
        rows = ",\n".join(
            f"  {json.dumps(name)}: "
            + json.dumps(
                {
                    "base_ms": round(one.base_ms, 3),
                    "field_ms": round(one.field_ms, 5),
                    "megabyte_ms": round(one.megabyte_ms, 4),
                }
            )
            for name, one in sorted(self.formats.items())
        )
        return (
            f'{{\n "version": {json.dumps(self.version)},\n'
            f' "kernel_seconds": {self.kernel_seconds:.6f},\n "formats": {{\n{rows}\n }}\n}}\n'
        )

    def expected_ms(self, format_name: str, fields_count: int, size_bytes: int) -> float:
        """Return what such a file costs on the reference host."""
        coefficients = self.formats.get(format_name) or self.formats[""]
        return coefficients.expected_ms(fields_count, size_bytes)


@cache
def cost_model() -> CostModel:
    """Return the model of this build."""
    return CostModel.from_json(resources.files(__package__).joinpath("efficiency.json").read_text())


def kernel_cpu_seconds() -> float:
    """Do the fixed work several times and return the least processor seconds of one; about 20 ms in all."""
    return min(_kernel_once() for _ in range(KERNEL_RUNS))


def _kernel_once() -> float:
    """Look for patterns, inflate, digest, and build objects, as reading a file does."""
    began = time.process_time()
    for _ in range(12):
        words = _WORDS.findall(_KERNEL_TEXT)
        packed = zlib.compress(_KERNEL_TEXT, 1)
        hashlib.sha256(zlib.decompress(packed)).digest()
        counts: dict[bytes, int] = {}
        for word in words:
            counts[word] = counts.get(word, 0) + len(word)
        json.loads(json.dumps({key.decode(): value for key, value in counts.items()}))
    return time.process_time() - began


def measure_host(model: CostModel | None = None) -> float:
    """Return how many times slower than the reference host this one is; at a worker's start, once."""
    return kernel_cpu_seconds() / (model or cost_model()).kernel_seconds


def assess_efficiency(cost: Cost, format_name: str, fields_count: int, model: CostModel) -> Efficiency:
    """Compare what a reading cost with what such a file costs; see `Efficiency.seen_from_outside`."""
    expected = None
    if cost.host_scale is not None:
        expected = model.expected_ms(format_name, fields_count, cost.bytes_total) * cost.host_scale
    cpu_ms = _ms(cost.cpu_seconds)
    efficiency = min(1.0, expected / cpu_ms) if expected is not None and cpu_ms else None
    metadata_bytes = None
    if cost.bytes_read is not None and cost.bytes_read_for_pixels is not None:
        metadata_bytes = cost.bytes_read - cost.bytes_read_for_pixels
    return Efficiency(
        processing_efficiency=efficiency,
        expected_cpu_ms=expected,
        io_economy=_economy(cost.bytes_read, cost.bytes_total),
        cpu_ms=cpu_ms,
        wall_ms=_ms(cost.wall_seconds),
        queue_ms=None,
        memory_peak_bytes=cost.memory_peak_bytes,
        bytes_read=cost.bytes_read,
        bytes_total=cost.bytes_total,
        host_scale=cost.host_scale,
        model_version=model.version,
        bytes_read_for_pixels=cost.bytes_read_for_pixels,
        metadata_io_economy=_economy(metadata_bytes, cost.bytes_total),
    )


def _economy(bytes_read: int | None, bytes_total: int) -> float | None:
    if bytes_read is None or bytes_total <= 0:
        return None
    return max(0.0, 1 - bytes_read / bytes_total)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000
