"""Everything about analytics that differs between two deployments."""

from pathlib import Path

from pydantic import Field, PositiveInt
from pydantic_settings import SettingsConfigDict

from metaextract_common.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read once, in main. Nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="ANALYTICS_", frozen=True, extra="forbid")

    listen: str = Field(
        default="0.0.0.0:50053",
        description="Address of the gRPC port: `host:port`, or `unix:/path`.",
    )
    database_path: Path = Field(
        default=Path(".data/analytics.sqlite"), description="SQLite file that keeps the events."
    )
    retention_days: PositiveInt = Field(
        default=400, le=36_500, description="Days after which events are deleted; looked after once a day."
    )
