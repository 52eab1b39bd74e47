"""Whether a page of ours made a request. A browser adds its cookies to what any page asks for."""

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS: Final = frozenset({"same-origin", "none"})


def is_ours(connection: HTTPConnection, origins: Collection[str] = ()) -> bool:
    """Tell whether the request comes from a page of this server or of `origins`, or from no page at all.

    Browsers say so in `Sec-Fetch-Site` (Fetch Metadata), older ones in `Origin`, which they send with all
    that could change something. Programs send neither, and no cookies of somebody else.
    """
    origin = connection.headers.get("origin")
    if origin in origins:
        return True
    if site := connection.headers.get("sec-fetch-site"):
        return site in _OURS
    host = connection.headers.get("host", "")
    return origin is None or (bool(host) and urlsplit(origin).netloc == host)
