"""How the values of Exif tags are printed. Each conversion takes a value as `exif_values` leaves it.

It returns the raw value and the printed one, both as such texts again, or None where the value is none that
the tag can have: then the field is left to the primary engine. Sources: Exif 3.0 section 4.6 (units, APEX,
text headers, CFA), DNG 1.7.1; rounding and wording as ExifTool 13.59.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from metaextract_extractor.reading.walkers.exif_position import date_stamp, degrees, time_stamp
from metaextract_extractor.reading.walkers.exif_tags import Tag
from metaextract_extractor.reading.walkers.exif_text import exif_text, utf16_text
from metaextract_extractor.reading.walkers.exif_values import as_number, is_whole, number_text
from metaextract_extractor.reading.walkers.scalars import exposure_time

Converted = tuple[str, str]
Conversion = Callable[[str, Tag, str], Converted | None]

_COLOURS: Final = ("Red", "Green", "Blue", "Cyan", "Magenta", "Yellow", "White")
_APEX_MAX: Final = 100
_APEX_APERTURE_MAX: Final = 200


def convert(tag: Tag, value: str, order: str) -> Converted | None:
    """Return raw and printed value, or None if this is not for us. `order` is `<` or `>`."""
    if not tag.how:
        return value, printed_choice(tag, value)
    conversion = _CONVERSIONS.get(tag.how)
    return conversion(value, tag, order) if conversion is not None else None


def printed_choice(tag: Tag, value: str) -> str:
    """Say what a value stands for, if the tag has a list of them."""
    if not tag.choices:
        return value
    return tag.choices.get(value, f"Unknown ({value})")


def binary(length_bytes: int) -> str:
    """Stand for a value that is not shown."""
    return f"(Binary data {length_bytes} bytes, use -b option to extract)"


def _same(how: Callable[[str], str]) -> Conversion:
    """Make a conversion that changes the value itself, and prints it so."""

    def conversion(value: str, _tag: Tag, _order: str) -> Converted:
        changed = how(value)
        return changed, changed

    return conversion


def _printed(how: Callable[[str], str]) -> Conversion:
    """Make a conversion that only prints otherwise."""
    return lambda value, _tag, _order: (value, how(value))


def _number(how: Callable[[float], str]) -> Conversion:
    """Make a conversion that prints one number; `inf` and `undef` stay what they are."""

    def conversion(value: str, _tag: Tag, _order: str) -> Converted | None:
        number = as_number(value)
        if number is None:
            return (value, value) if value in ("inf", "undef") else None
        return value, how(number)

    return conversion


def _one_decimal(value: str, unit: str) -> Converted | None:
    number = as_number(value)
    return None if number is None else (value, f"{number:.1f}{unit}")


def _shutter_speed(value: str, _tag: Tag, _order: str) -> Converted | None:
    number = as_number(value)
    if number is None:
        return None
    seconds = 2.0**-number if abs(number) < _APEX_MAX else 0.0
    return number_text(seconds), exposure_time(seconds)


def _aperture(value: str, _tag: Tag, _order: str) -> Converted | None:
    number = as_number(value)
    if number is None or abs(number) > _APEX_APERTURE_MAX:
        return None
    f_number = 2.0 ** (number / 2)
    return number_text(f_number), f"{f_number:.1f}"


def _f_number(number: float) -> str:
    if number <= 0:
        return number_text(number)
    return f"{number:.2f}" if number < 1 else f"{number:.1f}"


def _compensation(value: str, _tag: Tag, _order: str) -> Converted | None:
    number = as_number(value)
    if number is None:
        return None
    number *= 1.00001  # keeps what is a third up to rounding a third
    if number == 0:
        return value, "0"
    for parts in (1, 2, 3):
        if int(number * parts) / (number * parts) > 0.999:  # noqa: PLR2004 - as near as rounding gets
            return value, f"{int(number * parts):+d}" + (f"/{parts}" if parts > 1 else "")
    return value, f"{number:+.3g}"


def _offsets(value: str, _tag: Tag, _order: str) -> Converted:
    shown = value if len(value) <= 32 else binary(len(value))  # noqa: PLR2004 - longer lists are data
    return shown, shown


def _long(value: str, _tag: Tag, _order: str) -> Converted:
    shown = value if len(value) <= 64 else binary(len(value))  # noqa: PLR2004 - longer ones are data
    return shown, shown


def _binary(value: str, _tag: Tag, _order: str) -> Converted:
    return binary(len(value)), binary(len(value))


def _bits(value: str, tag: Tag, _order: str) -> Converted | None:
    if value in tag.choices:
        return value, tag.choices[value]
    if not is_whole(value) or int(value) < 0:
        return None
    number = int(value)
    names = [tag.bits.get(str(bit), f"[{bit}]") for bit in range(32) if number >> bit & 1]
    return value, ", ".join(names) or "(none)"


def _flags(value: str, tag: Tag, _order: str) -> Converted:
    if value not in tag.choices and is_whole(value) and int(value) >= 0:
        return value, f"Unknown (0x{int(value):x})"
    return value, printed_choice(tag, value)


def _components(value: str, tag: Tag, _order: str) -> Converted:
    if value in tag.choices:
        return value, tag.choices[value]
    return value, ", ".join(tag.choices.get(one, f"Err ({one})") for one in value.split())


def _list(value: str, tag: Tag, _order: str) -> Converted | None:
    ones = value.split()
    if not ones or len(ones) > 4:  # noqa: PLR2004 - further ones are printed plain; rare enough
        return None
    return value, "; ".join(printed_choice(tag, one) for one in ones)


def _copyright(value: str, _tag: Tag, _order: str) -> Converted:
    value = re.sub(r" *\0", "\n", value, count=1)
    value = re.sub(r" *\0.*", "", value, count=1, flags=re.DOTALL).removesuffix("\n")
    return value, value


def _cfa_pattern(value: str, _tag: Tag, order: str) -> Converted | None:
    data = value.encode("latin-1")
    if re.fullmatch(rb"[0-6]+", data):  # some write digits
        data = bytes(one - 0x30 for one in data)
    if len(data) < 4:  # noqa: PLR2004 - two counts
        return None
    name = "little" if order == "<" else "big"
    for byte_order in (name, "big" if name == "little" else "little"):
        columns = int.from_bytes(data[:2], "little" if byte_order == "little" else "big")
        rows = int.from_bytes(data[2:4], "little" if byte_order == "little" else "big")
        if columns and rows and columns * rows <= len(data) - 4:
            break
    else:
        return None
    cells = [_COLOURS[one] if one < len(_COLOURS) else "Unknown" for one in data[4 : 4 + columns * rows]]
    lines = [",".join(cells[at : at + rows]) for at in range(0, len(cells), rows)]
    raw = " ".join([str(columns), str(rows), *map(str, data[4:])])
    return raw, "[" + "][".join(lines) + "]"


def _lens(value: str, _tag: Tag, _order: str) -> Converted:
    ones = ["?" if one in ("inf", "undef") else one for one in value.split()]
    if len(ones) != 4 or any(one != "?" and as_number(one) is None for one in ones):  # noqa: PLR2004 - as defined
        return value, value
    focal, focal_max, f_number, f_number_max = ones
    text = focal
    if focal_max not in ("0", focal):
        text += f"-{focal_max}"
    text += f"mm f/{f_number}"
    if f_number_max not in ("0", f_number):
        text += f"-{f_number_max}"
    return value, text


def _cfa_colours(value: str) -> str:
    numbers = [int(one) if is_whole(one) else len(_COLOURS) for one in value.split()]
    return ",".join(_COLOURS[one] if one < len(_COLOURS) else f"Unknown({one})" for one in numbers)


def _xmp_date(value: str) -> str:
    found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d:\d\d)(:\d\d)?\s*(\S*)", value, re.ASCII)
    if found:
        year, month, day, minute, second, zone = found.groups()
        return f"{year}:{month}:{day} {minute}{second or ''}{zone}"
    return value.replace("-", ":") if re.match(r"\d{4}", value, re.ASCII) else value


def _not_empty(value: str, _tag: Tag, _order: str) -> Converted | None:
    return (value, value) if value else None


def _printable(value: str) -> str:
    return re.sub(r"[\x01-\x1f\x7f-\xff]", ".", value).replace("\0", "")


def _utf16(value: str, _tag: Tag, _order: str) -> Converted | None:
    text = utf16_text(value, "<")
    return None if text is None else (text, text)


def _exif_text(value: str, _tag: Tag, order: str) -> Converted | None:
    text = exif_text(value, order)
    return None if text is None else (text, text)


_CONVERSIONS: Final[Mapping[str, Conversion]] = MappingProxyType(
    {
        "aperture": _aperture,
        "binary": _binary,
        "bits": _bits,
        "celsius": _printed(lambda value: f"{value} C"),
        "cfa_colors": _printed(_cfa_colours),
        "cfa_pattern": _cfa_pattern,
        "comma": _printed(lambda value: re.sub(r"\s+", ", ", value)),
        "compensation": _compensation,
        "components": _components,
        "copyright": _copyright,
        "date_stamp": lambda value, _tag, _order: date_stamp(value),
        "degrees": lambda value, _tag, _order: degrees(value),
        "dotted": _printed(lambda value: value.replace(" ", ".")),
        "exif_text": _exif_text,
        "exposure_time": _number(exposure_time),
        "f_number": _number(_f_number),
        "flags": _flags,
        "focal_length": lambda value, _tag, _order: _one_decimal(value, " mm"),
        "hex": _same(lambda value: value.encode("latin-1").hex()),
        "hex_upper": _same(lambda value: value.encode("latin-1").hex().upper()),
        "lens": _lens,
        "list": _list,
        "long": _long,
        "metres": _printed(lambda value: value if value in ("inf", "undef") else f"{value} m"),
        "metres_always": _printed(lambda value: f"{value} m"),
        "millimetres": _printed(lambda value: f"{value} mm"),
        "not_empty": _not_empty,
        "offsets": _offsets,
        "printable": _printed(_printable),
        "shutter_speed": _shutter_speed,
        "subsec": _same(lambda value: value.rstrip(" ")),
        "t_stop": lambda value, _tag, _order: (
            None
            if any(as_number(one) is None for one in value.split())
            else (value, "-".join(f"{float(one):.2f}" for one in value.split()))
        ),
        "thousandths": _number(lambda number: number_text(int(number * 1000 + 0.5) / 1000)),
        "time_stamp": lambda value, _tag, _order: time_stamp(value),
        "trimmed": _same(lambda value: value.rstrip(" \t\n\r\f\v")),
        "ucs2": _utf16,
        "utf8": _same(str),
        "version": _same(lambda value: value.rstrip("\0")),
        "xmp_date": _same(_xmp_date),
    }
)
