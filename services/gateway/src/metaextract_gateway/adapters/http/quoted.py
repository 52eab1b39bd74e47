"""How a request on /v1 claims a price."""

import re
from typing import Final

from metaextract_common.errors import invalid_request
from metaextract_gateway.domain.model import Quoted

_QUOTE: Final = re.compile(r"quotes/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def quoted(name: str, file_id: str) -> Quoted | None:
    """Return the price that `quote` and `quote_file` claim, which must hold; None if both are empty.

    Raises INVALID_REQUEST.
    """
    if not (name or file_id):
        return None
    if not _QUOTE.fullmatch(name):
        raise invalid_request("quote", "must be the name of a quote, `quotes/{id}`")
    if not file_id:
        raise invalid_request("quote_file", "must be the id of a file in the quote")
    return Quoted(name.removeprefix("quotes/"), file_id, must_hold=True)
