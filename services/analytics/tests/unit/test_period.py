from datetime import UTC, datetime, timedelta

import pytest

from metaextract_analytics.domain.model import Period, Report
from metaextract_common.errors import Kind, ServiceError

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ServiceError) as caught:
        Period(NOON, NOON - MOMENT)

    assert (caught.value.reason, caught.value.kind) == ("PERIOD_INVALID", Kind.INVALID)


def test_a_period_that_ends_where_it_begins_is_empty() -> None:
    assert NOON not in Period(NOON, NOON)


def test_a_period_holds_its_start_and_not_its_end() -> None:
    period = Period(NOON, NOON + MOMENT)

    assert [NOON + offset * MOMENT in period for offset in (-1, 0, 1)] == [False, True, False]


@pytest.mark.parametrize("period", [Period(None, None), Period(NOON, None), Period(None, NOON + MOMENT)])
def test_an_absent_limit_is_no_limit(period: Period) -> None:
    assert NOON in period


def test_a_report_counts_all_its_names_together() -> None:
    assert Report({"hold.captured": 3, "hold.released": 2}, NOON, NOON).events_count == 5
