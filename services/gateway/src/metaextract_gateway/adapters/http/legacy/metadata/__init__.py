"""Our result as the metadata object of the legacy extract route.

Source: the legacy contract, sections 1.5 (the object), 2.2 (what each access mode hides), 3 (quality).
What we have no engine for is null, {} or []: it is never guessed.
"""

from metaextract_gateway.adapters.http.legacy.metadata.access import Access, Mode
from metaextract_gateway.adapters.http.legacy.metadata.document import legacy_metadata

__all__ = ["Access", "Mode", "legacy_metadata"]
