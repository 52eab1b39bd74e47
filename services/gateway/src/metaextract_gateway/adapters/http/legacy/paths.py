"""Paths as the original's router read them: neither letter case nor a slash at the end matters.

They are put into their canonical form before anything else looks at them, so that limits hold for each.
"""

import re
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_OF_A_SESSION: Final = re.compile(r"(/api/images_mvp/progress/)(.+)", re.IGNORECASE | re.DOTALL)
"""The one path that ends in a value, whose letters stay what they are."""


def is_legacy(path: str) -> bool:
    """Tell whether clients of the original ask for such a path."""
    return path == "/api" or path.startswith("/api/")


def canonical(path: str) -> str:
    """Return the path of the route that the original would have chosen; of others the path itself."""
    lower = path.lower()
    if not is_legacy(lower):
        return path
    shortened = path.removesuffix("/")
    named = _OF_A_SESSION.fullmatch(shortened)
    return f"{named[1].lower()}{named[2]}" if named else shortened.lower()


class LegacyPathsMiddleware:
    """Puts canonical paths into the scope; `raw_path` stays as it was sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request."""
        if scope["type"] in ("http", "websocket"):
            scope["path"] = canonical(scope["path"])
        await self._app(scope, receive, send)
