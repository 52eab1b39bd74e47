"""All insights of one file, each from the same evidence."""

from dataclasses import replace
from datetime import datetime

from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.capture_time import capture_time
from metaextract_extractor.reading.insights.colour import colour
from metaextract_extractor.reading.insights.compression import compression
from metaextract_extractor.reading.insights.fingerprints import fingerprints
from metaextract_extractor.reading.insights.generation import generation
from metaextract_extractor.reading.insights.multi_picture import multi_picture
from metaextract_extractor.reading.insights.panorama import panorama
from metaextract_extractor.reading.insights.place import place
from metaextract_extractor.reading.insights.place_name import Gazetteer, named
from metaextract_extractor.reading.insights.previews import DRAFT_PIXELS, previews, shown
from metaextract_extractor.reading.insights.privacy import privacy
from metaextract_extractor.reading.insights.provenance import provenance


def drawn(evidence: Evidence, *, now: datetime) -> Insights:
    """Draw what needs no pixels and no other engine. `now`: an aware time, to recognise the future."""
    return Insights(
        capture_time=capture_time(evidence, now=now),
        place=place(evidence),
        compression=compression(evidence),
        multi_picture=multi_picture(evidence),
        panorama=panorama(evidence),
        colour=colour(evidence),
        provenance=provenance(evidence),
        generation=generation(evidence),
        privacy=privacy(evidence),
    )


def with_place_name(insights: Insights, gazetteer: Gazetteer) -> Insights:
    """Add the name of the place."""
    if insights.place is None:
        return insights
    return replace(insights, place=named(insights.place, gazetteer))


def with_pixels(insights: Insights, evidence: Evidence, *, pixel_decoders: bool) -> Insights:
    """Add what is compared and hashed; without pixel decoders only what headers and digests tell."""
    main = shown(evidence, DRAFT_PIXELS, pixel_decoders=pixel_decoders)  # once: it costs more than all else
    return replace(
        insights,
        previews=previews(evidence, main, pixel_decoders=pixel_decoders),
        fingerprints=fingerprints(evidence, main),
    )
