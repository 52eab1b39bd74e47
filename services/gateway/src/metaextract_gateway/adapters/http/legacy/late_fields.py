"""Forms whose file comes first. The original stored a form whole before it looked at it, in any order.

Who pays, and for what, stands in the fields and must be known before the file is passed on. So a file with
no field before it waits in a nameless temporary file until the form has ended; others are passed on at once.
"""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

from metaextract_gateway.adapters.http.uploads import IncomingUpload
from metaextract_gateway.domain import errors

MEMORY_BYTES_MAX: Final = 256 * 1024
"""Smaller files do not touch the disk."""

_CHUNK_BYTES: Final = 256 * 1024


@asynccontextmanager
async def with_all_fields(
    incoming: IncomingUpload, folder: Path | None, bytes_max: int
) -> AsyncIterator[IncomingUpload]:
    """Provide the upload with all of its fields.

    Raises UPLOAD_TOO_LARGE, UPLOADS_STORE_FULL if it cannot wait, and what reading the form raises.

    `folder`: where files wait; None: where the system keeps temporary files.
    """
    if incoming.fields:
        yield incoming
        return
    with tempfile.SpooledTemporaryFile(MEMORY_BYTES_MAX, dir=str(folder) if folder else None) as waiting:
        size = 0
        async with aclosing(incoming.chunks) as chunks:
            async for chunk in chunks:
                size += len(chunk)
                if size > bytes_max:
                    raise errors.upload_too_large(bytes_max)
                try:
                    await asyncio.to_thread(waiting.write, chunk)
                except OSError as error:
                    raise errors.uploads_store_full() from error
        waiting.seek(0)
        fields = dict(incoming.late_fields)
        yield replace(incoming, fields=fields, size_bytes_expected=size, chunks=_read(waiting))


async def _read(waiting: IO[bytes]) -> AsyncGenerator[bytes, None]:
    while chunk := await asyncio.to_thread(waiting.read, _CHUNK_BYTES):
        yield chunk
