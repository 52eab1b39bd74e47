"""The client: one class over one HTTP connection pool."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

from metaextract_client import field_models, models
from metaextract_client.errors import (
    ExtractionFailedError,
    MetaExtractError,
    ProblemError,
    connection_errors,
    raise_for_problem,
)
from metaextract_client.event_stream import events
from metaextract_client.field_models import FieldDefinition, FieldDictionary, FieldGroup, FieldsFound
from metaextract_client.finding_models import Comparison
from metaextract_client.models import Event, Extraction, Format, Server, State
from metaextract_client.redaction import Redaction, RedactionProfile, redacted_copy
from metaextract_client.uploading import Upload, WaitedFor, may_pass, sendable_name, wait_seconds

DEFAULT_URL: Final = "http://localhost:8080"

T = TypeVar("T")
log = logging.getLogger("metaextract_client")


class Client:
    """Talks to one MetaExtract server; use it with `async with`, from one event loop.

    attempts_max: how often one upload is tried. retry_seconds_max: the most that one upload waits between
    attempts, in all; a server that asks for a longer wait is not asked again. call_seconds_max: the longest
    wait for an answer to a short call. extraction_seconds_max: the longest wait for a result after the last
    byte was sent.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        attempts_max: int = 5,
        retry_seconds_max: float = 60.0,
        call_seconds_max: float = 30.0,
        extraction_seconds_max: float = 3600.0,
    ) -> None:
        self._attempts_max = attempts_max
        self._retry_seconds_max = retry_seconds_max
        self._extraction_timeout = httpx.Timeout(call_seconds_max, connect=5, read=extraction_seconds_max)
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"Accept": "application/json, application/problem+json"},
            timeout=httpx.Timeout(call_seconds_max, connect=5, pool=None),
            # How many calls run at once is the caller's choice; a limit here would only make them wait twice.
            limits=httpx.Limits(max_connections=None),
            # A proxy for the outside world must not stand between two programs on one machine.
            mounts={f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")},
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def extract(
        self,
        source: str | os.PathLike[str] | bytes,
        *,
        file_name: str = "",
        on_progress: Callable[[Event], None] | None = None,
        request_id: str | None = None,
        partial_results: bool = False,
        operations: Iterable[str] = (),
    ) -> Extraction:
        """Upload one file and return its extraction, which has succeeded.

        source: a path, read in chunks, or the bytes themselves. on_progress: called in the event loop with
        each event but the last one, while the file travels and while it is read. request_id: makes the call
        idempotent across processes (at most 128 characters); a fresh one covers the retries of this call.
        operations: work beyond reading, `embedding`, `ocr` or `forensics`; `Extraction.operations` tells what
        became of them.

        Raises:
            ProblemError: the server refused; answers of 429 and 503 are tried again first.
            ExtractionFailedError: the server took the file and could not read it.
            ServerUnreachableError, ConnectionBrokenError: see there.
            OSError: the file cannot be read.
        """
        name = file_name or ("upload" if isinstance(source, bytes) else Path(source).name)
        upload = Upload(
            source, sendable_name(name), request_id or str(uuid4()), partial_results, tuple(operations)
        )
        extraction: Extraction = await self._retrying()(self._attempt, upload, on_progress)
        if extraction.state is not State.SUCCEEDED:
            raise ExtractionFailedError(extraction)
        return extraction

    async def redact(
        self,
        source: str | os.PathLike[str] | bytes,
        target: str | os.PathLike[str],
        profile: RedactionProfile | str,
        *,
        file_name: str = "",
        overwrite: bool = False,
    ) -> Redaction:
        """Write to `target` a copy of one file without what `profile` names, verified by the server.

        `target` appears when the copy is whole, or not at all.

        Raises:
            ProblemError: as `extract`, and `REDACTION_UNSUPPORTED`, `REDACTION_REFUSED`,
                `REDACTION_NOT_VERIFIED`.
            FileExistsError: `target` exists, and `overwrite` was not said.
            ServerUnreachableError, ConnectionBrokenError, OSError: as `extract`.
        """
        name = file_name or ("upload" if isinstance(source, bytes) else Path(source).name)
        upload = Upload(source, sendable_name(name))
        copied: Redaction = await self._retrying()(
            redacted_copy,
            self._http,
            upload,
            Path(target),
            str(profile),
            overwrite=overwrite,
            timeout=self._extraction_timeout,
        )
        return copied

    async def get(self, extraction_id: str) -> Extraction:
        """Return an extraction in its present state. Raises ProblemError `EXTRACTION_NOT_FOUND`."""
        return await self._call(models.extraction_from_json, "GET", _path(extraction_id))

    async def cancel(self, extraction_id: str) -> Extraction:
        """Stop an extraction and return it; idempotent.

        Raises ProblemError `EXTRACTION_NOT_FOUND`, or `ILLEGAL_STATE_TRANSITION` when it has ended.
        """
        return await self._call(models.extraction_from_json, "POST", f"{_path(extraction_id)}:cancel")

    async def compare(self, extraction_ids: Iterable[str]) -> Comparison:
        """Lay the fields of 2 to 100 extractions side by side, by normalised values.

        Raises ProblemError `EXTRACTION_NOT_FOUND`, or `ILLEGAL_STATE_TRANSITION` for one without a result.
        """
        names = [f"extractions/{one.removeprefix('extractions/')}" for one in extraction_ids]
        path = "/v1/extractions:compare"
        return await self._call(models.comparison_from_json, "GET", path, params={"names": names})

    def events(
        self, extraction_id: str, *, after: int = 0, wait_seconds: int = 30
    ) -> AsyncGenerator[Event, None]:
        """Follow an extraction to its end; the last event's change is an `Extraction`.

        Picks up where it was when the connection breaks: nothing is lost and nothing comes twice.
        after: skip events up to this sequence. wait_seconds: how long to wait for an extraction that does not
        exist yet, 60 at most.

        Raises:
            ProblemError: such as `EXTRACTION_NOT_FOUND`.
            ServerUnreachableError, ConnectionBrokenError: after several attempts without a new event.
        """
        return events(self._http, f"{_path(extraction_id)}/events", after=after, wait_seconds=wait_seconds)

    async def formats(self) -> tuple[Format, ...]:
        """List the image formats that the server accepts."""
        return await self._call(models.formats_from_json, "GET", "/v1/formats")

    async def server(self) -> Server:
        """Say what the server consists of and how busy it is."""
        return await self._call(models.server_from_json, "GET", "/v1/server")

    async def search_fields(
        self,
        query: str = "",
        *,
        group: str = "",
        group_family: int | None = None,
        language: str = "",
        all_values: bool = False,
        page_size: int = 0,
        page_token: str = "",
    ) -> FieldsFound:
        """Look fields up: by name, beginning, words, tag id (`0x8827`, `2:25`), meaning of a value.

        group: only fields of this group, of family `group_family` if given. language: of descriptions and
        values, which are searched beside the English ones. all_values: not only the first 8 of each field.
        page_size: 20 if 0. page_token: `next_page_token` of the page before.

        Raises ProblemError `FIELD_DICTIONARY_NOT_READY` in the first seconds after an update of the server.
        """
        parameters = {
            "query": query,
            "group": group,
            "group_family": group_family,
            "language": language,
            "view": "FIELD_VIEW_FULL" if all_values else "",
            "page_size": page_size or "",
            "page_token": page_token,
        }
        said = {name: value for name, value in parameters.items() if value not in ("", None)}
        return await self._call(
            field_models.fields_found_from_json, "GET", "/v1/fieldDefinitions", params=said
        )

    async def field_definition(self, name: str, *, language: str = "") -> FieldDefinition:
        """Return one field with all values and descriptions; `name` as in `FieldDefinition.name`.

        Raises ProblemError `FIELD_DEFINITION_NOT_FOUND`.
        """
        path = f"/v1/fieldDefinitions/{quote(name.removeprefix('fieldDefinitions/'), safe='')}"
        parameters = {"language": language} if language else {}
        return await self._call(field_models.field_definition_from_json, "GET", path, params=parameters)

    async def field_groups(self) -> tuple[FieldGroup, ...]:
        """List the groups that fields are in, by family and name."""
        return await self._call(field_models.field_groups_from_json, "GET", "/v1/fieldGroups")

    async def field_dictionary(self) -> FieldDictionary:
        """Say what the field dictionary holds and what it was made from."""
        return await self._call(field_models.field_dictionary_from_json, "GET", "/v1/fieldDictionary")

    def _retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception(may_pass),
            stop=stop_after_attempt(self._attempts_max) | WaitedFor(self._retry_seconds_max),
            wait=wait_seconds,
            reraise=True,
        )

    async def _attempt(self, upload: Upload, on_progress: Callable[[Event], None] | None) -> Extraction:
        # A new id each time: an attempt that was cut off may have left a failed extraction under the old one.
        extraction_id = str(uuid4())
        posting = self._post(upload, extraction_id)
        if on_progress is None:
            return await posting
        watch = asyncio.create_task(self._report(extraction_id, on_progress))
        try:
            extraction = await posting
        finally:
            watch.cancel()
            await asyncio.wait([watch])
        if not watch.cancelled():
            watch.result()  # what `on_progress` raised
        return extraction

    async def _post(self, upload: Upload, extraction_id: str) -> Extraction:
        with await upload.open() as file:
            return await self._call(
                models.extraction_from_json,
                "POST",
                "/v1/extractions",
                params={
                    "extraction_id": extraction_id,
                    "partial_results": "true" if upload.partial_results else "false",
                    "operations": upload.operations,
                },
                headers={"Idempotency-Key": upload.request_id},
                files={"file": (upload.file_name, file)},
                timeout=self._extraction_timeout,
            )

    async def _report(self, extraction_id: str, on_progress: Callable[[Event], None]) -> None:
        try:
            async with aclosing(self.events(extraction_id)) as happening:
                async for event in happening:
                    if not isinstance(event.change, Extraction):
                        on_progress(event)
        except MetaExtractError as error:
            # Progress is a courtesy: the upload goes on without it, and its own answer tells how it ended.
            log.info("progress of %s is not available: %s", extraction_id, error)

    async def _call(
        self,
        read: Callable[[models.Json], T],
        method: str,
        url: str,
        **options: Any,  # noqa: ANN401 - what httpx takes
    ) -> T:
        with connection_errors(self._http.base_url):
            response = await self._http.request(method, url, **options)
        await raise_for_problem(response)
        try:
            return read(response.json())
        except (ValueError, TypeError, AttributeError) as error:
            detail = f"{self._http.base_url} does not answer like a MetaExtract server"
            raise ProblemError(status=response.status_code, detail=detail) from error


def _path(extraction_id: str) -> str:
    return f"/v1/extractions/{quote(extraction_id, safe='')}"
