"""What the edge may be told: who is believed, who may come in, and how much is taken at once."""

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, field_validator

from metaextract_common.bus.settings import BusSettings
from metaextract_gateway.adapters.http.addresses import trust


class EdgeSettings(BusSettings):
    """Base of the gateway's settings. With `nats_url` its replicas share their rate limits."""

    trusted_proxies: str = Field(
        default="off",
        description="Proxies whose word on the client's address, scheme and host is taken: networks with "
        "commas between, such as `10.0.0.0/8,fd00::/8`; `off`: nobody; `one`: whoever connects; `all`: "
        "every hop.",
    )
    forwarded_header: Annotated[str, Field(pattern="^(x-forwarded-for|forwarded)$")] = Field(
        default="x-forwarded-for",
        description="Where they write it: `x-forwarded-for` (with -proto and -host) or `forwarded` (RFC "
        "7239). The other is ignored: a client may have written it.",
    )
    ipv6_prefix_bits: Annotated[int, Field(ge=16, le=128)] = Field(
        default=64, description="IPv6 addresses with so many first bits in common count as one client."
    )
    allowed_hosts: str = Field(
        default="",
        description="Names in `Host` that are answered, with commas between; `*.example.org` stands for all "
        "below it; empty: any.",
    )
    cors_origins: str = Field(
        default="",
        description="Sites whose pages may use the API and its sockets from a browser, with cookies: "
        "`https://app.example.org`, with commas between. Pages of this host always may.",
    )
    uploads_count_max: PositiveInt = Field(
        default=200, description="Uploads at once; each holds up to 1.6 MB here."
    )
    streams_count_max: PositiveInt = Field(default=3000, description="Sockets and event streams at once.")
    streams_per_client_max: PositiveInt = Field(
        default=100, description="Sockets and event streams of one address at once."
    )
    memory_bytes_max: NonNegativeInt = Field(
        default=0, description="Resident memory above which no upload begins, in bytes; 0: no such limit."
    )
    head_seconds_max: PositiveFloat = Field(
        default=10, description="Longest time from connecting to the end of a request's headers."
    )
    stall_seconds_max: PositiveFloat = Field(
        default=30,
        description="In each such period a body has to come at the slowest rate allowed, and an answer has "
        "to be read.",
    )
    upload_bytes_per_second_min: PositiveFloat = Field(
        default=1024, description="Slowest sender that is waited for."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _readable(cls, setting: str) -> str:
        trust(setting)
        return setting

    @field_validator("cors_origins")
    @classmethod
    def _named(cls, setting: str) -> str:
        for origin in listed(setting):
            if not origin.startswith(("http://", "https://")) or origin.count("/") != 2:  # noqa: PLR2004
                raise ValueError(f"{origin} is no origin such as https://app.example.org")
        return setting


def listed(setting: str) -> tuple[str, ...]:
    """Return what stands between the commas."""
    return tuple(one.strip() for one in setting.split(",") if one.strip())
