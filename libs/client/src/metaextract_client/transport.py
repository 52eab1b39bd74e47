"""One HTTP connection pool to one server: who asks, typed answers, and when to ask again."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx
from tenacity import AsyncRetrying, RetryCallState, stop_after_attempt
from tenacity.stop import stop_base
from tenacity.wait import wait_random, wait_random_exponential

from metaextract_client.errors import (
    ConnectionBrokenError,
    MetaExtractError,
    ProblemError,
    ServerUnreachableError,
    connection_errors,
    raise_for_problem,
)
from metaextract_client.models import Json

DEFAULT_URL: Final = "http://localhost:8080"
URL_VARIABLE: Final = "METAEXTRACT_URL"
API_KEY_VARIABLE: Final = "METAEXTRACT_API_KEY"

T = TypeVar("T")


class WaitedFor(stop_base):
    """Stops before all waits together exceed a time; uploads themselves do not count."""

    def __init__(self, seconds_max: float) -> None:
        self._seconds_max = seconds_max

    def __call__(self, attempt: RetryCallState) -> bool:
        return attempt.idle_for + attempt.upcoming_sleep > self._seconds_max


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long to try. Times in seconds.

    attempts_max: how often one call is tried. retry_seconds_max: the most that one call waits between
    attempts, in all. call_seconds_max: the longest wait for an answer to a short call.
    extraction_seconds_max: the longest wait for a result after the last byte was sent. on_pause: called, in
    the event loop, with what went wrong and the seconds until the next attempt.
    """

    attempts_max: int = 5
    retry_seconds_max: float = 60.0
    call_seconds_max: float = 30.0
    extraction_seconds_max: float = 3600.0
    on_pause: Callable[[MetaExtractError, float], None] | None = None

    def pausing(self, error: BaseException | None, seconds: float) -> None:
        """Tell whoever wants to know."""
        if self.on_pause is not None and isinstance(error, MetaExtractError):
            self.on_pause(error, seconds)


class Transport:
    """Sends requests. `api_key` and `token` (of an identity provider or a session) say who asks."""

    def __init__(
        self, base_url: str | None, api_key: str | None, token: str | None, patience: Patience
    ) -> None:
        self.patience = patience
        key = os.environ.get(API_KEY_VARIABLE, "") if api_key is None else api_key
        credentials = {"Authorization": f"Bearer {token}"} if token else {"X-API-Key": key} if key else {}
        self.http = httpx.AsyncClient(
            base_url=base_url or os.environ.get(URL_VARIABLE) or DEFAULT_URL,
            headers={"Accept": "application/json, application/problem+json", **credentials},
            timeout=httpx.Timeout(patience.call_seconds_max, connect=5, pool=None),
            # How many calls run at once is the caller's choice; a limit here would only make them wait twice.
            limits=httpx.Limits(max_connections=None),
            # A proxy for the outside world must not stand between two programs on one machine.
            mounts={f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")},
        )

    @property
    def extraction_timeout(self) -> httpx.Timeout:
        """For calls that answer when a file has been read."""
        read = self.patience.extraction_seconds_max
        return httpx.Timeout(self.patience.call_seconds_max, connect=5, read=read, pool=None)

    def retrying(self, may_pass: Callable[[RetryCallState], bool] | None = None) -> AsyncRetrying:
        """For a call that does the same when it is repeated."""
        return AsyncRetrying(
            retry=may_pass or _may_pass,
            stop=stop_after_attempt(self.patience.attempts_max) | WaitedFor(self.patience.retry_seconds_max),
            wait=wait_seconds,
            before_sleep=self._pausing,
            reraise=True,
        )

    def _pausing(self, attempt: RetryCallState) -> None:
        error = attempt.outcome.exception() if attempt.outcome else None
        self.patience.pausing(error, attempt.upcoming_sleep)

    async def call(
        self,
        read: Callable[[Json], T],
        method: str,
        url: str,
        **options: Any,  # noqa: ANN401 - what httpx takes
    ) -> T:
        """Send one request and read its answer; raises ProblemError and the connection's errors.

        A GET is tried again as in `fetch`.
        """
        sending = self.fetch(url, **options) if method == "GET" else self.send(method, url, **options)
        response = await sending
        try:
            return read(response.json())
        except (ValueError, TypeError, AttributeError) as error:
            detail = f"{self.http.base_url} does not answer like a MetaExtract server"
            raise ProblemError(status=response.status_code, detail=detail) from error

    async def fetch(self, url: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - see `call`
        """GET, and try again after what passes by itself, but not where nobody answers at all."""
        response: httpx.Response = await self.retrying(_may_pass_of_reads)(self.send, "GET", url, **options)
        return response

    async def send(self, method: str, url: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - see `call`
        """Send one request and return its answer, which is no problem."""
        with connection_errors(self.http.base_url):
            response = await self.http.request(method, url, **options)
        await raise_for_problem(response)
        return response


def _may_pass(attempt: RetryCallState) -> bool:
    """Say whether trying again is of any use; that it is safe, the idempotency key sees to."""
    error = attempt.outcome.exception() if attempt.outcome else None
    if isinstance(error, ProblemError):
        # The server may not have given up yet an attempt whose connection broke, of this run or one before.
        return error.may_pass or error.reason == "REQUEST_ID_REUSED"
    if isinstance(error, ConnectionBrokenError):
        return not isinstance(error.__cause__, httpx.ReadTimeout)  # it has waited long enough
    return isinstance(error, ServerUnreachableError)


def _may_pass_of_reads(attempt: RetryCallState) -> bool:
    error = attempt.outcome.exception() if attempt.outcome else None
    return _may_pass(attempt) and not isinstance(error, ServerUnreachableError)


def wait_seconds(attempt: RetryCallState) -> float:
    """Return the pause before the next attempt: what the server asks for, else longer each time."""
    error = attempt.outcome.exception() if attempt.outcome else None
    if isinstance(error, ProblemError) and error.retry_after_seconds is not None:
        # The spread keeps callers that were refused together from coming back together.
        return error.retry_after_seconds + wait_random(0, 0.1)(attempt)
    return wait_random_exponential(multiplier=0.2, max=5)(attempt)
