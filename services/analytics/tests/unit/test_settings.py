import pytest
from pydantic import ValidationError

from metaextract_analytics.settings import Settings


def test_settings_are_read_from_variables_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYTICS_RETENTION_DAYS", "30")

    settings = Settings.from_environment()

    assert (settings.retention_days, settings.listen) == (30, "0.0.0.0:50053")


@pytest.mark.parametrize("days", [0, 36_501])
def test_a_retention_that_no_calendar_has_is_refused(days: int) -> None:
    with pytest.raises(ValidationError):
        Settings(retention_days=days)
