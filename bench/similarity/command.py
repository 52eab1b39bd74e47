"""`bench similarity`: changes pictures, searches for them, and writes how often they are found."""

import argparse
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.similarity.pictures import BEYOND, CHANGES, gallery
from bench.similarity.scoring import (
    METHODS,
    Described,
    described,
    likenesses,
    mean_average_precision,
    recall_at_1,
)
from metaextract_extractor.reading.operations.embedding import DIMENSION, METHOD, VERSION

REPORT: Final = Path(__file__).parents[1] / "results" / "similarity.md"


def add_to(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the sub-command."""
    parser = commands.add_parser(
        "similarity",
        help="how well the embedding finds changed pictures, beside perceptual hashes",
        description="Change different pictures (one half of the public samples, and drawn scenes) in many "
        "ways and search for them by embedding, by pHash and by PDQ.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--drawn", type=int, default=120, help="drawn scenes beside the photographs")
    parser.add_argument("--fitted", action="store_true", help="score the half that weights were fitted on")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} in bench/results")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    pictures = gallery(fitted=arguments.fitted, drawn_count=arguments.drawn)
    begun = time.process_time()
    originals = [described(one) for one in pictures.values()]
    milliseconds = (time.process_time() - begun) / len(pictures) * 1000
    changed, beyond = (
        {name: [described(change(one)) for one in pictures.values()] for name, change in changes.items()}
        for changes in (CHANGES, BEYOND)
    )
    drawn = sum(name.startswith("drawn-") for name in pictures)
    half = "fitted on" if arguments.fitted else "not fitted on"
    text = "\n".join(
        [
            "# Similarity search",
            "",
            f"`{METHOD}` version {VERSION}, {DIMENSION} numbers, cosine similarity, beside pHash (64 bits)",
            "and PDQ (256 bits) alone, Hamming distance. "
            f"{len(pictures) - drawn} different photographs of the public samples",
            f"and {drawn} drawn scenes, of the half that the weights were {half}; each changed in many ways.",
            "Written by `python -m bench similarity --write`.",
            "",
            *_tables(originals, changed, beyond),
            "",
            f"All three descriptions of one decoded picture took {milliseconds:.0f} ms of CPU time.",
            "",
            "None of them has any idea of what is shown.",
            "",
        ]
    )
    sys.stdout.write(text)
    if arguments.write:
        REPORT.write_text(text)
    return 0


def _tables(
    originals: list[Described], changed: dict[str, list[Described]], beyond: dict[str, list[Described]]
) -> list[str]:
    rows = {name: _recalls(queries, originals) for name, queries in changed.items()}
    means = [sum(row[at] for row in rows.values()) / len(rows) for at in range(len(METHODS))]
    everything = [one for queries in changed.values() for one in queries]
    wanted = np.tile(np.eye(len(originals), dtype=bool), len(changed))
    precisions = [
        mean_average_precision(likenesses(originals, everything, method), wanted) for method in METHODS
    ]
    return [
        "Recall at 1: share of changed pictures whose nearest original is their own.",
        "",
        "| change | " + " | ".join(METHODS) + " |",
        "|---|" + "---:|" * len(METHODS),
        *(_row(name, row) for name, row in rows.items()),
        _row("**mean of these**", means),
        _row("**mean average precision**", precisions),
        *(_row(f"{name} (beyond)", _recalls(queries, originals)) for name, queries in beyond.items()),
        "",
        "Mean average precision: each original is searched for among all "
        f"{len(everything)} changed pictures,",
        f"{len(changed)} of which are its own.",
    ]


def _recalls(queries: list[Described], originals: list[Described]) -> list[float]:
    return [recall_at_1(likenesses(queries, originals, method)) for method in METHODS]


def _row(name: str, values: list[float]) -> str:
    return f"| {name} | " + " | ".join(f"{one:.3f}" for one in values) + " |"
