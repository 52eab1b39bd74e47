"""Formats of which there is no public sample: files that are made here, so that what they say is known."""

import gzip
import io
import struct
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from bench.quality.conforming import Tally
from bench.quality.costing import read_once
from bench.quality.gather import Gatherer
from metaextract_extractor.domain.detection import detected
from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.formats import HEAD_BYTES
from metaextract_extractor.reading.assembly import assembled
from metaextract_testing.factory import make

WIDTH_PIXELS, HEIGHT_PIXELS = 64, 48


@dataclass(frozen=True, slots=True)
class Made:
    """A file of a known format and size. `tags`: `group:name` to what is printed; empty if none is known."""

    format_name: str
    extension: str
    content: bytes
    size_pixels: tuple[int, int] = (WIDTH_PIXELS, HEIGHT_PIXELS)
    tags: Mapping[str, str] = field(default_factory=dict)


def tallies_of_made(gatherer: Gatherer) -> dict[str, Tally]:
    """Read one file of each of these formats as the worker does, and compare."""
    reader = assembled(gatherer.primary, trust_lists=(), pixel_decoders=True)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for one in made():
            path = Path(folder, f"made.{one.extension}")
            path.write_bytes(one.content)
            found[one.format_name] = compared(one, read_once(reader, gatherer, path))
    return found


def compared(one: Made, reading: Reading) -> Tally:
    """Compare one reading with what was made; a size counts only under the right name."""
    told = detected(
        one.content[:HEAD_BYTES],
        engine_name=reading.format_name,
        extension=one.extension,
    ).name
    size = (reading.width_pixels, reading.height_pixels)
    printed = {(f"{known.group}:{known.name}", known.printed) for known in reading.fields}
    keys = {key for key, _ in printed}
    return Tally(
        files=1,
        dimensioned=int(told == one.format_name and size == one.size_pixels),
        tags=len(one.tags),
        found=sum(key in keys for key in one.tags),
        exact=sum(item in printed for item in one.tags.items()),
        missing=[f"made {key}" for key, value in one.tags.items() if (key, value) not in printed],
    )


def made() -> Iterator[Made]:
    """Yield one file of each format."""
    ppm = make("ppm")
    yield Made("PPM", "ppm", ppm.content, tags=ppm.tags)
    yield Made("TGA", "tga", make("tga").content)
    yield Made("DDS", "dds", make("dds").content)
    yield Made("ICNS", "icns", make("icns").content, (1024, 1024))
    yield Made("PBM", "pbm", _saved("1", "PPM"))
    yield Made("PGM", "pgm", _saved("L", "PPM"))
    yield Made("J2C", "j2k", _saved("RGB", "JPEG2000", no_jp2=True))
    yield Made("JPX", "jpx", _saved("RGB", "JPEG2000").replace(b"ftypjp2 ", b"ftypjpx ", 1))
    yield Made("SVGZ", "svgz", gzip.compress(_SVG))
    yield Made("FITS", "fits", _fits())
    yield Made("HDR", "hdr", _radiance())
    yield Made("EXR", "exr", _exr())


def _saved(mode: str, pillow_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (WIDTH_PIXELS, HEIGHT_PIXELS)).save(buffer, pillow_format, **options)
    return buffer.getvalue()


_SVG = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_PIXELS}" height="{HEIGHT_PIXELS}"/>'.encode()


def _fits() -> bytes:
    """FITS 4.0, 4.4: cards of 80 bytes in blocks of 2880."""
    values = {"SIMPLE": "T", "BITPIX": 8, "NAXIS": 2, "NAXIS1": WIDTH_PIXELS, "NAXIS2": HEIGHT_PIXELS}
    cards = [*(f"{key:<8}= {value:>20}" for key, value in values.items()), "END"]
    header = "".join(f"{card:<80}" for card in cards).ljust(2880).encode()
    return header + bytes(2 * 2880)


def _radiance() -> bytes:
    """Radiance picture file format: a header of lines, the resolution, flat pixels of four bytes."""
    header = f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {HEIGHT_PIXELS} +X {WIDTH_PIXELS}\n"
    return header.encode() + b"\x80\x80\x80\x81" * (WIDTH_PIXELS * HEIGHT_PIXELS)


def _exr() -> bytes:
    """OpenEXR file layout: attributes, then offsets of lines, then lines; one channel of half floats."""
    window = struct.pack("<4i", 0, 0, WIDTH_PIXELS - 1, HEIGHT_PIXELS - 1)
    attributes = (
        ("channels", "chlist", b"Y\0" + struct.pack("<iIii", 1, 0, 1, 1) + b"\0"),
        ("compression", "compression", b"\0"),
        ("dataWindow", "box2i", window),
        ("displayWindow", "box2i", window),
        ("lineOrder", "lineOrder", b"\0"),
        ("pixelAspectRatio", "float", struct.pack("<f", 1)),
        ("screenWindowCenter", "v2f", bytes(8)),
        ("screenWindowWidth", "float", struct.pack("<f", 1)),
    )
    header = b"v/1\x01" + struct.pack("<i", 2)
    for name, kind, value in attributes:
        header += f"{name}\0{kind}\0".encode() + struct.pack("<i", len(value)) + value
    header += b"\0"
    line_bytes = 2 * WIDTH_PIXELS
    start = len(header) + 8 * HEIGHT_PIXELS
    offsets = b"".join(struct.pack("<Q", start + y * (8 + line_bytes)) for y in range(HEIGHT_PIXELS))
    lines = b"".join(struct.pack("<ii", y, line_bytes) + bytes(line_bytes) for y in range(HEIGHT_PIXELS))
    return header + offsets + lines
