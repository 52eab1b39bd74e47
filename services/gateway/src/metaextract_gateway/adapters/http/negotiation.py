"""What a client accepts (RFC 9110, section 12.5.1), against what can be had."""

from collections.abc import Sequence
from typing import Final

from starlette.requests import Request

from metaextract_gateway.domain import errors

JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"


def chosen(request: Request, offered: Sequence[str]) -> str:
    """Return the media type of `offered` that the client likes best, the first of several; a client that says
    nothing takes anything. Raises NOT_ACCEPTABLE.
    """
    stated = request.headers.getlist("accept")
    ranges = [one for line in stated for one in map(_range, line.split(",")) if one]
    if not ranges:
        return offered[0]
    best = max(offered, key=lambda media_type: _quality(media_type, ranges))  # the first one of equals
    if _quality(best, ranges) <= 0:
        raise errors.not_acceptable(", ".join(offered))
    return best


def _range(text: str) -> tuple[str, float] | None:
    media_range, *parameters = (part.strip().lower() for part in text.split(";"))
    if not media_range:
        return None
    stated = next((one[2:] for one in parameters if one.startswith("q=")), "1")
    try:
        return media_range, min(max(float(stated), 0.0), 1.0)
    except ValueError:
        return media_range, 1.0


def _quality(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the quality that the most specific range gives; 0 if none fits."""
    stated = dict(ranges)
    general = f"{media_type.partition('/')[0]}/*"
    return next((stated[one] for one in (media_type, general, "*/*") if one in stated), 0.0)
