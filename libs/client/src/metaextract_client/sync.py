"""The same client for programs without an event loop."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from functools import wraps
from threading import Thread
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from metaextract_client.client import RESUMABLE_BYTES_MIN, AsyncMetaExtract
from metaextract_client.transport import Patience

P = ParamSpec("P")
T = TypeVar("T")


def _blocking(
    method: Callable[Concatenate[AsyncMetaExtract, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate["MetaExtract", P], T]:
    """The method of the other client, which waits for its outcome."""

    @wraps(method)
    def call(self: "MetaExtract", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._finish(method(self._client, *args, **kwargs))

    return call


def _iterated(
    method: Callable[Concatenate[AsyncMetaExtract, P], AsyncGenerator[T, None]],
) -> Callable[Concatenate["MetaExtract", P], Generator[T, None, None]]:
    """The method of the other client, one item after the other."""

    @wraps(method)
    def iterate(self: "MetaExtract", /, *args: P.args, **kwargs: P.kwargs) -> Generator[T, None, None]:
        yield from self._each(method(self._client, *args, **kwargs))

    return iterate


class MetaExtract:
    """Talks to one MetaExtract server; use it with `with`, from one thread or several.

    Takes the arguments of `AsyncMetaExtract` and has its methods: each waits for its outcome. Callbacks are
    called in a thread of the client's. Ctrl-C in a call stops what the call does.
    """

    extract = _blocking(AsyncMetaExtract.extract)
    begin = _blocking(AsyncMetaExtract.begin)
    wait = _blocking(AsyncMetaExtract.wait)
    redact = _blocking(AsyncMetaExtract.redact)
    get = _blocking(AsyncMetaExtract.get)
    result = _blocking(AsyncMetaExtract.result)
    cancel = _blocking(AsyncMetaExtract.cancel)
    compare = _blocking(AsyncMetaExtract.compare)
    batch = _blocking(AsyncMetaExtract.batch)
    cancel_batch = _blocking(AsyncMetaExtract.cancel_batch)
    events = _iterated(AsyncMetaExtract.events)
    formats = _blocking(AsyncMetaExtract.formats)
    server = _blocking(AsyncMetaExtract.server)
    search_fields = _blocking(AsyncMetaExtract.search_fields)
    field_definition = _blocking(AsyncMetaExtract.field_definition)
    field_groups = _blocking(AsyncMetaExtract.field_groups)
    field_dictionary = _blocking(AsyncMetaExtract.field_dictionary)
    quote = _blocking(AsyncMetaExtract.quote)
    balance = _blocking(AsyncMetaExtract.balance)

    def __init__(
        self,
        base_url: str | None = None,
        *,
        api_key: str | None = None,
        token: str | None = None,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        resumable_bytes_min: int | None = RESUMABLE_BYTES_MIN,
        resume_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        self._client = AsyncMetaExtract(
            base_url,
            api_key=api_key,
            token=token,
            patience=patience,
            resumable_bytes_min=resumable_bytes_min,
            resume_dir=resume_dir,
        )
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="metaextract-client", daemon=True)
        self._thread.start()
        self._finish(self._client.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish(self._client.__aexit__(kind, error, trace))
        loop, self._loop = self._loop, None
        if loop is not None:
            for ending in (loop.shutdown_asyncgens(), loop.shutdown_default_executor()):
                asyncio.run_coroutine_threadsafe(ending, loop).result()
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()
            loop.close()

    def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            work.close()
            raise RuntimeError("use the client with `with`")
        waiting = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return waiting.result()
        except BaseException:
            waiting.cancel()  # also when Ctrl-C ended the waiting
            raise

    def _each(self, items: AsyncGenerator[T, None]) -> Generator[T, None, None]:
        async def following() -> T | None:
            return await anext(items, None)

        try:
            while (item := self._finish(following())) is not None:
                yield item
        finally:
            self._finish(items.aclose())
