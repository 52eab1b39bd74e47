"""Which fields say exactly where, on which device and for whom a picture was taken.

The legacy told its users that the free check hides "exact GPS, device IDs, owner/contact fields" and then
sent most of them (legacy contract, 2.2 and 10.C). Here they are taken out of the tags before anything is
built from those, so that no section can hold what another one hides; and texts that were drawn from all tags,
such as the findings about quality, lose what repeats them.
"""

import re
from dataclasses import dataclass
from typing import Any, Final, Self

from metaextract.extractor.v1.result_pb2 import Field
from metaextract_gateway.adapters.http.legacy.metadata.position import Position
from metaextract_gateway.adapters.http.legacy.metadata.tags import Tag, Tags

_EXACT_PLACE: Final = re.compile(
    r"gps|latitude|longt?itude|coordinate|^geo|geo(tag|tiff|loc|cod|pos|hash)|landmark|coverage"
    r"|(?<!subject)(?<!focus)(?<!point)location(id|name|url|$)"
    r"|modeltiepoint|modeltransform|pixelscale|altitude",
    re.IGNORECASE,
)
_COARSE_PLACE: Final = re.compile(
    r"(location(created|shown))?"
    r"(city|state|province(-?state)?|country(-?(code|name|primarylocation(code|name)))?|worldregion)",
    re.IGNORECASE,
)
_DEVICE: Final = re.compile(
    r"serial|(device|body|unit)-?(id|uuid|name)$|(device|body|camera)number|udid|imei|imsi|macaddress"
    r"|(host|computer)-?(computer|name)",
    re.IGNORECASE,
)
_OWNER: Final = re.compile(r"owner|username", re.IGNORECASE)
_CONTACT: Final = re.compile(
    r"contact|e-?mail|phone|address|street|postal|^creator(?!tool$).|^ci(adr|email|tel|url)|^licensor.",
    re.IGNORECASE,
)
_CONTACT_REGION: Final = re.compile(r"(city|region|state|province|country|ctry)$", re.IGNORECASE)
_MAIL: Final = re.compile(r"\w@\w[\w.-]*\.[a-z]{2}", re.IGNORECASE)
"""An address for e-mail, wherever it stands: authors write theirs where a name belongs."""
_PLACEHOLDERS: Final = frozenset({"unknown", "undefined", "not set", "(none)", "default"})
_COPIED_CHARACTERS_MIN: Final = 5
_COPIED_DISTINCT_MIN: Final = 3
_COPIED_COUNT_MAX: Final = 64
_DECIMALS: Final = 3


@dataclass(frozen=True, slots=True)
class Private:
    """What one file must not give away: its private fields, and whatever repeats their values.

    An owner's name is often the artist's, and captions quote coordinates: a device, owner or contact value
    of at least 5 characters is looked for in all values (up to 64 such values; beyond that, copies are
    found only when equal), a position to 3 decimals. Addresses for e-mail are private wherever they stand.
    The city of a contact is as coarse as the picture's.
    """

    _tags: Tags
    _equal: frozenset[str]
    _contained: tuple[str, ...]
    _quoted: tuple[str, ...]

    @classmethod
    def of(cls, tags: Tags, position: Position | None) -> Self:
        """Take the private values of a file."""
        telling = (tag for tag in tags if _is_personal(tag) and not _CONTACT_REGION.search(tag.name))
        personal = (text.strip().casefold() for tag in telling for text in tag.texts())
        model = " ".join(tag.printed for name in ("Make", "Model") if (tag := tags.exif(name))).casefold()
        # Many makers write the model's name where an owner's or a host's could stand.
        ordered = sorted(text for text in set(personal) if _is_telling(text) and text not in model)
        quoted = _quoted(position) if position else ()
        return cls(tags, frozenset(ordered), tuple(ordered[:_COPIED_COUNT_MAX]), quoted)

    def shows(self, tag: Tag) -> bool:
        """Tell whether a field may be shown."""
        return not is_private(tag) and not self._repeated(list(tag.texts()))

    def repeated_in(self, text: str) -> bool:
        """Tell whether a text repeats a private value."""
        return self._repeated([text])

    def names(self, key: str) -> bool:
        """Tell whether `Group:Name` is a private field, whether or not the file has it."""
        group, _, name = key.rpartition(":")
        return is_private(
            self._tags.get((group, name)) or Tag(Field.STANDARD_UNSPECIFIED, group, "", name, None, "")
        )

    def without(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Return a JSON value without the texts that repeat private values: null, or left out of lists."""
        if isinstance(value, str):
            return None if self.repeated_in(value) else value
        if isinstance(value, list):
            return [
                self.without(one) for one in value if not isinstance(one, str) or not self.repeated_in(one)
            ]
        if isinstance(value, dict):
            return {key: self.without(one) for key, one in value.items()}
        return value

    def _repeated(self, texts: list[str]) -> bool:
        folded = [text.casefold() for text in texts]
        return (
            any(map(_MAIL.search, folded))
            or any(text.strip() in self._equal for text in folded)
            or any(copy in text for text in folded for copy in self._contained)
            or (
                bool(self._quoted)
                and any(all(degrees in text for degrees in self._quoted) for text in folded)
            )
        )


def is_private(tag: Tag) -> bool:
    """Tell whether a tag names an exact place, a device or a person to reach; by its name and subject."""
    if _is_personal(tag) or tag.group == "GPS":
        return True
    if _COARSE_PLACE.fullmatch(tag.name):
        return False
    return tag.category == "Location" or _EXACT_PLACE.search(tag.name) is not None


def _is_personal(tag: Tag) -> bool:
    return any(kind.search(tag.name) for kind in (_DEVICE, _OWNER, _CONTACT))


def _is_telling(text: str) -> bool:
    """Short or uniform values, such as `0` or `00000`, stand in many fields by chance."""
    return (
        len(text) >= _COPIED_CHARACTERS_MIN
        and len(set(text)) >= _COPIED_DISTINCT_MIN
        and text not in _PLACEHOLDERS
    )


def _quoted(position: Position) -> tuple[str, ...]:
    """A position at zero has no digits to know it by."""
    scale = 10**_DECIMALS
    thousandths = [int(abs(degrees) * scale) for degrees in (position.latitude, position.longitude)]
    return tuple(f"{one / scale:.{_DECIMALS}f}" for one in thousandths) if all(thousandths) else ()
