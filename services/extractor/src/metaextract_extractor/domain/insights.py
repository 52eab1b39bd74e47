"""What the file means, drawn from what was read: one optional member a subject. As in insights.proto."""

from dataclasses import dataclass

from metaextract_extractor.domain.generation import GenerationStatements
from metaextract_extractor.domain.insights_colour import Colour
from metaextract_extractor.domain.insights_picture import Compression, Fingerprints, Panorama, Previews
from metaextract_extractor.domain.insights_place import Place
from metaextract_extractor.domain.insights_several import MultiPicture
from metaextract_extractor.domain.insights_time import CaptureTime
from metaextract_extractor.domain.privacy import PrivacyReport
from metaextract_extractor.domain.provenance import Provenance


@dataclass(frozen=True, slots=True)
class Insights:
    """Statements with their evidence; None where the file says nothing of the subject."""

    capture_time: CaptureTime | None = None
    place: Place | None = None
    previews: Previews | None = None
    fingerprints: Fingerprints | None = None
    compression: Compression | None = None
    multi_picture: MultiPicture | None = None
    panorama: Panorama | None = None
    colour: Colour | None = None
    provenance: Provenance | None = None
    generation: GenerationStatements | None = None
    privacy: PrivacyReport | None = None
