"""Whether a page of ours made a request. A browser adds its cookies to what any page asks for."""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS: Final = frozenset({"same-origin", "none"})


def is_same_origin(connection: HTTPConnection, public_url: str = "") -> bool:
    """Tell whether the request comes from a page of this server, or from no page at all.

    Browsers say so in `Sec-Fetch-Site` (Fetch Metadata), older ones in `Origin`, which they send with all
    that could change something. Programs send neither, and no cookies of somebody else.
    `public_url`: where people reach this server if a proxy changes `Host`; empty if none does.
    """
    if site := connection.headers.get("sec-fetch-site"):
        return site in _OURS
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    host = connection.headers.get("host", "")
    return origin == public_url or (bool(host) and urlsplit(origin).netloc == host)
