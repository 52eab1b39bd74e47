"""The text chunks of PNG: `tEXt`, `zTXt`, `iTXt`, and the standards that are packed into them.

Source: PNG (Third Edition, W3C 2025) section 11.3.3; ImageMagick's "Raw profile type" keywords.
"""

import binascii
import re
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Section, binary_text, emit
from metaextract_extractor.reading.walkers.inflating import inflated
from metaextract_extractor.reading.walkers.nested import walk_nested
from metaextract_extractor.reading.walkers.scalars import utf8, valid_name, western

_HEAD_BYTES_MAX: Final = 2048
"""Keyword, language and translated keyword are looked for in so many bytes."""
_CHUNKS: Final = {b"tEXt": "TextualData", b"zTXt": "CompressedText", b"iTXt": "InternationalText"}
_XMP: Final = "XML:com.adobe.xmp"
_PROFILES: Final = {
    "exif": "EXIF_Profile",
    "APP1": "APP1_Profile",
    "iptc": "IPTC_Profile",
    "8bim": "Photoshop_Profile",
    "xmp": "XMP_Profile",
    "icc": "ICC_Profile",
    "icm": "ICC_Profile",
}
_RAW_PROFILE: Final = "Raw profile type "
_PROFILE_TEXT: Final = re.compile(rb"\n(.*?)\n\s*(\d+)\n(.*)", re.DOTALL)
_EXIF_MARK: Final = b"Exif\0\0"
_XMP_MARK: Final = b"http://ns.adobe.com/xap/1.0/\0"
_CATEGORIES: Final = {
    "Make": "Camera",
    "Model": "Camera",
    "Artist": "Author",
    "Author": "Author",
    "Copyright": "Author",
    "TimeStamp": "Time",
    "create-date": "Time",
    "modify-date": "Time",
    "Creation Time": "Time",
}
_NAMES: Final = {
    "Warning": "PNGWarning",
    "create-date": "CreateDate",
    "modify-date": "ModDate",
    "aesthetic_score": "AestheticScore",
}
_CAPITALIZED: Final = frozenset(
    {
        "Artist", "Author", "Collection", "Comment", "Copyright", "Description", "Disclaimer", "Document",
        "Label", "Make", "Model", "Software", "Source", "TimeStamp", "Title", "URL", "Warning",
        "Creation Time",
    }
)  # fmt: skip
"""Keywords that ExifTool also knows when they begin with a small letter."""
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE: Final = re.compile(
    r"(\d+)\s*(" + "|".join(_MONTHS) + r")\s*(\d+)\s+(\d+):(\d{2})(:\d{2})?\s*(\S*)",
    re.IGNORECASE | re.ASCII,
)
_ZONES: Final = {
    "UT": "+00:00", "GMT": "+00:00", "UTC": "+00:00", "EST": "-05:00", "EDT": "-04:00", "CST": "-06:00",
    "CDT": "-05:00", "MST": "-07:00", "MDT": "-06:00", "PST": "-08:00", "PDT": "-07:00", "Z": "+00:00",
    **{letter: f"-{hour:02d}:00" for hour, letter in enumerate("ABCDEFGHIKLM", 1)},
    **{letter: f"+{hour:02d}:00" for hour, letter in enumerate("NOPQRSTUVWXY", 1)},
}  # fmt: skip
_XMP_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}:\d{2})(:\d{2})?\s*(\S*)\n?", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text chunk taken apart. `stored`: the bytes of the text as they stand, compressed or not."""

    keyword: str
    language: str
    stored: View
    compressed: bool
    method: int
    latin: bool


def walk_text(kind: bytes, content: View, walk: Walk, path: str) -> None:
    """Read a text chunk of the given type."""
    path = f"{path}-{_CHUNKS[kind]}"
    with walk.within("text", path, content):
        text = _taken_apart(kind, content)
        if text is None:
            walk.not_read(path, content, Why.DAMAGED)
            return
        walk.understood(content.part(0, content.size_bytes - text.stored.size_bytes))
        plain = text.stored
        if text.compressed:
            data = inflated(text.stored, walk) if text.method == 0 else None
            if data is None:
                budget = "unpacked_bytes_max" in walk.budgets_exceeded
                walk.not_read(path, text.stored, Why.BUDGET if budget else Why.DAMAGED)
                return
            walk.understood(text.stored)
            plain = View.unpacked(data)
        if text.keyword == _XMP and not text.language:  # in a language it is a text (XMP part 3, §1.1.5)
            walk_nested("xmp", plain, walk, f"{path}-XMP")
        elif text.keyword.startswith(_RAW_PROFILE):
            _walk_profile(text, plain, walk, path)
        else:
            _write(text, plain, walk, path)


def _taken_apart(kind: bytes, content: View) -> _Text | None:
    head = content.all(_HEAD_BYTES_MAX)
    end = head.find(b"\0")
    if end <= 0:
        return None
    keyword, at = utf8(head[:end]), end + 1
    if kind == b"tEXt":
        return _Text(keyword, "", content.part(at), compressed=False, method=0, latin=True)
    if kind == b"zTXt" and len(head) > at:
        return _Text(keyword, "", content.part(at + 1), compressed=True, method=head[at], latin=True)
    return _international(keyword, head, at, content) if kind == b"iTXt" else None


def _international(keyword: str, head: bytes, at: int, content: View) -> _Text | None:
    """Flag, method, language and translated keyword stand before the text."""
    language_end = head.find(b"\0", at + 2)
    translated_end = head.find(b"\0", language_end + 1)
    if len(head) < at + 4 or language_end < 0 or translated_end < 0:
        return None
    flag, method = head[at : at + 2]
    language = _standard_language(head[at + 2 : language_end].decode("latin-1").replace("_", "-"))
    stored = content.part(translated_end + 1)
    return _Text(keyword, language, stored, compressed=flag != 0, method=method, latin=False)


def _standard_language(code: str) -> str:
    match = re.fullmatch(r"([a-z]{2,3}|[xi])(-[a-z]{2})\b(.*)", code, re.IGNORECASE | re.DOTALL)
    return f"{match[1].lower()}{match[2].upper()}{match[3].lower()}" if match else code.lower()


def _write(text: _Text, plain: View, walk: Walk, path: str) -> None:
    if plain.size_bytes > walk.budgets.value_bytes_max:
        walk.understood(text.stored)
        return
    data = plain.read(0, plain.size_bytes)
    value = (western(data) if text.latin else utf8(data)).replace("\0", "")
    keyword = text.keyword
    if keyword not in _CAPITALIZED and keyword[:1].upper() + keyword[1:] in _CAPITALIZED:
        keyword = keyword[:1].upper() + keyword[1:]
    known = keyword in _CAPITALIZED or keyword in _NAMES or keyword == "parameters"
    name, tag_id = _NAMES.get(keyword) or name_of(keyword), keyword
    if keyword == "Creation Time":
        value = _date(value)
    elif keyword in ("create-date", "modify-date"):
        value = _XMP_DATE.sub(r"\1:\2:\3 \4\5\6", value) if _XMP_DATE.fullmatch(value) else value
    if text.language and known:
        name, tag_id = f"{name}-{text.language}", f"{tag_id}-{text.language}"
    section = Section(path, "PNG", Standard.CONTAINER, _CATEGORIES.get(keyword, "Image"))
    at = text.stored if text.stored.size_bytes and (text.compressed or b"\0" not in data) else None
    emit(walk, section, name, value, at, tag_id=tag_id)


def name_of(keyword: str) -> str:
    """Make a name of a keyword: words are joined with capitals, and only letters, digits, `-`, `_` stay."""
    name = re.sub(r"\s+(.)", lambda match: match[1].upper(), keyword, flags=re.DOTALL)
    return valid_name(name)


def _date(value: str) -> str:
    match = _DATE.search(value)
    if match is None or len(match[3]) > 4 or len(match[1]) > 4 or len(match[4]) > 4:  # noqa: PLR2004
        return value
    year = int(match[3])
    if year < 100:  # noqa: PLR2004 - two digits
        year += 1900 if year > 70 else 2000  # noqa: PLR2004
    zone = match[7]
    if zone:
        offset = re.match(r"([-+]\d+):?(\d{2})", zone, re.ASCII)
        zone = _ZONES.get(zone.upper()) or (f"{offset[1]}:{offset[2]}" if offset else None)
        if zone is None:
            return value
    month = _MONTHS.index(match[2].lower()) + 1
    return (
        f"{year:04d}:{month:02d}:{int(match[1]):02d} {int(match[4]):02d}:{match[5]}{match[6] or ':00'}{zone}"
    )


def _walk_profile(text: _Text, plain: View, walk: Walk, path: str) -> None:
    """Read a profile that ImageMagick wrote as hexadecimal digits."""
    kind = text.keyword.removeprefix(_RAW_PROFILE)
    if plain.size_bytes > walk.budgets.unpacked_bytes_max:
        walk.exceeded("unpacked_bytes_max")
        walk.not_read(path, text.stored, Why.BUDGET)
        return
    data = _unhexed(plain.read(0, plain.size_bytes)) if kind in _PROFILES else None
    if data is None:
        if kind not in _PROFILES:
            described = binary_text(plain.size_bytes)
            section = Section(path, "PNG", Standard.CONTAINER, "Image")
            emit(walk, section, name_of(text.keyword), described, None, tag_id=text.keyword)
        walk.not_read(path, text.stored, Why.DAMAGED if kind in _PROFILES else Why.UNKNOWN)
        return
    walk.unpack(len(data))
    walk.understood(text.stored)
    _walk_content(kind, data, walk, f"{path}-{_PROFILES[kind]}")


def _walk_content(kind: str, data: bytes, walk: Walk, path: str) -> None:
    if kind in ("exif", "APP1"):
        if data.startswith(_EXIF_MARK):
            walk_nested("exif", View.unpacked(data[len(_EXIF_MARK) :]), walk, path)
        elif data.startswith(_XMP_MARK):
            walk_nested("xmp", View.unpacked(data[len(_XMP_MARK) :]), walk, f"{path}-XMP")
        elif data[:4] in (b"MM\0*", b"II*\0"):
            walk_nested("exif", View.unpacked(data), walk, path)
    elif kind == "iptc" and data.startswith(b"\x1c"):
        walk_nested("iptc", View.unpacked(data), walk, f"{path}-IPTC")
    elif kind in ("iptc", "8bim"):
        walk_nested("irb", View.unpacked(data), walk, f"{path}-Photoshop")
    elif kind == "xmp":
        walk_nested("xmp", View.unpacked(data), walk, f"{path}-XMP")
    else:
        walk_nested("icc", View.unpacked(data), walk, f"{path}-ICC_Profile")


def _unhexed(data: bytes) -> bytes | None:
    match = _PROFILE_TEXT.match(data)
    if match is None:
        return None
    digits = b"".join(match[3].split())
    try:
        return binascii.unhexlify(digits[: len(digits) // 2 * 2])
    except binascii.Error:
        return None
