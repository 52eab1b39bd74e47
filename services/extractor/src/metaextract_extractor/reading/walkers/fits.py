"""FITS images: cards of 80 characters in front of the data.

Source: FITS Standard 4.0, section 4 (header: keyword records, values, long strings with CONTINUE).
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Section, as_text, decoded, emit

CARD_BYTES: Final = 80
_BLOCK_BYTES: Final = 2880
_CARDS_MAX: Final = 10_000
_AXES_MAX: Final = 999
_END: Final = "END"
_INTEGER: Final = re.compile(r"[+-]?\d{1,15}")
_KEY_BYTES: Final = 8
_VALUE_AT: Final = 10
_KEY: Final = re.compile(rb"[-_A-Z0-9]*")
_QUOTED: Final = re.compile(rb"'((?:[^']|'')*)'")
_EXPONENT: Final = re.compile(r"[+-]?(?=\d|\.\d)\d*(?:\.\d*)?(?:[ED][+-]?\d+)?")
_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "TELESCOP": ("Telescope", ""), "BACKGRND": ("Background", ""), "INSTRUME": ("Instrument", ""),
    "OBJECT": ("Object", ""), "OBSERVER": ("Observer", ""), "DATE": ("CreateDate", "Time"),
    "AUTHOR": ("Author", "Author"), "REFERENC": ("Reference", ""), "DATE-OBS": ("ObservationDate", "Time"),
    "TIME-OBS": ("ObservationTime", "Time"), "DATE-END": ("ObservationDateEnd", "Time"),
    "TIME-END": ("ObservationTimeEnd", "Time"),
}  # fmt: skip
_COMMENTARY: Final = {"COMMENT": "Comment", "HISTORY": "History"}
_UNDERSCORE: Final = re.compile(r"_(.)")
_ESCAPED_QUOTE: Final = b"''"


@dataclass(frozen=True, slots=True)
class _Value:
    key: str
    content: bytes
    at: int
    """Where the content stands; -1 if it is put together from several cards. Of END: where the cards end."""


def walk_fits(view: View, walk: Walk, path: str) -> None:
    """Walk the first header of a FITS file."""
    with walk.within("file", path, view):
        walk.format_name = "FITS"
        section = Section(path, "FITS", category="Image")
        sides: dict[str, str] = {}
        header_end: int | None = None
        for value in _values(view, walk, path):
            if value.key == _END:
                header_end = value.at
                break
            text = decoded(value.content)
            place = view.part(value.at, len(value.content)) if value.at >= 0 and value.content else None
            _emit(value.key, text, place, walk, section)
            sides[value.key] = text
        if sides.get("NAXIS1", "").isdigit() and sides.get("NAXIS2", "").isdigit():
            walk.width_pixels, walk.height_pixels = int(sides["NAXIS1"][:9]), int(sides["NAXIS2"][:9])
        if header_end is not None:
            _announce(view, header_end, sides, walk, path)


def _announce(view: View, header_end: int, cards: Mapping[str, str], walk: Walk, path: str) -> None:
    """Tell where the data of the first header end (4.4.1.1), without what fills up their last block."""
    axes = min(_number(cards, "NAXIS", 0), _AXES_MAX)
    sides = [_number(cards, f"NAXIS{number}", 0) for number in range(1, axes + 1)]
    start = -(-header_end // _BLOCK_BYTES) * _BLOCK_BYTES
    groups = sides[:1] == [0] and cards.get("GROUPS") == "T"  # random groups (6.1.1)
    elements = math.prod(sides[1:] if groups else sides) if sides else 0
    elements = _number(cards, "GCOUNT", 1) * (_number(cards, "PCOUNT", 0) + elements) if elements else 0
    walk.picture(path, view, start, abs(_number(cards, "BITPIX", 0)) // 8 * elements)


def _number(cards: Mapping[str, str], key: str, usual: int) -> int:
    found = _INTEGER.fullmatch(cards.get(key, ""))
    return int(found[0]) if found else usual


def _emit(key: str, text: str, place: View | None, walk: Walk, section: Section) -> None:
    if key in _COMMENTARY:
        emit(
            walk, section, _COMMENTARY[key], text, place,
            tag_id=key, prints=lambda value: as_text(value).lstrip(" "),
        )  # fmt: skip
        return
    name, category = _NAMES.get(key, ("", ""))
    name = name or _UNDERSCORE.sub(lambda found: found[1].upper(), key.capitalize())
    emit(walk, section, name, text, place, tag_id=key, category=category)


def _values(view: View, walk: Walk, path: str) -> Iterator[_Value]:
    """Go through the cards up to END; a long string is put together from its continuations."""
    begun: _Value | None = None
    walk.understood(view.part(0, CARD_BYTES))
    for number in range(1, _CARDS_MAX):  # the first card only says that this is FITS
        at = number * CARD_BYTES
        if not view.has(at, CARD_BYTES):
            walk.picture(path, view, at, CARD_BYTES)  # behind the cards, which have no end
            return
        card = view.read(at, CARD_BYTES)
        walk.understood(view.part(at, CARD_BYTES))
        key = card[:_KEY_BYTES].rstrip(b" ")
        if key != b"CONTINUE" and begun is not None:
            yield _Value(begun.key, begun.content + b"&", -1)
            begun = None
        if key == b"END":
            walk.understood(view.part(at))
            yield _Value(_END, b"", at + CARD_BYTES)
            return
        if _KEY.fullmatch(key) is None:
            walk.not_read(path, view.part(at), Why.DAMAGED)
            return
        value = _value(key.decode("ascii"), card, at)
        if value is None:
            continue
        if key == b"CONTINUE":
            if begun is None or not card[_VALUE_AT:].startswith(b"'"):
                continue
            value = _Value(begun.key, begun.content + value.content, -1)
            begun = None
        quoted = card[_VALUE_AT:].startswith(b"'") and value.key not in _COMMENTARY
        if quoted and value.content.endswith(b"&"):
            begun = _Value(value.key, value.content[:-1], -1)
            continue
        yield value
    walk.exceeded("fits_cards_max")


def _value(key: str, card: bytes, at: int) -> _Value | None:
    if key in _COMMENTARY:
        return _Value(key, card[_KEY_BYTES:].rstrip(b" "), at + _KEY_BYTES)
    if card[_KEY_BYTES:_VALUE_AT] != b"= " and key != "CONTINUE":
        return None
    found = _QUOTED.match(card, _VALUE_AT)
    if found is not None:
        content = found[1].rstrip(b" ")
        plain = _ESCAPED_QUOTE not in content
        return _Value(key, content.replace(_ESCAPED_QUOTE, b"'"), at + found.start(1) if plain else -1)
    content = re.sub(rb" *(?:/.*)?$", b"", card[_VALUE_AT:], count=1, flags=re.DOTALL)
    bare = content.lstrip(b" ")
    if not bare:
        return None
    start = at + _VALUE_AT + len(content) - len(bare)
    if _EXPONENT.fullmatch(bare.decode("latin-1")):
        return _Value(key, bare.translate(bytes.maketrans(b"DE", b"ee")), start)
    return _Value(key, bare, start)
