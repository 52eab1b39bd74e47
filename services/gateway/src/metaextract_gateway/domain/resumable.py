"""Files that arrive in pieces, over several requests, and are kept until they are whole and read."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from metaextract_gateway.domain.model import Happening, Payer, Upload


@dataclass(frozen=True, slots=True)
class ResumableUpload:
    """What is known of an upload besides its bytes.

    `upload.size_bytes_expected` is None until the client has said how long the file is. `owner` is whose
    limits it counts against, `hold` what was set aside for it (empty if nothing), `metadata` what the client
    said of it, word for word. `unverified_from`: bytes from here on wait for their checksum and do not count.
    `is_settled`: its extraction has ended, so that its bytes are no longer needed.
    """

    id: str
    owner: str
    payer: Payer
    upload: Upload
    metadata: str = ""
    hold: str = ""
    unverified_from: int | None = None
    is_settled: bool = False

    @property
    def bytes_max(self) -> int:
        """How long the file is, or may become."""
        upload = self.upload
        return upload.size_bytes_max if upload.size_bytes_expected is None else upload.size_bytes_expected


@dataclass(frozen=True, slots=True)
class Kept:
    """An upload as it is kept: the bytes that are safely here, and when it is forgotten (UTC)."""

    known: ResumableUpload
    offset_bytes: int
    expire_time: datetime

    @property
    def is_whole(self) -> bool:
        """Whether every byte has arrived."""
        return self.offset_bytes == self.known.upload.size_bytes_expected


class Writing(Protocol):
    """An upload that nobody else writes to."""

    @property
    def kept(self) -> Kept:
        """How it is now."""
        ...

    def until_superseded(self) -> AbstractAsyncContextManager[None]:
        """Within this context, raise UPLOAD_TAKEN_OVER as soon as a newer request wants the upload."""
        ...

    async def append(self, data: bytes) -> None:
        """Write behind the last byte, even if cancelled. Raises UPLOADS_STORE_FULL; what fits is kept."""
        ...

    async def cut(self, size_bytes: int) -> None:
        """Throw away what is behind."""
        ...

    async def know(self, known: ResumableUpload) -> None:
        """Replace what is known, all or nothing."""
        ...

    async def secure(self) -> None:
        """Return when what was written survives the loss of power."""
        ...


class UploadStore(Protocol):
    """Where uploads are kept; several gateways may share it."""

    async def add(self, known: ResumableUpload) -> Kept:
        """Keep a new upload, without bytes. Raises UPLOADS_STORE_FULL."""
        ...

    async def get(self, upload_id: str) -> Kept:
        """Return an upload as it was a moment ago. Raises UPLOAD_NOT_FOUND."""
        ...

    async def know(self, known: ResumableUpload) -> None:
        """Replace what is known of a whole upload. Raises UPLOAD_NOT_FOUND."""
        ...

    def writing(self, upload_id: str) -> AbstractAsyncContextManager[Writing]:
        """Be the only one to write: whoever does so now is told to stop, and waited for.

        Raises UPLOAD_NOT_FOUND, UPLOAD_LOCKED, and UPLOAD_TAKEN_OVER if a still newer request came.
        """
        ...

    def reading(self, upload_id: str) -> AbstractAsyncContextManager[bool]:
        """Tell whether we are the only one to read a whole upload, among all gateways."""
        ...

    def chunks(self, upload_id: str) -> AsyncGenerator[bytes, None]:
        """Read the bytes of a whole upload. Raises UPLOAD_NOT_FOUND."""
        ...

    async def settle(self, upload_id: str) -> None:
        """Remember that the extraction has ended, and let go of the bytes."""
        ...

    async def remove(self, upload_id: str) -> None:
        """Forget an upload and its bytes; whoever writes to it is told to stop. Raises UPLOAD_NOT_FOUND."""
        ...

    async def all(self) -> Sequence[Kept]:
        """Return what is not settled yet."""
        ...

    async def expired(self) -> Sequence[ResumableUpload]:
        """Forget uploads whose time is over, and return them."""
        ...


class Extractions(Protocol):
    """What became of extractions."""

    async def find(self, extraction_id: str) -> Happening | None:
        """Return an extraction as it is now; `end` is None while it runs. None if there is none."""
        ...
