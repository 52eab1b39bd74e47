"""Settings that are safe by default, and read by the names that people have."""

import pytest
from pydantic import ValidationError

from metaextract_billing.settings import LEGACY_NAMES, Settings


def test_a_server_that_nobody_configured_charges() -> None:
    assert Settings().metered is True


def shown(settings: Settings, name: str) -> object:
    value = getattr(settings, name)
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


@pytest.mark.parametrize("name", LEGACY_NAMES)
def test_the_names_of_the_system_before_are_read_if_ours_are_not_set(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    said, meant = {
        "dodo_environment": ("live", "live_mode"),
        "pack_starter_price_cents": ("7", 7),
        "pack_pro_price_cents": ("7", 7),
    }.get(name, ("x", "x"))
    ours = "test_mode" if name == "dodo_environment" else "8"
    for alias in reversed(LEGACY_NAMES[name]):
        monkeypatch.setenv(alias, said)
        assert shown(Settings(), name) == meant
        assert shown(Settings.from_environment(), name) == meant
        monkeypatch.setenv(LEGACY_NAMES[name][-1], "ignored")  # an earlier name comes before it

    monkeypatch.setenv(f"BILLING_{name.upper()}", ours)
    assert str(shown(Settings(), name)) == ours
    assert all(
        f"`{alias}`" in (Settings.model_fields[name].description or "") for alias in LEGACY_NAMES[name]
    )


@pytest.mark.parametrize("word", ["test", "production", "LIVE"])
def test_only_the_word_live_takes_real_money(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("DODO_ENV", word)

    assert Settings().dodo_environment == "test_mode"


@pytest.mark.parametrize(
    "values",
    [
        {"smtp_url": "smtps://mail.test"},
        {"smtp_url": "smtps://mail.test", "mail_sender": "me@site.test"},
        {"smtp_url": "http://mail.test", "mail_sender": "me@site.test", "site_url": "https://site.test"},
        {"webhook_receipt_days": 29},
    ],
)
def test_what_cannot_work_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(values)
