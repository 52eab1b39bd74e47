"""Pictures with text burned into them, as cameras and apps print place and time, and what that text says.

The layouts follow what is seen in the wild: camera date stamps, map-camera panels, dashcam and trail camera
bars, drone and survey captions. Text is ASCII and the degree sign, which is what Pillow's own font can draw.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from metaextract_testing.factory.scene import Scene, scene, seeded

Box = tuple[int, int, int, int]
Colour = tuple[int, int, int]

_WHITE: Final = (255, 255, 255)
_ORANGE: Final = (255, 130, 20)
_YELLOW: Final = (250, 235, 60)
_ADDRESSES: Final = (
    ("Storgata 12", "6002 Alesund, Norway", "Alesund", "Norway"),
    ("214 Harbour Road", "Portland, OR 97209, United States", "Portland", "United States"),
    ("Bahnhofstrasse 45", "8001 Zurich, Switzerland", "Zurich", "Switzerland"),
    ("17 Station Road", "Bengaluru, Karnataka 560001, India", "Bengaluru", "India"),
    ("8 Queen Street", "Leeds LS1 4DY, United Kingdom", "Leeds", "United Kingdom"),
)


@dataclass(frozen=True)
class OverlayFacts:
    """What the text says; None for what the layout does not print.

    Positions are rounded as they are printed. `offset`: the printed time zone, ``+HH:MM``.
    """

    lines: tuple[str, ...]
    latitude_degrees: float | None = None
    longitude_degrees: float | None = None
    taken: datetime | None = None
    offset: str = ""
    city: str = ""
    country: str = ""
    altitude_metres: float | None = None
    speed_kilometres_per_hour: float | None = None
    temperature_celsius: float | None = None


@dataclass(frozen=True)
class MadeOverlay:
    """A picture, its layout, and the truth."""

    image: Image.Image
    layout: str
    facts: OverlayFacts


def make_overlay(
    layout: str, *, seed: int = 0, size: tuple[int, int] = (1280, 960), picture: Image.Image | None = None
) -> MadeOverlay:
    """Burn the text of a layout (one of `LAYOUTS`) into a picture; without one into colours with noise."""
    facts = scene(f"overlay-{layout}", seed)
    image = (picture.convert("RGB").resize(size) if picture else _background(facts, size)).copy()
    said = _LAYOUTS[layout](image, facts)
    return MadeOverlay(image, layout, said)


def _background(facts: Scene, size: tuple[int, int]) -> Image.Image:
    """Colours with the grain of a sensor, so that there is something to tell text from."""
    soft = facts.picture(*size, "overlay")
    grain = Image.frombytes("L", size, facts.random("grain").randbytes(size[0] * size[1]))
    return Image.blend(soft, grain.convert("RGB"), 0.12)


def _angles(facts: Scene) -> tuple[float, float]:
    """Latitude and longitude in degrees, signed."""
    latitude, longitude = (one.hundredths_of_second / 360_000 for one in (facts.latitude, facts.longitude))
    return (
        latitude if facts.latitude.hemisphere == "N" else -latitude,
        longitude if facts.longitude.hemisphere == "E" else -longitude,
    )


def _offset_text(offset: str) -> str:
    return f"GMT{offset}"


def _map_camera(image: Image.Image, facts: Scene) -> OverlayFacts:
    """A dark panel at the bottom with town, street, position and time with its zone."""
    latitude, longitude = (round(one, 6) for one in _angles(facts))
    street, town, city, country = facts.random("address").choice(_ADDRESSES)
    zone = facts.utc_offset
    lines = (
        f"{city}, {country}",
        f"{street}, {town}",
        f"Lat {latitude:.6f}° Long {longitude:.6f}°",
        f"{facts.taken:%d/%m/%y %I:%M %p} {_offset_text(zone)}",
    )
    width, height = image.size
    top, left = round(height * 0.76), round(width * 0.26)
    panel = image.crop((left, top, width - 10, height - 10))
    image.paste(Image.blend(panel, Image.new("RGB", panel.size, (20, 20, 20)), 0.7), (left, top))
    _write(image, lines, (left + 14, top + 10), round(height * 0.032), _WHITE)
    return OverlayFacts(
        lines, latitude, longitude, facts.taken.replace(second=0), zone, city=city, country=country
    )


def _date_stamp(image: Image.Image, facts: Scene) -> OverlayFacts:
    """The orange date of a compact camera, bottom right."""
    text = f"{facts.taken:%Y/%m/%d %H:%M}"
    _write_right(image, text, round(image.height * 0.04), _ORANGE)
    return OverlayFacts((text,), taken=facts.taken.replace(second=0))


def _dashcam(image: Image.Image, facts: Scene) -> OverlayFacts:
    """One line on the picture itself: time, position, speed."""
    latitude, longitude = (round(one, 4) for one in _angles(facts))
    speed = facts.random("speed").randrange(12, 130)
    north, east = facts.latitude.hemisphere, facts.longitude.hemisphere
    angles = f"{north}{abs(latitude):.4f} {east}{abs(longitude):.4f}"
    text = f"{facts.taken:%Y-%m-%d %H:%M:%S}  {speed} km/h  {angles}"
    size = round(image.height * 0.03)
    _write(image, (text,), (20, image.height - 2 * size), size, _WHITE, outline=True)
    return OverlayFacts((text,), latitude, longitude, facts.taken, speed_kilometres_per_hour=speed)


def _drone(image: Image.Image, facts: Scene) -> OverlayFacts:
    """Degrees, minutes and seconds at the top left, altitude below."""
    altitude = round(facts.altitude_cm / 100, 1)
    angles = [
        f"{one.degrees}°{one.minutes:02d}'{one.seconds_hundredths / 100:04.1f}\"{one.hemisphere}"
        for one in (facts.latitude, facts.longitude)
    ]
    lines = (" ".join(angles), f"Altitude: {altitude} m", f"{facts.taken:%d %b %Y %H:%M:%S}")
    _write(image, lines, (24, 20), round(image.height * 0.033), _YELLOW, outline=True)
    latitude, longitude = (round(one, 5) for one in _angles(facts))
    return OverlayFacts(lines, latitude, longitude, facts.taken, altitude_metres=altitude)


def _trail_camera(image: Image.Image, facts: Scene) -> OverlayFacts:
    """A black bar with American date, clock of twelve hours and temperature."""
    temperature = facts.random("temperature").randrange(-15, 36)
    text = f"{temperature}°C   {facts.taken:%m/%d/%Y  %I:%M%p}"
    height = round(image.height * 0.055)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, image.height - height, image.width, image.height), fill=(0, 0, 0))
    _write(image, (text,), (30, image.height - height + 4), round(height * 0.62), _WHITE)
    return OverlayFacts((text,), taken=facts.taken.replace(second=0), temperature_celsius=temperature)


def _survey(image: Image.Image, facts: Scene) -> OverlayFacts:
    """Several lines at the bottom right, dark on a light panel, with labels."""
    latitude, longitude = (round(one, 5) for one in _angles(facts))
    altitude = round(facts.altitude_cm / 100)
    street, town, city, country = facts.random("address").choice(_ADDRESSES)
    lines = (
        f"Date: {facts.taken:%d.%m.%Y %H:%M:%S}",
        f"Latitude: {latitude:.5f}",
        f"Longitude: {longitude:.5f}",
        f"Elevation: {altitude} m",
        street,
        town,
    )
    size = round(image.height * 0.03)
    width, height = round(image.width * 0.46), round(size * 1.35 * len(lines)) + 16
    left, top = image.width - width - 12, image.height - height - 12
    ImageDraw.Draw(image).rectangle((left, top, left + width, top + height), fill=(235, 235, 230))
    _write(image, lines, (left + 10, top + 6), size, (15, 15, 15))
    return OverlayFacts(
        lines, latitude, longitude, facts.taken, city=city, country=country, altitude_metres=altitude
    )


def _write(
    image: Image.Image,
    lines: tuple[str, ...],
    at: tuple[int, int],
    size: int,
    colour: Colour,
    *,
    outline: bool = False,
) -> None:
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    stroke = max(1, size // 14) if outline else 0
    for row, line in enumerate(lines):
        place = (at[0], at[1] + round(row * size * 1.35))
        draw.text(place, line, font=font, fill=colour, stroke_width=stroke, stroke_fill=(10, 10, 10))


def _write_right(image: Image.Image, text: str, size: int, colour: Colour) -> None:
    width = round(ImageFont.load_default(size).getlength(text))
    _write(image, (text,), (image.width - width - size, image.height - 2 * size), size, colour)


_LAYOUTS: Final[dict[str, Callable[[Image.Image, Scene], OverlayFacts]]] = {
    "map-camera": _map_camera,
    "date-stamp": _date_stamp,
    "dashcam": _dashcam,
    "drone": _drone,
    "trail-camera": _trail_camera,
    "survey": _survey,
}

LAYOUTS: Final[tuple[str, ...]] = tuple(_LAYOUTS)
"""Names of the layouts."""


def textured(seed: int, size: tuple[int, int]) -> Image.Image:
    """Return a picture with edges, shapes and grain: many of them, all different, none of anything real."""
    random = seeded(f"textured:{seed}")
    image = scene("textured", seed).picture(*size)
    draw = ImageDraw.Draw(image)
    for _ in range(random.randrange(6, 24)):
        x, y = random.randrange(size[0]), random.randrange(size[1])
        half = random.randrange(size[0] // 30, size[0] // 4)
        colour = (random.randrange(256), random.randrange(256), random.randrange(256))
        box = (x - half, y - round(half * random.uniform(0.3, 1.5)), x + half, y + half)
        shape = random.randrange(4)
        if shape == 0:
            draw.rectangle(box, fill=colour)
        elif shape == 1:
            draw.ellipse(box, fill=colour)
        elif shape == 2:  # noqa: PLR2004 - one of four
            draw.line(box, fill=colour, width=max(2, half // 8))
        else:
            draw.polygon([(box[0], box[3]), (x, box[1]), (box[2], box[3])], fill=colour)
    grain = Image.frombytes("L", size, random.randbytes(size[0] * size[1]))
    return Image.blend(image, grain.convert("RGB"), 0.06)
