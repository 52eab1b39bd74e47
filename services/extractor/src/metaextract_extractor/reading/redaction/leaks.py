"""Looks for removed values in all bytes of a copy: whatever nobody understands may still hold one."""

import mmap
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from metaextract_extractor.domain.redaction import FieldName
from metaextract_extractor.domain.result import ByteRange, Field, Standard
from metaextract_extractor.reading.redaction.account import Account
from metaextract_extractor.reading.redaction.places import tells_place
from metaextract_extractor.reading.redaction.rules import TEXT_CHARACTERS_MIN, Rules, identifies, texts_of
from metaextract_extractor.reading.redaction.silence import says_nothing

BYTES_LOOKED_AT_MAX: Final = 4 * 1024 * 1024 * 1024
"""Bytes compared for one copy: what is large is searched for fewer values, the most telling ones."""
VALUES_COUNT_MAX: Final = 500
TEXT_BYTES_MAX: Final = 256
"""As much of a text as is looked for."""
COORDINATE_BYTES_MIN: Final = 16
"""A coordinate as it is stored in Exif; shorter numbers stand anywhere by chance."""

PLACES_COUNT_MAX: Final = 200
"""Places where removed values still stand that are overwritten; a copy with more is thrown away."""

_ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be")
_COORDINATES: Final = frozenset({"GPSLatitude", "GPSLongitude", "GPSDestLatitude", "GPSDestLongitude"})
_WORD_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Needle:
    """A removed value, in every form in which it could stand in a file."""

    field: FieldName
    forms: tuple[bytes, ...]

    def is_in(self, texts: Iterable[str]) -> bool:
        """Whether one of `texts` holds it."""
        return any(self.forms[0] in text.encode() for text in texts)


def needles_of(original: Account, rules: Rules) -> tuple[Needle, ...]:
    """Return what must not be found in a copy: the most telling values first."""
    secret = [one for one in original.fields if rules.is_secret(one) and not says_nothing(one)]
    coordinates = (one for one in original.walked_fields if one.name in _COORDINATES and rules.forbids(one))
    with original.path.open("rb") as file:
        stored = [needle for one in coordinates if (needle := _stored(one, file.fileno())) is not None]
    telling = [one for one in secret if identifies(one) or tells_place(one)]
    found = [*stored, *_texts(telling), *_texts(one for one in secret if one not in telling)]
    unique = {needle.forms: needle for needle in reversed(found)}
    return tuple(reversed(unique.values()))[:VALUES_COUNT_MAX]


def found_in(copy: Path, needles: Sequence[Needle]) -> tuple[int, list[Needle]]:
    """Return for how many values there was time, and those of them that the copy still holds."""
    size_bytes = copy.stat().st_size
    if not needles or not size_bytes:
        return 0, []
    forms_max = BYTES_LOOKED_AT_MAX // size_bytes
    looked_for: list[Needle] = []
    forms_count = 0
    for needle in needles:
        forms_count += len(needle.forms)
        if forms_count > forms_max and looked_for:
            break
        looked_for.append(needle)
    with copy.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        left = [one for one in looked_for if any(content.find(form) >= 0 for form in one.forms)]
    return len(looked_for), left


def places_of(copy: Path, needles: Iterable[Needle]) -> tuple[ByteRange, ...]:
    """Return where the values stand, the first of them if there are many."""
    places: list[ByteRange] = []
    with copy.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for form in (form for one in needles for form in one.forms):
            at = content.find(form)
            while at >= 0 and len(places) < PLACES_COUNT_MAX:
                places.append(ByteRange(at, len(form)))
                at = content.find(form, at + len(form))
    return tuple(places)


def _texts(fields: Iterable[Field]) -> Iterator[Needle]:
    for field in fields:
        for text in texts_of(field):
            name = FieldName(field.group, field.name)
            yield Needle(name, tuple(text.encode(one)[:TEXT_BYTES_MAX] for one in _ENCODINGS))


def _stored(field: Field, descriptor: int) -> Needle | None:
    """The bytes of a coordinate: of text as they are, of numbers in either byte order."""
    place, is_text = field.location, field.standard is Standard.XMP
    least = TEXT_CHARACTERS_MIN if is_text else COORDINATE_BYTES_MIN
    if place is None or says_nothing(field) or not least <= place.length_bytes <= TEXT_BYTES_MAX:
        return None
    stored = os.pread(descriptor, place.length_bytes, place.offset_bytes)
    words = [stored[at : at + _WORD_BYTES] for at in range(0, len(stored), _WORD_BYTES)]
    forms = (stored,) if is_text else (stored, b"".join(word[::-1] for word in words))
    return Needle(FieldName(field.group, field.name), forms)
