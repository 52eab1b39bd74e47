"""Starting a process so that none is left when whoever starts it is cancelled in the middle."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

PIPE = asyncio.subprocess.PIPE


async def started(command: Sequence[str], environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    """Start `command` as the leader of a process group, with pipes for all it reads and says.

    Raises OSError. A start cannot be taken back half-way: who is cancelled waits for it, and ends it then.
    """
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment, cwd="/", start_new_session=True
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        process = await starting
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()
        raise
