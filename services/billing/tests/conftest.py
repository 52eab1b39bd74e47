"""What the tests of all layers share: a clock that stands still, events that are kept, orders."""

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from metaextract_billing.domain.models import HoldOrder, Operations

LIFETIME = timedelta(minutes=15)

MakeOrder = Callable[..., HoldOrder]


class StillClock:
    """Implements `domain.ports.Clock`: time passes when a test says so."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, time: timedelta) -> None:
        self.time += time


class KeptEvents:
    """Implements `domain.ports.Events` by remembering."""

    def __init__(self) -> None:
        self.published: list[tuple[str, dict[str, str]]] = []

    def publish(self, name: str, attributes: Mapping[str, str]) -> None:
        self.published.append((name, dict(attributes)))


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def events() -> KeptEvents:
    return KeptEvents()


@pytest.fixture
def order(clock: StillClock) -> MakeOrder:
    numbers = itertools.count(1)

    def make(
        account: str = "alice", request_id: str | None = None, device: str | None = None, body: str = "body"
    ) -> HoldOrder:
        number = next(numbers)
        return HoldOrder(
            name=f"holds/{number}",
            account=account,
            request_id=request_id or f"request-{number}",
            fingerprint=body,
            device=device,
            operations=Operations(embedding=True, forensics=True),
            create_time=clock(),
            expire_time=clock() + LIFETIME,
        )

    return make
