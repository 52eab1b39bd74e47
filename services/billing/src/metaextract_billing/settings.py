"""Everything about billing that differs between two deployments."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from metaextract_common.settings import ServiceSettings

IDENTITY_KEY_LENGTH_MIN = 32


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
        default=20, description="Free checks and trials of one network (/24, /64) a day."
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
        default=SecretStr(""), description="API key of DodoPayments; empty sells nothing."
    )
    dodo_environment: Literal["test_mode", "live_mode"] = Field(
        default="test_mode", description="Which of its two environments takes the money."
    )
    dodo_base_url: str = Field(
        default="", description="Address of another DodoPayments, such as the fake one; empty for the real."
    )
    dodo_webhook_secrets: SecretStr = Field(
        default=SecretStr(""),
        description="Secrets (`whsec_…`) that webhooks may be signed with, separated by commas: two while "
        "one replaces the other. Empty refuses all.",
    )
    pack_starter_product: str = Field(
        default="pdt_images_mvp_starter", description="Product of the starter pack at DodoPayments."
    )
    pack_starter_price_cents: PositiveInt = Field(default=400, description="What the starter pack costs.")
    pack_pro_product: str = Field(
        default="pdt_images_mvp_pro", description="Product of the pro pack at DodoPayments."
    )
    pack_pro_price_cents: PositiveInt = Field(default=1200, description="What the pro pack costs.")
    sweep_seconds: PositiveFloat = Field(
        default=60, description="Pause between two searches for holds that nobody resolved."
    )
    audit_seconds: Annotated[float, Field(ge=0)] = Field(
        default=3600, description="Pause between two audits of the whole ledger; 0 for none."
    )

    @model_validator(mode="after")
    def _keys_are_shared(self) -> Self:
        length = len(self.identity_key.get_secret_value())
        if not length and self.database_url.get_secret_value():
            raise ValueError("with a PostgreSQL database the replicas must share an identity_key")
        if 0 < length < IDENTITY_KEY_LENGTH_MIN:
            raise ValueError(f"identity_key must have {IDENTITY_KEY_LENGTH_MIN} characters or more")
        return self
