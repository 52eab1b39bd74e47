"""The conformance run: how much of the ground truth is in our result, format by format."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench.quality.corpus import Sample
from bench.quality.gather import Gathered
from metaextract_extractor.domain.quality import SupportLevel
from metaextract_extractor.domain.result import Field
from metaextract_extractor.reading.quality.support import level_of

ABOUT_THE_COPY: Final = {"SourceFile", "System:FileName", "System:Directory"}
"""Facts about the copy that the ground truth was made from."""


@dataclass(slots=True)
class Tally:
    """Counts for one format."""

    files: int = 0
    dimensioned: int = 0
    tags: int = 0
    found: int = 0
    exact: int = 0
    missing: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of the known tags that was found."""
        return self.found / self.tags if self.tags else 0.0

    @property
    def exactness(self) -> float:
        """Share of the known tags that was found with the same raw and printed value."""
        return self.exact / self.tags if self.tags else 0.0


@dataclass(slots=True)
class Fuzzed:
    """Damaged files of one format: how many were tried, and how many ended a worker."""

    count: int
    crashes: int


def tally(into: Tally, sample: Sample, gathered: Gathered) -> None:
    """Compare one file with its ground truth, printed and raw."""
    printed, raw = (json.loads(path.read_text())[0] for path in (sample.expected, sample.expected_raw))
    by_key: defaultdict[str, list[Field]] = defaultdict(list)
    for one in gathered.evidence.fields:
        by_key[f"{one.group}:{one.name}"].append(one)
    into.files += 1
    into.dimensioned += gathered.found.width_pixels is not None
    for key, value in printed.items():
        if key in ABOUT_THE_COPY:
            continue
        into.tags += 1
        same_key = by_key.get(key, [])
        into.found += bool(same_key)
        exact = any(_is(value, one.printed) and _is(raw.get(key, value), one.raw) for one in same_key)
        into.exact += exact
        if not exact:
            into.missing.append(f"{sample.path.name} {key}")


def _is(wanted: Any, found: Any) -> bool:  # noqa: ANN401 - JSON
    """Compare values as JSON has them; what is printed as 1.10 is the number 1.1 there."""
    if wanted == found or _text(wanted) == _text(found):
        return True
    if isinstance(wanted, list) and isinstance(found, str):
        return ", ".join(map(_text, wanted)) == found
    try:
        return float(_text(wanted)) == float(_text(found))
    except ValueError:
        return False


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    return str(value).lower() if isinstance(value, bool) else str(value)


def document(
    tallies: Mapping[str, Tally], fuzzed: Mapping[str, Fuzzed], measured_on: str, engines: Sequence[str]
) -> str:
    """Write what `reading.quality.support` reads."""
    rows = {name: _row(one, fuzzed.get(name)) for name, one in tallies.items()}
    return _written(rows, measured_on, engines)


def refreshed(before: str, made: Mapping[str, Tally], fuzzed: Mapping[str, Fuzzed]) -> str:
    """Write the document anew with what stands in `before` of the samples, and with these fuzz runs.

    `made`: formats without samples, measured anew; a format that has samples keeps their figures.
    """
    old = json.loads(before)
    rows = {name: _row(one, fuzzed.get(name)) for name, one in made.items()}
    rows |= {
        name: _with_fuzz(row, fuzzed.get(name))
        for name, row in old["formats"].items()
        if row["recall"] is not None
    }
    return _written(rows, old["measured_on"], old["engines"])


def _written(rows: Mapping[str, Mapping[str, Any]], measured_on: str, engines: Sequence[str]) -> str:
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(rows.items()))
    return (
        f'{{\n "measured_on": {json.dumps(measured_on)},\n "engines": {json.dumps(list(engines))},\n'
        f' "formats": {{\n{lines}\n }}\n}}\n'
    )


def _row(one: Tally, fuzz: Fuzzed | None) -> dict[str, Any]:
    """A format of which no tags were known has no recall: nothing of the kind was measured."""
    recall, exact = (one.recall, one.exactness) if one.tags else (None, None)
    level = level_of(recall, exact, one.dimensioned / one.files, crashes_count=_crashes(fuzz))
    return {
        "level": level.value,
        "files_count": one.files,
        "recall": recall if recall is None else round(recall, 4),
        "exact": exact if exact is None else round(exact, 4),
        **_counts(fuzz),
    }


def _with_fuzz(row: Mapping[str, Any], fuzz: Fuzzed | None) -> dict[str, Any]:
    dimensions = float(row["level"] != SupportLevel.LIMITED)  # asked for only below advanced
    level = level_of(row["recall"], row["exact"], dimensions, crashes_count=_crashes(fuzz))
    return {**row, "level": level.value, **_counts(fuzz)}


def _crashes(fuzz: Fuzzed | None) -> int | None:
    return fuzz.crashes if fuzz and fuzz.count else None


def _counts(fuzz: Fuzzed | None) -> dict[str, int | None]:
    return {"fuzzed_count": fuzz.count if fuzz else None, "crashes_count": _crashes(fuzz)}


def fuzz_counts(documents: Iterable[str]) -> dict[str, Fuzzed]:
    """Read fuzz runs: `{"JPEG": {"count": 5000, "crashes": 0}, …}`; several are added up."""
    found: dict[str, Fuzzed] = {}
    for text in documents:
        for name, one in json.loads(text).items():
            before = found.get(name, Fuzzed(0, 0))
            found[name] = Fuzzed(before.count + one["count"], before.crashes + one["crashes"])
    return found
