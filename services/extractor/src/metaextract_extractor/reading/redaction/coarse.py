"""Positions made coarse: 0.1 degrees, which is 11 km from north to south and less from east to west."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.result import Field

DEGREES: Final = 0.1
_SAME_DEGREES: Final = 1e-6
_GPS: Final = "GPS"
_WITH_SIGN: Final = ("XMP-exif",)
_REFERENCES: Final = {"GPSLatitude": ("N", "S"), "GPSLongitude": ("E", "W")}
_LIMITS: Final = {"GPSLatitude": 90.0, "GPSLongitude": 180.0}


@dataclass(frozen=True, slots=True)
class Rounded:
    """One coordinate of one standard, as it shall be."""

    group: str
    name: str
    degrees: float

    @property
    def arguments(self) -> tuple[str, ...]:
        """How to ask ExifTool for it."""
        if self.group != _GPS:
            return (f"-{self.group}:{self.name}#={self.degrees:.1f}",)
        reference = _REFERENCES[self.name][self.degrees < 0]
        return (
            f"-{self.group}:{self.name}#={abs(self.degrees):.1f}",
            f"-{self.group}:{self.name}Ref#={reference}",
        )

    def is_in(self, field: Field) -> bool:
        """Whether the field says this, or on which side of the equator or of Greenwich it is."""
        if field.group != self.group:
            return False
        if field.name == f"{self.name}Ref":
            return True
        degrees = _number(field.raw)
        wanted = abs(self.degrees) if self.group == _GPS else self.degrees
        return field.name == self.name and degrees is not None and abs(degrees - wanted) < _SAME_DEGREES


def rounded_of(fields: Sequence[Field]) -> tuple[Rounded, ...]:
    """Round every whole position; a standard with half a position, or an impossible one, has none."""
    rounded: list[Rounded] = []
    for group in (_GPS, *_WITH_SIGN):
        first = {one.name: one for one in reversed(fields) if one.group == group}
        pair = [_coordinate(first, group, name) for name in _REFERENCES]
        if None not in pair:
            rounded += [
                Rounded(group, name, one)
                for name, one in zip(_REFERENCES, pair, strict=True)
                if one is not None
            ]
    return tuple(rounded)


def _coordinate(first: dict[str, Field], group: str, name: str) -> float | None:
    field = first.get(name)
    degrees = _number(field.raw) if field else None
    if degrees is None or not math.isfinite(degrees) or abs(degrees) > _LIMITS[name]:
        return None
    if group == _GPS:
        reference = first.get(f"{name}Ref")
        side = str(reference.raw) if reference else ""
        if side[:1] not in _REFERENCES[name]:
            return None
        degrees = -abs(degrees) if side[:1] == _REFERENCES[name][1] else abs(degrees)
    return round(degrees / DEGREES) * DEGREES


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
