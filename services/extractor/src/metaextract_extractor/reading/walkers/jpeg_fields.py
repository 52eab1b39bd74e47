"""Small JPEG segments whose fields have fixed places: JFIF, JFXX, Adobe, Ducky, comment, start of frame.

Sources: JFIF 1.02; Adobe TN 5116 (APP14); ITU-T T.81 section B.2.2 (frame header); Ducky as ExifTool
documents it.
"""

from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers import exif_choices
from metaextract_extractor.reading.walkers.exif_text import utf16_text
from metaextract_extractor.reading.walkers.exif_values import number_text, readable, scalar

_ENCODINGS: Final = {
    0: "Baseline DCT, Huffman coding",
    1: "Extended sequential DCT, Huffman coding",
    2: "Progressive DCT, Huffman coding",
    3: "Lossless, Huffman coding",
    5: "Sequential DCT, differential Huffman coding",
    6: "Progressive DCT, differential Huffman coding",
    7: "Lossless, Differential Huffman coding",
    9: "Extended sequential DCT, arithmetic coding",
    10: "Progressive DCT, arithmetic coding",
    11: "Lossless, arithmetic coding",
    13: "Sequential DCT, differential arithmetic coding",
    14: "Progressive DCT, differential arithmetic coding",
    15: "Lossless, differential arithmetic coding",
}
_UNITS: Final = {0: "None", 1: "inches", 2: "cm"}
_TRANSFORMS: Final = {0: "Unknown (RGB or CMYK)", 1: "YCbCr", 2: "YCCK"}
_SOF0: Final = 0xC0
_FRAME_BYTES: Final = 6
_SAMPLING_BYTES: Final = 15


class _Fields:
    """Writes fields of one group."""

    def __init__(self, walk: Walk, path: str, group: str, standard: Standard) -> None:
        self._walk, self._path, self._group, self._standard = walk, path, group, standard

    def add(
        self,
        name: str,
        raw: object,
        at: View | None,
        printed: str = "",
        tag_id: str = "",
        category: str = "Image",
    ) -> None:
        self._walk.value(
            self._path,
            self._standard,
            self._group,
            name,
            raw,
            printed or str(raw),
            tag_id=tag_id or name,
            category=category,
            at=at,
        )


def walk_frame(content: View, marker: int, walk: Walk, path: str, *, top: bool, again: bool) -> None:
    """Walk a start of frame; only the first tells the size. Raises `MissingBytesError`."""
    walk.understood(content)
    if content.size_bytes < _FRAME_BYTES or again:
        return
    data = content.read(0, min(_SAMPLING_BYTES, content.size_bytes))
    height, width = int.from_bytes(data[1:3], "big"), int.from_bytes(data[3:5], "big")
    if top and walk.width_pixels is None:
        walk.width_pixels, walk.height_pixels = width, height
    fields = _Fields(walk, path, "File", Standard.FILE)
    process = marker - _SOF0
    fields.add("ImageWidth", width, content.part(3, 2))
    fields.add("ImageHeight", height, content.part(1, 2))
    fields.add("EncodingProcess", process, None, _ENCODINGS[process])  # its byte is the marker
    fields.add("BitsPerSample", data[0], content.part(0, 1))
    fields.add("ColorComponents", data[5], content.part(5, 1))
    if data[5] != 3 or len(data) < _SAMPLING_BYTES:  # noqa: PLR2004 - three components
        return
    horizontal = [data[7 + 3 * index] >> 4 for index in range(3)]
    vertical = [data[7 + 3 * index] & 15 for index in range(3)]
    if min(horizontal) and min(vertical):
        ratios = (max(one) / min(one) for one in (horizontal, vertical))
        raw = " ".join(number_text(ratio) for ratio in ratios)
        printed = exif_choices.YCB_CR_SUB_SAMPLING.get(raw, f"Unknown ({raw})")
        fields.add("YCbCrSubSampling", raw, None, printed)


def walk_comment(content: View, walk: Walk, path: str) -> None:
    """Walk a comment. Raises `MissingBytesError`."""
    text = content.all(walk.budgets.value_bytes_max).rstrip(b"\0").decode("latin-1")
    at = content.part(0, len(text)) if text else content
    walk.understood(content)
    _Fields(walk, path, "File", Standard.FILE).add("Comment", scalar(text), at, readable(text))


def walk_jfif(content: View, walk: Walk, path: str) -> None:
    """Walk JFIF. Raises `MissingBytesError`."""
    data = content.read(0, min(9, content.size_bytes))
    fields = _Fields(walk, path, "JFIF", Standard.CONTAINER)
    if len(data) >= 2:  # noqa: PLR2004 - version
        version = f"{data[0]}.{data[1]:02d}"
        fields.add("JFIFVersion", f"{data[0]} {data[1]}", content.part(0, 2), version, "0")
    if len(data) >= 7:  # noqa: PLR2004 - unit and densities
        unit = _UNITS.get(data[2], f"Unknown ({data[2]})")
        fields.add("ResolutionUnit", data[2], content.part(2, 1), unit, "2")
        fields.add("XResolution", int.from_bytes(data[3:5], "big"), content.part(3, 2), "", "3")
        fields.add("YResolution", int.from_bytes(data[5:7], "big"), content.part(5, 2), "", "5")
    if len(data) < 9:  # noqa: PLR2004 - thumbnail
        return
    for index, name in ((7, "ThumbnailWidth"), (8, "ThumbnailHeight")):
        if data[index]:
            fields.add(name, data[index], content.part(index, 1), "", str(index))
        else:
            walk.understood(content.part(index, 1))
    length = 3 * data[7] * data[8]
    if length and content.has(9, length):
        walk.image("thumbnail", path, content.part(9, length), data[7], data[8])
        walk.understood(content.part(9, length))


def walk_jfxx(content: View, walk: Walk, path: str) -> None:
    """Walk a JFIF extension: a thumbnail as JPEG, with palette or RGB. Raises `MissingBytesError`."""
    if content.size_bytes < 2:  # noqa: PLR2004 - code and content
        walk.not_read(path, content, Why.DAMAGED)
        return
    code = content.read(0, 1)[0]
    walk.understood(content)
    if code == 0x10:  # noqa: PLR2004 - JPEG
        walk.image("thumbnail", path, content.part(1))
    elif code in (0x11, 0x13) and content.has(1, 3):
        width, height = content.read(1, 2)
        walk.image("thumbnail", path, content.part(3), width, height)


def walk_adobe(content: View, walk: Walk, path: str) -> None:
    """Walk Adobe's APP14. Raises `MissingBytesError`."""
    data = content.read(0, 7)
    fields = _Fields(walk, path, "Adobe", Standard.CONTAINER)
    fields.add("DCTEncodeVersion", int.from_bytes(data[:2], "big"), content.part(0, 2), "", "0")
    for index, name in ((1, "APP14Flags0"), (2, "APP14Flags1")):
        flags = int.from_bytes(data[2 * index : 2 * index + 2], "big")
        names = {15: "Encoded with Blend=1 downsampling"} if index == 1 else {}
        shown = ", ".join(names.get(bit, f"[{bit}]") for bit in range(16) if flags >> bit & 1)
        fields.add(name, flags, content.part(2 * index, 2), shown or "(none)", str(index))
    transform = _TRANSFORMS.get(data[6], f"Unknown ({data[6]})")
    fields.add("ColorTransform", data[6], content.part(6, 1), transform, "3")


def walk_ducky(content: View, walk: Walk, path: str) -> None:
    """Walk Photoshop's Ducky: tag, length, value, until tag 0. Raises `MissingBytesError`."""
    fields = _Fields(walk, path, "Ducky", Standard.CONTAINER)
    position = 0
    while content.has(position, 4):
        tag, length = (int.from_bytes(content.read(position + at, 2), "big") for at in (0, 2))
        if tag == 0 or not content.has(position + 4, length):
            break
        walk.understood(content.part(position, 4))
        value = content.part(position + 4, length)
        if tag == 1 and length == 4:  # noqa: PLR2004 - a number
            quality = int.from_bytes(value.read(0, 4), "big")
            fields.add("Quality", quality, value, f"{quality}%", "1")
        elif tag in (2, 3) and length >= 4:  # noqa: PLR2004 - count of characters
            text = utf16_text(value.read(4, length - 4).decode("latin-1"), ">")
            if text is not None:
                walk.understood(value.part(0, 4))
                name, category = ("Comment", "Image") if tag == 2 else ("Copyright", "Author")  # noqa: PLR2004
                at = value.part(4) if length > 4 else None  # noqa: PLR2004
                fields.add(name, scalar(text), at, readable(text), str(tag), category)
        position += 4 + length
    walk.understood(content.part(position, min(2, content.size_bytes - position)))
