"""Makes redacted copies of uploads: received, written elsewhere, verified there, handed out, forgotten."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from metaextract_extractor.application.receiving import Parts, Receiving
from metaextract_extractor.domain import errors
from metaextract_extractor.domain.formats import BY_NAME, extension_of, fitting_extension
from metaextract_extractor.domain.model import UploadFinish
from metaextract_extractor.domain.ports import Redactors, Spool
from metaextract_extractor.domain.redaction import RedactionProfile, RedactionReport


@dataclass(frozen=True, slots=True)
class RedactionHeader:
    """What a client says of a file before it sends it."""

    profile: RedactionProfile
    file_name: str


@dataclass(frozen=True, slots=True)
class RedactedCopy:
    """A copy that is about to be handed out: what was done, and what kind of file it is."""

    report: RedactionReport
    media_type: str
    file_extension: str
    size_bytes: int


Handed = RedactedCopy | bytes | UploadFinish
"""What a client gets: the copy's facts, its bytes, and at the end their number and digest."""


@dataclass(frozen=True, slots=True)
class RedactionLimits:
    """`count_max`: redactions under way at once, from the first byte in to the last one out."""

    count_max: int
    upload_bytes_max: int
    upload_idle_seconds_max: float


class Redacting:
    """The redactions under way in this process."""

    def __init__(self, spool: Spool, redactors: Redactors, limits: RedactionLimits) -> None:
        self._spool = spool
        self._redactors = redactors
        self._limits = limits
        self._count = 0

    async def redact(self, header: RedactionHeader, parts: Parts) -> AsyncGenerator[Handed, None]:
        """Receive the file, have a copy made, and yield it. Nothing of either is kept.

        Raises what `Receiving` and `Redactors` raise, and EXTRACTOR_BUSY. Closing the generator cancels all.
        """
        if self._count >= self._limits.count_max:
            raise errors.extractor_busy("redactions_count_max")
        self._count += 1
        try:
            async with aclosing(self._redact(header, parts)) as handed:
                async for one in handed:
                    yield one
        finally:
            self._count -= 1

    async def _redact(self, header: RedactionHeader, parts: Parts) -> AsyncGenerator[Handed, None]:
        extension = extension_of(header.file_name)
        async with self._spool.file(extension, None) as file:
            receiving = Receiving(
                file,
                size_bytes=None,
                extension=extension,
                upload_bytes_max=self._limits.upload_bytes_max,
                idle_seconds_max=self._limits.upload_idle_seconds_max,
            )
            await receiving.receive(parts, _ignored)
            extension = fitting_extension(receiving.head, extension)
            async with self._redactors.redacted(file.path, extension, header.profile) as copy:
                known = BY_NAME.get(copy.report.format_name)
                media_type = known.media_types[0] if known else "application/octet-stream"
                yield RedactedCopy(copy.report, media_type, extension, copy.size_bytes)
                digest = hashlib.sha256()
                async with aclosing(copy.chunks()) as chunks:
                    async for chunk in chunks:
                        digest.update(chunk)
                        yield chunk
                yield UploadFinish(copy.size_bytes, digest.digest())


async def _ignored() -> None:
    """Nobody watches a redaction."""
