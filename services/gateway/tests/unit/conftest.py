"""Callers to test with."""

from collections.abc import Callable
from typing import TypeAlias

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from metaextract_gateway.adapters.http.auth.callers import STATE
from metaextract_gateway.domain.identity import Caller

CalledBy: TypeAlias = Callable[[ASGIApp, Caller], ASGIApp]


@pytest.fixture
def called_by() -> CalledBy:
    """A function that makes every request to an application one of a certain caller."""

    def wrap(app: ASGIApp, caller: Caller) -> ASGIApp:
        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("state", {})[STATE] = caller
            await app(scope, receive, send)

        return wrapped

    return wrap
