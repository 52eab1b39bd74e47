"""Uploads that come in pieces: limits, who may go on with them, and every byte exactly once."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Final

from metaextract_common.errors import ServiceError, invalid_request
from metaextract_gateway.application.extracting import Extracting
from metaextract_gateway.application.reading_uploads import ReadingUploads
from metaextract_gateway.domain import errors
from metaextract_gateway.domain.resumable import Kept, ResumableUpload, UploadStore, Writing

WRITE_BYTES: Final = 256 * 1024
"""Smaller pieces are collected before they are written."""
CHECKSUMS: Final = ("sha256", "sha1", "md5")


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How much may be on its way: uploads and bytes, in all and for each owner."""

    open_max: int
    open_bytes_max: int
    owner_open_max: int
    owner_open_bytes_max: int


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request must hash to."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes of one request: `length_bytes` of them, if it says so.

    `size_bytes`: the length of the whole file, where the request declares it.
    """

    offset_bytes: int
    chunks: AsyncIterator[bytes]
    length_bytes: int | None = None
    checksum: Checksum | None = None
    size_bytes: int | None = None


class Resuming:
    """What clients may do with resumable uploads."""

    def __init__(
        self, store: UploadStore, extracting: Extracting, reading: ReadingUploads, limits: UploadLimits
    ) -> None:
        self._store = store
        self._extracting = extracting
        self._reading = reading
        self._limits = limits
        self._creating = asyncio.Lock()

    async def create(self, known: ResumableUpload, *, repeatable: bool) -> Kept:
        """Make room for a file and set aside what it may cost.

        `repeatable`: the client chose the request id, so that the same request gives the same upload.
        Raises UPLOAD_TOO_LARGE, UPLOADS_OPEN_LIMIT, UPLOADS_STORE_FULL, and what billing refuses.
        """
        upload = known.upload
        if upload.size_bytes_expected is not None and upload.size_bytes_expected > upload.size_bytes_max:
            raise errors.upload_too_large(upload.size_bytes_max)
        kept = await self._store.all()
        if repeatable and (earlier := _earlier(kept, known)) is not None:
            return earlier
        self._admit(kept, known)
        if await self._reading.is_used(upload.extraction_id):
            raise invalid_request("extraction_id", "must be one that is not in use")
        known = await self._reserved(known)
        async with self._creating:  # others may have come meanwhile
            kept = await self._store.all()
            if repeatable and (earlier := _earlier(kept, known)) is not None:
                return earlier
            try:
                self._admit(kept, known)
                made = await self._store.add(known)
            except BaseException:
                await self._extracting.give_back(known.hold)
                raise
        if made.is_whole:  # an empty file
            await self._reading.begin(known.id)
        return made

    async def status(self, upload_id: str, account: str) -> Kept:
        """Return where to go on; an older request that still writes is stopped first."""
        kept = await self._found(upload_id, account)
        async with AsyncExitStack() as stack:
            writing = None if kept.is_whole else await self._began(upload_id, stack)
            return await self._found(upload_id, account) if writing is None else writing.kept

    async def append(self, upload_id: str, account: str, piece: Piece) -> Kept:
        """Write a piece behind what is there; an older request that still writes is stopped first.

        What arrives before a piece breaks off is kept, unless it has a checksum. When the last byte is
        there, the extraction begins, and what keeps it from beginning is raised: the same request without
        bytes tries again. Raises UPLOAD_OFFSET_MISMATCH, UPLOAD_CHECKSUM_MISMATCH, UPLOAD_TAKEN_OVER,
        UPLOAD_TOO_LARGE, UPLOADS_STORE_FULL, and what `piece.chunks` raises.
        """
        kept = await self._found(upload_id, account)
        async with AsyncExitStack() as stack:
            writing = None if kept.is_whole else await self._began(upload_id, stack)
            if writing is None:
                kept = await self._found(upload_id, account)
                await _expect_nothing(kept, piece)
            else:
                await self._declare_length(writing, piece.size_bytes)
                await _write(writing, piece)
                kept = writing.kept
        if kept.is_whole and not kept.known.is_settled:
            await self._reading.begin(upload_id)
        return kept

    async def terminate(self, upload_id: str, account: str) -> None:
        """Forget an upload. An extraction that has begun goes on: it is stopped by its own name."""
        kept = await self._found(upload_id, account)
        await self._store.remove(upload_id)
        if not kept.is_whole:
            await self._extracting.give_back(kept.known.hold)

    async def sweep(self) -> None:
        """Forget what has expired, and read what a gateway that is gone left whole."""
        for known in await self._store.expired():
            if not known.is_settled:
                await self._extracting.give_back(known.hold)
        for kept in await self._store.all():
            if kept.is_whole:
                self._reading.adopt(kept.known.id)

    async def _began(self, upload_id: str, stack: AsyncExitStack) -> Writing | None:
        """Begin to write; None if there is nothing to write to any more: another request was quicker."""
        try:
            return await stack.enter_async_context(self._store.writing(upload_id))
        except ServiceError as error:
            if error.reason != errors.upload_not_found().reason:
                raise
            return None

    async def _found(self, upload_id: str, account: str) -> Kept:
        kept = await self._store.get(upload_id)
        owner = kept.known.payer.account
        # Whoever knows the name of a guest's upload may go on with it; that of an account takes the account.
        if owner.startswith("user:") and owner != account:
            raise errors.upload_not_found()
        return kept

    def _admit(self, kept: Sequence[Kept], known: ResumableUpload) -> None:
        limits = self._limits
        size_bytes = known.bytes_max
        own = [one for one in kept if one.known.owner == known.owner]
        if len(own) >= limits.owner_open_max:
            raise errors.uploads_open_limit("uploads_owner_open_max")
        if _reserved_bytes(own) + size_bytes > limits.owner_open_bytes_max:
            raise errors.uploads_open_limit("uploads_owner_open_bytes_max")
        if len(kept) >= limits.open_max or _reserved_bytes(kept) + size_bytes > limits.open_bytes_max:
            raise errors.uploads_store_full()

    async def _reserved(self, known: ResumableUpload) -> ResumableUpload:
        """Refuse early when nobody can pay; what is set aside may expire before the last byte comes.

        A price that was claimed must hold now. A file that takes longer than it stands is not thrown away for
        it in the end, but priced by what it is.
        """
        upload = known.upload
        if upload.size_bytes_expected is None:
            return known
        hold = await self._extracting.reserve(known.payer, upload)
        if upload.quoted is not None:
            upload = replace(upload, quoted=replace(upload.quoted, must_hold=False))
        return replace(known, upload=upload, hold=hold.name)

    async def _declare_length(self, writing: Writing, size_bytes: int | None) -> None:
        known = writing.kept.known
        upload = known.upload
        if size_bytes is None or size_bytes == upload.size_bytes_expected:
            return
        if upload.size_bytes_expected is not None or size_bytes < writing.kept.offset_bytes:
            raise invalid_request("Upload-Length", "must be what it was, and no less than has arrived")
        if size_bytes > upload.size_bytes_max:
            raise errors.upload_too_large(upload.size_bytes_max)
        known = replace(known, upload=replace(upload, size_bytes_expected=size_bytes))
        await writing.know(await self._reserved(known))


async def _write(writing: Writing, piece: Piece) -> None:
    began = writing.kept
    _check_offset(began, piece)
    if began.offset_bytes + (piece.length_bytes or 0) > began.known.bytes_max:
        raise errors.upload_too_large(began.known.bytes_max)
    digest = None
    if piece.checksum is not None:
        digest = hashlib.new(piece.checksum.algorithm, usedforsecurity=False)
        await writing.know(replace(began.known, unverified_from=began.offset_bytes))
    verified = False
    try:
        async with writing.until_superseded():
            await _copy(writing, piece.chunks, digest)
        verified = piece.checksum is None or _is(digest, piece.checksum)
    finally:
        if piece.checksum is not None and not verified:
            await writing.cut(began.offset_bytes)
        await writing.secure()
        if piece.checksum is not None:
            await writing.know(began.known)
    if not verified:
        raise errors.upload_checksum_mismatch()


async def _copy(writing: Writing, chunks: AsyncIterator[bytes], digest: "hashlib._Hash | None") -> None:
    size_bytes_max, at = writing.kept.known.bytes_max, writing.kept.offset_bytes
    waiting = bytearray()

    async def write() -> None:
        piece = bytes(waiting)
        waiting.clear()
        if digest is not None:
            digest.update(piece)
        await writing.append(piece)

    try:
        async for chunk in chunks:
            at += len(chunk)
            if at > size_bytes_max:
                raise errors.upload_too_large(size_bytes_max)
            waiting += chunk
            if len(waiting) >= WRITE_BYTES:
                await write()
    finally:  # also what came before the connection broke
        if waiting:
            await write()


def _is(digest: "hashlib._Hash | None", checksum: Checksum) -> bool:
    return digest is not None and hmac.compare_digest(digest.digest(), checksum.digest)


def _check_offset(kept: Kept, piece: Piece) -> None:
    if piece.offset_bytes != kept.offset_bytes:
        raise errors.upload_offset_mismatch(kept.offset_bytes)


async def _expect_nothing(kept: Kept, piece: Piece) -> None:
    _check_offset(kept, piece)
    async for _ in piece.chunks:
        raise errors.upload_too_large(kept.offset_bytes)


def _reserved_bytes(kept: Sequence[Kept]) -> int:
    return sum(one.known.bytes_max for one in kept)


def _earlier(kept: Sequence[Kept], known: ResumableUpload) -> Kept | None:
    """Return the upload that the same request made before."""

    def request(one: ResumableUpload) -> tuple[str, str, str, int | None]:
        upload = one.upload
        return one.payer.account, upload.request_id, upload.file_name, upload.size_bytes_expected

    return next((one for one in kept if request(one.known) == request(known)), None)
