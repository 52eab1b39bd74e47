"""Which values say nothing: what remains of a field that was overwritten, or was never filled."""

import re
from typing import Final

from metaextract_extractor.domain.result import Field

_NOTHING: Final = re.compile(
    r"[\s\0.,:;/\-+0()]*|unknown|undef|none|\(none\)|n/a|inf|nan|not set|undefined|false|"
    r"\(Binary data 0 bytes.*\)",
    re.IGNORECASE,
)


def says_nothing(field: Field) -> bool:
    """Whether neither form of the value tells anything."""
    raw = field.raw
    values = raw if isinstance(raw, list | tuple) else [raw]
    return _NOTHING.fullmatch(field.printed) is not None or all(
        value in (None, 0, "") or (isinstance(value, str) and _NOTHING.fullmatch(value) is not None)
        for value in values
    )
