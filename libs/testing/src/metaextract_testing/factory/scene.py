"""The facts one image tells, drawn from a seed: title, author, time, place, exposure, pixels."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from random import Random

from PIL import Image

CAMERA_MAKE = "Northlight"
CAMERA_MODEL = "Northlight NL-2"
SOFTWARE = "MetaExtract image factory"

_SUBJECTS = ("Harbour", "Market", "Lighthouse", "Orchard", "Station", "Bridge", "Dunes", "Observatory")
# Letters outside ASCII, all of them in Latin-1, because PNG tEXt and GIF readers stop there.
_PLACES = (
    ("Ålesund", "Norway"),
    ("São Paulo", "Brazil"),
    ("Zürich", "Switzerland"),
    ("Málaga", "Spain"),
    ("Kraków", "Poland"),
    ("Reykjavík", "Iceland"),
)
_AUTHORS = ("Ada Marsh", "Björn Lund", "Chidi Okafor", "Dana Novak")
_KEYWORDS = ("coast", "evening", "fog", "harvest", "people", "stone", "travel", "winter")
_EXPOSURES = (Fraction(1, 60), Fraction(1, 125), Fraction(1, 250), Fraction(1, 500), Fraction(1, 2000))
_F_NUMBERS = (Fraction(14, 5), Fraction(4), Fraction(28, 5), Fraction(8))
_UTC_OFFSETS_MINUTES = (-480, -180, 0, 60, 120, 330, 570)


@dataclass(frozen=True)
class Angle:
    """An unsigned latitude or longitude and its hemisphere.

    Kept as whole hundredths of a second, so that degrees, minutes and seconds never suffer rounding.
    """

    hundredths_of_second: int
    hemisphere: str

    @property
    def degrees(self) -> int:
        """Whole degrees."""
        return self.hundredths_of_second // 360_000

    @property
    def minutes(self) -> int:
        """Whole minutes of the remaining degree."""
        return self.hundredths_of_second // 6_000 % 60

    @property
    def seconds_hundredths(self) -> int:
        """Remaining seconds, in hundredths."""
        return self.hundredths_of_second % 6_000

    @property
    def printed(self) -> str:
        """The angle as ExifTool prints it, without the hemisphere."""
        seconds = f"{self.seconds_hundredths // 100}.{self.seconds_hundredths % 100:02d}"
        return f"{self.degrees} deg {self.minutes}' {seconds}\""


@dataclass(frozen=True)
class Scene:
    """Everything an image of the factory can say, whatever container says it."""

    seed_text: str
    title: str
    caption: str
    author: str
    city: str
    country: str
    keywords: tuple[str, ...]
    taken: datetime
    latitude: Angle
    longitude: Angle
    altitude_cm: int
    direction_hundredths: int
    exposure_seconds: Fraction
    f_number: Fraction
    iso: int
    rating: int

    @property
    def taken_utc(self) -> datetime:
        """The moment of capture in UTC, as a GPS receiver tells it."""
        return self.taken.astimezone(UTC)

    @property
    def utc_offset(self) -> str:
        """Offset of local time from UTC, ``+HH:MM``."""
        return self.taken.isoformat()[-6:]

    def random(self, purpose: str) -> Random:
        """Return the generator for one purpose, so that adding a purpose never changes another's bytes."""
        return seeded(f"{self.seed_text}:{purpose}")

    def picture(self, width: int, height: int, purpose: str = "pixels") -> Image.Image:
        """Return soft RGB colour fields of this size: small when compressed, different for each seed."""
        cells = self.random(purpose).randbytes(6 * 4 * 3)
        return Image.frombytes("RGB", (6, 4), cells).resize((width, height), Image.Resampling.BICUBIC)


def seeded(text: str) -> Random:
    """Return a generator whose numbers depend on this text alone."""
    return Random(text)  # noqa: S311 - test data must repeat; nothing here is secret


def scene(image_format: str, seed: int) -> Scene:
    """Draw the facts for one image; equal arguments give equal facts.

    A JPEG lies south and west of the origin, the case that a reader gets wrong when it forgets the
    reference tags; the other formats lie anywhere.
    """
    seed_text = f"{image_format}:{seed}"
    random = seeded(seed_text)
    city, country = random.choice(_PLACES)
    subject = random.choice(_SUBJECTS)
    south_west = image_format == "jpeg"
    zone = timezone(timedelta(minutes=random.choice(_UTC_OFFSETS_MINUTES)))
    return Scene(
        seed_text=seed_text,
        title=f"{subject} & pier, {city} <{seed}>",
        caption=f"{subject} seen on a walk, picture {seed} of the {image_format} series",
        author=random.choice(_AUTHORS),
        city=city,
        country=country,
        keywords=tuple(sorted(random.sample(_KEYWORDS, 3))),
        taken=datetime(2015, 1, 1, tzinfo=zone) + timedelta(seconds=random.randrange(10 * 365 * 86_400)),
        latitude=Angle(random.randrange(360_000, 85 * 360_000), "S" if south_west else random.choice("NS")),
        longitude=Angle(random.randrange(360_000, 179 * 360_000), "W" if south_west else random.choice("EW")),
        altitude_cm=random.randrange(101, 450_000),
        direction_hundredths=random.randrange(36_000),
        exposure_seconds=random.choice(_EXPOSURES),
        f_number=random.choice(_F_NUMBERS),
        iso=random.choice((100, 200, 400, 1600, 6400)),
        rating=random.randrange(1, 6),
    )
