"""What people type to find a field, taken apart. Total: any text is a query."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(r"[^\W_]+")
_WORD_OF_NAME: Final = re.compile(r"[A-Z]+[0-9]*(?![a-z])|[A-Z]?[a-z]+[0-9]*|[0-9]+")
_GROUP: Final = re.compile(r"(?:^|\s)group:(\S+)", re.IGNORECASE)
_QUALIFIED: Final = re.compile(r"([A-Za-z][\w-]*):(?!:)(.*)", re.DOTALL)
_DOTTED: Final = re.compile(r"(Exif\.[A-Za-z]\w*|Iptc\.[A-Za-z]\w*|Xmp\.\w+)\.([\w/]+)", re.IGNORECASE)
_HEXADECIMAL: Final = re.compile(r"0x0*([0-9a-f]{1,16})", re.IGNORECASE)
_DECIMAL: Final = re.compile(r"0*([0-9]{1,20})")
_DATASET: Final = re.compile(r"0*([0-9]{1,3}):0*([0-9]{1,3})")
_NUMBERS: Final = re.compile(r"[0-9][0-9.,:]*")
# Written without spaces, so that each character is looked up by itself: Hangul, Kana, Han.
_UNSPACED: Final = re.compile(
    r"([\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])"
)


@dataclass(frozen=True, slots=True)
class FieldQuery:
    """A query in parts. All text is folded.

    words: what every hit has, as beginnings of words. key: the letters and digits in one piece. tag_id: the
    text as tag ids are written, hexadecimal turned to decimal; numeric: whether it can be nothing else.
    """

    words: tuple[str, ...]
    key: str
    tag_id: str
    numeric: bool


def parsed(text: str) -> FieldQuery:
    """Take a text apart that holds no group."""
    tag_id, numeric = _tag_id(text.strip())
    return FieldQuery(words=words(text), key=key(text), tag_id=tag_id, numeric=numeric)


def without_group(text: str) -> tuple[str, str]:
    """Return the text without its `group:NAME`, and the NAME, or an empty one."""
    found = _GROUP.search(text)
    if not found:
        return text, ""
    return f"{text[: found.start()]} {text[found.end() :]}".strip(), found[1]


def qualified(text: str) -> tuple[str, str] | None:
    """Return the group and the rest of `GROUP:NAME`, as in `XMP-dc:Creator`, if the text is like that.

    Keys of Exiv2 count, too: `Exif.Photo.DateTimeOriginal`, `Iptc.Application2.Keywords`, `Xmp.dc.creator`.
    """
    if found := _DOTTED.fullmatch(text.strip()):
        standard, _, part = found[1].partition(".")
        return (f"XMP-{part}" if standard.lower() == "xmp" else standard), found[2]
    found = _QUALIFIED.fullmatch(text.strip())
    return (found[1], found[2].strip()) if found else None


def words(text: str) -> tuple[str, ...]:
    """Split at everything that is no letter or digit, and names at their capitals: `GPSLatitude` is two."""
    found: list[str] = []
    for token in _TOKEN.findall(unicodedata.normalize("NFKC", text)):
        if token.isascii() and not token.islower():
            found += (part.lower() for part in _WORD_OF_NAME.findall(token))
        else:
            found.append(token.casefold())
    return tuple(found)


def key(text: str) -> str:
    """Return the letters and digits in one piece, folded: `Date/Time Original` as `datetimeoriginal`."""
    return "".join(_TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()))


def endings(name: str) -> tuple[str, ...]:
    """Return what may be typed for a name: from the beginning of each of its words to the end."""
    parts = words(name)
    return tuple("".join(parts[at:]) for at in range(len(parts)))


def spaced(text: str) -> str:
    """Set characters apart that are written without spaces, so that each is a word to look up."""
    return _UNSPACED.sub(r" \1 ", text)


def _tag_id(text: str) -> tuple[str, bool]:
    if found := _HEXADECIMAL.fullmatch(text):
        return str(int(found[1], 16)), True
    if found := _DECIMAL.fullmatch(text):
        return found[1], True
    if found := _DATASET.fullmatch(text):
        return f"{found[1]}:{found[2]}", True
    return text.casefold(), bool(_NUMBERS.fullmatch(text))
