"""Events to test with."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from metaextract_analytics.domain.model import Event


@pytest.fixture
def make_event() -> Callable[..., Event]:
    """A function that makes an event; what the test does not name gets a usual value and a new id."""

    def make(**changes: object) -> Event:
        usual = {
            "event_id": str(uuid.uuid4()),
            "name": "hold.captured",
            "time": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
            "source": "billing",
            "attributes": {"credits": "3"},
            "traceparent": "",
        }
        return Event(**{**usual, **changes})

    return make
