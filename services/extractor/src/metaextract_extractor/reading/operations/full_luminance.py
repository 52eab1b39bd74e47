"""The luminance of a JPEG in full size, as its blocks were stored: what compression is examined on."""

import warnings
from typing import TYPE_CHECKING

from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.pixels import PIXELS_MAX

if TYPE_CHECKING:
    from PIL import Image


def full_luminance(evidence: Evidence) -> "Image.Image | None":
    """Decode it, without colour conversion; None beyond the budget of pixels, and of a damaged file."""
    from PIL import Image  # noqa: PLC0415 - only when pixels are wanted

    subject = evidence.subject
    if subject.family != "JPEG" or not subject.whole:
        return None
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(str(subject.path), formats=("JPEG", "MPO")) as image,
        ):
            if image.mode not in ("L", "RGB") or image.width * image.height > PIXELS_MAX:
                return None
            image.draft("L", image.size)
            return image.convert("L")
    except Exception:  # noqa: BLE001 - whatever a decoder makes of damaged bytes, they cannot be examined
        return None
