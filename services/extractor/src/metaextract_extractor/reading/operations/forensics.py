"""The operation `forensics`: statements on the history of a file, with evidence, without verdict or score."""

from collections.abc import Iterator

from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.operations_forensics import Forensics, ForensicStatement, NotExamined
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.operations.forensics_compression import compression_statements
from metaextract_extractor.reading.operations.forensics_editing import editing_statements
from metaextract_extractor.reading.operations.forensics_structure import structure_statements
from metaextract_extractor.reading.operations.forensics_thumbnail import thumbnail_statements


def examined(evidence: Evidence, insights: Insights, *, pixel_decoders: bool) -> Forensics:
    """Examine a file. Without pixel decoders what needs pixels is told as not examined."""
    statements: list[ForensicStatement] = []
    left: dict[NotExamined, None] = {}
    for one in _everything(evidence, insights, pixel_decoders=pixel_decoders):
        if isinstance(one, NotExamined):
            left[one] = None
        else:
            statements.append(one)
    return Forensics(tuple(statements), tuple(left))


def _everything(
    evidence: Evidence, insights: Insights, *, pixel_decoders: bool
) -> Iterator[ForensicStatement | NotExamined]:
    yield from compression_statements(evidence, insights, pixel_decoders=pixel_decoders)
    yield from thumbnail_statements(insights)
    yield from editing_statements(evidence, insights)
    yield from structure_statements(evidence)
