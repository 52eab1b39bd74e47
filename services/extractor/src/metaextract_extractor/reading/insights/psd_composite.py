"""The composite of a Photoshop document, where Pillow takes it for another.

Source: Adobe Photoshop File Formats Specification (November 2019), "File Header Section" and "Image Data
Section": all channels are stored one after the other, behind the row lengths of all of them, and a bitmap has
one bit a pixel, set where it is black.
"""

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL import Image

_HEAD: Final = struct.Struct(">12xH10xH")
_ROW_LENGTH_BYTES: Final = 2
_BITMAP: Final = 0
_SHOWN: Final = frozenset({_BITMAP, 1, 2, 3, 4, 8})
"""Bitmap, grey, indexed, RGB, CMYK, duotone. What Lab and multichannel show Pillow does not work out."""


def composite(document: "Image.Image") -> "Image.Image | None":
    """Return the picture of a document that Pillow has opened and not loaded; None if it cannot show it.

    Pillow skips the row lengths of the channels that it uses, and would begin to unpack among those of saved
    selections and spot colours.
    """
    file = document.fp  # type: ignore[attr-defined]
    file.seek(0)
    channels_count, colour_mode = _HEAD.unpack(file.read(_HEAD.size))
    if colour_mode not in _SHOWN:
        return None
    skipped = (channels_count - len(document.tile)) * document.height * _ROW_LENGTH_BYTES  # type: ignore[attr-defined]
    document.tile = [  # type: ignore[attr-defined]
        one._replace(offset=one.offset + skipped) if one.codec_name == "packbits" else one
        for one in document.tile  # type: ignore[attr-defined]
    ]
    return document.convert("L").point(lambda value: 255 - value) if colour_mode == _BITMAP else document
