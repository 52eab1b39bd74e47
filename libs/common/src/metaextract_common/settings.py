"""What the settings of every service have in common. The environment is read here and nowhere else."""

import os
import sys
from typing import Annotated, Self

from pydantic import Field, PositiveFloat, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Base of each service's frozen settings; a subclass sets `env_prefix`."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    listen: str = Field(description="Address of the gRPC port: `host:port`, or `unix:/path`.")
    metrics_listen: str = Field(
        default="", description="`host:port` to serve Prometheus metrics on; empty for none."
    )
    span_store: str = Field(
        default="", description="SQLite file that keeps finished spans for the trace page; empty for none."
    )
    log_format: Annotated[str, Field(pattern="^(auto|json|console)$")] = Field(
        default="auto", description="`json`, `console`, or `auto`: console on a terminal."
    )
    call_default_seconds: PositiveFloat = Field(default=10, description="Deadline of calls that set none.")
    call_seconds_max: PositiveFloat = Field(default=60, description="Longest deadline of a unary call.")
    stream_seconds_max: PositiveFloat = Field(
        default=3600, description="Longest deadline of a streaming call."
    )
    endpoint_propagation_seconds: Annotated[float, Field(ge=0)] = Field(
        default=0, description="Time between NOT_SERVING and the end of new work when draining."
    )
    drain_seconds: PositiveFloat = Field(
        default=30, description="Time that work in flight gets to finish after SIGTERM."
    )

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment; refuse variables of our prefix that no setting has. Exits with 2."""
        prefix = cls.model_config["env_prefix"]
        known = {f"{prefix}{name}".upper() for name in cls.model_fields}
        unknown = sorted(
            key for key in os.environ if key.upper().startswith(prefix) and key.upper() not in known
        )
        problems = [f"{key}: no such setting" for key in unknown]
        try:
            settings = cls()
        except ValidationError as error:
            problems += [f"{prefix}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        if problems:
            sys.stderr.write("\n".join(["The configuration is not valid:", *problems]) + "\n")
            raise SystemExit(2)
        return settings
