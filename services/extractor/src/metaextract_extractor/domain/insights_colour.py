"""What the numbers of the pixels mean. Shapes as in insights.proto."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chromaticity:
    """CIE 1931 x and y."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class IccProfile:
    """The embedded ICC profile. Texts are empty where it does not say.

    `family`: the well-known space whose primaries it has, whatever it calls itself (`sRGB`, `Display P3`,
    `Adobe RGB`, `ProPhoto RGB`, `BT.2020`, `eciRGB`, …); sRGB and BT.709 share theirs. `primaries`: red,
    green, blue, seen from the D50 of the profile connection space. `profile_id`: 32 hexadecimal digits.
    `created` is ISO 8601. `embedded_count`: profiles in the file, previews included.
    """

    description: str
    version: str
    device_class: str
    space: str
    connection_space: str
    rendering_intent: str
    creator: str
    manufacturer: str
    model: str
    copyright: str
    created: str
    profile_id: str
    media_white: tuple[float, ...]
    media_black: tuple[float, ...]
    family: str
    primaries: tuple[Chromaticity, ...]
    embedded_count: int


@dataclass(frozen=True, slots=True)
class ColourClaim:
    """What one place in the file says the colour space is. `space` is empty for `uncalibrated`."""

    group: str
    name: str
    stated: str
    space: str


@dataclass(frozen=True, slots=True)
class CodingPoints:
    """Code points of ITU-T H.273 (HEIF, AVIF: nclx; PNG: cICP)."""

    primaries: int
    transfer: int
    matrix: int
    full_range: bool | None
    source: str


@dataclass(frozen=True, slots=True)
class Colour:
    """The colour space by all accounts.

    `space`: by the strongest claim: code points or profile before tags. `claims_agree` is None with fewer
    than two claims. `dynamic_range`: `PQ`, `HLG` or `SDR`; empty if the file does not say.
    """

    space: str
    icc: IccProfile | None
    claims: tuple[ColourClaim, ...]
    claims_agree: bool | None
    coding_points: CodingPoints | None
    bits_per_sample: int | None
    channels_count: int | None
    dynamic_range: str
    content_light_level_maximum: int | None
    frame_average_light_level_maximum: int | None
