"""How forensic statements are put together."""

from collections.abc import Iterable
from typing import Final

from metaextract_extractor.domain.operations_forensics import (
    ForensicEvidence,
    ForensicStatement,
    ForensicStrength,
    ForensicTopic,
)
from metaextract_extractor.domain.result import ByteRange, Field

VALUE_CHARACTERS_MAX: Final = 300
EVIDENCE_MAX: Final = 50


def fact(
    topic: ForensicTopic,
    name: str,
    text: str,
    evidence: Iterable[ForensicEvidence],
    *innocent: str,
) -> ForensicStatement:
    """State what stands in the bytes. `innocent`: how it comes about without any wish to mislead."""
    return _statement(topic, name, text, ForensicStrength.FACT, evidence, innocent)


def indication(
    topic: ForensicTopic,
    name: str,
    text: str,
    evidence: Iterable[ForensicEvidence],
    *innocent: str,
) -> ForensicStatement:
    """State what was measured or inferred."""
    return _statement(topic, name, text, ForensicStrength.INDICATION, evidence, innocent)


def of_field(field: Field, what: str = "") -> ForensicEvidence:
    """Rest on a field."""
    places = (field.location,) if field.location is not None else ()
    return ForensicEvidence(what or field.name, cut(field.printed), f"{field.group}:{field.name}", places)


def of_number(what: str, value: object) -> ForensicEvidence:
    """Rest on something measured."""
    return ForensicEvidence(what, cut(str(value)))


def of_bytes(what: str, value: str, places: Iterable[ByteRange]) -> ForensicEvidence:
    """Rest on bytes of the file."""
    return ForensicEvidence(what, cut(value), "", tuple(places))


def cut(text: str) -> str:
    """Return a value, cut when long."""
    return text if len(text) <= VALUE_CHARACTERS_MAX else f"{text[: VALUE_CHARACTERS_MAX - 1]}…"


def _statement(
    topic: ForensicTopic,
    name: str,
    text: str,
    strength: ForensicStrength,
    evidence: Iterable[ForensicEvidence],
    innocent: tuple[str, ...],
) -> ForensicStatement:
    prefix = {ForensicTopic.COMPRESSION_HISTORY: "compression"}.get(topic, topic.value)
    return ForensicStatement(
        f"{prefix}.{name}", topic, text, strength, tuple(evidence)[:EVIDENCE_MAX], innocent
    )
