"""Puts a reader together: every engine that we have."""

from collections.abc import Sequence
from pathlib import Path

from metaextract_extractor.reading.engines.content_credentials import ContentCredentials
from metaextract_extractor.reading.engines.exif_read import ExifRead
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.engines.heif import Heif
from metaextract_extractor.reading.engines.pillow import Pillow
from metaextract_extractor.reading.engines.raw import Raw
from metaextract_extractor.reading.quality.efficiency import cost_model, measure_host
from metaextract_extractor.reading.reader import Reader


def assembled(
    exiftool: ExifTool, *, trust_lists: Sequence[Path], pixel_decoders: bool, tessdata: Path | None = None
) -> Reader:
    """Load all engines, which takes a quarter of a second, and measure this host.

    `trust_lists`: PEM files of authorities whose Content Credentials are trusted. Without `pixel_decoders`
    no picture is decoded.
    """
    return Reader(
        exiftool,
        [Pillow(), Heif(), ExifRead(), Raw()],
        ContentCredentials(trust_lists),
        host_scale=measure_host(cost_model()),
        pixel_decoders=pixel_decoders,
        tessdata=tessdata,
    )
