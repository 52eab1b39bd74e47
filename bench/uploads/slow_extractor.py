"""The extractor as it is, but with a disk that takes BENCH_BYTES_PER_SECOND from each upload.

A program of its own, started by path: the product has no switch for this.
"""

import asyncio
import os
from unittest.mock import patch

from metaextract_common.process import run
from metaextract_extractor.adapters.spool.disk import DiskFile
from metaextract_extractor.main import running
from metaextract_extractor.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    bytes_per_second = float(os.environ["BENCH_BYTES_PER_SECOND"])
    write = DiskFile.write

    async def slow_write(file: DiskFile, chunk: bytes, offset: int) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + len(chunk) / bytes_per_second
        await write(file, chunk, offset)
        await asyncio.sleep(max(0.0, until - loop.time()))

    with patch.object(DiskFile, "write", slow_write):
        run("extractor", Settings, running)


if __name__ == "__main__":
    main()
