"""Everything about the gateway that differs between two deployments."""

from pathlib import Path

from pydantic import Field, PositiveFloat, PositiveInt, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from metaextract_gateway.edge_settings import EdgeSettings


class Settings(EdgeSettings):
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
    analytics_target: str = Field(default="dns:///analytics:50053", description="gRPC target of analytics.")
    metered: bool = Field(
        default=True, description="Enforce rate limits; must be as BILLING_METERED, which decides who pays."
    )
    token_secret_file: Path = Field(
        description="File with the secret that signs tokens, 32 bytes at least; to change it, put the new "
        "one on a line above the old one."
    )
    oidc_issuer: str = Field(
        default="",
        pattern=r"^(https?://[^?#]+)?$",
        description="OpenID Connect issuer whose tokens are accepted, as it names itself; empty for none.",
    )
    oidc_audience: str = Field(
        default="",
        validate_default=True,
        description="Audience (`aud`) that its tokens must be issued for; required with an issuer.",
    )
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^/\s?#]+)?$",
        description="Where people reach this server, `https://host`, for the way back from a payment; "
        "empty for what each request names.",
    )
    analytics_report_public: bool | None = Field(
        default=None,
        description="Whether anybody may read the report on usage, or administrators only; "
        "when not set, anybody if not metered.",
    )
    upload_bytes_max: PositiveInt = Field(default=100 * 1024 * 1024, description="Largest file, in bytes.")
    uploads_dir: Path | None = Field(
        default=None,
        description="Folder that keeps resumable uploads until they are whole and read; gateways that share "
        "it share the uploads. Files of legacy forms that begin with their file wait there, too, without a "
        "name. Empty: no resumable uploads.",
    )
    uploads_hours: PositiveFloat = Field(
        default=24, description="How long a resumable upload is kept after its last byte, in hours."
    )
    uploads_open_max: PositiveInt = Field(default=1000, description="Resumable uploads that may be open.")
    uploads_open_bytes_max: PositiveInt = Field(
        default=20 * 1024**3, description="Bytes that the open resumable uploads may come to."
    )
    uploads_owner_open_max: PositiveInt = Field(
        default=100, description="Resumable uploads that one account, or one address, may have open."
    )
    uploads_owner_open_bytes_max: PositiveInt = Field(
        default=5 * 1024**3, description="Bytes that those may come to."
    )
    upload_seconds_max: PositiveFloat = Field(default=1800, description="Longest upload with its extraction.")
    watch_seconds_max: PositiveFloat = Field(default=3600, description="Longest event stream.")
    bus_bytes_max: PositiveInt = Field(
        default=32 * 1024 * 1024,
        description="What is kept of the progress of uploads, in bytes; the oldest goes first. In memory "
        "here if there is no NATS.",
    )
    session_sockets_count_max: PositiveInt = Field(
        default=10, description="Progress sockets of one session that may be open at this gateway."
    )
    health_listen: str = Field(
        default="", description="`host:port` of grpc.health.v1 for the gateway itself; empty for none."
    )

    @field_validator("oidc_audience")
    @classmethod
    def _audience_of_the_issuer(cls, audience: str, info: ValidationInfo) -> str:
        if info.data.get("oidc_issuer") and not audience:
            raise ValueError("must be set with an issuer: its tokens for others would be taken")
        return audience

    @property
    def analytics_report_is_public(self) -> bool:
        """Whether anybody may read the report on usage."""
        public = self.analytics_report_public
        return not self.metered if public is None else public
