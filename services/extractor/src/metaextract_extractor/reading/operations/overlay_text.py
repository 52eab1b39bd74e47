"""What parsers of burned-in text share: the lines, and letters read where digits are meant."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.operations_ocr import TextLine

_SIGNS: Final = str.maketrans(
    {
        # Hyphens and dashes, and the minus sign.
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        # Single quotation marks, prime, acute accent.
        **dict.fromkeys("\u2019\u2018\u2032\u00b4`", "'"),
        # Double quotation marks and double prime.
        **dict.fromkeys("\u201d\u201c\u2033\u201e", '"'),
        # Ordinal indicator and ring above.
        **dict.fromkeys("\u00ba\u02da", "°"),
        # Full width.
        "\uff1a": ":",
        "\uff0c": ",",
    }
)
"""Characters that look alike, as the plain ones."""

_LIKE_DIGITS: Final = {"O": "0", "o": "0", "Q": "0", "D": "0", "I": "1", "l": "1", "|": "1", "i": "1"}
"""Letters that OCR confuses with digits and that mean nothing between digits, where N, S, E and W do."""

_BETWEEN_DIGITS: Final = re.compile(r"(?<=[\d.,:/°'-])[OoQDIl|i](?=[\d.,:/°'-])|(?<=\d)[OolI|](?=\b)")
_DOLLAR: Final = re.compile(r"(?<!\S)\$(?=\s?\d{1,2}[.,°])")
"""A hemisphere: `S13.0257`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the lines. `corrected`: which lines had letters that are digits now."""

    texts: tuple[str, ...]
    corrected: tuple[bool, ...]

    def any_corrected(self, lines: Sequence[int]) -> bool:
        """Whether one of these lines was corrected."""
        return any(self.corrected[one] for one in lines)


def readings(lines: Sequence[TextLine]) -> tuple[Reading, Reading]:
    """Return the lines as they are, with plain signs, and with letters between digits as digits."""
    plain = tuple(line.text.translate(_SIGNS) for line in lines)
    digits = tuple(_with_digits(text) for text in plain)
    return (
        Reading(plain, (False,) * len(plain)),
        Reading(digits, tuple(one != other for one, other in zip(plain, digits, strict=True))),
    )


def least_confidence(lines: Sequence[TextLine], indices: Sequence[int]) -> float:
    """Return the confidence of the worst of some lines."""
    return min(lines[one].confidence for one in indices)


def _with_digits(text: str) -> str:
    text = _DOLLAR.sub("S", text)
    for _ in range(3):  # neighbours: "2OO5"
        changed = _BETWEEN_DIGITS.sub(lambda match: _LIKE_DIGITS[match[0]], text)
        if changed == text:
            break
        text = changed
    return text
