"""What the compression tells of earlier saves. JPEG only: other codecs keep no tables to compare."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.insights_picture import JpegCompression
from metaextract_extractor.domain.operations_forensics import (
    ForensicEvidence,
    ForensicStatement,
    ForensicTopic,
    NotExamined,
)
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.stated import Stated
from metaextract_extractor.reading.operations.double_quantisation import PIXELS_MIN, EarlierSave, earlier_save
from metaextract_extractor.reading.operations.forensics_statements import (
    fact,
    indication,
    of_field,
    of_number,
)
from metaextract_extractor.reading.operations.full_luminance import full_luminance

if TYPE_CHECKING:
    from metaextract_extractor.domain.insights_picture import QuantisationTable

_TOPIC: Final = ForensicTopic.COMPRESSION_HISTORY
_EARLIER: Final = "compression.earlier_save"


def compression_statements(
    evidence: Evidence, insights: Insights, *, pixel_decoders: bool
) -> Iterator[ForensicStatement | NotExamined]:
    """Yield what the compression shows, and what could not be examined."""
    compression = insights.compression
    jpeg = compression.jpeg if compression else None
    if jpeg is None or not jpeg.tables:
        yield NotExamined(_EARLIER, "Only JPEG keeps its quantisation tables; this is none, or was not read.")
        return
    yield from _tables(evidence, jpeg)
    yield from _earlier(evidence, jpeg, pixel_decoders=pixel_decoders)


def _tables(evidence: Evidence, jpeg: JpegCompression) -> Iterator[ForensicStatement]:
    numbers = [_table(one) for one in jpeg.tables]
    if jpeg.quality is not None:
        scale = "exactly" if jpeg.quality_exact else "nearest to"
        yield fact(
            _TOPIC,
            "quantisation",
            f"The quantisation tables are {scale} those of quality {jpeg.quality} on the scale of the "
            f"Independent JPEG Group's library{_by(jpeg)}.",
            [*numbers, of_number("Chroma subsampling", jpeg.subsampling), *_stated_quality(jpeg)],
            "Every JPEG has tables; they tell how it was saved last, and by what kind of program.",
        )
    stated = Stated.of(evidence)
    maker = stated.first("IFD0", "Make")
    if jpeg.quality_exact and maker is not None and stated.first("ExifIFD", "ExifVersion") is not None:
        yield indication(
            _TOPIC,
            "library_tables",
            f"The file names a camera of {maker.printed}, and the tables of a common library.",
            [of_field(maker), *numbers],
            "Phones and many cameras save with this library and its tables.",
            "Programs that resize or turn pictures, and services that pass them on, keep the Exif.",
        )


def _by(jpeg: JpegCompression) -> str:
    return f"; they are known from: {jpeg.encoder}" if jpeg.encoder and not jpeg.quality_exact else ""


def _stated_quality(jpeg: JpegCompression) -> list[ForensicEvidence]:
    return [of_number("Quality as stated", jpeg.quality_stated)] if jpeg.quality_stated else []


def _table(table: "QuantisationTable") -> ForensicEvidence:
    return of_number(f"Quantisation table {table.id}, zigzag order", " ".join(map(str, table.values)))


def _earlier(
    evidence: Evidence, jpeg: JpegCompression, *, pixel_decoders: bool
) -> Iterator[ForensicStatement | NotExamined]:
    table = next((one for one in jpeg.tables if one.id == 0), None)
    if not pixel_decoders:
        yield NotExamined(_EARLIER, "Pixel decoders are off at this level of the sandbox.")
        return
    decoded = full_luminance(evidence)
    if decoded is None or table is None or jpeg.quality is None:
        yield NotExamined(_EARLIER, "The picture could not be decoded in full size within its budgets.")
        return
    if min(decoded.size) < PIXELS_MIN:
        yield NotExamined(_EARLIER, f"The picture is smaller than {PIXELS_MIN} pixels.")
        return
    plane: NDArray[np.uint8] = np.asarray(decoded)
    found = earlier_save(plane, table, jpeg.quality)
    if found is not None:
        yield _saved_before(found, jpeg.quality)


def _saved_before(found: EarlierSave, quality: int) -> ForensicStatement:
    return indication(
        _TOPIC,
        "earlier_save",
        f"The luminance coefficients look as if the picture had been saved before at a quality of about "
        f"{found.quality}, lower than now ({quality}).",
        [
            of_number("Earlier quality, on the library's scale, good to about 3", found.quality),
            of_number("Frequencies examined", found.frequencies_count),
            of_number("Frequencies of which it explains at least half of the misfit", found.explaining_count),
            of_number("Median misfit of a single save (1 is perfect)", found.misfit_before),
            of_number("Median misfit with the earlier save (1 is perfect)", found.misfit_after),
        ],
        "Messengers, galleries and download services save pictures anew.",
        "Opening and saving a JPEG without any change does this too.",
    )
