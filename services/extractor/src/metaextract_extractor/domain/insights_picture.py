"""How the picture is stored: previews, fingerprints, compression, projection. Shapes as in insights.proto."""

from dataclasses import dataclass
from enum import StrEnum

from metaextract_extractor.domain.result import ByteRange


class Likeness(StrEnum):
    """Whether an embedded picture shows what the main image shows."""

    UNKNOWN = "unknown"
    """It could not be compared, or the numbers do not decide."""
    SAME = "same"
    DIFFERENT = "different"
    """One of the classic traces of editing; also found where a camera crops or a program forgets."""


@dataclass(frozen=True, slots=True)
class PreviewComparison:
    """A preview against the main image, both brought to 32 by 32 grey values.

    `hamming_distance`: bits of 64 in which their pHash differs; `correlation`: of their grey values, -1 to
    1; both after the best of the `turn_degrees` (clockwise) that fit. `aspect_ratio`,
    `image_aspect_ratio`: width by height, of the preview without black bars and of the image.
    `bars`: whether black bars were cut off.
    """

    likeness: Likeness
    reason: str
    hamming_distance: int | None = None
    correlation: float | None = None
    turn_degrees: int | None = None
    aspect_ratio: float | None = None
    image_aspect_ratio: float | None = None
    bars: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """A smaller or other picture inside the file.

    `kind`: `thumbnail`, `preview`, `full_size`, `mpf`, … ; `path`: where it stands. `size_bytes` as found,
    `places` empty if it was packed. Format and sizes are those of its own header, else as stated.
    """

    kind: str
    path: str
    places: tuple[ByteRange, ...]
    size_bytes: int
    format: str
    width_pixels: int | None
    height_pixels: int | None
    sha256: str
    phash: str
    dhash: str
    comparison: PreviewComparison


@dataclass(frozen=True, slots=True)
class Previews:
    """All embedded pictures in file order. `thumbnail`: what the worst-fitting thumbnail says."""

    images: tuple[Preview, ...]
    thumbnail: Likeness


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Perceptual hashes of the main image, upright, 64 bits each as 16 hexadecimal digits.

    Definitions and bit order are those of ImageHash: `phash` (DCT of 32 by 32, median), `dhash`
    (horizontal gradient of 9 by 8), `ahash` (mean of 8 by 8). `source`: `image`, or `preview` where the
    image itself is camera raw.
    """

    phash: str
    dhash: str
    ahash: str
    source: str


@dataclass(frozen=True, slots=True)
class QuantisationTable:
    """A JPEG quantisation table; `values` in zigzag order as stored (ITU-T T.81, B.2.4.1)."""

    id: int
    precision_bits: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class JpegCompression:
    """How a JPEG was coded.

    `quality`: 1 to 100 on the scale of the Independent JPEG Group; `quality_exact` if the tables are the
    standard's own at that quality, else it is the nearest. `encoder`: who uses such tables, where known.
    `subsampling`: such as `4:2:0`. `huffman_standard`: the example tables of Annex K were used, so that the
    stream was not optimised. `restart_interval_blocks` 0: none.
    """

    process: str
    progressive: bool
    arithmetic: bool
    quality: int | None
    quality_exact: bool
    quality_stated: str
    encoder: str
    subsampling: str
    tables: tuple[QuantisationTable, ...]
    huffman_standard: bool | None
    restart_interval_blocks: int
    adobe_transform: int | None


@dataclass(frozen=True, slots=True)
class Compression:
    """How the main image is packed. `codec` such as `JPEG`, `HEVC`, `AV1`, `VP8L`, `Deflate`.

    `lossless` is None where the codec can be either and the file does not tell.
    """

    codec: str
    lossless: bool | None
    profile: str
    level: str
    chroma_subsampling: str
    bits_per_sample: int | None
    jpeg: JpegCompression | None


@dataclass(frozen=True, slots=True)
class Panorama:
    """Photo sphere and panorama metadata (Google GPano 1.0, CIPA DC-007 panorama). Degrees and pixels.

    `spherical`: a full sphere, both ways. `horizontal_degrees`: how much of the circle is there.
    """

    projection: str
    spherical: bool
    horizontal_degrees: float | None
    vertical_degrees: float | None
    full_width_pixels: int | None
    full_height_pixels: int | None
    cropped_width_pixels: int | None
    cropped_height_pixels: int | None
    cropped_left_pixels: int | None
    cropped_top_pixels: int | None
    heading_degrees: float | None
    pitch_degrees: float | None
    roll_degrees: float | None
    initial_heading_degrees: float | None
    initial_pitch_degrees: float | None
    initial_roll_degrees: float | None
    initial_field_of_view_degrees: float | None
    source_photos_count: int | None
    stitching_software: str
    evidence: str
