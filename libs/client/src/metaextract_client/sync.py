"""For programs without an event loop."""

import asyncio
import os

from metaextract_client.client import DEFAULT_URL, Client
from metaextract_client.models import Extraction


def extract_file(path: str | os.PathLike[str], base_url: str = DEFAULT_URL) -> Extraction:
    """Upload one file and return its extraction; raises as `Client.extract` does.

    Not for use inside a running event loop: use `Client` there.
    """

    async def extract() -> Extraction:
        async with Client(base_url) as client:
            return await client.extract(path)

    return asyncio.run(extract())
