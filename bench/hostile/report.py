"""The page that a run is written as."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.hostile.feeding import FALLBACK, RESULT, Answer
from bench.hostile.serving import Watched
from metaextract_extractor.settings import MEBIBYTE, Settings

MEGABYTE: Final = 1_000_000
SLOWEST: Final = 10
CAUSE_CHARACTERS_MAX: Final = 60
CHECK_SECONDS: Final = 1.0
"""How late a limit of time may be noticed."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The page, and whether everything on it is as it must be."""

    text: str
    is_good: bool


def report(
    answers: Sequence[Answer],
    sessions: Sequence[Mapping[str, Any]],
    *,
    measured_on: str,
    seed: int,
    seeds_count: int,
    hostile_count: int,
) -> Figures:
    """Render all answers of all sessions."""
    hostile = [one for one in answers if one.name.startswith("hostile/")]
    fuzzed = [one for one in answers if one.group]
    whole = [one for one in answers if not one.group and not one.name.startswith("hostile/")]
    limits = Settings()
    verdicts = _verdicts(answers, hostile, hostile_count, sessions, limits)
    is_good = all(good for _, good in verdicts)
    seconds = sum(one["seconds"] for one in sessions)
    files_per_second = sum(one["files"] for one in sessions) / max(1.0, seconds)
    parts = [
        "# Hostile and fuzzed files",
        f"{measured_on}, {len(sessions)} session(s), {seconds / 60:.1f} minutes, "
        f"{files_per_second:.1f} files/s. "
        f"Seed {seed}, variants of {seeds_count} whole files. Other work ran beside it: times are upper\n"
        "bounds. What the words mean: [../README.md](../README.md).",
        "## What must hold",
        _table(("", "holds"), [(text, "yes" if good else "**NO**") for text, good in verdicts]),
        "## Answers",
        _outcomes({"whole files": whole, "hostile samples": hostile, "fuzzed variants": fuzzed}),
        "## Seconds in the worker, and its peak memory",
        _times({"whole files": whole, "hostile samples": hostile, "fuzzed variants": fuzzed}),
        "## Workers that were replaced, by step and cause",
        _counts(_summed(one["losses"] for one in sessions), ("step: cause", "workers")),
        "## Engines and steps that failed on a file",
        _counts(_failures(answers), ("engine or step: cause", "files")),
        "## Engines that were kept from a file by a budget",
        _counts(Counter(name for one in answers for name in one.skipped), ("engine", "files")),
        f"## Slowest {SLOWEST}",
        _slowest(answers),
        "## The processes",
        _processes(sessions),
    ]
    defects = [one for one in answers if one.shows_a_defect]
    if defects:
        parts += ["## Defects", _list_of(defects)]
    return Figures("\n\n".join(parts) + "\n", is_good)


def _verdicts(
    answers: Sequence[Answer],
    hostile: Sequence[Answer],
    hostile_count: int,
    sessions: Sequence[Mapping[str, Any]],
    limits: Settings,
) -> list[tuple[str, bool]]:
    answered = sum(one.answered for one in answers)
    defects = sum(one.shows_a_defect for one in answers)
    errors = sum(one["errors_logged"] for one in sessions)
    slowest = max((one.parsing_seconds for one in answers), default=0.0)
    seen_bytes = max((one["worker_peak_bytes"] for one in sessions), default=0)
    peak_bytes = max((one.memory_peak_bytes for one in answers), default=0)
    memory_bytes_max = limits.worker_memory_bytes_max
    memory = f"{seen_bytes / MEBIBYTE:.0f} of {memory_bytes_max / MEBIBYTE:.0f} MiB"
    peak = f"{peak_bytes / MEBIBYTE:.0f} MiB"
    survived = bool(sessions) and all(one["alive"] for one in sessions)
    return [
        (
            f"every file was answered with a result or a typed error: {answered:,} of {len(answers):,}",
            answered == len(answers),
        ),
        (
            f"all hostile samples were fed: {len(hostile):,} of {hostile_count:,}",
            len(hostile) >= hostile_count,
        ),
        (
            f"no file went beyond the limit of a task: {slowest:.1f} of {limits.worker_seconds_max:g} s",
            slowest <= limits.worker_seconds_max + CHECK_SECONDS,
        ),
        (
            f"no worker was seen beyond its limit: {memory} (answered files: {peak})",
            seen_bytes <= memory_bytes_max,
        ),
        ("the server ran to the end of every session, as one process, and still answered", survived),
        (f"errors in the server's log: {errors}", errors == 0),
        (f"files over which something of ours raised what it must not: {defects}", defects == 0),
    ]


def progress(
    answers: Sequence[Answer], variants_count: int, files_per_second: float, watched: Watched
) -> str:
    """Render one line for somebody who looks at a run under way."""
    variants = sum(bool(one.group) for one in answers)
    left_minutes = max(0, variants_count - variants) / max(files_per_second, 0.1) / 60
    outcomes = Counter(one.outcome for one in answers)
    shown = ", ".join(f"{count} {name}" for name, count in outcomes.most_common(5))
    lost = sum(one.cost_a_worker for one in answers)
    defects = sum(one.shows_a_defect for one in answers)
    memory = (
        f"server {watched.server_after_bytes / MEGABYTE:.0f} MB, "
        f"a worker at most {watched.worker_peak_bytes / MEGABYTE:.0f} MB"
    )
    return (
        f"{variants:,} of {variants_count:,} variants, {files_per_second:.1f} files/s, about "
        f"{left_minutes:.0f} min left; {shown}; cost a worker {lost}, defects {defects}; {memory}"
    )


def fuzz_counts(answers: Iterable[Answer]) -> dict[str, dict[str, int]]:
    """Count variants and crashes by the format of the whole file, as `bench quality --fuzz` reads them.

    A crash: a process of the worker died by itself, or something of ours raised what it must not. Ended by a
    limit of time, memory or output is no crash.
    """
    answers = list(answers)
    formats = {one.name: one.format_name for one in answers if not one.group}
    counts: dict[str, dict[str, int]] = {}
    for one in answers:
        name = formats.get(one.group, "")
        if not one.group or not name:
            continue
        row = counts.setdefault(name, {"count": 0, "crashes": 0})
        row["count"] += 1
        row["crashes"] += (
            "crashed" in one.failures.values() or one.shows_a_defect or one.outcome == "WORKER_LOST"
        )
    return counts


def _outcomes(sets: Mapping[str, Sequence[Answer]]) -> str:
    counts = {name: Counter(one.outcome for one in answers) for name, answers in sets.items()}
    outcomes = sorted({one for count in counts.values() for one in count}, key=_outcome_order)
    rows = [(one, *(f"{count[one]:,}" for count in counts.values())) for one in outcomes]
    total = ("**all**", *(f"{len(answers):,}" for answers in sets.values()))
    return _table(("", *sets), [*rows, total])


def _outcome_order(outcome: str) -> tuple[int, str]:
    return ({RESULT: 0, FALLBACK: 1}.get(outcome, 2), outcome)


def _times(sets: Mapping[str, Sequence[Answer]]) -> str:
    rows = []
    for name, answers in sets.items():
        read = [one for one in answers if one.parsing_seconds]
        seconds = sorted(one.parsing_seconds for one in read)
        peaks = sorted(one.memory_peak_bytes / MEBIBYTE for one in read if one.memory_peak_bytes)
        rows.append(
            (
                name,
                f"{len(read):,}",
                *(f"{_quantile(seconds, share):.3f}" for share in (0.5, 0.95, 0.99, 1)),
                *(f"{_quantile(peaks, share):.0f}" for share in (0.5, 0.99, 1)),
            )
        )
    return _table(
        ("", "read by a worker", "p50 s", "p95 s", "p99 s", "most s", "p50 MiB", "p99 MiB", "most MiB"), rows
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _failures(answers: Iterable[Answer]) -> Counter[str]:
    return Counter(
        f"{step}: {cause[:CAUSE_CHARACTERS_MAX]}" for one in answers for step, cause in one.failures.items()
    )


def _slowest(answers: Iterable[Answer]) -> str:
    slowest = sorted(answers, key=lambda one: -one.parsing_seconds)[:SLOWEST]
    return _table(("file", "of", "bytes", "s", "answer", "failed"), [_row(one) for one in slowest])


def _list_of(answers: Iterable[Answer]) -> str:
    return _table(("file", "of", "bytes", "s", "answer", "failed"), [_row(one) for one in answers])


def _row(one: Answer) -> tuple[str, ...]:
    failed = ", ".join(f"{step} {cause}" for step, cause in one.failures.items())
    return (one.name, one.group, f"{one.size_bytes:,}", f"{one.parsing_seconds:.2f}", one.outcome, failed)


def _processes(sessions: Sequence[Mapping[str, Any]]) -> str:
    columns: list[tuple[str, Callable[[Mapping[str, Any]], str]]] = [
        ("files", lambda one: f"{one['files']:,}"),
        ("workers", lambda one: str(one["workers"])),
        ("minutes", lambda one: f"{one['seconds'] / 60:.1f}"),
        ("CPU ms a file", lambda one: f"{one['cpu_seconds'] / max(1, one['files']) * 1000:.0f}"),
        ("of it the server", lambda one: f"{one['server_cpu_seconds'] / max(1, one['files']) * 1000:.0f}"),
        ("server before MB", lambda one: f"{one['server_before_bytes'] / MEGABYTE:.0f}"),
        ("server peak MB", lambda one: f"{one['server_peak_bytes'] / MEGABYTE:.0f}"),
        ("server after MB", lambda one: f"{one['server_after_bytes'] / MEGABYTE:.0f}"),
        ("largest worker MB", lambda one: f"{one['worker_peak_bytes'] / MEGABYTE:.0f}"),
    ]
    rows = [tuple(value(one) for _, value in columns) for one in sessions]
    return _table(tuple(name for name, _ in columns), rows)


def _summed(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total


def _counts(counts: Counter[str], columns: tuple[str, str]) -> str:
    if not counts:
        return "None."
    return _table(columns, [(name, f"{count:,}") for name, count in counts.most_common()])


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(cell.replace("|", "¦").replace("\n", " ") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)
