"""How SQLite keeps what it has no type for."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import overload


@overload
def text(time: datetime) -> str: ...
@overload
def text(time: None) -> None: ...
@overload
def text(time: datetime | None) -> str | None: ...
def text(time: datetime | None) -> str | None:
    """Return a time. All are UTC with microseconds, so that text order is time order."""
    return time.isoformat(timespec="microseconds") if time else None


def json_text(names: Collection[str]) -> str:
    """Return names as one value, for `json_each`: a statement takes only so many values."""
    return json.dumps(list(names))
