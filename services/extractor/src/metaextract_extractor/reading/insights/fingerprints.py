"""Perceptual hashes of the main image, for finding the same picture in other files."""

from typing import Final

from metaextract_extractor.domain.insights_picture import Fingerprints
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.hashing import ahash, dhash, phash
from metaextract_extractor.reading.insights.pixels import draft
from metaextract_extractor.reading.insights.previews import stand_in
from metaextract_extractor.reading.insights.turning import orientation_of, upright

DRAFT_PIXELS: Final = 256
"""Longest side of the draft that hashes are taken from."""


def fingerprints(evidence: Evidence, *, pixel_decoders: bool) -> Fingerprints | None:
    """Hash the main image, upright. Of camera raw its largest preview is hashed."""
    image, source = draft(evidence, DRAFT_PIXELS, pixel_decoders=pixel_decoders), "image"
    if image is None:
        found = stand_in(evidence, DRAFT_PIXELS, pixel_decoders=pixel_decoders)
        image, source = (found.image if found else None), "preview"
    if image is None:
        return None
    straight = upright(image, orientation_of(evidence))
    return Fingerprints(phash(straight), dhash(straight), ahash(straight), source)
