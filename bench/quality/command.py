"""`bench quality`: fits the tables behind the quality figures, scores them, and writes the report."""

import argparse
import json
import sys
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any, Final

from bench.quality.calibrating import fit, score
from bench.quality.conforming import document, fuzz_counts, level_for
from bench.quality.corpus import SAMPLES_DIR, samples
from bench.quality.costing import errors, fit_costs, observe
from bench.quality.gather import gatherer
from bench.quality.measuring import corruption, measure
from bench.quality.report import Figures, report
from bench.quality.truncating import cuts, fit_expected, score_cuts

REPORT: Final = Path(__file__).parents[1] / "results" / "quality.md"


def add_to(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the sub-command."""
    parser = commands.add_parser(
        "quality",
        help="fit and score the quality figures",
        description="Read all public samples with every engine, fit calibration, reach and cost on one half, "
        "score them on the other, write the tables of the build and bench/results/quality.md. Takes minutes.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--samples", type=Path, default=SAMPLES_DIR, help="folder with public/MANIFEST.tsv")
    parser.add_argument(
        "--fuzz",
        type=Path,
        nargs="*",
        default=[],
        metavar="FILE",
        help='fuzz runs: {"JPEG": {"count": 5000, "crashes": 0}, …}; without one no format is comprehensive',
    )
    parser.add_argument("--dry", action="store_true", help="print the report, write nothing")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Fit, score, write."""
    today = datetime.now(UTC).date().isoformat()
    fuzzed = fuzz_counts(path.read_text() for path in arguments.fuzz)
    corpus = samples(arguments.samples)
    with gatherer() as engines:
        versions = engines.versions
        measured = measure(engines, corpus)
        cut = list(cuts(engines, corpus))
        cost = observe(engines, corpus)
    table = fit(measured.fitted, today)
    expected = fit_expected([one for one in cut if one.sample.is_fitted])
    fitted = {one.path for one in corpus if one.is_fitted}
    model = fit_costs([one for one in cost if one.path in fitted], today)
    scored = [one for one in cut if not one.sample.is_fitted]
    text = report(
        Figures(
            measured_on=today,
            engines=versions,
            files_count=len(corpus),
            measured=measured,
            table=table,
            natural=score([case for case in measured.scored if not case.injected], table),
            with_faults=score(measured.scored, table),
            corruption=corruption(measured, table),
            truncated=score_cuts(scored, expected, is_arriving=False),
            arriving=score_cuts(scored, expected, is_arriving=True),
            cost_ratios=errors([one for one in cost if one.path not in fitted], model),
            levels={name: level_for(one, fuzzed.get(name)) for name, one in measured.tallies.items()},
        )
    )
    sys.stdout.write(text)
    if not arguments.dry:
        folder = Path(str(resources.files("metaextract_extractor.reading.quality")))
        (folder / "calibration.json").write_text(table.to_json())
        (folder / "efficiency.json").write_text(model.to_json())
        (folder / "reach.json").write_text(json.dumps(expected, indent=1) + "\n")
        (folder / "support.json").write_text(document(measured.tallies, fuzzed, today, versions))
        REPORT.write_text(text)
    return 0
