"""What a further engine says of a file, counted and named as the primary engine does, to be compared."""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from metaextract_extractor.domain.result import Field, Notice, Standard
from metaextract_extractor.reading.evidence import Report

FIELDS_COUNT_MAX: Final = 5_000
WARNINGS_COUNT_MAX: Final = 20
VALUE_CHARACTERS_MAX: Final = 64 * 1024
INTEGER_MAX: Final = 2**53
"""Larger integers travel as text (RFC 8259, section 6)."""

Number = int | float
Scalar = str | int | float


class Testimony:
    """Collects the fields and notices of one engine about one file."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._fields: list[Field] = []
        self._notices: list[Notice] = []
        self._occurrences: dict[tuple[str, str], int] = {}

    def add(
        self,
        standard: Standard,
        group: str,
        name: str,
        raw: Scalar | list[Scalar] | None,
        *,
        tag_id: str = "",
        category: str = "Image",
        printed: str | None = None,
    ) -> None:
        """Write down one field; None is nothing, and long texts are cut."""
        if raw is None or len(self._fields) >= FIELDS_COUNT_MAX:
            return
        value = raw[:VALUE_CHARACTERS_MAX] if isinstance(raw, str) else raw
        if isinstance(value, int) and abs(value) > INTEGER_MAX:
            value = str(value)
        occurrence = self._occurrences[group, name] = self._occurrences.get((group, name), -1) + 1
        self._fields.append(
            Field(
                path="",
                standard=standard,
                group=group,
                category=category,
                name=name,
                tag_id=tag_id,
                raw=value,
                printed=text(value) if printed is None else printed,
                type="",
                engine=self._engine,
                occurrence=occurrence,
            )
        )

    def notice(self, code: str, message: str) -> None:
        """Write down what the engine complained about."""
        self._notices.append(Notice(code, message, self._engine))

    def report(self) -> Report:
        """Return everything written down."""
        return Report(tuple(self._fields), tuple(self._notices))


@contextmanager
def warnings_to(testimony: Testimony) -> Iterator[None]:
    """Make notices of what a library warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for one in caught[:WARNINGS_COUNT_MAX]:
        testimony.notice("ENGINE_WARNING", str(one.message)[:300])


def quotient(numerator: float, denominator: float) -> Number | str:
    """Return the value of a rational as the primary engine does: 10 digits, `inf` and `undef` as text."""
    if denominator == 0:
        return "inf" if numerator else "undef"
    return rounded(numerator / denominator)


def rounded(value: float) -> Number | str:
    """Round to 10 significant digits; whole numbers become integers."""
    if math.isnan(value):
        return "undef"
    if math.isinf(value):
        return "inf"
    short = float(f"{value:.10g}")
    return int(short) if short.is_integer() and abs(short) < INTEGER_MAX else short


def text(value: Scalar | list[Scalar]) -> str:
    """Say a value in plain text."""
    if isinstance(value, list):
        return ", ".join(text(one) for one in value)
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def joined(values: list[Scalar]) -> Scalar | None:
    """Return the one value, or all of them in a text with spaces between; None for none."""
    if len(values) < 2:  # noqa: PLR2004 - nothing to join
        return values[0] if values else None
    return " ".join(text(one) for one in values)
