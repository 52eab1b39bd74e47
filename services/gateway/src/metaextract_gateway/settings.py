"""Everything about the gateway that differs between two deployments."""

from pathlib import Path

from pydantic import Field, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from metaextract_common.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read once, in main. Nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True, extra="forbid")

    listen: str = Field(default="0.0.0.0:8080", description="Address of the HTTP port: `host:port`.")
    ops_listen: str = Field(
        default="", description="`host:port` of the operations port (traces, metrics); empty for none."
    )
    extractor_target: str = Field(
        default="dns:///extractor:50051", description="gRPC target of the extractor."
    )
    billing_target: str = Field(default="dns:///billing:50052", description="gRPC target of billing.")
    metered: bool = Field(
        default=True, description="Enforce rate limits; must be as BILLING_METERED, which decides who pays."
    )
    token_secret_file: Path = Field(
        description="File with the secret that signs device tokens, 32 bytes at least."
    )
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^/\s?#]+)?$",
        description="Where people reach this server, `https://host`, for the way back from a payment; "
        "empty for what each request names.",
    )
    upload_bytes_max: PositiveInt = Field(default=100 * 1024 * 1024, description="Largest file, in bytes.")
    upload_seconds_max: PositiveFloat = Field(default=1800, description="Longest upload with its extraction.")
    watch_seconds_max: PositiveFloat = Field(default=3600, description="Longest event stream.")
    health_listen: str = Field(
        default="", description="`host:port` of grpc.health.v1 for the gateway itself; empty for none."
    )
