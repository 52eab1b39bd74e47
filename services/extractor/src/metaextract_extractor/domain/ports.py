"""What the extractor needs from the outside world."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from metaextract_extractor.domain.batches import Batch, Position
from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.model import Event, Extraction, Happening
from metaextract_extractor.domain.operations import Operation
from metaextract_extractor.domain.ranges import Ranges
from metaextract_extractor.domain.redaction import RedactionProfile, RedactionReport
from metaextract_extractor.domain.result import ByteRange, Hashes


class Extractions(Protocol):
    """All extractions that are not forgotten yet.

    Several replicas may share them. Each speaks through a store of its own: what it adds is its own for as
    long as it says that it lives. Whoever ends an extraction first has ended it. Every method may raise
    STORE_UNAVAILABLE.
    """

    async def add(self, extraction: Extraction) -> None:
        """Store a new one, or raise EXTRACTION_EXISTS (name) or REQUEST_ID_REUSED (owner and request id).

        Raises BATCH_FULL or BATCH_CANCELLED if its batch takes no more.
        """
        ...

    async def update(self, extraction: Extraction) -> None:
        """Replace the stored one of the same name.

        Raises EXTRACTION_NOT_FOUND, and ILLEGAL_STATE_TRANSITION if the stored one has ended.
        """
        ...

    async def get(self, name: str) -> Extraction:
        """Return one, or raise EXTRACTION_NOT_FOUND."""
        ...

    async def find_by_request(self, owner: str, request_id: str) -> Extraction | None:
        """Return the one that `owner` started under `request_id`."""
        ...

    async def forget_expired(self, now: datetime) -> int:
        """Delete those whose `expire_time` has come; return how many. Any number may do so at once."""
        ...

    async def renew(self, until: datetime, running: Collection[str]) -> list[str]:
        """Say that this replica lives until then; return those of `running` (names) that have ended."""
        ...

    async def abandoned(
        self, now: datetime, *, running: Collection[str], since: datetime
    ) -> list[Extraction]:
        """Return those that have not ended and that nobody works on.

        Their replica does not say that it still lives, or it is this one, and they are older than `since` and
        not among `running` (names).
        """
        ...

    async def check(self) -> None:
        """Return if the store can be read, raise if not."""
        ...


class Batches(Protocol):
    """All extractions again, by the batch they belong to. Every method may raise STORE_UNAVAILABLE."""

    async def get(self, name: str) -> Batch:
        """Return a batch, or raise BATCH_NOT_FOUND."""
        ...

    async def page(self, name: str, after: Position | None, count_max: int) -> list[Extraction]:
        """Return extractions behind a position, by creation and name, without their results."""
        ...

    async def unfinished(self, name: str) -> list[str]:
        """Return the names of extractions that have not ended."""
        ...

    async def cancel(self, name: str, at: datetime) -> None:
        """Let no other extraction join; the first time stands. Raises BATCH_NOT_FOUND."""
        ...


class EventLog(Protocol):
    """The events of each extraction, in order, for any number of readers.

    Progress and partial results that later ones replaced need not be kept.
    """

    async def append(self, name: str, happening: Happening) -> Event:
        """Number, date and keep what happened; wake the readers."""
        ...

    async def end(self, name: str, sequence: int, at: datetime) -> None:
        """Append `Ended` under a number that is above all others, for a process that is gone.

        Whoever follows the extraction hears of the end; nobody else appends to it afterwards.
        """
        ...

    def follow(self, name: str, after_sequence: int) -> AsyncGenerator[Event, None]:
        """Yield the events after `after_sequence`, those to come as well, up to `Ended`.

        Raises EXTRACTION_NOT_FOUND if nothing was ever appended for `name`.
        """
        ...

    async def wait_for(self, name: str, seconds: float) -> bool:
        """Return True as soon as something was appended for `name`, False if that takes too long."""
        ...

    async def forget(self, older_than: datetime) -> None:
        """Drop the events of extractions that ended before `older_than`."""
        ...


class SpooledFile(Protocol):
    """A file that is arriving."""

    @property
    def path(self) -> str:
        """Where a worker finds it. Random; no part comes from the client but a known extension."""
        ...

    @property
    def received(self) -> Ranges:
        """The bytes that have arrived."""
        ...

    async def write(self, chunk: bytes, offset: int) -> None:
        """Put `chunk` where nothing is yet, or raise SPOOL_UNAVAILABLE."""
        ...

    async def head(self, length: int) -> bytes:
        """Return the first bytes, fewer if they have not all arrived."""
        ...

    async def seal(self) -> None:
        """Say that nothing more comes: the file gets the length of what has arrived."""
        ...

    async def hashes(self) -> Hashes:
        """Digests of the file, which has arrived whole; raises SPOOL_UNAVAILABLE."""
        ...


class Spool(Protocol):
    """Room for files that are arriving or being read."""

    def file(self, extension: str, size_bytes: int | None) -> AbstractAsyncContextManager[SpooledFile]:
        """Make room; the file is deleted at the end of the block, whatever happens.

        With `size_bytes` (the expected length) the file is that long from the start (sparse), so that
        engines which look at the length can read a prefix.
        """
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """A file for a worker. `extension` is a known one, without dot, or empty.

    `received`: the ranges that have arrived of a file that is still arriving; None when it is whole.
    """

    path: str
    size_bytes: int
    extension: str
    received: tuple[ByteRange, ...] | None = None
    operations: tuple[Operation, ...] = ()


StepReport = Callable[[str, float], Awaitable[None]]
"""Called with the name of the step that begins and the share of the work that is done (0 to 1)."""


class Workers(Protocol):
    """Sandboxed processes that parse. One bad file costs one worker, never the pool."""

    async def read(self, task: Task, on_step: StepReport, on_start: Callable[[], Awaitable[None]]) -> Reading:
        """Wait for a worker (`on_start` is called when one is there) and let it read the file.

        An engine that crashes, hangs or wants too much is left out, and the result says so. Raises
        EXTRACTOR_BUSY, and EXTRACTION_TIMED_OUT or WORKER_LOST if nothing else is left. Cancelling kills
        the worker.
        """
        ...

    async def read_if_idle(self, task: Task) -> Reading | None:
        """Let a worker read what has arrived, or return None if the attempt fails.

        Raises EXTRACTOR_BUSY if no worker is idle.
        """
        ...


class RedactedFile(Protocol):
    """A verified copy, until it is thrown away."""

    @property
    def report(self) -> RedactionReport:
        """What was done."""
        ...

    @property
    def size_bytes(self) -> int:
        """Its length."""
        ...

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield its bytes in order; raises SPOOL_UNAVAILABLE if they cannot be read."""
        ...


class Redactors(Protocol):
    """Sandboxed processes that write: one for each copy."""

    def redacted(
        self, path: str, extension: str, profile: RedactionProfile
    ) -> AbstractAsyncContextManager[RedactedFile]:
        """Make a copy of a whole file and verify it; it is deleted at the end of the block.

        `extension` fits the content. Raises REDACTION_UNSUPPORTED, REDACTION_REFUSED, REDACTION_NOT_VERIFIED,
        EXTRACTION_TIMED_OUT, WORKER_LOST. Cancelling kills the process.
        """
        ...


class Events(Protocol):
    """Where we report what happened, for analytics."""

    def publish(self, name: str, attributes: Mapping[str, str]) -> None:
        """Report; never blocks, never raises."""
        ...
