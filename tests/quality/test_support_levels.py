"""The levels of formats: what a fuzz run and files that are made add to the figures of the samples."""

import json

from bench.quality.conforming import Tally, document, fuzz_counts, refreshed
from bench.quality.gather import gatherer
from bench.quality.making import made, tallies_of_made
from bench.quality.report import SUPPORT, section, support_section, with_section

SAMPLED = {
    "JPEG": Tally(files=2, dimensioned=2, tags=100, found=100, exact=99),
    "GIF": Tally(files=1, dimensioned=1, tags=100, found=95, exact=95),
    "CRW": Tally(files=1, dimensioned=1, tags=100, found=50, exact=50),
    "SRF": Tally(files=1, dimensioned=0, tags=100, found=50, exact=50),
    "PNG": Tally(files=1, dimensioned=1, tags=10, found=10, exact=10),
    "PSD": Tally(files=1, dimensioned=1, tags=10, found=10, exact=10),
}
MADE = {"TGA": Tally(files=1, dimensioned=1), "HDR": Tally(files=1), "PPM": Tally(1, 1, 5, 5, 5)}
FUZZ = {
    "JPEG": {"count": 10, "crashes": 0},
    "GIF": {"count": 10, "crashes": 0},
    "CRW": {"count": 10, "crashes": 0},
    "SRF": {"count": 10, "crashes": 0},
    "PNG": {"count": 10, "crashes": 1},
    "TGA": {"count": 10, "crashes": 0},
}
WITHOUT_FUZZ = {
    "JPEG": "advanced", "GIF": "advanced", "CRW": "basic", "SRF": "limited", "PNG": "advanced",
    "PSD": "advanced", "TGA": "basic", "HDR": "limited", "PPM": "advanced",
}  # fmt: skip


def levels(text: str) -> dict[str, str]:
    return {name: row["level"] for name, row in json.loads(text)["formats"].items()}


def test_a_fuzz_run_without_crash_makes_a_format_comprehensive_and_is_taken_in_without_samples() -> None:
    before = document({**SAMPLED, **MADE}, {}, "2026-11-23", ("engine 1",))
    assert levels(before) == WITHOUT_FUZZ

    fuzzed = fuzz_counts([json.dumps(FUZZ), json.dumps({"JPEG": {"count": 5, "crashes": 0}})])
    after = refreshed(before, MADE, fuzzed)
    assert levels(after) == {**WITHOUT_FUZZ, "JPEG": "comprehensive"}
    assert after == document({**SAMPLED, **MADE}, fuzzed, "2026-11-23", ("engine 1",))
    row = json.loads(after)["formats"]["JPEG"]
    assert (row["fuzzed_count"], row["crashes_count"]) == (15, 0)

    assert refreshed(after, MADE, {}) == before


def test_the_report_says_of_each_format_what_the_document_says() -> None:
    text = document({**SAMPLED, **MADE}, {}, "2026-11-23", ())
    new = support_section(text)
    assert "| PNG | 1 | 1.0000 | 1.0000 |  |  | advanced |" in new
    assert "| TGA | 1 |  |  |  |  | basic |" in new
    report = with_section("# Head\n\n## Other\n\nwords\n", SUPPORT, "## Format support\n\nold")
    assert section(with_section(report, SUPPORT, new), SUPPORT) == new
    assert "old" not in with_section(report, SUPPORT, new)


def test_every_made_file_is_identified_and_measured() -> None:
    with gatherer() as engines:
        found = tallies_of_made(engines)
    assert set(found) == {one.format_name for one in made()}
    assert {name for name, one in found.items() if not one.dimensioned} == set()
    assert [text for one in found.values() for text in one.missing] == []
