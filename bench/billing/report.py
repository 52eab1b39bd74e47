"""The page that a run is written as."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING

from bench.billing.load import BATCH_COUNT

if TYPE_CHECKING:  # for their types only: that module imports this one
    from bench.billing.command import Contender
    from bench.billing.load import Load

_NAMES = {
    "service": "**billing**, over gRPC",
    "together": f"**billing**, over gRPC, {BATCH_COUNT} in a call",
    "one-round-trip": "peer: one-round-trip function, over gRPC",
    "select-for-update": "peer: SELECT FOR UPDATE, over gRPC",
    "serializable": "peer: SERIALIZABLE with retries, over gRPC",
    "floor": "floor: billing's commits by a driver, no gRPC",
}


def page(
    contenders: Sequence["Contender"],
    loads: Sequence["Load"],
    rounds_count: int,
    load_averages: tuple[float, float],
) -> str:
    """Render a run."""
    load = loads[0]
    lines = [
        "# Billing: holds and captures a second",
        "",
        f"{datetime.now(UTC).date()}, {os.cpu_count()} shared cores, load average {load_averages[0]:.1f} "
        f"before and {load_averages[1]:.1f} after, Python {platform.python_version()}. Made by "
        "`python -m bench billing`; how it is measured and what the words mean: "
        "[../README.md](../README.md). Ratios first: rates on a shared machine mean little.",
        "",
        f"{rounds_count} rounds of {load.count} pairs of a hold and its capture, {load.callers_count} "
        f"callers at once; *spread* over {load.accounts_count} accounts, *hot*: all of one account. Rates "
        "are medians of the rounds, in brackets the lowest and the highest.",
    ]
    for database in ("PostgreSQL", "SQLite"):
        of_it = [one for one in contenders if one.database == database]
        service = next(one for one in of_it if one.name == "service")
        lines += [
            "",
            f"## {database}",
            "",
            "| | "
            + " | ".join(f"{one.name}: pairs/s | billing ÷ it | together ÷ it" for one in loads)
            + " | failed | round trips a pair |",
            "|---|" + "---|" * (3 * len(loads) + 2),
        ]
        together = next(one for one in of_it if one.name == "together")
        lines += [_row(one, (service, together), loads) for one in of_it]
    return "\n".join(lines) + "\n"


def _row(one: "Contender", ours: Sequence["Contender"], loads: Sequence["Load"]) -> str:
    cells = [_NAMES[one.name]]
    for load in loads:
        rates = _rates(one, load)
        cells.append(f"{median(rates):.0f} ({min(rates):.0f} to {max(rates):.0f})")
        for us in ours:
            ratios = [our / their for our, their in zip(_rates(us, load), rates, strict=True)]
            cells.append("1" if one is us else f"{median(ratios):.2f}")
    failed = sum(outcome.failed_count for outcomes in one.outcomes.values() for outcome in outcomes)
    total = sum(load.count * len(one.outcomes[load.name]) for load in loads)
    cells.append(f"{failed} of {total}")
    cells.append("" if one.round_trips is None else f"{one.round_trips:.1f}")
    return f"| {' | '.join(cells)} |"


def _rates(one: "Contender", load: "Load") -> list[float]:
    return [(load.count - outcome.failed_count) / outcome.seconds for outcome in one.outcomes[load.name]]
