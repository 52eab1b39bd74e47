"""Exif values as other libraries hand them out, turned into the raw values of the primary engine.

Source: Exif 3.0 (CIPA DC-008-2023), chapter 4.6; names as in `reading.walkers.exif_tags`.
"""

import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.engines.testimony import Scalar, Testimony, joined, rounded
from metaextract_extractor.reading.walkers.exif_tags import EXIF, GPS, Tag

Given = str | bytes | list[Scalar]
"""A text, bytes of no type, or the numbers; rationals are already quotients (`testimony.quotient`)."""

VALUES_COUNT_MAX: Final = 1_000

_MANY: Final = frozenset({
    0x0111, 0x0117,  # StripOffsets, StripByteCounts
    0x0120, 0x0121,  # FreeOffsets, FreeByteCounts
    0x0144, 0x0145,  # TileOffsets, TileByteCounts
    0x014A,  # SubIFDs
    0x0201, 0x0202,  # JPEGInterchangeFormat and its length: the name depends on the directory
    0x02BC, 0x83BB, 0x8649, 0x8769, 0x8773, 0x8825, 0x927C, 0xA005, 0xC634,  # other containers
})  # fmt: skip
"""Tags that point somewhere or hold other containers: no values to compare."""

_INTEROP: Final = frozenset({0x0001, 0x0002, 0x1000, 0x1001, 0x1002})
"""Exif 3.0, 4.6.7."""

_UNCOMPARABLE: Final = frozenset(
    {
        "binary",
        "unprinted",
        "offsets",
        "long",
        "hex",
        "hex_upper",
        "cfa_colors",
        "sfr",
        "xmp_date",
        "thousandths",
    }
)
"""Conversions of `exif_tags` behind which the raw value is not simply the stored one."""


def add_exif(testimony: Testimony, group: str, tag_id: int, given: Given) -> None:
    """Add one tag of a directory; `group` is `IFD0`, `ExifIFD`, `GPS` … Unknown tags are left out."""
    tag = (GPS if group == "GPS" else EXIF).get(tag_id)
    if group == "InteropIFD" and tag_id not in _INTEROP:
        return  # damaged pointers lead to other directories
    if tag is None or tag.how in _UNCOMPARABLE or (group != "GPS" and tag_id in _MANY):
        return
    raw = _raw(tag, tag_id, given)
    if raw is None:
        return
    testimony.add(
        Standard.EXIF,
        group,
        tag.name,
        raw,
        tag_id=str(tag_id),
        category=tag.category,
        printed=tag.choices.get(str(raw)),
    )


def _raw(tag: Tag, tag_id: int, given: Given) -> Scalar | None:
    if not isinstance(given, str) and len(given) > VALUES_COUNT_MAX and not isinstance(given, bytes):
        return None
    special = _SPECIAL.get(tag.how)
    if special is not None:
        return special(given)
    if isinstance(given, bytes):
        # FileSource and SceneType are one byte that stands for a number.
        return given[0] if tag.choices and len(given) == 1 else None
    if isinstance(given, str):
        return ascii_text(given)
    return joined(given)


def ascii_text(given: str) -> str | None:
    """Cut at the first NUL. Libraries read Latin-1 where cameras write UTF-8; None if it is neither."""
    cut = given.partition("\0")[0]
    try:
        return cut.encode("latin-1").decode("utf-8")
    except UnicodeEncodeError:
        return cut
    except UnicodeDecodeError:
        return None


def _bytes(given: Given) -> bytes | None:
    if isinstance(given, bytes):
        return given
    if isinstance(given, str):
        return given.encode("latin-1", "replace")
    if all(isinstance(one, int) and 0 <= one <= 0xFF for one in given):  # noqa: PLR2004 - a byte
        return bytes(one for one in given if isinstance(one, int))
    return None


def _trimmed(given: Given) -> Scalar | None:
    if isinstance(given, bytes):
        given = given.decode("latin-1")
    if not isinstance(given, str):
        return joined(given)
    decoded = ascii_text(given)
    return decoded.rstrip() if decoded is not None else None


def _version(given: Given) -> Scalar | None:
    data = _bytes(given)
    return data.decode("latin-1").rstrip("\0") if data is not None else None


def _dotted(given: Given) -> Scalar | None:
    data = _bytes(given)
    return " ".join(str(one) for one in data) if data else None


def _ucs2(given: Given) -> Scalar | None:
    data = _bytes(given)
    return data.decode("utf-16-le", "replace").partition("\0")[0] if data is not None else None


def _exif_text(given: Given) -> Scalar | None:
    """Exif 3.0, 4.6.5, UserComment: eight bytes name the character code. UTF-16 has no certain order."""
    data = _bytes(given)
    if data is None:
        return None
    code, content = data[:8], data[8:]
    if code in (b"ASCII\0\0\0", b"\0" * 8):
        return content.partition(b"\0")[0].decode("utf-8", "replace")
    return None


def _copyright(given: Given) -> Scalar | None:
    """Photographer and editor stand one behind the other, with a NUL between."""
    if isinstance(given, bytes):
        given = given.decode("latin-1")
    if not isinstance(given, str) or "\0" in given.rstrip("\0"):
        return None
    return _trimmed(given)


def _seconds(given: Given) -> Scalar | None:
    """APEX Tv to seconds (Exif 3.0, annex C)."""
    value = _one(given)
    return None if value is None else rounded(2.0**-value) if abs(value) < 100 else 0  # noqa: PLR2004


def _f_number(given: Given) -> Scalar | None:
    """APEX Av to f-number (Exif 3.0, annex C)."""
    value = _one(given)
    return rounded(2.0 ** (value / 2)) if value is not None and abs(value) < 100 else None  # noqa: PLR2004


def _one(given: Given) -> float | None:
    if isinstance(given, list) and len(given) == 1 and isinstance(given[0], int | float):
        return float(given[0])
    return None


def _three(given: Given) -> tuple[float, float, float] | None:
    if isinstance(given, list) and 1 <= len(given) <= 3:  # noqa: PLR2004 - degrees, minutes, seconds
        numbers = [float(one) for one in given if isinstance(one, int | float)]
        if len(numbers) == len(given):
            padded = [*numbers, 0.0, 0.0]
            return padded[0], padded[1], padded[2]
    return None


def _degrees(given: Given) -> Scalar | None:
    parts = _three(given)
    return float(parts[0] + parts[1] / 60 + parts[2] / 3600) if parts else None


def _time_stamp(given: Given) -> Scalar | None:
    parts = _three(given)
    if not parts or not all(0 <= one < 10_000 for one in parts):  # noqa: PLR2004 - no time otherwise
        return None
    total = parts[0] * 3600 + parts[1] * 60 + parts[2]
    hours, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    whole = f"{seconds:06.3f}".rstrip("0").rstrip(".")
    return f"{int(hours):02d}:{int(minutes):02d}:{whole}"


def _date_stamp(given: Given) -> Scalar | None:
    if isinstance(given, bytes):
        given = given.decode("latin-1")
    return given.rstrip("\0").replace("\0", ":") if isinstance(given, str) else None


def _cfa_pattern(given: Given) -> Scalar | None:
    """Two counts of 16 bits, in the order of whoever wrote them, then the colours (Exif 3.0, 4.6.5)."""
    data = _bytes(given)
    if data is None or len(data) < 4:  # noqa: PLR2004 - the counts
        return None
    for form in (">HH", "<HH"):
        columns, rows = struct.unpack_from(form, data)
        if columns * rows == len(data) - 4:
            return " ".join(str(one) for one in (columns, rows, *data[4:]))
    return None


_SPECIAL: Final[Mapping[str, Callable[[Given], Scalar | None]]] = MappingProxyType({
    "trimmed": _trimmed,
    "version": _version,
    "dotted": _dotted,
    "components": _dotted,
    "ucs2": _ucs2,
    "exif_text": _exif_text,
    "copyright": _copyright,
    "shutter_speed": _seconds,
    "aperture": _f_number,
    "degrees": _degrees,
    "time_stamp": _time_stamp,
    "date_stamp": _date_stamp,
    "cfa_pattern": _cfa_pattern,
})  # fmt: skip
