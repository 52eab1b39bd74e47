"""Reads a file with every engine of the product, and keeps what each said, which the product does not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from metaextract_extractor.domain.result import ByteRange
from metaextract_extractor.reading.broken_off import walked
from metaextract_extractor.reading.engines.exif_read import ExifRead
from metaextract_extractor.reading.engines.exiftool import ExifTool, Found
from metaextract_extractor.reading.engines.heif import Heif
from metaextract_extractor.reading.engines.pillow import Pillow
from metaextract_extractor.reading.engines.raw import Raw
from metaextract_extractor.reading.evidence import Engine, EngineError, Evidence, subject_of
from metaextract_extractor.reading.merging import merged

EXIFTOOL: Final = Path(__file__).parents[2] / ".venv" / "bin" / "exiftool"


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was read of one file."""

    evidence: Evidence
    found: Found
    primary: str
    """Name of the primary engine."""


class Gatherer:
    """All engines, started once."""

    def __init__(self, primary: ExifTool, witnesses: Sequence[Engine]) -> None:
        self.primary = primary
        self.witnesses = witnesses

    @property
    def versions(self) -> tuple[str, ...]:
        """Engines with their versions."""
        witnesses = [f"{one.name} {one.version}" for one in self.witnesses]
        return (f"{self.primary.name} {self.primary.version}", *witnesses)

    @contextmanager
    def reading(self, path: Path, *, received: int | None = None, alone: bool = False) -> Iterator[Gathered]:
        """Read a file. `received`: only so many bytes of it have arrived. `alone`: without witnesses."""
        ranges = None if received is None else (ByteRange(0, received),)
        with subject_of(path, path.stat().st_size, path.suffix[1:].lower(), ranges) as subject:
            walk = walked(subject)
            found = self.primary.read(path)
            reports = {}
            for engine in () if alone else self.witnesses:
                if engine.reads(subject):
                    with suppress(EngineError):
                        reports[engine.name] = engine.read(subject)
            evidence = Evidence(subject, walk, merged(found.fields, walk, reports), reports)
            yield Gathered(evidence, found, self.primary.name)


@contextmanager
def gatherer(executable: Path = EXIFTOOL) -> Iterator[Gatherer]:
    """Start every engine."""
    with ExifTool(executable) as primary:
        yield Gatherer(primary, (Pillow(), ExifRead(), Heif(), Raw()))
