"""How the values of colour profiles are laid out: the header, record tags, and plain types.

Source: ICC.1:2022 sections 7.2 (header), 9.2 (tags), 10 (types); ICC.1:2001 section 6.5.17 (`desc`).
"""

import struct
from collections.abc import Callable
from typing import Any, Final

from metaextract_extractor.reading.walkers import icc_names
from metaextract_extractor.reading.walkers.binary import number_text
from metaextract_extractor.reading.walkers.scalars import latin

TEXT: Final = "s"
"""Layout of four characters that end at a null."""
_ILLUMINANTS: Final = {
    1: "D50", 2: "D65", 3: "D93", 4: "F2", 5: "D55", 6: "A", 7: "Equi-Power (E)", 8: "F8",
}  # fmt: skip


def _version(value: int) -> str:
    return f"{value >> 8}.{(value & 0xF0) >> 4}.{value & 0x0F}"


def _flags(value: int) -> str:
    embedded = "Embedded" if value & 1 else "Not Embedded"
    return f"{embedded}, {'Not Independent' if value & 2 else 'Independent'}"


def _attributes(value: str) -> str:
    bits = int(value.split()[1])
    pairs = (("Reflective", "Transparency"), ("Glossy", "Matte"), ("Positive", "Negative"), ("Color", "B&W"))
    return ", ".join(pair[bits >> index & 1] for index, pair in enumerate(pairs))


def date_text(value: str) -> str:
    year, month, day, hour, minute, second = map(int, value.split())
    return f"{year:04d}:{month:02d}:{day:02d} {hour:02d}:{minute:02d}:{second:02d}"


def _identifier(value: str) -> str:
    digits = "".join(f"{int(one):02x}" for one in value.split())
    return digits if digits.strip("0") else "0"


def _percent(value: float) -> str:
    return f"{number_text(value * 100)}%"


# (offset, layout, name, printed by). Layouts as in struct; `s` signature, `f` s15Fixed16, `u` u16Fixed16.
Row = tuple[int, str, str, Any]
HEADER: Final[tuple[Row, ...]] = (
    (4, TEXT, "ProfileCMMType", icc_names.MANUFACTURERS),
    (8, "h", "ProfileVersion", _version),
    (12, TEXT, "ProfileClass", icc_names.CLASSES),
    (16, TEXT, "ColorSpaceData", None),
    (20, TEXT, "ProfileConnectionSpace", None),
    (24, "6H", "ProfileDateTime", None),
    (36, TEXT, "ProfileFileSignature", None),
    (40, TEXT, "PrimaryPlatform", icc_names.PLATFORMS),
    (44, "I", "CMMFlags", _flags),
    (48, TEXT, "DeviceManufacturer", icc_names.MANUFACTURERS),
    (52, TEXT, "DeviceModel", None),
    (56, "2I", "DeviceAttributes", _attributes),
    (
        64,
        "I",
        "RenderingIntent",
        {0: "Perceptual", 1: "Media-Relative Colorimetric", 2: "Saturation", 3: "ICC-Absolute Colorimetric"},
    ),
    (68, "3f", "ConnectionSpaceIlluminant", None),
    (80, TEXT, "ProfileCreator", icc_names.MANUFACTURERS),
    (84, "16B", "ProfileID", _identifier),
)
_MEASUREMENT: Final[tuple[Row, ...]] = (
    (8, "I", "MeasurementObserver", {1: "CIE 1931", 2: "CIE 1964"}),
    (12, "3f", "MeasurementBacking", None),
    (24, "I", "MeasurementGeometry", {0: "Unknown", 1: "0/45 or 45/0", 2: "0/d or d/0"}),
    (28, "1u", "MeasurementFlare", _percent),
    (32, "I", "MeasurementIlluminant", _ILLUMINANTS),
)
_VIEWING: Final[tuple[Row, ...]] = (
    (8, "3f", "ViewingCondIlluminant", None),
    (20, "3f", "ViewingCondSurround", None),
    (32, "I", "ViewingCondIlluminantType", _ILLUMINANTS),
)
_CHROMATICITY: Final[tuple[Row, ...]] = (
    (8, "H", "ChromaticityChannels", None),
    (
        10,
        "H",
        "ChromaticityColorant",
        {0: "Unknown", 1: "ITU-R BT.709", 2: "SMPTE RP145-1994", 3: "EBU Tech.3213-E", 4: "P22"},
    ),
    *((12 + 8 * index, "2u", f"ChromaticityChannel{index + 1}", None) for index in range(4)),
)
_REPRESENTATION: Final[tuple[Row, ...]] = (
    (8, "B", "ColorPrimaries", icc_names.PRIMARIES),
    (9, "B", "TransferCharacteristics", icc_names.TRANSFERS),
    (10, "B", "MatrixCoefficients", icc_names.MATRICES),
    (11, "B", "VideoFullRangeFlag", {0: "Limited", 1: "Full"}),
)
RECORDS: Final = {
    "meas": ("Measurement", "ICC-meas", _MEASUREMENT),
    "view": ("ViewingConditions", "ICC-view", _VIEWING),
    "chrm": ("Chromaticity", "ICC-chrm", _CHROMATICITY),
    "cicp": ("ColorRepresentation", "ICC-cicp", _REPRESENTATION),
}
"""Tags that are records: part of the path, group, layout."""


_ARRAYS: Final = {"sf32": ("f", 4), "uf32": ("u", 4), "ui32": ("I", 4), "ui64": ("Q", 8), "ui08": ("B", 1)}


def numbers(layout: str, data: bytes) -> int | float | str:
    """Return one number, or several as a text with blanks between them."""
    kind = layout[-1]
    values: tuple[int | float, ...] = struct.unpack(f">{layout.replace('f', 'i').replace('u', 'I')}", data)
    if kind in "fu":
        values = tuple(_fixed(int(value)) for value in values)
    return values[0] if len(values) == 1 else " ".join(map(number_text, values))


def _fixed(value: int) -> float | int:
    """Return a 16.16 fixed-point number, rounded to five decimals."""
    rounded = int(value / 0x10000 * 1e5 + (-0.5 if value < 0 else 0.5)) / 1e5
    return int(rounded) if rounded == int(rounded) else rounded


def plain_value(data: bytes, kind: str) -> tuple[str, int, int] | None:
    """Return the value of a simple type and which bytes hold it; None for types that are described only."""
    read = _TYPES.get(kind)
    if read is not None:
        return read(data)
    if kind in _ARRAYS:
        layout, size = _ARRAYS[kind]
        count = (len(data) - 8) // size
        if count == 0:
            return "", 8, 8
        end = 8 + count * size
        value = numbers(f"{count}{layout}", data[8:end])
        return (value if isinstance(value, str) else number_text(value)), 8, end
    return None


def _text_type(data: bytes) -> tuple[str, int, int]:
    end = len(data.rstrip(b"\0")) if len(data.rstrip(b"\0")) > 8 else 8  # noqa: PLR2004
    return data[8:].decode("utf-8", "replace"), 8, end


def _description_type(data: bytes) -> tuple[str, int, int] | None:
    length = int.from_bytes(data[8:12], "big")
    if len(data) < 12 or 12 + length > len(data):  # noqa: PLR2004 - type, reserved, length
        return None
    text = data[12 : 12 + length].split(b"\0")[0]
    return latin(text), 12, 12 + len(text)


def _signature_type(data: bytes) -> tuple[str, int, int] | None:
    return (latin(data[8:12]), 8, 12) if len(data) >= 12 else None  # noqa: PLR2004


def _date_type(data: bytes) -> tuple[str, int, int] | None:
    if len(data) < 20:  # noqa: PLR2004
        return None
    return date_text(" ".join(map(str, struct.unpack(">6H", data[8:20])))), 8, 20


def _xyz_type(data: bytes) -> tuple[str, int, int]:
    end = 8 + (len(data) - 8) // 12 * 12
    triples = [str(numbers("3f", data[at : at + 12])) for at in range(8, end, 12)]
    return ", ".join(triples), 8, end


def _order_type(data: bytes) -> tuple[str, int, int] | None:
    count = int.from_bytes(data[8:12], "big")
    if len(data) < 12 or 12 + count > len(data):  # noqa: PLR2004
        return None
    return " ".join(map(str, struct.unpack(f">{count}b", data[12 : 12 + count]))), 12, 12 + count


def _data_type(data: bytes) -> tuple[str, int, int] | None:
    if len(data) < 12 or data[8:12] != b"\0\0\0\0":  # noqa: PLR2004
        return None
    return latin(data[12:]), 12, len(data)


_TYPES: Final[dict[str, Callable[[bytes], tuple[str, int, int] | None]]] = {
    "text": _text_type,
    "desc": _description_type,
    "sig ": _signature_type,
    "dtim": _date_type,
    "XYZ ": _xyz_type,
    "clro": _order_type,
    "data": _data_type,
}
