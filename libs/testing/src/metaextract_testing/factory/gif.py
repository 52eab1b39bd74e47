"""GIF. Sources: GIF89a specification, section 26; Adobe XMP part 3, section 1.1.2 (GIF)."""

from io import BytesIO

from metaextract_testing.factory.made import MadeImage
from metaextract_testing.factory.scene import scene
from metaextract_testing.factory.xmp import xmp_block

_TRAILER = b"\x3b"
# The packet stands bare, not in sub-blocks; this ramp ends it for readers that do not know XMP.
_XMP_MAGIC_TRAILER = b"\x01" + bytes(range(0xFF, -1, -1)) + b"\x00"


def make_gif(seed: int) -> MadeImage:
    """Make an animated GIF of four frames with a comment and an XMP application extension."""
    facts, width, height = scene("gif", seed), 96, 64
    frames = [facts.picture(width, height, f"frame {number}") for number in range(4)]
    comment = f"{facts.caption}: comment extension"
    buffer = BytesIO()
    frames[0].save(
        buffer, "GIF", save_all=True, append_images=frames[1:], duration=250, loop=3, comment=comment.encode()
    )
    xmp = xmp_block(facts)
    extension = b"\x21\xff\x0bXMP DataXMP" + xmp.content + _XMP_MAGIC_TRAILER
    content = buffer.getvalue().removesuffix(_TRAILER) + extension + _TRAILER
    tags = {
        "File:FileType": "GIF",
        "File:MIMEType": "image/gif",
        "GIF:GIFVersion": "89a",
        "GIF:ImageWidth": str(width),
        "GIF:ImageHeight": str(height),
        "GIF:AnimationIterations": "3",
        "GIF:FrameCount": "4",
        "GIF:Duration": "1.00 s",
        "File:Comment": comment,
        **xmp.tags,
    }
    return MadeImage(f"gif-{seed}.gif", "image/gif", content, tags)
