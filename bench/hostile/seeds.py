"""The files that are fed: whole ones, hostile ones as they are, and variants of the whole ones."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.hostile.mutations import variant
from metaextract_testing.factory import FORMATS, FORMATS_UNKNOWN_TO_EXIFTOOL, make

SAMPLE_BYTES_MAX: Final = 300_000
FACTORY_SHARE: Final = 0.5
VARIANT: Final = "variant-"


@dataclass(frozen=True, slots=True)
class File:
    """Bytes and the name they are uploaded under. `group`: the seed that a variant was made from."""

    name: str
    content: bytes
    group: str = ""


def factory_seeds() -> list[File]:
    """Return one small file of each format that the factory makes."""
    made = [make(one) for one in (*FORMATS, *FORMATS_UNKNOWN_TO_EXIFTOOL)]
    return [File(f"factory/{one.name}", one.content) for one in made]


def sample_seeds(samples: Path) -> list[File]:
    """Return the small public samples; none if there are none here."""
    public = samples / "public"
    paths = [one for one in sorted(public.rglob("*")) if one.is_file() and "expected" not in one.parts]
    return [
        File(str(one.relative_to(samples)), one.read_bytes())
        for one in paths
        if one.suffix not in {".tsv", ".json", ".md", ".txt"} and 0 < one.stat().st_size < SAMPLE_BYTES_MAX
    ]


def hostile_paths(samples: Path) -> list[Path]:
    """Return the hostile samples, without what describes them."""
    hostile = samples / "hostile"
    return [one for one in sorted(hostile.rglob("*")) if one.is_file() and one.parent != hostile]


def hostile_files(samples: Path) -> Iterator[File]:
    """Yield the hostile samples."""
    for path in hostile_paths(samples):
        yield File(str(path.relative_to(samples)), path.read_bytes())


def variants(
    made: Sequence[File], sampled: Sequence[File], seed: int, indices: Iterable[int]
) -> Iterator[File]:
    """Yield the variants with these numbers: the same bytes for the same files, seed and number."""
    for index in indices:
        yield variant_number(made, sampled, seed, index)


def variant_number(made: Sequence[File], sampled: Sequence[File], seed: int, index: int) -> File:
    """Make one variant of a file of the factory or, as often, of a sample."""
    rng = random.Random(f"{seed}:{index}")  # noqa: S311 - to be repeated, not to be secret
    chosen = made if not sampled or rng.random() < FACTORY_SHARE else sampled
    parent, other = rng.choice(chosen), rng.choice(made)
    content = variant(parent.content, other.content, rng)
    return File(f"{VARIANT}{index}{Path(parent.name).suffix}", content, group=parent.name)
