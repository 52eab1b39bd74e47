"""The client: one class over one HTTP connection pool."""

import dataclasses
import os
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from metaextract_client import account_models, field_models, models
from metaextract_client.account_models import Balance, Batch, Quote
from metaextract_client.errors import ExtractionFailedError
from metaextract_client.event_stream import events
from metaextract_client.field_models import FieldDefinition, FieldDictionary, FieldGroup, FieldsFound
from metaextract_client.finding_models import Comparison
from metaextract_client.models import Event, Extraction, Format, Server, State
from metaextract_client.redaction import Redaction, RedactionProfile, redacted_copy
from metaextract_client.resumable import UploadMemory
from metaextract_client.transport import Patience, Transport
from metaextract_client.uploading import OnBytes, upload_of
from metaextract_client.uploads import OnProgress, Uploads, ended, extraction_path

RESUMABLE_BYTES_MIN: Final = 16 * 1024 * 1024
Source = str | os.PathLike[str] | bytes


class AsyncMetaExtract:
    """Talks to one MetaExtract server; use it with `async with`, from one event loop.

    base_url: the server; `METAEXTRACT_URL` or http://localhost:8080 if not given. api_key: of an account;
    `METAEXTRACT_API_KEY` if not given. token: a bearer token instead, of a session or an identity provider.
    patience: how often and how long to try. resumable_bytes_min: files of this length and above are sent
    resumably, where the server can; None for none. resume_dir: a folder that remembers uploads under way, so
    that another run of the program goes on with them.
    """

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
        self._transport = Transport(base_url, api_key, token, patience)
        memory = UploadMemory(Path(resume_dir)) if resume_dir is not None else None
        self._uploads = Uploads(self._transport, resumable_bytes_min, memory)

    async def __aenter__(self) -> Self:
        await self._transport.http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.http.__aexit__(kind, error, trace)

    async def extract(  # noqa: PLR0913 - each has a name, and all but one a default
        self,
        source: Source,
        *,
        file_name: str = "",
        on_progress: OnProgress | None = None,
        on_bytes: OnBytes | None = None,
        request_id: str | None = None,
        partial_results: bool = False,
        operations: Iterable[str] = (),
        batch: str = "",
        quote: str = "",
        quote_file: str = "",
    ) -> Extraction:
        """Upload one file and return its extraction, which has succeeded.

        source: a path, read in chunks, or the bytes themselves. on_progress: called in the event loop with
        each event but the last one, while the file travels and while it is read; of a resumable upload, once
        it has arrived. on_bytes: called with the number of bytes sent and their total. request_id: makes the
        call idempotent across processes (at most 128 characters); a fresh one covers the retries of this
        call. operations: work beyond reading, `embedding`, `ocr` or `forensics`; `Extraction.operations`
        tells what became of them. batch: the batch to join, `batches/` and a UUID. quote, quote_file: the
        price to pay, by `Quote.name` and `PricedFile.id`; it brings operations of its own.

        Raises:
            ProblemError: the server refused; what passes by itself is tried again first.
            ExtractionFailedError: the server took the file and could not read it.
            ServerUnreachableError, ConnectionBrokenError: see there; after several attempts.
            OSError: the file cannot be read.
        """
        upload = dataclasses.replace(
            upload_of(source, file_name, request_id),
            partial_results=partial_results,
            operations=tuple(operations),
            batch=batch,
            quote=quote,
            quote_file=quote_file,
            on_bytes=on_bytes,
        )
        extraction = await self._uploads.extract(upload, on_progress)
        if extraction.state is not State.SUCCEEDED:
            raise ExtractionFailedError(extraction)
        return extraction

    async def begin(
        self,
        source: Source,
        *,
        file_name: str = "",
        on_bytes: OnBytes | None = None,
        request_id: str | None = None,
        operations: Iterable[str] = (),
        batch: str = "",
        quote: str = "",
        quote_file: str = "",
    ) -> str:
        """Upload one file and return its extraction's id when it has arrived; `wait` returns the rest.

        Arguments and errors as `extract`.
        """
        upload = dataclasses.replace(
            upload_of(source, file_name, request_id),
            operations=tuple(operations),
            batch=batch,
            quote=quote,
            quote_file=quote_file,
            on_bytes=on_bytes,
        )
        return await self._uploads.begin(upload)

    async def wait(self, extraction_id: str, *, on_progress: OnProgress | None = None) -> Extraction:
        """Return an extraction when it has ended, in whatever way. Raises as `events`."""
        return await ended(self._transport, extraction_id, on_progress)

    async def redact(
        self,
        source: Source,
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
        copied: Redaction = await self._transport.retrying()(
            redacted_copy,
            self._transport.http,
            upload_of(source, file_name),
            Path(target),
            str(profile),
            overwrite=overwrite,
            timeout=self._transport.extraction_timeout,
        )
        return copied

    async def get(self, extraction_id: str) -> Extraction:
        """Return an extraction in its present state. Raises ProblemError `EXTRACTION_NOT_FOUND`."""
        return await self._transport.call(models.extraction_from_json, "GET", extraction_path(extraction_id))

    async def result(self, extraction_id: str, form: str) -> bytes:
        """Return what was found as a document: `json`, `ndjson`, `csv` (UTF-8) or `xmp`, a sidecar.

        Raises ProblemError `EXTRACTION_NOT_FOUND`, or `RESULT_NOT_AVAILABLE` for one that has none.
        """
        path = f"{extraction_path(extraction_id)}/result"
        return (await self._transport.fetch(path, params={"format": form})).content

    async def cancel(self, extraction_id: str) -> Extraction:
        """Stop an extraction and return it; idempotent.

        Raises ProblemError `EXTRACTION_NOT_FOUND`, or `ILLEGAL_STATE_TRANSITION` when it has ended.
        """
        return await self._transport.call(
            models.extraction_from_json, "POST", f"{extraction_path(extraction_id)}:cancel"
        )

    async def compare(self, extraction_ids: Iterable[str]) -> Comparison:
        """Lay the fields of 2 to 100 extractions side by side, by normalised values.

        Raises ProblemError `EXTRACTION_NOT_FOUND`, or `ILLEGAL_STATE_TRANSITION` for one without a result.
        """
        names = [f"extractions/{one.removeprefix('extractions/')}" for one in extraction_ids]
        path = "/v1/extractions:compare"
        return await self._transport.call(models.comparison_from_json, "GET", path, params={"names": names})

    async def batch(self, name: str) -> Batch:
        """Say how far a batch has come; `name` as in `Batch.name`. Raises ProblemError `BATCH_NOT_FOUND`."""
        return await self._transport.call(account_models.batch_from_json, "GET", _batch_path(name))

    async def cancel_batch(self, name: str) -> Batch:
        """Stop all extractions of a batch that have not ended; idempotent."""
        path = f"{_batch_path(name)}:cancel"
        return await self._transport.call(account_models.batch_from_json, "POST", path)

    async def quote(self, sizes_bytes: Iterable[int], *, operations: Iterable[str] = ()) -> Quote:
        """Ask what files of these lengths would cost; the files of the quote are named `1`, `2` and so on."""
        files = [{"id": str(n), "size_bytes": str(size)} for n, size in enumerate(sizes_bytes, start=1)]
        body = {"files": files, "operations": dict.fromkeys(operations, True)}
        return await self._transport.call(account_models.quote_from_json, "POST", "/v1/quotes", json=body)

    async def balance(self) -> Balance:
        """Return the caller's credits. Raises ProblemError if nobody is signed in."""
        return await self._transport.call(account_models.balance_from_json, "GET", "/v1/credits")

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
        return events(
            self._transport,
            f"{extraction_path(extraction_id)}/events",
            after=after,
            wait_seconds=wait_seconds,
        )

    async def formats(self) -> tuple[Format, ...]:
        """List the image formats that the server accepts."""
        return await self._transport.call(models.formats_from_json, "GET", "/v1/formats")

    async def server(self) -> Server:
        """Say what the server consists of and how busy it is."""
        return await self._transport.call(models.server_from_json, "GET", "/v1/server")

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
        return await self._transport.call(
            field_models.fields_found_from_json, "GET", "/v1/fieldDefinitions", params=said
        )

    async def field_definition(self, name: str, *, language: str = "") -> FieldDefinition:
        """Return one field with all values and descriptions; `name` as in `FieldDefinition.name`.

        Raises ProblemError `FIELD_DEFINITION_NOT_FOUND`.
        """
        path = f"/v1/fieldDefinitions/{quote(name.removeprefix('fieldDefinitions/'), safe='')}"
        parameters = {"language": language} if language else {}
        return await self._transport.call(
            field_models.field_definition_from_json, "GET", path, params=parameters
        )

    async def field_groups(self) -> tuple[FieldGroup, ...]:
        """List the groups that fields are in, by family and name."""
        return await self._transport.call(field_models.field_groups_from_json, "GET", "/v1/fieldGroups")

    async def field_dictionary(self) -> FieldDictionary:
        """Say what the field dictionary holds and what it was made from."""
        return await self._transport.call(
            field_models.field_dictionary_from_json, "GET", "/v1/fieldDictionary"
        )


def _batch_path(name: str) -> str:
    return f"/v1/batches/{quote(name.removeprefix('batches/'), safe='')}"
