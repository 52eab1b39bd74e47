"""The cookie attribute SameSite, written as the original did and as browsers' documentation does.

Browsers read it in any case of letters (RFC 6265bis, section 5.7); the names of its values are capitalised.
"""

from typing import Final, Literal, cast

LAX: Final = cast("Literal['lax']", "Lax")
STRICT: Final = cast("Literal['strict']", "Strict")
