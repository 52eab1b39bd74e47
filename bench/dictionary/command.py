"""`bench dictionary`: the same queries against the dictionary and against what one would do without it."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from rapidfuzz import fuzz, process

from bench.dictionary.queries import KINDS, Query, queries, rows
from metaextract_extractor import dictionary_maker
from metaextract_extractor.adapters.dictionary.sqlite import SqliteDictionary
from metaextract_extractor.domain.dictionary import FieldSearch
from metaextract_extractor.settings import Settings
from metaextract_testing.fleet import started, until

SHOWN: Final = 20
"""A query counts as answered if the field that was meant is among as many."""

Answer = Callable[[str], Iterable[str]]
"""Returns the names found, best first."""


@dataclass(frozen=True, slots=True)
class Result:
    """One way of searching. Milliseconds for each kind of query; shares of queries answered, 0 to 1."""

    way: str
    p50: dict[str, float]
    p99: dict[str, float]
    answered: dict[str, float]
    first: dict[str, float]


def add_to(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the sub-command."""
    parser = commands.add_parser(
        "dictionary",
        help="time and success of looking fields up",
        description="Make the field dictionary, ask it COUNT queries, and ask the peers the same.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=1000, help="queries")
    parser.add_argument("--seed", type=int, default=7, help="of the queries")
    parser.add_argument("--with-services", action="store_true", help="also over HTTP, through two services")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file, listing = Path(folder) / "fields.sqlite", Path(folder) / "listx.xml"
        exiftool = Settings().exiftool_path()
        started_at = time.perf_counter()
        dictionary_maker.make(exiftool, file)
        sys.stdout.write(
            f"made in {time.perf_counter() - started_at:.1f} s, {file.stat().st_size / 1e6:.1f} MB\n\n"
        )
        with listing.open("wb") as output:
            subprocess.run([exiftool, "-config", "", "-f", "-listx"], stdout=output, check=True)
        asked = queries(file, arguments.count, arguments.seed)
        dictionary = SqliteDictionary(file)
        names = [field_name for (field_name,) in rows(file, "SELECT field_name FROM definitions")]
        ways: dict[str, Answer] = {
            "dictionary": lambda text: _searched(dictionary, text),
            "rapidfuzz over all names": _scanner(names),
            "grep in -listx": lambda text: _grepped(listing, text),
        }
        results = [_measured(way, answer, asked) for way, answer in ways.items()]
        dictionary.close()
        if arguments.with_services:
            results.insert(1, _over_http(Path(folder), asked))
    sys.stdout.write("\n\n".join(map(_table, results)) + "\n")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in results], indent=1) + "\n")
    return 0


def _searched(dictionary: SqliteDictionary, text: str) -> list[str]:
    return [one.field_name for one in dictionary.search(FieldSearch(text=text), 0, SHOWN).definitions]


def _scanner(names: list[str]) -> Answer:
    """Compare with every different name, as a list in memory is searched."""
    different = list(dict.fromkeys(names))
    folded = [name.lower() for name in different]
    return lambda text: [
        different[at] for _, _, at in process.extract(text.lower(), folded, scorer=fuzz.WRatio, limit=SHOWN)
    ]


def _grepped(listing: Path, text: str) -> list[str]:
    """Search the engine's own list for the text, in the order of the list."""
    done = subprocess.run(
        ["grep", "-i", "-F", "-e", text, listing],  # noqa: S607 - the system's
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (line.partition("name='")[2].partition("'")[0] for line in done.stdout.splitlines())
    return list(dict.fromkeys(filter(None, lines)))[:SHOWN]


def _over_http(folder: Path, asked: list[Query]) -> Result:
    with started(folder) as fleet, httpx.Client(base_url=fleet.url, timeout=30) as client:
        until(lambda: client.get("/v1/fieldDictionary").status_code == httpx.codes.OK, 60)

        def answer(text: str) -> list[str]:
            parameters = {"query": text, "page_size": str(SHOWN)}
            found = client.get("/v1/fieldDefinitions", params=parameters).raise_for_status().json()
            return [one["field_name"] for one in found.get("fields", ())]

        return _measured("dictionary, over HTTP", answer, asked)


def _measured(way: str, answer: Answer, asked: list[Query]) -> Result:
    taken: dict[str, list[float]] = {}
    places: dict[str, list[int]] = {}
    for query in asked:
        began = time.perf_counter()
        names = list(answer(query.text))
        milliseconds = (time.perf_counter() - began) * 1000
        place = names.index(query.field_name) if query.field_name in names else SHOWN
        for kind in (query.kind, "all"):
            taken.setdefault(kind, []).append(milliseconds)
            places.setdefault(kind, []).append(place)
    return Result(
        way,
        p50={kind: _quantile(one, 0.5) for kind, one in taken.items()},
        p99={kind: _quantile(one, 0.99) for kind, one in taken.items()},
        answered={kind: sum(place < SHOWN for place in one) / len(one) for kind, one in places.items()},
        first={kind: sum(place == 0 for place in one) / len(one) for kind, one in places.items()},
    )


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _table(result: Result) -> str:
    heading = f"{result.way:<26}" + "".join(
        f"{one:>12}" for one in ("p50 ms", "p99 ms", f"in first {SHOWN}", "first")
    )
    lines = [heading]
    for kind in (*KINDS, "all"):
        if kind in result.p50:
            cells = (f"{result.p50[kind]:.2f}", f"{result.p99[kind]:.2f}")
            shares = (f"{result.answered[kind]:.1%}", f"{result.first[kind]:.1%}")
            lines.append(f"  {kind:<24}" + "".join(f"{one:>12}" for one in (*cells, *shares)))
    return "\n".join(lines)
