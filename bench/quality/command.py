"""`bench quality`: fits the tables behind the quality figures, scores them, and writes the report."""

import argparse
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any, Final

from bench.quality.calibrating import fit, score
from bench.quality.conforming import Fuzzed, document, fuzz_counts, refreshed
from bench.quality.corpus import SAMPLES_DIR, samples
from bench.quality.costing import errors, fit_costs, observe
from bench.quality.damaging import damaged
from bench.quality.gather import gatherer
from bench.quality.making import tallies_of_made
from bench.quality.measuring import corruption, measure
from bench.quality.reaching import as_json, fit_reach
from bench.quality.report import SUPPORT, Figures, report, section, support_section, with_section
from bench.quality.truncating import cuts, cuts_of_heads, cuts_of_pictures
from metaextract_extractor.reading.quality.efficiency import cost_model

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
    parser.add_argument(
        "--keep-costs",
        action="store_true",
        help="leave efficiency.json and what the report says of it as they are, for a busy host",
    )
    parser.add_argument(
        "--support-only",
        action="store_true",
        help="write the levels of formats alone: these fuzz runs, and what the last whole run measured",
    )
    parser.add_argument("--dry", action="store_true", help="print the report, write nothing")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Fit, score, write."""
    today = datetime.now(UTC).date().isoformat()
    fuzzed = fuzz_counts(path.read_text() for path in arguments.fuzz)
    folder = Path(str(resources.files("metaextract_extractor.reading.quality")))
    if arguments.support_only:
        return _refresh_support(folder / "support.json", fuzzed, dry=arguments.dry)
    corpus = samples(arguments.samples)
    with gatherer() as engines:
        versions = engines.versions
        measured, made = measure(engines, corpus), tallies_of_made(engines)
        broken = list(damaged(engines, corpus))
        cut = list(cuts(engines, corpus))
        pictures, heads = list(cuts_of_pictures(engines)), list(cuts_of_heads(engines))
        cost = [] if arguments.keep_costs else observe(engines, corpus)
    table = fit(measured.fitted, today)
    reach = fit_reach([one for one in cut if one.is_fitted])
    fitted = {one.path for one in corpus if one.is_fitted}
    model = fit_costs([one for one in cost if one.path in fitted], today) if cost else cost_model()
    levels = document({**made, **measured.tallies}, fuzzed, today, versions)
    text = report(
        Figures(
            measured_on=today,
            engines=versions,
            files_count=len(corpus),
            measured=measured,
            table=table,
            natural=score([case for case in measured.scored if not case.injected], table),
            with_faults=score(measured.scored, table),
            damaged=score([case for one in broken if not one.is_fitted for case in one.cases], table),
            damaged_count=sum(not one.is_fitted for one in broken),
            corruption=corruption(measured, table),
            reach=reach,
            reach_exchanged=fit_reach([one for one in cut if not one.is_fitted]),
            cuts=cut,
            cuts_of_pictures=pictures,
            cuts_of_heads=heads,
            cost_ratios=errors([one for one in cost if one.path not in fitted], model),
            efficiency_before=section(REPORT.read_text(), "Efficiency") if REPORT.exists() else "",
            support=levels,
        )
    )
    sys.stdout.write(text)
    if not arguments.dry:
        (folder / "calibration.json").write_text(table.to_json())
        if cost:
            (folder / "efficiency.json").write_text(model.to_json())
        (folder / "reach.json").write_text(as_json(reach))
        (folder / "support.json").write_text(levels)
        REPORT.write_text(text)
    return 0


def _refresh_support(path: Path, fuzzed: Mapping[str, Fuzzed], *, dry: bool) -> int:
    """Write the levels of formats, and their section of the report, without reading the samples."""
    with gatherer() as engines:
        made = tallies_of_made(engines)
    levels = refreshed(path.read_text(), made, fuzzed)
    text = support_section(levels)
    sys.stdout.write(text + "\n")
    if not dry:
        path.write_text(levels)
        REPORT.write_text(with_section(REPORT.read_text(), SUPPORT, text))
    return 0
