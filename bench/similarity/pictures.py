"""The pictures that are searched, and what is done to them before they are searched for."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

from bench.quality.corpus import SAMPLES_DIR, samples
from metaextract_extractor.reading.evidence import Evidence, subject_of
from metaextract_extractor.reading.insights.hashing import hamming_distance, phash
from metaextract_extractor.reading.insights.pixels import draft
from metaextract_extractor.reading.walk import Walk
from metaextract_testing.factory.overlay import textured

LONGEST_PIXELS: Final = 640
SHORTEST_PIXELS_MIN: Final = 120
NEAR_DUPLICATE_BITS_MAX: Final = 12
"""Samples whose pHashes are as near are one picture in several files; one of them stays."""

Change = Callable[[Image.Image], Image.Image]


def gallery(*, fitted: bool, drawn_count: int, folder: Path = SAMPLES_DIR) -> dict[str, Image.Image]:
    """Return different pictures by name, of one half: photographs of the samples and drawn scenes."""
    found: dict[str, Image.Image] = {}
    hashes: list[str] = []
    for sample in samples(folder):
        picture = _decoded(sample.path) if sample.is_fitted == fitted else None
        if picture is None or min(picture.size) < SHORTEST_PIXELS_MIN:
            continue
        value = phash(picture)
        if all(hamming_distance(value, other) > NEAR_DUPLICATE_BITS_MAX for other in hashes):
            hashes.append(value)
            found[sample.path.name] = picture
    for number in range(drawn_count):
        seed = 2 * number + fitted
        size = ((480, 360), (360, 480), (640, 360), (400, 400))[number % 4]
        found[f"drawn-{seed}"] = textured(seed, size)
    return found


def _decoded(path: Path) -> Image.Image | None:
    with subject_of(path, path.stat().st_size, path.suffix[1:].lower(), None) as subject:
        return draft(Evidence(subject, Walk()), LONGEST_PIXELS, pixel_decoders=True)


def _jpeg(quality: int) -> Change:
    def change(picture: Image.Image) -> Image.Image:
        buffer = BytesIO()
        picture.save(buffer, "JPEG", quality=quality)
        with Image.open(buffer) as image:
            return image.convert("RGB")

    return change


def _resized(share: float) -> Change:
    return lambda picture: picture.resize(
        (max(8, round(picture.width * share)), max(8, round(picture.height * share))),
        Image.Resampling.BICUBIC,
    )


def _cropped(share: float) -> Change:
    """Cut off this share of width and height, more of it at the left and at the bottom."""

    def change(picture: Image.Image) -> Image.Image:
        width, height = picture.width * share, picture.height * share
        return picture.crop(
            (
                round(width * 0.7),
                round(height * 0.2),
                round(picture.width - width * 0.3),
                round(picture.height - height * 0.8),
            )
        )

    return change


def _gamma(value: float) -> Change:
    return lambda picture: picture.point([round(255 * (one / 255) ** value) for one in range(256)] * 3)


def _watermarked(picture: Image.Image) -> Image.Image:
    marked = picture.copy()
    draw, size = ImageDraw.Draw(marked), max(14, picture.height // 7)
    font = ImageFont.load_default(size)
    for row in range(2):
        draw.text((picture.width // 12, picture.height // 4 + row * 3 * size), "SAMPLE copy", font=font)
    return Image.blend(picture, marked, 0.6)


CHANGES: Final[dict[str, Change]] = {
    "JPEG quality 90": _jpeg(90),
    "JPEG quality 60": _jpeg(60),
    "JPEG quality 30": _jpeg(30),
    "resized to 25 %": _resized(0.25),
    "resized to 50 %": _resized(0.5),
    "resized to 200 %": _resized(2),
    "cropped by 5 %": _cropped(0.05),
    "cropped by 10 %": _cropped(0.1),
    "cropped by 20 %": _cropped(0.2),
    "brightness 60 %": lambda picture: ImageEnhance.Brightness(picture).enhance(0.6),
    "brightness 140 %": lambda picture: ImageEnhance.Brightness(picture).enhance(1.4),
    "contrast 60 %": lambda picture: ImageEnhance.Contrast(picture).enhance(0.6),
    "contrast 150 %": lambda picture: ImageEnhance.Contrast(picture).enhance(1.5),
    "gamma 0.6": _gamma(0.6),
    "gamma 1.6": _gamma(1.6),
    "blurred, radius 3": lambda picture: picture.filter(ImageFilter.GaussianBlur(3)),
    "turned by 2 degrees": lambda picture: picture.rotate(2, Image.Resampling.BICUBIC),
    "turned by 5 degrees": lambda picture: picture.rotate(5, Image.Resampling.BICUBIC),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "watermarked": _watermarked,
    "cropped by 10 %, JPEG 50": lambda picture: _jpeg(50)(_cropped(0.1)(picture)),
    "half size, JPEG 30, brighter": lambda picture: _jpeg(30)(
        ImageEnhance.Brightness(_resized(0.5)(picture)).enhance(1.25)
    ),
}
"""Name -> what is done to a picture."""

BEYOND: Final[dict[str, Change]] = {
    "cropped by 40 %": _cropped(0.4),
    "turned by 90 degrees": lambda picture: picture.transpose(Image.Transpose.ROTATE_90),
    "mirrored": lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}
"""What none of the methods is made for; scored apart."""
