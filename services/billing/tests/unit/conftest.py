"""Use cases over the store in memory."""

import pytest


@pytest.fixture
def billing(make_billing):
    return make_billing()
