"""Extraction events -> the stages of the legacy progress socket (§4).

The old system sent 10, 20, 90 and 100; what was silence between 20 and 90 is the real progress of the
worker here, step by step. The percentage never falls, not even if a file is begun again without what failed.
"""

from typing import Final

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_gateway.adapters.http.legacy.progress import SessionProgress

_UPLOADED: Final = (10, "upload_complete", "File uploaded successfully")
_STARTED: Final = (20, "extraction_start", "Starting metadata extraction")
_EXTRACTED: Final = (90, "extraction_complete", "Metadata extraction complete")
_COMPLETE: Final = (100, "complete", "Processing complete")


class Stages:
    """Reports one upload to the sockets of its session."""

    def __init__(self, progress: SessionProgress, session_id: str) -> None:
        self._progress = progress
        self._session_id = session_id
        self._percent = 0

    def begin(self) -> None:
        """A new upload begins."""
        self._percent = 0
        self._progress.begin(self._session_id)

    def saw(self, event: pb.ExtractionEvent) -> None:
        """Translate one event."""
        kind = event.WhichOneof("event")
        if kind == "state_change" and event.state_change.state == pb.Extraction.STATE_QUEUED:
            self._send(*_UPLOADED)
        elif kind == "state_change" and event.state_change.state == pb.Extraction.STATE_PARSING:
            self._send(*_STARTED)
        elif kind == "progress" and event.progress.state == pb.Extraction.STATE_PARSING:
            done = event.progress.fraction
            first, last = _STARTED[0], _EXTRACTED[0]
            self._send(round(first + (last - first) * done), "processing", f"Reading: {event.progress.step}")
        elif kind == "ended" and event.ended.state == pb.Extraction.STATE_SUCCEEDED:
            self._send(*_EXTRACTED)

    def complete(self, *, fields_extracted: int, processing_time_ms: float, file_size: int) -> None:
        """The answer is ready."""
        self._send(*_COMPLETE)
        metadata = {
            "fields_extracted": fields_extracted,
            "processing_time_ms": processing_time_ms,
            "file_size": file_size,
        }
        self._progress.publish(self._session_id, "complete", metadata=metadata)

    def failed(self, message: str) -> None:
        """There will be no answer but an error."""
        self._progress.publish(self._session_id, "error", error=message)

    def _send(self, percent: int, stage: str, message: str) -> None:
        percent = self._percent = max(self._percent, percent)
        self._progress.publish(
            self._session_id, "progress", progress=percent, percentage=percent, message=message, stage=stage
        )
