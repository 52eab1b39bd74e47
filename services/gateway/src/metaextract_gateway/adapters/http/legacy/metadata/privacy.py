"""Which fields say exactly where, on which device and for whom a picture was taken.

The legacy told its users that the free check hides "exact GPS, device IDs, owner/contact fields" and then
sent most of them (legacy contract, 2.2 and 10.C). Here they are taken out of the tags before anything is
built from those, so that no section can hold what another one hides.
"""

import re
from typing import Final

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
_PLACEHOLDERS: Final = frozenset({"unknown", "undefined", "not set", "(none)", "default"})
_COPIED_CHARACTERS_MIN: Final = 5
_COPIED_DISTINCT_MIN: Final = 3
_COPIED_COUNT_MAX: Final = 64
_DECIMALS: Final = 3


def without_private(tags: Tags, position: Position | None) -> Tags:
    """Return the tags without the private ones, and without any other one that repeats their values.

    An owner's name is often the artist's, and captions quote coordinates: a device, owner or contact value
    of at least 5 characters is looked for in all values (up to 64 such values; beyond that, copies are
    found only when equal), a position to 3 decimals. The city of a contact is as coarse as the picture's.
    """
    telling = (tag for tag in tags if _is_personal(tag) and not _CONTACT_REGION.search(tag.name))
    personal = (text.strip().casefold() for tag in telling for text in tag.texts())
    model = " ".join(tag.printed for name in ("Make", "Model") if (tag := tags.exif(name))).casefold()
    # Many makers write the model's name where an owner's or a host's could stand.
    ordered = sorted(text for text in set(personal) if _is_telling(text) and text not in model)
    equal, contained = frozenset(ordered), ordered[:_COPIED_COUNT_MAX]
    quoted = _quoted(position) if position else ()

    def shown(tag: Tag) -> bool:
        if is_private(tag):
            return False
        texts = [text.casefold() for text in tag.texts()]
        return not (
            any(text.strip() in equal for text in texts)
            or any(copy in text for text in texts for copy in contained)
            or (quoted and any(all(degrees in text for degrees in quoted) for text in texts))
        )

    return tags.where(shown)


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
