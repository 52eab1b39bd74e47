"""What is told of the end of the public samples: of whole ones nothing, of cut ones that they are torn.

Our walkers alone tell it. The unit tests `test_torn_files.py` hold the same on files of the factory.
"""

from pathlib import Path

import pytest
from bench.quality.corpus import samples

from metaextract_extractor.reading.broken_off import walked
from metaextract_extractor.reading.evidence import Evidence, subject_of
from metaextract_extractor.reading.quality.conformance import assess_conformance

HEADS_ONLY = {
    "imagemeta__sample.arw",
    "exiftool__CanonRaw.cr3",
    "Pillow__balloon_eciRGBv2_aware.jp2",
    "exiftool__JXL2.jxl",
    "exiftool__Minolta.mrw",
    "imagemeta__sample.nef",
    "file-type__fixture.orf",
    "imagemeta__jølstravatnet.pef",
    "exiftool__Panasonic.rw2",
}
"""Whoever made these samples cut their pixels off. Each of the others is a whole file."""

SILENT = {
    "exiftool__CanonRaw.crw": "its directory is found by its last four bytes, whatever these are",
    "metadata-extractor-images__FujiFilm_SP-2500.jpg": "what stands behind its picture tells no length",
    "metadata-extractor-images__Kodak_ProBack.jpg": "what stands behind its picture tells no length",
    "metadata-extractor-images__Olympus_C2040Z.jpg": "what stands behind its picture tells no length",
    "metadata-extractor-images__Olympus_X-2.jpg": "what stands behind its picture tells no length",
    "metadata-extractor-images__Ricoh_DC-3Z_low_res_.jpg": "what stands behind its picture tells no length",
}
"""Samples that do not show that something is missing when they are cut, and why."""


def test_of_the_samples_those_are_torn_whose_pixels_were_cut_off() -> None:
    assert {one.path.name for one in samples() if _is_torn(one.path)} == HEADS_ONLY


@pytest.mark.parametrize("percent", [30, 60, 95])
def test_a_sample_that_is_cut_is_torn(percent: int, tmp_path: Path) -> None:
    silent = set()
    for one in samples():
        content = one.path.read_bytes()
        part = tmp_path / one.path.name
        part.write_bytes(content[: len(content) * percent // 100])
        if not _is_torn(part):
            silent.add(one.path.name)
        part.unlink()
    assert silent <= SILENT.keys()


def _is_torn(path: Path) -> bool:
    with subject_of(path, path.stat().st_size, path.suffix[1:].lower(), None) as subject:
        findings = assess_conformance(Evidence(subject, walked(subject))).findings
    return any(one.rule == "TRUNCATED" for one in findings)
