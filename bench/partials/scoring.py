"""Turns what was told, and when, into figures."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from bench.partials.sending import PREFIXES, Sending, Told
from metaextract.extractor.v1 import result_pb2

Key: TypeAlias = tuple[str, str, str]
"""Path, group and name."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One file sent in one order. Seconds count from the header; None: not before the last byte.

    shares: of the final metadata fields that had been told, and were as they are in the end, when so many
    bytes of the beginning had arrived. bare_seconds: ExifTool as a process of its own on the whole file.
    """

    file_format: str
    order: str
    fields_count: int
    first_seconds: float | None
    half_seconds: float | None
    best_share: float
    sent_seconds: float
    ended_seconds: float
    bare_seconds: float
    shares: dict[int, float]
    partials_count: int
    contradictions_count: int
    revisions_count: int


def figures(file_format: str, order: str, paced: Sending, halting: Sending, bare_seconds: float) -> Figures:
    """Score the two uploads of one file in one order against the final result of the first."""
    assert paced.ended is not None
    final = [one for one in paced.ended.result.fields if _is_metadata(one)]
    values = {(*_key(one), one.printed) for one in paced.ended.result.fields}
    early = [told for told in paced.told if told.seconds < paced.sent_seconds]
    shares = [(told.seconds, _share(told, final)) for told in early]
    every = [*paced.told, *halting.told]
    return Figures(
        file_format=file_format,
        order=order,
        fields_count=len(final),
        first_seconds=next((seconds for seconds, share in shares if share > 0), None),
        half_seconds=next((seconds for seconds, share in shares if share >= 1 / 2), None),
        best_share=max((share for _, share in shares), default=0.0),
        sent_seconds=paced.sent_seconds,
        ended_seconds=paced.ended_seconds,
        bare_seconds=bare_seconds,
        shares={prefix: _share(halting.prefixes_told[prefix], final) for prefix in PREFIXES},
        partials_count=len(every),
        contradictions_count=len(
            {_key(one) for told in every for one in told.fields if (*_key(one), one.printed) not in values}
        ),
        revisions_count=len(paced.revised),
    )


def _share(told: Told | None, final: Iterable[result_pb2.Field]) -> float:
    """Return the share of the final fields that were told with the value that they have in the end."""
    ends = Counter((*_key(one), one.printed) for one in final)
    if told is None or not ends:
        return 0.0
    right = ends & Counter((*_key(one), one.printed) for one in told.fields)
    return right.total() / ends.total()


def _is_metadata(field: result_pb2.Field) -> bool:
    """Whether the file says it; not what is computed from other fields or true of any file."""
    derived = (result_pb2.Field.STANDARD_COMPOSITE, result_pb2.Field.STANDARD_FILE)
    return field.standard not in derived and field.group not in ("File", "System")


def _key(field: result_pb2.Field) -> Key:
    return field.path, field.group, field.name
