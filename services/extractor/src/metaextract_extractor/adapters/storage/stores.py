"""What a database gives the extractor."""

from dataclasses import dataclass

from metaextract_extractor.domain.ports import Batches, Extractions


@dataclass(frozen=True, slots=True)
class Stores:
    """Extractions, and the same by batch. `shared`: other replicas may have them too."""

    extractions: Extractions
    batches: Batches
    shared: bool
