"""Everything about billing that differs between two deployments."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from metaextract_common.settings import ServiceSettings


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
    sweep_seconds: PositiveFloat = Field(
        default=60, description="Pause between two searches for holds that nobody resolved."
    )
