"""Perceptual hashes of the main image, for finding the same picture in other files."""

from metaextract_extractor.domain.insights_picture import Fingerprints
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.hashing import ahash, dhash, phash
from metaextract_extractor.reading.insights.previews import Shown
from metaextract_extractor.reading.insights.turning import orientation_of, upright


def fingerprints(evidence: Evidence, main: Shown | None) -> Fingerprints | None:
    """Hash what the file shows, upright; None if it was not decoded."""
    if main is None:
        return None
    straight = upright(main.image, orientation_of(evidence))
    return Fingerprints(phash(straight), dhash(straight), ahash(straight), main.source)
