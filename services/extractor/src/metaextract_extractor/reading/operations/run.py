"""Carries out an operation that was asked for, or says plainly why it was not delivered."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.operations import Operation, OperationOutcome
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.previews import shown
from metaextract_extractor.reading.insights.turning import orientation_of, upright

if TYPE_CHECKING:
    from PIL import Image

# The operations load numpy and Tesseract, so each is imported when it is asked for.

DECODERS_OFF: Final = "Pixel decoders are off at this level of the sandbox."
NOT_WHOLE: Final = "The file has not arrived as a whole."
NOT_DECODED: Final = "The pixels could not be decoded: the format, a limit, or damage stands against it."
NO_LANGUAGE: Final = "The language data for text recognition are missing."

EMBEDDING_PIXELS: Final = 512


def run_operation(
    operation: Operation,
    evidence: Evidence,
    *,
    tessdata: Path | None,
    pixel_decoders: bool,
    insights: Insights,
) -> OperationOutcome:
    """Carry out one operation on a whole file; whatever the file holds, this returns.

    `tessdata`: folder with the language data, None if there is none. `insights` with previews, for forensics.
    """
    try:
        return _run(operation, evidence, tessdata, insights, pixel_decoders=pixel_decoders)
    except MemoryError:
        return _not(operation, "The file wants more memory than an operation may have.")
    except Exception as error:  # noqa: BLE001 - whatever a library does with hostile bytes, it is not delivered
        return _not(operation, f"The operation failed ({type(error).__name__}).")


def _run(
    operation: Operation,
    evidence: Evidence,
    tessdata: Path | None,
    insights: Insights,
    *,
    pixel_decoders: bool,
) -> OperationOutcome:
    if not evidence.subject.whole:
        return _not(operation, NOT_WHOLE)
    if operation is Operation.FORENSICS:
        return _forensics(evidence, insights, pixel_decoders=pixel_decoders)
    if not pixel_decoders:
        return _not(operation, DECODERS_OFF)
    if operation is Operation.EMBEDDING:
        return _embedding(evidence)
    return _ocr(evidence, tessdata, insights)


def _forensics(evidence: Evidence, insights: Insights, *, pixel_decoders: bool) -> OperationOutcome:
    from metaextract_extractor.reading.operations.forensics import examined  # noqa: PLC0415

    found = examined(evidence, insights, pixel_decoders=pixel_decoders)
    return OperationOutcome(Operation.FORENSICS.value, True, forensics=found)


def _embedding(evidence: Evidence) -> OperationOutcome:
    from metaextract_extractor.reading.operations.embedding import embedding  # noqa: PLC0415

    found = _picture(evidence, EMBEDDING_PIXELS)
    if found is None:
        return _not(Operation.EMBEDDING, NOT_DECODED)
    return OperationOutcome(Operation.EMBEDDING.value, True, embedding=embedding(*found))


def _ocr(evidence: Evidence, tessdata: Path | None, insights: Insights) -> OperationOutcome:
    from metaextract_extractor.reading.operations.ocr import recognised  # noqa: PLC0415
    from metaextract_extractor.reading.operations.ocr_engine import LanguageMissingError  # noqa: PLC0415
    from metaextract_extractor.reading.operations.ocr_lines import FULL_PIXELS  # noqa: PLC0415

    if tessdata is None:
        return _not(Operation.OCR, NO_LANGUAGE)
    found = _picture(evidence, FULL_PIXELS)
    if found is None:
        return _not(Operation.OCR, NOT_DECODED)
    try:
        text = recognised(evidence, *found, tessdata, insights)
    except LanguageMissingError:
        return _not(Operation.OCR, NO_LANGUAGE)
    return OperationOutcome(Operation.OCR.value, True, ocr=text)


def _picture(evidence: Evidence, longest: int) -> "tuple[Image.Image, str] | None":
    """Decode the image upright, or of camera raw its largest preview."""
    found = shown(evidence, longest, pixel_decoders=True)
    return (upright(found.image, orientation_of(evidence)), found.source) if found else None


def _not(operation: Operation, reason: str) -> OperationOutcome:
    return OperationOutcome(operation.value, False, reason)
