"""What can go wrong between this client and a server."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from metaextract_client.models import Extraction

_BUSY: Final = frozenset({429, 503})
_CUT_OFF: Final = frozenset({500, 502, 504})
_NOTHING: Mapping[str, str] = MappingProxyType({})
_EMPTY: Mapping[str, object] = MappingProxyType({})
_TRACEPARENT_PARTS: Final = 4


class MetaExtractError(Exception):
    """Base of everything that this package raises on purpose."""


class ServerUnreachableError(MetaExtractError):
    """No connection to the server could be made; nothing was sent."""


class ConnectionBrokenError(MetaExtractError):
    """The connection broke, or no answer came in time; whether the server did the work is not known."""


class ExtractionFailedError(MetaExtractError):
    """The server took the file and gave up reading it; `extraction.error` says why."""

    def __init__(self, extraction: "Extraction") -> None:
        super().__init__(extraction.error.detail if extraction.error else extraction.state)
        self.extraction = extraction


class ProblemError(MetaExtractError):
    """The server answered with an error (RFC 9457).

    status: HTTP status code. reason: stable name from the contract, such as `UNSUPPORTED_FORMAT`; empty when
    something other than MetaExtract answered. detail: a sentence for people. metadata: facts that belong to
    the reason. retry_after_seconds: how long the server asks to wait; None if it does not say. problem: the
    whole document, empty if there is none. trace_id: names the request in the server's traces and logs.
    """

    def __init__(
        self,
        *,
        status: int,
        reason: str = "",
        detail: str = "",
        metadata: Mapping[str, str] = _NOTHING,
        retry_after_seconds: float | None = None,
        problem: Mapping[str, object] = _EMPTY,
        trace_id: str = "",
    ) -> None:
        super().__init__(detail or f"the server answered with HTTP status {status}")
        self.status = status
        self.reason = reason
        self.detail = detail
        self.metadata = metadata
        self.retry_after_seconds = retry_after_seconds
        self.problem = problem
        self.trace_id = trace_id

    @property
    def may_pass(self) -> bool:
        """Whether it passes by itself: too many requests, or a server that starts, stops or is overloaded.

        A server that is stopped, or the proxy before it, answers without a reason.
        """
        return self.status in _BUSY or (self.status in _CUT_OFF and not self.reason)


@contextmanager
def connection_errors(url: httpx.URL) -> Iterator[None]:
    """Turn the errors of the HTTP library into ours."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise ServerUnreachableError(f"{url} cannot be reached: {error or type(error).__name__}") from error
    except httpx.TransportError as error:
        raise ConnectionBrokenError(f"the connection broke: {error or type(error).__name__}") from error


async def raise_for_problem(response: httpx.Response) -> None:
    """Raise ProblemError for a status of 400 and above. Reads the body, also of a streamed response."""
    if not response.is_error:
        return
    await response.aread()
    problem: object = None
    if response.headers.get("content-type", "").partition(";")[0] in {
        "application/problem+json",
        "application/json",
    }:
        try:
            problem = response.json()
        except ValueError as error:
            raise ProblemError(
                status=response.status_code, detail="the body of the error is not JSON"
            ) from error
    if not isinstance(problem, dict):
        problem = {}
    raise ProblemError(
        status=response.status_code,
        reason=str(problem.get("reason") or ""),
        detail=str(problem.get("detail") or problem.get("title") or ""),
        metadata=MappingProxyType({str(k): str(v) for k, v in (problem.get("metadata") or {}).items()}),
        retry_after_seconds=retry_after_seconds(response.headers.get("retry-after", "")),
        problem=MappingProxyType(problem),
        trace_id=_trace_id(response.headers.get("traceparent", "")),
    )


def _trace_id(traceparent: str) -> str:
    """Read the id out of a traceparent header (W3C Trace Context); empty if it is none."""
    parts = traceparent.split("-")
    return parts[1] if len(parts) == _TRACEPARENT_PARTS else ""


def retry_after_seconds(value: str) -> float | None:
    """Read a Retry-After header: seconds or an HTTP date (RFC 9110, section 10.2.3); None if neither."""
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
