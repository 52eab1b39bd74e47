"""The report that the run is written down as."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Final

from bench.quality.calibrating import Corruption, Score, is_monotone
from bench.quality.conforming import Tally
from bench.quality.measuring import Measured
from bench.quality.truncating import (
    METADATA_SHARE_MAX,
    Cut,
    TruncationScore,
    score_by_format,
    score_cuts,
)
from metaextract_extractor.domain.quality import SupportLevel
from metaextract_extractor.reading.quality.calibration import Calibration, Cell
from metaextract_extractor.reading.quality.completeness import WIDEST
from metaextract_extractor.reading.quality.reach import ReachTable
from metaextract_extractor.reading.quality.witnesses import Source

SUPPORT: Final = "Format support"


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
    damaged: Score
    """Natural readings of files with broken directory entries."""
    damaged_count: int
    """How many such files."""
    corruption: Corruption
    reach: ReachTable
    reach_exchanged: ReachTable
    """Fitted on the scored half, to be scored on the fitted one."""
    cuts: Sequence[Cut]
    """Of both halves of the samples."""
    cuts_of_pictures: Sequence[Cut]
    cuts_of_heads: Sequence[Cut]
    cost_ratios: Sequence[float]
    efficiency_before: str
    """What the report said before, which stands where times were not measured."""
    support: str
    """The document that the levels of formats stand in."""


def report(figures: Figures) -> str:
    """Render it."""
    parts = (_head, _confidence, _table, _completeness, _efficiency, _formats, _support, _findings)
    return "\n\n".join(part(figures) for part in parts) + "\n"


def section(text: str, title: str) -> str:
    """Return a section of a report with its heading; empty if there is none."""
    found = re.search(rf"^## {title}$.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[0].strip() if found else ""


def with_section(text: str, title: str, new: str) -> str:
    """Return a report with this section in place of the one of that title, or at its end."""
    before = section(text, title)
    return text.replace(before, new) if before else f"{text}\n{new}\n"


def _head(figures: Figures) -> str:
    return f"""# Honest quality

Made by `python -m bench quality` on {figures.measured_on}, from {figures.files_count} public sample files.
Engines: {", ".join(figures.engines)}.
How it is measured: [../README.md](../README.md). Files are parted by their hash: one half is fitted, the
figures below are those of the other half unless they say otherwise."""


def _confidence(figures: Figures) -> str:
    rows = [
        ("natural readings", figures.natural),
        (f"natural readings of {figures.damaged_count:,} damaged files", figures.damaged),
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
        "better than a constant on them, not even where the entries of TIFF directories and other structure "
        "are broken: readers follow the same broken structure to the same value, or read none. What a "
        "contradiction means comes from injected faults, read pessimistically "
        "([ADR 0030](../../docs/adr/0030-confidence-is-gated-with-injected-faults.md)).",
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
    table = figures.reach
    scored = [one for one in figures.cuts if not one.is_fitted]
    fitted = [one for one in figures.cuts if one.is_fitted]
    corpora = {
        "pictures of ordinary size, made with known tags": score_cuts(figures.cuts_of_pictures, table),
        "samples as they are": score_cuts(scored, table),
        "the same, halves exchanged": score_cuts(fitted, figures.reach_exchanged),
        f"samples with less than {METADATA_SHARE_MAX:.0%} metadata": score_cuts(
            [one for one in scored if one.metadata_share < METADATA_SHARE_MAX], table
        ),
        "JPEG samples": score_cuts([one for one in scored if one.format_name == "JPEG"], table),
        "tiny files, made with known tags": score_cuts(figures.cuts_of_heads, table),
    }
    return "\n".join(
        [
            "## Completeness",
            "",
            "Files cut at 20 points, and what completeness says of each cut, against the share of everything "
            "the whole file says that was found, and against the plain recall of its known tags: "
            "[ADR 0015](../../docs/adr/0015-completeness-is-gated-on-whole-pictures.md). How what is lacking "
            "is counted: [ADR 0026](../../docs/adr/0026-what-a-cut-file-lacks-is-counted.md).",
            "",
            "| | files | cuts | error: everything | error: recall | rank: everything | rank: recall |",
            "|---|---|---|---|---|---|---|",
            *(_truncation_row(name, one) for name, one in corpora.items()),
            "",
            "Errors are mean absolute ones, ranks Spearman's correlation. Pictures by layout: "
            + _by_format(figures.cuts_of_pictures, table)
            + ". Samples by format: "
            + _by_format(scored, table)
            + ".",
            "",
            "The range beside the figure, which shall hold the share of everything in nine of ten cuts: "
            "[ADR 0027](../../docs/adr/0027-completeness-tells-its-range.md).",
            "",
            "| | in the range | mean width |",
            "|---|---|---|",
            *(f"| {name} | {one.coverage:.1%} | {one.width:.2f} |" for name, one in corpora.items()),
            "",
            f"A figure is told where the range is at most {WIDEST} wide: "
            "[ADR 0029](../../docs/adr/0029-completeness-is-told-where-it-can-be.md). Of these cuts:",
            "",
            "| | told | error: everything | error: recall | rank: recall |",
            "|---|---|---|---|---|",
            *(_told_row(name, one) for name, one in corpora.items()),
            "",
            "Of a file that is still arriving no completeness is told.",
            "",
            _of_whole_files(figures.measured),
        ]
    )


def _truncation_row(name: str, one: TruncationScore) -> str:
    return (
        f"| {name} | {one.files_count} | {one.cuts_count:,} | {one.error:.3f} | {one.error_of_recall:.3f} | "
        f"{one.spearman:.3f} | {one.spearman_of_recall:.3f} |"
    )


def _told_row(name: str, one: TruncationScore) -> str:
    told = one.told
    errors = f"{told.error:.3f} | {told.error_of_recall:.3f}"
    return f"| {name} | {told.cuts_count / one.cuts_count:.0%} | {errors} | {told.spearman_of_recall:.3f} |"


def _by_format(cuts: Sequence[Cut], table: ReachTable) -> str:
    return ", ".join(
        f"{name} {one.error:.3f} ({one.files_count})" for name, one in score_by_format(cuts, table).items()
    )


def _of_whole_files(measured: Measured) -> str:
    everything = [one for several in measured.completeness.values() for one in several]
    decoding = [one.decoding for one in everything if one.decoding is not None]
    structure = [one.structure for one in everything if one.structure is not None]
    makes = sorted(measured.decoding_by_make.items(), key=lambda one: -len(one[1]))[:10]
    return (
        f"Whole files: structure mean {fmean(structure):.3f} (lowest {min(structure):.3f}), decoding mean "
        f"{fmean(decoding):.3f} (lowest {min(decoding):.3f}). Decoding by make: "
        + ", ".join(f"{make} {fmean(values):.3f} ({len(values)})" for make, values in makes)
        + "."
    )


def _efficiency(figures: Figures) -> str:
    ratios = sorted(figures.cost_ratios)
    if not ratios:
        return figures.efficiency_before or "## Efficiency\n\nNot measured."
    within = sum(1 for one in ratios if 0.5 <= one <= 2) / len(ratios)
    low, high = ratios[len(ratios) // 4], ratios[3 * len(ratios) // 4]
    return f"""## Efficiency

Expected / used processor time on the scored half ({len(ratios)} files): median {median(ratios):.2f},
middle half {low:.2f} to {high:.2f}; {within:.0%} within a factor of two."""


def _formats(figures: Figures) -> str:
    lines = [
        "## Formats",
        "",
        "| format | files | recall | exact | structure | decoding |",
        "|---|---|---|---|---|---|",
    ]
    for name, one in sorted(figures.measured.tallies.items()):
        several = figures.measured.completeness[name]
        lines.append(
            f"| {name} | {one.files} | {one.recall:.4f} | {one.exactness:.4f} | "
            f"{_mean(part.structure for part in several)} | {_mean(part.decoding for part in several)} |"
        )
    lines += ["", _deviations(figures.measured.tallies)]
    return "\n".join(lines)


def _support(figures: Figures) -> str:
    return support_section(figures.support)


def support_section(document: str) -> str:
    """Render the levels of formats: all that stands in the document, and nothing else."""
    levels = json.loads(document)["formats"]
    counts = Counter(row["level"] for row in levels.values())
    lines = [
        f"## {SUPPORT}",
        "",
        ", ".join(f"{counts[level]} {level.value}" for level in SupportLevel) + ". A format without recall "
        "has no public sample: its file is made, and only identified and measured. Any other format that is "
        "accepted is limited: it was never tried.",
        "",
        "| format | files | recall | exact | fuzzed | crashes | level |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in levels.items():
        shares = ("" if row[key] is None else f"{row[key]:.4f}" for key in ("recall", "exact"))
        runs = ("" if row[key] is None else f"{row[key]:,}" for key in ("fuzzed_count", "crashes_count"))
        cells = (name, str(row["files_count"]), *shares, *runs, row["level"])
        lines.append(f"| {' | '.join(cells)} |")
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
    by_count = sorted(figures.measured.findings.items(), key=lambda item: (-item[1], item[0]))
    lines += [f"| {rule} | {count} |" for rule, count in by_count]
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
