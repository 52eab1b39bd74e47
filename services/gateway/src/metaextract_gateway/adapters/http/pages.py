"""Pages of our own for people who follow a link: some words, at most one form, and no script."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Final

from starlette.responses import HTMLResponse, Response

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}"
    "input,button{font:inherit;display:block;box-sizing:border-box;width:100%;margin:.5rem 0;padding:.5rem}"
)
_HEAD: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    '<meta name="viewport" content="width=device-width">'
    f"<style>{_STYLE.replace('{', '{{').replace('}', '}}')}</style></head>"
    "<body><main><h1>{title}</h1>"
)
_END: Final = "</main></body></html>"
_ONWARDS: Final = '<p><a href="/">Continue</a></p>'
_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action {targets}; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def page(title: str, *paragraphs: str, form: str = "", status: int = 200) -> Response:
    """Show texts of ours, and nothing that a request says. `form` is HTML, and may be sent to us."""
    text = "".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in paragraphs)
    headers = {
        "Content-Security-Policy": _POLICY.format(targets="'self'" if form else "'none'"),
        # Addresses of such pages hold what nobody else should see. Forms are to say that they are ours:
        # without any referrer, browsers call their origin `null`.
        "Referrer-Policy": "same-origin" if form else "no-referrer",
    }
    content = _HEAD.format(title=escape(title)) + text + (form or _ONWARDS) + _END
    return HTMLResponse(content, status, {**_HEADERS, **headers})
