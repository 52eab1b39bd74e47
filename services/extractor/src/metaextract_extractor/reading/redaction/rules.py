"""What a profile forbids in a copy, and what may stay for which reason; judged by its content alone."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from metaextract_extractor.domain.formats import BY_NAME
from metaextract_extractor.domain.redaction import KeptBecause, RedactionProfile
from metaextract_extractor.domain.result import Container, Field, Standard
from metaextract_extractor.reading.insights.privacy import identified_by
from metaextract_extractor.reading.redaction.account import Account
from metaextract_extractor.reading.redaction.coarse import Rounded, rounded_of
from metaextract_extractor.reading.redaction.means import Arguments, removals
from metaextract_extractor.reading.redaction.places import names_town, states_position, tells_place
from metaextract_extractor.reading.redaction.silence import says_nothing
from metaextract_extractor.reading.redaction.structure import is_computed, shows_picture

TEXT_CHARACTERS_MIN: Final = 6
"""Shorter texts stand in any file by chance."""

ALWAYS: Final = ("-IFD0:OriginalRawFileData=",)
"""The whole file that a DNG was made from, compressed: nobody looks into it."""

_SIGNED: Final = "jumbf"
"""What a signature over the file stands in: any change makes it false."""

_NOT_THE_PICTURE: Final = frozenset({"makernote", "iptc", "xmp", "mpf", "text", "trailer", _SIGNED})
_STRUCTURE_OF_ITS_OWN: Final = frozenset({"PSD", "RAF", "CR3", "X3F"})
"""Families where what one maker alone understands may be the picture itself."""
_DEVICE_OF_PROFILE: Final = re.compile(r"MakeAndModel|\w*Serial\w*")
_OF_COLOUR: Final = frozenset({"ColorSpace", "Gamma", "InteropIndex", "InteropVersion", "ProfileName"})
_TIME: Final = re.compile(r"(\d{4}[:-]\d\d[:-]\d\d)?[ T]?(\d\d?:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?")
_TURNED_BY_CONTAINER: Final = frozenset({"HEIF", "AVIF", "JXL", "CR3", "JP2"})
"""Families where the container, and not Exif, says which way is up and what the colours mean."""
_COMPUTED: Final = frozenset({Standard.COMPOSITE, Standard.FILE})


class Rules(Protocol):
    """What one profile means for one file."""

    def arguments(self, fields: Sequence[Field]) -> Arguments:
        """How to ask ExifTool for it; `fields` are those of the original."""
        ...

    def forbids(self, field: Field) -> bool:
        """Whether the field must not be in the copy."""
        ...

    def is_secret(self, field: Field) -> bool:
        """Whether the value of the original must not stand anywhere in the bytes of the copy."""
        ...

    def forbids_container(self, container: Container) -> bool:
        """Whether the container must not be in the copy, even if nobody understands what is in it."""
        ...

    def kept(self, field: Field) -> KeptBecause | None:
        """Why the field may be in the copy; None if nobody would expect it to be gone."""
        ...


def rules_for(profile: RedactionProfile, original: Account) -> Rules:
    """Return what `profile` means for the file."""
    if profile in (RedactionProfile.REMOVE_ALL, RedactionProfile.KEEP_COLOUR_AND_ORIENTATION):
        keep = profile is RedactionProfile.KEEP_COLOUR_AND_ORIENTATION
        known = BY_NAME.get(original.format_name)
        return PictureOnly(keep_colour=keep, raw=known is not None and known.raw, family=original.family)
    coarse = profile is RedactionProfile.COARSE_POSITION
    rounded = rounded_of(original.fields) if coarse else ()
    names = _place_names(original, coarse=coarse)
    return PlaceUnknown(coarse=coarse, rounded=rounded, names=names, numbers=_written_out(original))


@dataclass(frozen=True, slots=True)
class PictureOnly:
    """Nothing but what shows the picture; with `keep_colour` what its colours mean and which way is up."""

    keep_colour: bool
    raw: bool
    family: str

    def arguments(self, _fields: Sequence[Field]) -> Arguments:
        """Everything, then what a TIFF or raw directory may do without; then the exceptions."""
        removed = ("-all=", *ALWAYS) if self.raw else ("-all=", "-CommonIFD0=")
        if not self.keep_colour:
            return removed
        if self.family in _TURNED_BY_CONTAINER:
            return (*removed, "--ICC_Profile:all")
        kept = ("-IFD0:Orientation<IFD0:Orientation", "-ExifIFD:ColorSpace", "-ExifIFD:Gamma")
        return (*removed, "--ICC_Profile:all", "-tagsFromFile", "@", *kept, "-InteropIFD:InteropIndex")

    def forbids(self, field: Field) -> bool:
        """Everything that `structure` does not know as part of the picture."""
        if is_computed(field.group, field.name) or says_nothing(field):
            return False
        if field.standard is Standard.ICC:
            return _DEVICE_OF_PROFILE.fullmatch(field.name) is not None
        if self.keep_colour and field.name in _OF_COLOUR:
            return False
        if identifies(field):
            return True  # also where a raw picture is not developed without it: then there is no copy
        return not shows_picture(field.group, field.name, raw=self.raw) and field.name != "ProfileName"

    def is_secret(self, field: Field) -> bool:
        """Whatever is forbidden and leads somewhere, and what somebody wrote."""
        return self.forbids(field) and (identifies(field) or is_free_text(field))

    def forbids_container(self, container: Container) -> bool:
        """Whatever holds statements and no picture."""
        if container.kind == "vendor":
            return self.family not in _STRUCTURE_OF_ITS_OWN
        return container.kind in _NOT_THE_PICTURE

    def kept(self, field: Field) -> KeptBecause | None:
        """Everything that is in the copy needs a reason."""
        if is_computed(field.group, field.name) or field.standard in _COMPUTED:
            return None
        if field.standard is Standard.ICC or field.name == "ProfileName":
            return KeptBecause.COLOUR if self.keep_colour else KeptBecause.NOT_REMOVABLE
        if self.keep_colour and field.name in _OF_COLOUR:
            return KeptBecause.COLOUR
        if self.keep_colour and field.name == "Orientation":
            return KeptBecause.ORIENTATION
        return KeptBecause.SHOWS_PICTURE


@dataclass(frozen=True, slots=True)
class PlaceUnknown:
    """Nothing that tells the place; with `coarse` nothing that tells more than `rounded` and the town.

    Other fields tell the place too if they contain one of `names`, or both a latitude and a longitude of
    `numbers`, as far as that can be told from texts.
    """

    coarse: bool
    rounded: tuple[Rounded, ...]
    names: tuple[str, ...]
    numbers: tuple[tuple[str, ...], tuple[str, ...]]

    def arguments(self, fields: Sequence[Field]) -> Arguments:
        """The fields that were found, and those that could hide beside them."""
        rounded = tuple(argument for one in self.rounded for argument in one.arguments)
        asked = {argument.partition("#")[0] for argument in rounded}
        named = removals(one for one in fields if self.forbids(one))
        structures = () if self.coarse else ("-XMP-iptcExt:LocationCreated=", "-XMP-iptcExt:LocationShown=")
        removed = (one for one in named if one.removesuffix("=") not in asked)
        return (*ALWAYS, "-GPS:all=", *structures, *removed, "-JUMBF:all=", *rounded)

    def forbids(self, field: Field) -> bool:
        """What tells the place, by its name or by naming it."""
        if field.standard is Standard.JUMBF:
            return True
        if tells_place(field):
            return self.kept(field) is None
        return self._names_place(field)

    def is_secret(self, field: Field) -> bool:
        """Places. Of the time by satellite, only that it is one tells something."""
        return tells_place(field) and self.kept(field) is None and not is_time(field)

    def forbids_container(self, container: Container) -> bool:
        """Signatures only: they are false once anything has changed."""
        return container.kind == _SIGNED

    def kept(self, field: Field) -> KeptBecause | None:
        """Towns, and positions that are as coarse as they were made."""
        if not self.coarse or not tells_place(field):
            return None
        if names_town(field):
            return KeptBecause.TOWN
        return KeptBecause.ROUNDED if any(one.is_in(field) for one in self.rounded) else None

    def _names_place(self, field: Field) -> bool:
        if is_computed(field.group, field.name):
            return False
        if states_position(field):
            return True
        text = field.printed.casefold()
        latitudes, longitudes = self.numbers
        if any(name in text for name in self.names):
            return True
        return any(one in text for one in latitudes) and any(one in text for one in longitudes)


def _place_names(original: Account, *, coarse: bool) -> tuple[str, ...]:
    """Texts that name the place and are long enough not to stand anywhere by chance."""
    names: dict[str, None] = {}
    for field in original.all_fields:
        if not tells_place(field) or says_nothing(field) or _is_measured(field):
            continue
        if coarse and names_town(field):
            continue
        for text in texts_of(field):
            if any(character.isalpha() for character in text):
                names[text.casefold()] = None
    return tuple(names)


def _written_out(original: Account) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Latitudes and longitudes in degrees, cut to three decimals (100 m), as they are written in texts."""
    found: tuple[dict[str, None], dict[str, None]] = ({}, {})
    for field in original.all_fields:
        degrees = field.raw
        if isinstance(degrees, int | float) and tells_place(field):
            for one, name in zip(found, ("Latitude", "Longitude"), strict=True):
                if field.name.endswith(name):
                    one[f"{math.trunc(abs(degrees) * 1000) / 1000:.3f}"] = None
    return tuple(found[0]), tuple(found[1])


def _is_measured(field: Field) -> bool:
    return "GPS" in field.name or field.group == "GeoTiff"


def texts_of(field: Field) -> Iterator[str]:
    """Yield the texts of a value that are long enough to be looked for; of a choice by number, its name."""
    values = field.raw if isinstance(field.raw, list | tuple) else [field.raw]
    is_choice = isinstance(field.raw, int) and field.printed.replace(" ", "").isalpha()
    for value in (*values, field.printed) if is_choice else values:
        if isinstance(value, str) and len(text := value.strip()) >= TEXT_CHARACTERS_MIN:
            yield text


def identifies(field: Field) -> bool:
    """Whether the value alone leads to a person, a device, a place or another file."""
    found = identified_by(field)
    return found is not None and found[1]


def is_free_text(field: Field) -> bool:
    """Whether somebody wrote it: words, more than a program's fixed choice, and no name of a model."""
    raw = field.raw if isinstance(field.raw, str) else ""
    words = raw == field.printed and " " in raw.strip() and not raw.startswith("(Binary data")
    return words and identified_by(field) is None


def is_time(field: Field) -> bool:
    """Whether the value is a date, or a time of day."""
    return _TIME.fullmatch(field.printed) is not None
