"""The page that a run is written as."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from bench.partials.scoring import Figures
from bench.partials.sending import PREFIXES, TAIL_BYTES

_NAMES: Final = {
    "jpeg": "JPEG",
    "png": "PNG",
    "tiff": "TIFF, directories first",
    "tiff-late": "TIFF, directories last",
    "webp": "WebP",
    "dng": "DNG",
    "heic": "HEIC, metadata first",
    "heic-late": "HEIC, metadata last",
}
KIBIBYTE: Final = 1024


def progress(one: Figures) -> str:
    """Render one line for somebody who looks at a run under way."""
    shares = " ".join(f"{share:.0%}" for share in one.shares.values())
    return (
        f"{_NAMES[one.file_format]}, {one.order}: first field {_seconds(one.first_seconds)}, last byte "
        f"{one.sent_seconds:.2f} s, result {one.ended_seconds:.2f} s; shares {shares}; "
        f"contradictions {one.contradictions_count}, revisions {one.revisions_count}"
    )


def page(measured: Sequence[Figures], megabytes: float, pace: float, load: float) -> str:
    """Render the whole page."""
    contradictions = sum(one.contradictions_count for one in measured)
    revisions = sum(one.revisions_count for one in measured)
    told = sum(one.partials_count for one in measured)
    parts = [
        f"# Partial results: {megabytes:g} MB files at {pace:g} MB/s",
        f"{datetime.now(UTC):%Y-%m-%d}, 2 shared cores, load average {load:.1f}. Made by `python -m bench "
        "partials`; how it is measured and what the words mean: [../README.md](../README.md). Seconds count "
        "from the first message of the upload.",
        "## When a client knows what",
        _times(measured),
        "*Without streaming*: ExifTool started on the whole file after the last byte (median of three runs). "
        "A dash: not before the last byte.",
        "## Share of the final fields that is told, and final",
        _shares(measured),
        f"*Tail first*: the last {TAIL_BYTES // KIBIBYTE} KiB came before; the lengths are those of the "
        "beginning. *Before the last byte*: the most that was told in the throttled upload.",
        "## Whether it holds",
        f"{told} partial results in {2 * len(measured)} uploads: {contradictions} fields that are otherwise "
        f"in the end, {revisions} revised.",
    ]
    return "\n\n".join(parts) + "\n"


def _times(measured: Sequence[Figures]) -> str:
    head = (
        "format", "order", "first field", "half of them", "last byte", "final result", "without streaming",
        "first ÷ last byte",
    )  # fmt: skip
    rows = [
        (
            _NAMES[one.file_format],
            one.order,
            _seconds(one.first_seconds),
            _seconds(one.half_seconds),
            _seconds(one.sent_seconds),
            _seconds(one.ended_seconds),
            _seconds(one.sent_seconds + one.bare_seconds),
            "-" if one.first_seconds is None else f"{one.first_seconds / one.sent_seconds:.1%}",
        )
        for one in measured
    ]
    return _table(head, rows)


def _shares(measured: Sequence[Figures]) -> str:
    lengths = tuple(f"{length // KIBIBYTE} KiB" for length in PREFIXES)
    head = ("format", "order", *lengths, "before the last byte", "fields")
    rows = [
        (
            _NAMES[one.file_format],
            one.order,
            *(f"{share:.0%}" for share in one.shares.values()),
            f"{one.best_share:.0%}",
            str(one.fields_count),
        )
        for one in measured
    ]
    return _table(head, rows)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
