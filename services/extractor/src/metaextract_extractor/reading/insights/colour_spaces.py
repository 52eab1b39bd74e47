"""The well-known RGB spaces, told apart by their primaries, not by what a profile calls itself.

Chromaticities: IEC 61966-2-1 (sRGB; shared by ITU-R BT.709), SMPTE EG 432-1 with D65 (Display P3), Adobe RGB
(1998) §4.3.1, ISO 22028-2 (ROMM, ProPhoto), ITU-R BT.2020 and BT.601, ECI (eciRGB v2), SMPTE RP 431-2 (DCI).
A profile's colorants are those seen from D50 (ICC.1:2022 §6.2, Bradford transform of annex E).
"""

from collections.abc import Sequence
from typing import Final

from metaextract_extractor.domain.insights_colour import Chromaticity

Vector = tuple[float, float, float]

D50: Final[Vector] = (0.9642, 1.0, 0.8249)
_D65_XY: Final = (0.3127, 0.3290)
_D50_XY: Final = (0.3457, 0.3585)
_BRADFORD: Final[tuple[Vector, Vector, Vector]] = (
    (0.8951, 0.2664, -0.1614),
    (-0.7502, 1.7135, 0.0367),
    (0.0389, -0.0685, 1.0296),
)
COLORANT_TOLERANCE: Final = 0.003
"""Profiles are rounded to 1/65536, ExifTool prints five digits, and makers start from differing whites."""

CHROMATICITY_TOLERANCE: Final = 0.001
"""PNG stores five digits; some programs write four."""

# Name, red, green, blue and white as CIE 1931 x and y.
SPACES: Final = (
    ("sRGB", (0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65_XY),
    ("Display P3", (0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65_XY),
    ("Adobe RGB", (0.64, 0.33), (0.21, 0.71), (0.15, 0.06), _D65_XY),
    ("ProPhoto RGB", (0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001), _D50_XY),
    ("BT.2020", (0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65_XY),
    ("eciRGB", (0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _D50_XY),
    ("BT.601-525", (0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65_XY),
    ("BT.601-625", (0.640, 0.330), (0.290, 0.600), (0.150, 0.060), _D65_XY),
    ("Apple RGB", (0.625, 0.340), (0.280, 0.595), (0.155, 0.070), _D65_XY),
    ("Wide Gamut RGB", (0.7347, 0.2653), (0.1152, 0.8264), (0.1566, 0.0177), _D50_XY),
)


def space_of_colorants(red: Sequence[float], green: Sequence[float], blue: Sequence[float]) -> str:
    """Return the space whose colorants, seen from D50, are these; empty if none is near."""
    given = (*red, *green, *blue)
    best, difference = "", COLORANT_TOLERANCE
    for name, *points, white in SPACES:
        known = [value for colorant in _colorants(points, white) for value in colorant]
        worst = max(abs(a - b) for a, b in zip(given, known, strict=True))
        if worst <= difference:
            best, difference = name, worst
    return best


def space_of_chromaticities(points: Sequence[float]) -> str:
    """Return the space with these x, y of red, green, blue and white; empty if none is near."""
    for name, red, green, blue, white in SPACES:
        known = (*red, *green, *blue, *white)
        if all(abs(a - b) <= CHROMATICITY_TOLERANCE for a, b in zip(points, known, strict=True)):
            return name
    return ""


def chromaticity(colour: Sequence[float]) -> Chromaticity | None:
    """Return x and y of an XYZ colour."""
    total = sum(colour)
    if total <= 0:
        return None
    return Chromaticity(round(colour[0] / total, 4), round(colour[1] / total, 4))


def _colorants(points: Sequence[tuple[float, float]], white_xy: tuple[float, float]) -> list[Vector]:
    """Return XYZ of the primaries at full strength, adapted to D50."""
    white = _xyz(white_xy)
    primaries = [_xyz(point) for point in points]
    strengths = _solve(primaries, white)
    return [
        _adapted(_scaled(primary, strength), white)
        for primary, strength in zip(primaries, strengths, strict=True)
    ]


def _xyz(point: tuple[float, float]) -> Vector:
    x, y = point
    return x / y, 1.0, (1 - x - y) / y


def _scaled(colour: Vector, factor: float) -> Vector:
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


def _adapted(colour: Vector, white: Vector) -> Vector:
    """Bradford: scale the cone responses so that `white` becomes D50, and go back."""
    responses = [
        sum(a * b for a, b in zip(row, colour, strict=True))
        * sum(a * b for a, b in zip(row, D50, strict=True))
        / sum(a * b for a, b in zip(row, white, strict=True))
        for row in _BRADFORD
    ]
    columns: list[Vector] = [(_BRADFORD[0][at], _BRADFORD[1][at], _BRADFORD[2][at]) for at in range(3)]
    return _solve(columns, (responses[0], responses[1], responses[2]))


def _solve(columns: Sequence[Vector], right: Vector) -> Vector:
    """Solve a 3 by 3 system given by its columns (Cramer)."""
    whole = _determinant(*columns)
    first, second, third = columns
    return (
        _determinant(right, second, third) / whole,
        _determinant(first, right, third) / whole,
        _determinant(first, second, right) / whole,
    )


def _determinant(a: Vector, b: Vector, c: Vector) -> float:
    return (
        a[0] * (b[1] * c[2] - b[2] * c[1])
        - b[0] * (a[1] * c[2] - a[2] * c[1])
        + c[0] * (a[1] * b[2] - a[2] * b[1])
    )
