"""A process of billing that holds and captures until its input ends, and prints what it was told.

`python holding.py TARGET NAME OWNER`: TARGET is a path (SQLite) or a URL (PostgreSQL); NAME makes its request
ids its own. Each line is `held NAME-N` or `captured NAME-N`; a failure is `failed REASON`.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from metaextract_billing.adapters.storage import postgres, sqlite
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.free_uses import FreeUses
from metaextract_billing.application.holds import CaptureHold, CreateHold, HoldRequest
from metaextract_billing.domain.allowances import Limits
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.models import Operations
from metaextract_common.errors import ServiceError


def tell(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def now() -> datetime:
    return datetime.now(UTC)


async def hold_and_capture(target: str, name: str, owner: str) -> None:
    opened = postgres.connected(target) if "://" in target else sqlite.opened(Path(target))
    end = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    async with opened as store:
        desk = Desk(store)
        free = FreeUses(Limits(), Identities(b"k" * 32), frozenset())
        hold = CreateHold(desk, now, metered=True, lifetime=timedelta(minutes=15), free=free)
        capture = CaptureHold(desk, now)
        number = 0
        while not end.done():
            number += 1
            request = HoldRequest(None, 1000, Operations(), None)
            try:
                held = await hold(owner, f"{name}-{number}", request)
                tell("held", held.request)
                captured = await capture(held.name, Operations(), 1000, None)
                tell("captured", captured.request)
            except ServiceError as error:
                tell("failed", error.reason)


if __name__ == "__main__":
    asyncio.run(hold_and_capture(*sys.argv[1:]))
