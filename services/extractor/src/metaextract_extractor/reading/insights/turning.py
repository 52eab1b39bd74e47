"""Bringing a stored picture upright, as its orientation says."""

from typing import TYPE_CHECKING, Final

from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.stated import Stated

if TYPE_CHECKING:
    from PIL import Image

# Exif 3.0 §4.6.5.1 (Orientation) -> what brings the stored picture upright: mirrored?, turned clockwise.
UPRIGHT: Final = {
    2: (True, 0),
    3: (False, 180),
    4: (True, 180),
    5: (True, 270),
    6: (False, 90),
    7: (True, 90),
    8: (False, 270),
}


def orientation_of(evidence: Evidence) -> int:
    """Return the Exif orientation of the main image that a decoder does not apply; 1 is upright.

    HEIF and AVIF turn by their own properties, which decoders apply; there the Exif value is only a copy
    (ISO/IEC 23008-12 §A.2.3).
    """
    if evidence.subject.family in ("HEIF", "AVIF"):
        return 1
    orientation = Stated.of(evidence).integer("IFD0", "Orientation")
    return orientation if orientation in UPRIGHT else 1


def upright(image: "Image.Image", orientation: int) -> "Image.Image":
    """Return the picture as it is meant to be seen."""
    from PIL import Image  # noqa: PLC0415 - only when pixels are wanted

    mirrored, turn = UPRIGHT.get(orientation, (False, 0))
    if mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return turned(image, turn)


def turned(image: "Image.Image", degrees: int) -> "Image.Image":
    """Return the picture turned clockwise by 0, 90, 180 or 270 degrees."""
    from PIL import Image  # noqa: PLC0415 - only when pixels are wanted

    ways = {
        90: Image.Transpose.ROTATE_270,
        180: Image.Transpose.ROTATE_180,
        270: Image.Transpose.ROTATE_90,
    }
    return image.transpose(ways[degrees]) if degrees in ways else image
