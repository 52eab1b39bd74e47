"""Work beyond reading, by request, and what it delivers. Shapes as in operations.proto."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from metaextract_extractor.domain.operations_forensics import Forensics
from metaextract_extractor.domain.operations_ocr import TextRecognition


class Operation(StrEnum):
    """What a caller may ask for beyond reading."""

    EMBEDDING = "embedding"
    OCR = "ocr"
    FORENSICS = "forensics"


@dataclass(frozen=True, slots=True)
class Embedding:
    """What the upright picture looks like, as numbers that are near for pictures that look alike.

    `vector` has `dimension` numbers and length 1; two of them are compared by their dot product (cosine
    similarity), if `method` and `version` are the same. It knows colours, edges and coarse layout, and
    nothing of what is shown. `phash`, `dhash`, `ahash`: 64 bits, as in `Fingerprints`. `pdq`: 256 bits as 64
    hexadecimal digits, compared by Hamming distance; `pdq_quality` 0 to 100, of too plain pictures below 50.
    `source`: `image`, or `preview` where the image itself is camera raw.
    """

    method: str
    version: int
    dimension: int
    vector: tuple[float, ...]
    phash: str
    dhash: str
    ahash: str
    pdq: str
    pdq_quality: int
    source: str


@dataclass(frozen=True, slots=True)
class OperationOutcome:
    """What became of an operation. `reason` says in plain words why it was not delivered.

    `operation` is a value of `Operation`. Only the member of that operation is filled, and only if it was
    delivered; a picture without text is delivered, with an empty `TextRecognition`.
    """

    operation: str
    delivered: bool
    reason: str = ""
    embedding: Embedding | None = None
    ocr: TextRecognition | None = None
    forensics: Forensics | None = None


NOT_DELIVERED: Final = {
    "timeout": "The operation took longer than it may.",
    "crashed": "The operation broke down on this file.",
    "memory_limit": "The file wants more memory than an operation may have.",
    "output_limit": "The operation had more to say than it may.",
    "budget": "Reading the file left too little of the time that a file may take, or cost too many workers.",
}
"""Plain words for what stops an operation from outside; causes as of engines."""


def not_delivered(operation: str, cause: str) -> OperationOutcome:
    """Return the outcome of an operation that was stopped, or never begun, for a cause of `NOT_DELIVERED`."""
    return OperationOutcome(operation, False, NOT_DELIVERED[cause])
