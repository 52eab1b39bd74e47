"""Does completeness know what is missing? Files are cut at 20 points and compared with the whole ones.

Two truths, for what is behind a cut:

* recall: the known tags that were found with their value / all known tags. Known are those that the primary
  engine reads of the whole sample; of a file of the factory those that it says it wrote;
* the share of everything that the file says: recall counts what has a name, completeness counts as well the
  tags that nobody knows and the bytes that nobody decodes. So the tags found are divided by all tags that are
  read of the whole file or that the primary engine sees there without a name, and taken times the whole
  file's decoded share of metadata bytes. Of a whole file this *is* structure x decoding: it tests what is
  said of a cut, not those two.

Of a cut of which nothing is said (no metadata, and no sign that any is missing) there is nothing to score.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from bench.quality.corpus import Sample
from bench.quality.gather import Gathered, Gatherer
from metaextract_extractor.domain.canonical import agree
from metaextract_extractor.domain.quality import Completeness
from metaextract_extractor.domain.result import Container, Field
from metaextract_extractor.reading.quality.completeness import WIDEST, assess_completeness
from metaextract_extractor.reading.quality.lacking import ROOT_AT_THE_END
from metaextract_extractor.reading.quality.measures import MEASURED, measures, tables
from metaextract_extractor.reading.quality.reach import Reach, ReachTable, is_tag, unresolved
from metaextract_testing.factory import FORMATS, LARGE_FORMATS, large_image, make

CUTS_COUNT: Final = 20
PICTURE_BYTES: Final = 3_000_000
"""A picture of ordinary size, as a telephone takes it."""

TOLERANCE: Final = 0.01
"""Ranges are taken to the hundredth: a cut may go through a container that nobody decodes as a whole."""

METADATA_SHARE_MAX: Final = 0.1
"""Samples with less metadata count as whole pictures, and not as heads of pictures."""

Key: TypeAlias = tuple[str, str, int]
Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Held:
    """What a whole container holds. `kind`: what `lacking` calls it if it is lacking."""

    kind: str
    full: float
    """See `measures`."""
    kilobytes: float
    tags_count: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A file that ends early: what can be said of it, and what is true."""

    file: str
    """What tells this file from others."""
    format_name: str
    is_fitted: bool
    number: int
    """Of 21 parts, how many are there; 21 is the whole file."""
    structure: float
    decoding: float
    tags_count: int
    unresolved: Mapping[str, float]
    recall: float
    """Share of the known tags that was found."""
    found_count: int
    """Tags of the whole file that were found with their value."""
    said_count: int
    """All tags of the whole file, those that nobody knows included."""
    whole_structure: float
    metadata_share: float
    """Of the whole file's bytes."""
    containers: tuple[Held, ...] = ()
    """Of whole files."""

    @property
    def share_of_everything(self) -> float:
        """Share of what the whole file says, the tags and bytes that nobody knows included."""
        return self.whole_structure * self.found_count / self.said_count

    def told(self, table: ReachTable) -> Reach:
        """Return what `assess_completeness` says with this table, and its range."""
        reach = table.reach(self.unresolved, self.tags_count)
        read = self.structure * self.decoding
        return Reach(read * reach.low, read * reach.usual, read * reach.high)


@dataclass(frozen=True, slots=True)
class _Truth:
    """What is true of a whole file."""

    file: str
    format_name: str
    tags: Mapping[Key, Field]
    """What was read of it whole."""
    known: Mapping[Key, Field]
    """Those of them that the primary engine read."""
    written: Mapping[str, str]
    """Of files of the factory, what it wrote."""
    unknown_count: int
    structure: float
    metadata_share: float
    containers: tuple[Held, ...]
    is_fitted: bool = False

    def recall(self, found: Mapping[Key, Field], gathered: Gathered) -> float:
        """Return the share of the known tags that was found."""
        if not self.written:
            return _right_count(self.known, found) / len(self.known)
        printed: defaultdict[str, list[str]] = defaultdict(list)
        for one in gathered.evidence.fields:
            printed[f"{one.group}:{one.name}"].append(one.printed)
        return sum(value in printed[key] for key, value in self.written.items()) / len(self.written)


def cuts(gatherer: Gatherer, samples: Iterable[Sample]) -> Iterator[Cut]:
    """Cut each sample, and read it whole as well."""
    for sample in samples:
        truth = _truth(gatherer, sample.path, sample.sha256, sample.format_name)
        if truth.known:
            yield from _of_one(gatherer, sample.path, replace(truth, is_fitted=sample.is_fitted))


def cuts_of_pictures(gatherer: Gatherer, *, seed: int = 0) -> Iterator[Cut]:
    """Cut pictures of ordinary size, which the factory makes with metadata where their formats have them."""
    with tempfile.TemporaryDirectory() as folder:
        for layout in LARGE_FORMATS:
            image = large_image(layout, PICTURE_BYTES, seed)
            path = Path(folder) / image.name
            with path.open("wb") as file:
                file.writelines(image.chunks())
            yield from _of_made(gatherer, path, layout, image.tags)


def cuts_of_heads(gatherer: Gatherer, *, seed: int = 0) -> Iterator[Cut]:
    """Cut tiny pictures of the factory, which are little but metadata."""
    with tempfile.TemporaryDirectory() as folder:
        for layout in FORMATS:
            image = make(layout, seed=seed)
            path = Path(folder) / image.name
            path.write_bytes(image.content)
            yield from _of_made(gatherer, path, layout, image.tags)


def _of_made(gatherer: Gatherer, path: Path, layout: str, tags: Mapping[str, str]) -> Iterator[Cut]:
    """Cut a file of the factory, if it wrote tags; what ExifTool tells of any file is none."""
    written = {key: value for key, value in tags.items() if not key.startswith("File:")}
    truth = _truth(gatherer, path, path.name, layout)
    if written:
        yield from _of_one(gatherer, path, replace(truth, written=written))


def _truth(gatherer: Gatherer, path: Path, file: str, format_name: str) -> _Truth:
    with gatherer.reading(path, alone=True) as whole:
        done = assess_completeness(whole.evidence)
        tags = _tags(whole)
        return _Truth(
            file=file,
            format_name=format_name,
            tags=tags,
            known={key: one for key, one in tags.items() if one.engine == whole.primary},
            written={},
            unknown_count=done.unknown_tags_count or 0,
            structure=1.0 if done.structure is None else done.structure,
            metadata_share=done.container_bytes / path.stat().st_size,
            containers=_containers(whole),
        )


def _of_one(gatherer: Gatherer, path: Path, truth: _Truth) -> Iterator[Cut]:
    data = path.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / path.name
        for number in range(1, CUTS_COUNT + 2):
            part.write_bytes(data[: len(data) * number // (CUTS_COUNT + 1)])
            with gatherer.reading(part, alone=True) as gathered:
                done = assess_completeness(gathered.evidence)
                if done.score_high is not None:
                    yield _cut(number, gathered, done, truth)


def _cut(number: int, gathered: Gathered, done: Completeness, truth: _Truth) -> Cut:
    found = _tags(gathered)
    return Cut(
        file=truth.file,
        format_name=truth.format_name,
        is_fitted=truth.is_fitted,
        number=number,
        structure=1.0 if done.structure is None else done.structure,
        decoding=1.0 if done.decoding is None else done.decoding,
        tags_count=(done.known_tags_count or 0) + (done.unknown_tags_count or 0),
        unresolved=unresolved(gathered.evidence),
        recall=truth.recall(found, gathered),
        found_count=_right_count(truth.tags, found),
        said_count=len(truth.tags) + truth.unknown_count,
        whole_structure=truth.structure,
        metadata_share=truth.metadata_share,
        containers=truth.containers if number > CUTS_COUNT else (),
    )


def _tags(gathered: Gathered) -> dict[Key, Field]:
    """Return the comparable tags that were found in the file."""
    return {
        (one.group, one.name, one.occurrence): one
        for one in gathered.evidence.fields
        if is_tag(one) and agree(one, one)
    }


def _right_count(truth: Mapping[Key, Field], found: Mapping[Key, Field]) -> int:
    return sum(key in found and agree(field, found[key]) for key, field in truth.items())


def _below(path: str, paths: Sequence[str]) -> int:
    return sum(one == path or one.startswith(f"{path}-") for one in paths)


def _containers(whole: Gathered) -> tuple[Held, ...]:
    """Return what the containers of a whole file hold, by the kinds of what a cut file may lack."""
    paths = [one.path for one in whole.evidence.fields if is_tag(one)]
    walk = whole.evidence.walk
    found = [
        Held(
            f"cut {one.kind}",
            *measures(one.kind, _length(one)),
            round(_below(one.path, paths) / sum(other.path == one.path for other in walk.containers)),
        )
        for one in walk.containers
        if one.kind in MEASURED and "IFD" not in one.path.rpartition("-")[2] and _length(one)
    ]
    if any(one.path == "MOV" for one in walk.containers):
        found.append(Held("lost meta", 1, 0, len(paths)))
        lengths = [_length(one) for one in walk.containers if one.path == "MOV-Meta"]
        found += [Held("cut meta", *measures("meta", one), len(paths)) for one in lengths]
    elif walk.format_name in ROOT_AT_THE_END or any(one.path == "TIFF-IFD0" for one in walk.containers):
        found.append(Held("lost root", 1, 0, len(paths)))
    for one in walk.containers:
        name = one.path.rpartition("-")[2].rstrip("0123456789")
        if one.kind == "exif" and not one.path.endswith("IFD0"):
            found.append(Held(f"directory {name}", 1, 0, _below(one.path, paths)))
    left_to_engine = {one.path for one in walk.located}
    if kilobytes := sum(tables(walk.located)):
        in_tables = sum(_below(path, paths) - paths.count(path) for path in left_to_engine)
        found.append(Held("tables", 1, kilobytes, in_tables))
    return tuple(one for one in found if one.tags_count)


def _length(one: Container) -> int:
    return sum(place.length_bytes for place in one.places)


@dataclass(frozen=True, slots=True)
class TruncationScore:
    """How well completeness follows both truths; `error` are mean absolute errors."""

    files_count: int
    cuts_count: int
    error: float
    """Against the share of everything that the file says."""
    error_of_recall: float
    """Against the plain recall of known tags."""
    spearman: float
    spearman_of_recall: float
    coverage: float
    """Share of the cuts in whose range the share of everything lies."""
    width: float
    """Of a range, on average."""
    told: "ToldScore"


@dataclass(frozen=True, slots=True)
class ToldScore:
    """The same of those cuts of which a figure is told, because the range is not too wide."""

    cuts_count: int
    error: float
    error_of_recall: float
    spearman_of_recall: float


def score_cuts(found: Iterable[Cut], table: ReachTable) -> TruncationScore:
    """Score what completeness says of cuts; whole files among them are left out."""
    some = [cut for cut in found if cut.number <= CUTS_COUNT]
    ranges = [cut.told(table) for cut in some]
    told = [one.usual for one in ranges]
    everything = [cut.share_of_everything for cut in some]
    recall = [cut.recall for cut in some]
    covered = [
        one.low - TOLERANCE <= true <= one.high + TOLERANCE
        for one, true in zip(ranges, everything, strict=True)
    ]
    return TruncationScore(
        files_count=len({cut.file for cut in some}),
        cuts_count=len(some),
        error=_mean_error(told, everything),
        error_of_recall=_mean_error(told, recall),
        spearman=spearman(told, everything),
        spearman_of_recall=spearman(told, recall),
        coverage=sum(covered) / max(1, len(some)),
        width=sum(one.high - one.low for one in ranges) / max(1, len(some)),
        told=_score_told(ranges, everything, recall),
    )


def _score_told(ranges: Sequence[Reach], everything: Sequence[float], recall: Sequence[float]) -> ToldScore:
    cuts = [
        (one.usual, true, known)
        for one, true, known in zip(ranges, everything, recall, strict=True)
        if one.high - one.low <= WIDEST
    ]
    told, true, known = ([cut[index] for cut in cuts] for index in range(3))
    return ToldScore(len(cuts), _mean_error(told, true), _mean_error(told, known), spearman(told, known))


def score_by_format(found: Iterable[Cut], table: ReachTable) -> dict[str, TruncationScore]:
    """Score each format, or layout, on its own."""
    several: defaultdict[str, list[Cut]] = defaultdict(list)
    for cut in found:
        several[cut.format_name].append(cut)
    return {name: score_cuts(some, table) for name, some in sorted(several.items())}


def _mean_error(told: Sequence[float], true: Sequence[float]) -> float:
    errors = [abs(one - other) for one, other in zip(told, true, strict=True)]
    return sum(errors) / len(errors) if errors else 0.0


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the rank correlation, ties with their mean rank."""
    if not one:
        return 0.0
    first, second = _ranks(one), _ranks(other)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _ranks(values: Sequence[float]) -> Array:
    _, inverse, counts = np.unique(np.round(np.array(values), 9), return_inverse=True, return_counts=True)
    ranks: Array = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks
