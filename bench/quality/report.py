"""The report that the run is written down as."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from bench.quality.calibrating import Corruption, Score, is_monotone
from bench.quality.conforming import Tally
from bench.quality.measuring import Measured
from bench.quality.truncating import TruncationScore
from metaextract_extractor.domain.quality import SupportLevel
from metaextract_extractor.reading.quality.calibration import Calibration, Cell
from metaextract_extractor.reading.quality.witnesses import Source


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the report tells."""

    measured_on: str
    engines: Sequence[str]
    files_count: int
    measured: Measured
    table: Calibration
    natural: Score
    with_faults: Score
    corruption: Corruption
    truncated: TruncationScore
    arriving: TruncationScore
    cost_ratios: Sequence[float]
    levels: Mapping[str, SupportLevel]


def report(figures: Figures) -> str:
    """Render it."""
    parts = (_head, _confidence, _table, _completeness, _efficiency, _formats, _findings)
    return "\n\n".join(part(figures) for part in parts) + "\n"


def _head(figures: Figures) -> str:
    return f"""# Honest quality

Made by `python -m bench quality` on {figures.measured_on}, from {figures.files_count} public sample files.
Engines: {", ".join(figures.engines)}.
How it is measured: [../README.md](../README.md). Files are parted by their hash: one half is fitted, the
figures below are those of the other half unless they say otherwise."""


def _confidence(figures: Figures) -> str:
    rows = [
        ("natural readings", figures.natural),
        ("with injected faults (5 %)", figures.with_faults),
    ]
    lines = [
        "## Confidence",
        "",
        f"{figures.measured.witnessed_count:,} fields of all files were read by a second engine; engines "
        f"contradict each other on {sum(figures.measured.contradictions.values())} of them"
        + (f" ({_most(figures.measured.contradictions)})." if figures.measured.contradictions else "."),
        "",
        "| cases | n | agreed | ECE | Brier | best constant | times better | constant 0.85 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {one.count:,} | {one.agreed / one.count:.4f} | {one.ece:.4f} | {one.brier:.5f} | "
        f"{one.constant_brier:.5f} | {one.times_better:.1f} | {one.legacy_brier:.4f} |"
        for name, one in rows
        if one.count
    ]
    corruption = figures.corruption
    lines += [
        "",
        f"* One corrupted witness: {corruption.dropped_count:,} of {corruption.keys_count:,} agreed keys "
        f"fall below .1 (highest that is left: {corruption.highest:.3f}).",
        f"* One more agreeing witness never lowers a value: {_yes(held=is_monotone(figures.table))}.",
        "* What the natural readings cannot show: contradictions are too rare to count, so no table is much "
        "better than a constant on them. What a contradiction means comes from injected faults, read "
        "pessimistically.",
    ]
    return "\n".join(lines)


def _table(figures: Figures) -> str:
    lines = [
        "Calibration table (fitted half), as *estimate (cases, injected ones of them)*:",
        "",
        "| witnesses: agree of all | " + " | ".join(source.value for source in Source) + " |",
        "|---" * (len(Source) + 1) + "|",
    ]
    for read in range(5):
        for agreed in range(read, -1, -1):
            cells = [_cell(figures.table, read, agreed, source) for source in Source]
            lines.append(f"| {agreed} of {read} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(table: Calibration, read: int, agreed: int, source: Source) -> str:
    counts = table.counts(Cell(read, agreed, source))
    return f"{table.estimate(read, agreed, source):.4f} ({counts.asked:,}, {counts.injected:,})"


def _completeness(figures: Figures) -> str:
    lines = [
        "## Completeness",
        "",
        "Against recall, files cut at 20 points:",
        "",
        "| | cuts | Spearman | mean absolute error | without structure | steps at which it fell |",
        "|---|---|---|---|---|---|",
    ]
    for name, one in (
        ("the file just ends", figures.truncated),
        ("the rest has not arrived", figures.arriving),
    ):
        lines.append(
            f"| {name} | {one.count:,} | {one.spearman:.3f} | {one.mean_absolute_error:.3f} | "
            f"{one.error_of_tags:.3f} | {one.decreases_count} |"
        )
    everything = [one for several in figures.measured.completeness.values() for one in several]
    decoding = [one.decoding for one in everything if one.decoding is not None]
    structure = [one.structure for one in everything if one.structure is not None]
    lines += [
        "",
        "A partial result is never told less than the one before it (`at_least`).",
        "",
        "The aim of .05 for the mean error is not reached. Most samples are headers whose pictures were cut "
        "off, so that nearly every cut goes through metadata, and one reference may lead to five tags or to "
        "five hundred; and recall counts tags, not the bytes that nobody decodes, which completeness counts.",
        "",
        f"Whole files: structure mean {fmean(structure):.3f} (lowest {min(structure):.3f}), decoding mean "
        f"{fmean(decoding):.3f} (lowest {min(decoding):.3f}). Decoding by make: "
        + ", ".join(
            f"{make} {fmean(values):.3f} ({len(values)})"
            for make, values in sorted(
                figures.measured.decoding_by_make.items(), key=lambda one: -len(one[1])
            )[:10]
        )
        + ".",
    ]
    return "\n".join(lines)


def _efficiency(figures: Figures) -> str:
    ratios = sorted(figures.cost_ratios)
    if not ratios:
        return "## Efficiency\n\nNot measured in this run."
    within = sum(1 for one in ratios if 0.5 <= one <= 2) / len(ratios)
    low, high = ratios[len(ratios) // 4], ratios[3 * len(ratios) // 4]
    return f"""## Efficiency

Expected / used processor time on the scored half ({len(ratios)} files): median {median(ratios):.2f},
middle half {low:.2f} to {high:.2f}; {within:.0%} within a factor of two."""


def _formats(figures: Figures) -> str:
    lines = [
        "## Formats",
        "",
        "| format | files | recall | exact | structure | decoding | level |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in sorted(figures.measured.tallies.items()):
        several = figures.measured.completeness[name]
        lines.append(
            f"| {name} | {one.files} | {one.recall:.4f} | {one.exactness:.4f} | "
            f"{_mean(part.structure for part in several)} | {_mean(part.decoding for part in several)} | "
            f"{figures.levels[name].value} |"
        )
    lines += ["", _deviations(figures.measured.tallies)]
    return "\n".join(lines)


def _deviations(tallies: Mapping[str, Tally]) -> str:
    missing = [text for one in tallies.values() for text in one.missing]
    if not missing:
        return "Every tag of the ground truth was found with its raw and its printed value."
    return (
        f"{len(missing)} tags of the ground truth were not found exactly, such as "
        + "; ".join(missing[:8])
        + "."
    )


def _findings(figures: Figures) -> str:
    lines = ["## What the files themselves got", "", "| rule | files |", "|---|---|"]
    lines += [f"| {rule} | {count} |" for rule, count in figures.measured.findings.most_common()]
    return "\n".join(lines)


def _yes(*, held: bool) -> str:
    return "yes" if held else "**no**"


def _mean(values: Iterable[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{fmean(known):.3f}" if known else ""


def _most(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{name} {count}x" for name, count in sorted(counts.items(), key=lambda one: -one[1])[:5]
    )
