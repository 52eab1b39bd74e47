"""What follows from the pixels of the picture and of those inside it."""

from typing import Any, Final

from metaextract.extractor.v1.insights_pb2 import Insights
from metaextract.extractor.v1.operations_pb2 import OperationOutcome
from metaextract_gateway.adapters.http.legacy.metadata.plain import plain
from metaextract_gateway.adapters.http.legacy.metadata.tags import Tags

HASHES: Final = ("phash", "dhash", "ahash", "whash")
"""The legacy's perceptual hashes."""


def perceptual_hashes(insights: Insights | None, outcome: OperationOutcome | None) -> dict[str, Any]:
    """Return the hashes of the main image, 16 hexadecimal digits each; null where no pixels were decoded.

    Nothing computes a wavelet hash. `embedding`: what the operation of this name brought, its vector and PDQ
    hash, for which the legacy had no place; null if it was not asked for or not delivered.
    """
    found = insights.fingerprints if insights and insights.HasField("fingerprints") else None
    embedding = outcome.embedding if outcome and outcome.delivered else None
    hashes = {name: getattr(found, name, "") or getattr(embedding, name, "") or None for name in HASHES}
    return {
        "available": any(hashes.values()),
        **hashes,
        "embedding": plain(embedding) if embedding else None,
    }


def thumbnail(tags: Tags, insights: Insights | None) -> dict[str, Any]:
    """Tell whether a thumbnail is embedded, and its size in pixels as Exif or its own header states it."""
    images = insights.previews.images if insights else ()
    own = next((one for one in images if one.kind == "thumbnail"), None)
    named = any(tag.name in ("ThumbnailImage", "ThumbnailTIFF") for tag in tags)
    return {
        "has_embedded": named or own is not None,
        "width": tags.integer(("IFD1", "ImageWidth")) or (own and own.width_pixels) or None,
        "height": tags.integer(("IFD1", "ImageHeight")) or (own and own.height_pixels) or None,
    }
