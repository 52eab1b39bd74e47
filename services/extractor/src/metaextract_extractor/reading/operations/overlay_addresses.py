"""Addresses in text, as map cameras and survey apps print them: a heuristic."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process

from metaextract_extractor.domain.operations_ocr import BurnedAddress, TextLine
from metaextract_extractor.reading.operations.country_names import COUNTRIES
from metaextract_extractor.reading.operations.overlay_text import least_confidence

_POSTCODES: Final = tuple(
    (re.compile(pattern, re.ASCII), country)
    for pattern, country in (
        (r"\b(?P<state>[A-Z]{2})\s(?P<code>\d{5}(?:-\d{4})?)$", "US"),
        (r"\b(?P<code>[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})$", "GB"),
        (r"\b(?P<code>[ABCEGHJ-NPRSTVXY]\d[A-Z]\s\d[A-Z]\d)$", "CA"),
        (r"\b(?P<code>\d{4}\s?[A-Z]{2})\b", "NL"),
        (r"\b(?P<code>\d{5}-\d{3})\b", "BR"),
        (r"\b(?P<code>\d{3}-\d{4})\b", "JP"),
        (r"(?:^|\b)(?P<code>\d{4,6})(?:\b|$)", ""),
    )
)
_STREET: Final = re.compile(
    r"\b(?:road|rd|street|st|avenue|ave|lane|ln|drive|dr|boulevard|blvd|way|square|sq|highway|hwy|place|court"
    r"|nagar|colony|marg|rue|via|calle|rua|plaza|piazza)\b|stra(?:ss|ß)e\b|str\.|gat[ae]n?\b|weg\b|platz\b",
    re.IGNORECASE,
)
_NUMBERED: Final = re.compile(r"^\d{1,5}[A-Za-z]?,?\s+[A-Za-z]|[A-Za-z]\s+\d{1,5}[A-Za-z]?,?$")
_NO_ADDRESS: Final = re.compile(r"[°:]|\b(?:lat|lon|long|gmt|utc|am|pm)\b", re.IGNORECASE)
_COUNTRY_LIKENESS_MIN: Final = 90
_COUNTRY_CHARACTERS_MIN: Final = 4
"""Shorter names must be exact: UK, USA."""

_GAP_HEIGHTS_MAX: Final = 1.3
"""Lines of one address are nearer than this, in heights of a line."""

_LETTERS_MIN: Final = 5


@dataclass(frozen=True, slots=True)
class _Parts:
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""
    country_code: str = ""
    sure: int = 0
    """How much speaks for an address: country, postcode, commas."""


def addresses(lines: Sequence[TextLine], taken: frozenset[int]) -> tuple[BurnedAddress, ...]:
    """Return what looks like addresses. `taken`: lines that state a position or a time instead."""
    parts = [_Parts() if at in taken else _parts(line.text) for at, line in enumerate(lines)]
    found: list[BurnedAddress] = []
    used: set[int] = set()
    for at, one in enumerate(parts):
        if one.sure < 2 or at in used:  # noqa: PLR2004 - two signs of an address
            continue
        members = [at]
        if at > 0 and at - 1 not in used | taken and _belongs(lines[at - 1], lines[at], parts[at - 1]):
            members.insert(0, at - 1)
        used.update(members)
        found.append(_address(lines, members, one))
    return _together(lines, found)


def folded(text: str) -> str:
    """Return text without accents and case, for comparing names."""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).lower().split())


def country_code(name: str) -> str:
    """Return the code of a country name that OCR may have read a letter wrong; empty if it is none."""
    plain = folded(name).strip(" .")
    if plain in COUNTRIES:
        return COUNTRIES[plain]
    if len(plain) < _COUNTRY_CHARACTERS_MIN:
        return ""
    best = process.extractOne(plain, COUNTRIES.keys(), scorer=fuzz.ratio, score_cutoff=_COUNTRY_LIKENESS_MIN)
    return COUNTRIES[best[0]] if best is not None else ""


def _parts(text: str) -> _Parts:
    if _NO_ADDRESS.search(text) or sum(one.isalpha() for one in text) < _LETTERS_MIN:
        return _Parts()
    pieces = [piece.strip(" .") for piece in text.split(",") if piece.strip(" .")]
    code = country_code(pieces[-1]) if pieces else ""
    country = pieces.pop() if code else ""
    for at in range(len(pieces) - 1, -1, -1):
        for pattern, only in _POSTCODES:
            match = pattern.search(pieces[at])
            if match is not None and (only in ("", code) or not code) and (only or at or code):
                return _with_postcode(pieces, at, match, country, code or only)
    signs = 2 * bool(code) if pieces else 0
    state = pieces[-1] if len(pieces) > 1 and code else ""
    city = (pieces[-2] if len(pieces) > 1 else pieces[-1]) if code and pieces else ""
    return _Parts(city, state, "", country, code, signs)


def _with_postcode(pieces: list[str], at: int, match: re.Match[str], country: str, code: str) -> _Parts:
    """The town stands beside the postcode, or before it: `8001 Zurich`, `Portland, OR 97209`."""
    beside = (pieces[at][: match.start()] + " " + pieces[at][match.end() :]).strip(" -.")
    state = match.groupdict().get("state") or ""
    before = pieces[at - 1] if at > 0 else ""
    after_number = match.start() == 0
    if beside and not state and (after_number or not before or code in ("GB", "NL")):
        city = beside
    else:
        city, state = before, state or beside
    return _Parts(city, state, match["code"], country, code, 2 + bool(country))


def _belongs(above: TextLine, below: TextLine, parts: _Parts) -> bool:
    """Whether the line above is the street of the address below."""
    gap = below.box.top_pixels - (above.box.top_pixels + above.box.height_pixels)
    near = gap <= _GAP_HEIGHTS_MAX * max(above.box.height_pixels, below.box.height_pixels)
    street = _STREET.search(above.text) or _NUMBERED.search(above.text) or above.text.endswith(",")
    return near and bool(street) and not parts.country and not _NO_ADDRESS.search(above.text)


def _address(lines: Sequence[TextLine], members: Sequence[int], parts: _Parts) -> BurnedAddress:
    return BurnedAddress(
        text=", ".join(lines[at].text.strip(" ,") for at in members),
        city=parts.city,
        state=parts.state,
        postcode=parts.postcode,
        country=parts.country,
        country_code=parts.country_code,
        confidence=least_confidence(lines, members),
        lines=tuple(members),
    )


def _together(lines: Sequence[TextLine], found: list[BurnedAddress]) -> tuple[BurnedAddress, ...]:
    """A heading of town and country above the full address is the same place: the fuller one stays."""
    kept: list[BurnedAddress] = []
    for one in found:
        last = kept[-1] if kept else None
        if last is not None and last.lines[-1] + 1 == one.lines[0] and last.country_code == one.country_code:
            members = (*last.lines, *one.lines)
            fuller = one if one.postcode or not last.postcode else last
            kept[-1] = BurnedAddress(
                fuller.text,
                fuller.city or last.city,
                fuller.state or last.state,
                fuller.postcode,
                fuller.country,
                fuller.country_code,
                least_confidence(lines, members),
                members,
            )
        else:
            kept.append(one)
    return tuple(kept)
