"""Copies of a file without what should not be handed on. Shapes as in redaction.proto."""

from dataclasses import dataclass
from enum import StrEnum


class RedactionProfile(StrEnum):
    """What a copy is made without."""

    REMOVE_ALL = "remove_all"
    """Everything but what is needed to show the picture."""
    POSITION = "position"
    """Everything that tells the place, in whatever standard it stands."""
    COARSE_POSITION = "coarse_position"
    """The same, but a position rounded to 0.1 degrees (11 km) and the town stay."""
    KEEP_COLOUR_AND_ORIENTATION = "keep_colour_and_orientation"
    """As `REMOVE_ALL`, but colour profile, colour space and orientation stay."""


class KeptBecause(StrEnum):
    """Why something is still in the copy."""

    SHOWS_PICTURE = "shows_picture"
    """The picture cannot be shown or developed without it."""
    COLOUR = "colour"
    """The profile keeps the meaning of the colours."""
    ORIENTATION = "orientation"
    """The profile keeps which way is up."""
    ROUNDED = "rounded"
    """It was made coarse."""
    TOWN = "town"
    """It names nothing smaller than a town."""
    NOT_REMOVABLE = "not_removable"
    """It identifies nobody, and the format does not let go of it."""


@dataclass(frozen=True, slots=True)
class FieldName:
    """A field by its group and name, as in `Field`."""

    group: str
    name: str


@dataclass(frozen=True, slots=True)
class KeptField:
    """A field of the copy that somebody might have expected to be gone."""

    group: str
    name: str
    because: KeptBecause


@dataclass(frozen=True, slots=True)
class Verification:
    """What the reading of the copy showed.

    `pixels_unchanged`: the compressed picture is the same byte for byte; None if the file holds none.
    `opens`: other readers recognise the copy as the same kind of picture, of the same size.
    `values_searched_count`: removed values that were looked for, and not found, in all bytes of the copy.
    """

    verified: bool
    remaining: tuple[FieldName, ...]
    pixels_unchanged: bool | None
    opens: bool
    values_searched_count: int


@dataclass(frozen=True, slots=True)
class RedactionReport:
    """What was done. `format_name` as in `domain.formats`; `writer` names what wrote the copy."""

    profile: RedactionProfile
    format_name: str
    writer: str
    removed: tuple[FieldName, ...]
    kept: tuple[KeptField, ...]
    verification: Verification


class Refusal(StrEnum):
    """Why there is no copy."""

    UNSUPPORTED = "unsupported"
    """There is no writer for the format."""
    DAMAGED = "damaged"
    """The writer does not touch a file that is broken like this one."""
    NOT_VERIFIED = "not_verified"
    """A copy was made, and something is still in it, or something else is wrong with it."""
