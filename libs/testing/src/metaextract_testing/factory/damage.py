"""Damaged variants of a made image. Their tags are those of the whole image: the most that can be left."""

from dataclasses import replace

from metaextract_testing.factory.made import MadeImage
from metaextract_testing.factory.scene import seeded

_BYTES_PER_FLIP = 200


def truncated(image: MadeImage, share: float) -> MadeImage:
    """Return the first ``share`` of the file, as an upload that broke off.

    Raises:
        ValueError: the share is not within 0 and 1.
    """
    if not 0 <= share <= 1:
        message = f"share must be within 0 and 1, not {share}"
        raise ValueError(message)
    kept = image.content[: int(len(image.content) * share)]
    return replace(image, name=f"truncated-{image.name}", content=kept)


def corrupted(image: MadeImage, seed: int = 0) -> MadeImage:
    """Return the file with about one byte in 200 changed, anywhere; same length, same seed, same damage."""
    random = seeded(f"corrupted:{seed}")
    content = bytearray(image.content)
    for at in random.sample(range(len(content)), max(1, len(content) // _BYTES_PER_FLIP)):
        content[at] ^= random.randrange(1, 256)
    return replace(image, name=f"corrupted-{image.name}", content=bytes(content))
