"""What the extractor consists of and how busy it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from metaextract_extractor.application.uploads import Uploads


class WorkerCounts(Protocol):
    """What is asked of the workers."""

    @property
    def engines(self) -> Mapping[str, str]:
        """Names and versions."""
        ...

    @property
    def workers_count(self) -> int:
        """Workers that can take or have a file."""
        ...

    @property
    def busy_count(self) -> int:
        """Workers that read a file."""
        ...

    @property
    def queued_count(self) -> int:
        """Files that wait."""
        ...

    @property
    def sandbox_level(self) -> str:
        """How far they are shut in."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of the extractor at one moment."""

    engines: Mapping[str, str]
    workers_count: int
    workers_busy_count: int
    uploads_count: int
    queued_count: int
    sandbox_level: str


class Status:
    """Looks at workers and uploads."""

    def __init__(self, workers: WorkerCounts, uploads: Uploads) -> None:
        self._workers = workers
        self._uploads = uploads

    def now(self) -> Snapshot:
        """Return how it is now."""
        return Snapshot(
            engines=self._workers.engines,
            workers_count=self._workers.workers_count,
            workers_busy_count=self._workers.busy_count,
            uploads_count=self._uploads.count,
            queued_count=self._workers.queued_count,
            sandbox_level=self._workers.sandbox_level,
        )
