"""What follows from the pixels of the picture and of those inside it."""

from typing import Any, Final

from metaextract.extractor.v1.insights_pb2 import Insights
from metaextract_gateway.adapters.http.legacy.metadata.tags import Tags

HASHES: Final = ("phash", "dhash", "ahash", "whash")
"""The legacy's perceptual hashes."""


def perceptual_hashes(insights: Insights | None) -> dict[str, Any]:
    """Return the hashes of the main image, 16 hexadecimal digits each; null where no pixels were decoded.

    Nothing computes a wavelet hash.
    """
    found = insights.fingerprints if insights and insights.HasField("fingerprints") else None
    hashes = {name: getattr(found, name, "") or None for name in HASHES}
    return {"available": any(hashes.values()), **hashes}


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
