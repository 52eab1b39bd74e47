"""Everything about billing that differs between two deployments."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from metaextract_billing.adapters.mail.smtp import SmtpServer
from metaextract_common.settings import ServiceSettings

IDENTITY_KEY_LENGTH_MIN = 32


LEGACY_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "dodo_api_key": ("DODO_PAYMENTS_API_KEY", "DOOD_API_KEY"),
    "dodo_environment": ("DODO_ENV", "DOOD_ENV"),
    "dodo_webhook_secrets": ("DODO_WEBHOOK_SECRET", "DOOD_WEBHOOK_SECRET"),
    "pack_starter_product": ("DODO_PRODUCT_IMAGES_STARTER",),
    "pack_starter_price_cents": ("IMAGES_MVP_STARTER_PRICE_CENTS",),
    "pack_pro_product": ("DODO_PRODUCT_IMAGES_PRO",),
    "pack_pro_price_cents": ("IMAGES_MVP_PRO_PRICE_CENTS",),
}
"""What the system before this one called settings; the first that is set counts, if ours is not set."""


class _LegacyNames(PydanticBaseSettingsSource):
    """Reads the environment by the names of the system before this one."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:
        """Return the value, if there is one."""
        names = LEGACY_NAMES.get(field_name, ())
        value = next((os.environ[name] for name in names if os.environ.get(name)), None)
        if field_name == "dodo_environment" and value is not None:
            value = "live_mode" if value == "live" else "test_mode"
        return value, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return all that is set."""
        fields = self.settings_cls.model_fields.items()
        found = {name: self.get_field_value(field, name)[0] for name, field in fields}
        return {name: value for name, value in found.items() if value is not None}


class Settings(ServiceSettings):
    """Read once, by `main`."""

    model_config = SettingsConfigDict(env_prefix="BILLING_", frozen=True, extra="forbid")

    listen: str = Field(
        default="0.0.0.0:50052",
        description="Address of the gRPC port: `host:port`, or `unix:/path`.",
    )
    database_path: Path = Field(
        default=Path(".data/billing.sqlite"), description="SQLite file of the ledger; made if missing."
    )
    database_url: SecretStr = Field(
        default=SecretStr(""),
        description="PostgreSQL database of the ledger, `postgresql://…`; empty for the SQLite file.",
    )
    metered: bool = Field(
        default=True, description="Whether extractions cost anything; `false` charges nobody."
    )
    analytics_target: str = Field(
        default="", description="Address of the analytics service; empty sends no events."
    )
    hold_seconds: PositiveInt = Field(
        default=900, description="Time after which a hold that nobody resolved is given back."
    )
    quote_seconds: PositiveInt = Field(default=900, description="Time for which a quoted price is kept.")
    free_checks_count_max: Annotated[int, Field(ge=0)] = Field(
        default=2, description="Free checks of each device."
    )
    trials_count_max: Annotated[int, Field(ge=0)] = Field(
        default=2, description="Trials of each e-mail address."
    )
    network_free_uses_count_max: Annotated[int, Field(ge=0)] = Field(
        default=200,
        description="Free checks and trials of one network (/24, /64) a day; offices and carriers share one.",
    )
    daily_free_uses_count_max: Annotated[int, Field(ge=0)] = Field(
        default=10_000, description="Free checks and trials of everybody a day."
    )
    identity_key: SecretStr = Field(
        default=SecretStr(""),
        description="Secret of the digests of e-mail addresses and networks, of 32 characters or more; the "
        "same for all replicas. Empty makes one beside the SQLite file.",
    )
    dodo_api_key: SecretStr = Field(
        default=SecretStr(""),
        description="API key of DodoPayments; empty sells nothing. Also `DODO_PAYMENTS_API_KEY`, "
        "`DOOD_API_KEY`.",
    )
    dodo_environment: Literal["test_mode", "live_mode"] = Field(
        default="test_mode",
        description="Which of its two environments takes the money. Also `DODO_ENV`, `DOOD_ENV`: `live` or "
        "another word.",
    )
    dodo_base_url: str = Field(
        default="", description="Address of another DodoPayments, such as the fake one; empty for the real."
    )
    dodo_webhook_secrets: SecretStr = Field(
        default=SecretStr(""),
        description="Secrets (`whsec_…`) that webhooks may be signed with, separated by commas: two while "
        "one replaces the other. Empty refuses all. Also `DODO_WEBHOOK_SECRET`, `DOOD_WEBHOOK_SECRET`.",
    )
    webhook_receipt_days: Annotated[int, Field(ge=30)] = Field(
        default=90,
        description="Days for which it is kept that a webhook had its effect; 30 or more, because "
        "DodoPayments sends one again for days.",
    )
    pack_starter_product: str = Field(
        default="pdt_images_mvp_starter",
        description="Product of the starter pack at DodoPayments. Also `DODO_PRODUCT_IMAGES_STARTER`.",
    )
    pack_starter_price_cents: PositiveInt = Field(
        default=400, description="What the starter pack costs. Also `IMAGES_MVP_STARTER_PRICE_CENTS`."
    )
    pack_pro_product: str = Field(
        default="pdt_images_mvp_pro",
        description="Product of the pro pack at DodoPayments. Also `DODO_PRODUCT_IMAGES_PRO`.",
    )
    pack_pro_price_cents: PositiveInt = Field(
        default=1200, description="What the pro pack costs. Also `IMAGES_MVP_PRO_PRICE_CENTS`."
    )
    session_seconds: PositiveInt = Field(
        default=604_800, description="Time after which somebody who signed in has to sign in again."
    )
    smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description="Server that mail is handed in at: `smtps://user:password@host`, `smtp+starttls://…`, or "
        "`smtp://…`, which is not encrypted. Empty sends no mail, and passwords cannot be reset.",
    )
    mail_sender: str = Field(default="", description="Address that mail comes from; needed with `smtp_url`.")
    site_url: str = Field(
        default="",
        description="Address that links in mails begin with, such as `https://example.org`; needed with "
        "`smtp_url`.",
    )
    sweep_seconds: PositiveFloat = Field(
        default=60, description="Pause between two searches for holds that nobody resolved."
    )
    audit_seconds: Annotated[float, Field(ge=0)] = Field(
        default=3600, description="Pause between two audits of the whole ledger; 0 for none."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment by our names, then by those of the system before this one."""
        return init_settings, env_settings, _LegacyNames(settings_cls)

    @model_validator(mode="after")
    def _keys_are_shared(self) -> Self:
        length = len(self.identity_key.get_secret_value())
        if not length and self.database_url.get_secret_value():
            raise ValueError("with a PostgreSQL database the replicas must share an identity_key")
        if 0 < length < IDENTITY_KEY_LENGTH_MIN:
            raise ValueError(f"identity_key must have {IDENTITY_KEY_LENGTH_MIN} characters or more")
        return self

    @model_validator(mode="after")
    def _mail_can_be_sent(self) -> Self:
        url = self.smtp_url.get_secret_value()
        if url and not (self.mail_sender and self.site_url):
            raise ValueError("with an smtp_url there must be a mail_sender and a site_url")
        if url:
            SmtpServer.at(url, self.mail_sender)
        return self
