"""What runs, in which order, with which settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from metaextract_client.fleet.ports import address


@dataclass(frozen=True, slots=True)
class Plan:
    """One server on this machine. Numbers are TCP ports; folders exist."""

    host: str
    port: int
    ops_port: int
    data_dir: Path
    sockets_dir: Path
    metered: bool

    @property
    def url(self) -> str:
        """Where people on this machine reach the server."""
        return f"http://{address(self._reachable_host, self.port)}"

    @property
    def ops_url(self) -> str:
        """Where people on this machine reach the operations pages."""
        return f"http://{address(self._reachable_host, self.ops_port)}"

    @property
    def _reachable_host(self) -> str:
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound


# Services start programs but never fork; gRPC would say at each start that it skips its fork handlers.
_COMMON: Final[Mapping[str, str]] = MappingProxyType({"GRPC_ENABLE_FORK_SUPPORT": "0"})


@dataclass(frozen=True, slots=True)
class Service:
    """A process to run: `python -m module` with `environment` on top of ours.

    socket: where it listens for gRPC; None for the gateway.
    """

    name: str
    module: str
    environment: Mapping[str, str]
    socket: Path | None = None


def services(plan: Plan) -> tuple[Service, ...]:
    """Return the services in the order of starting; each one calls only those before it."""
    flag = "true" if plan.metered else "false"
    sockets = {name: plan.sockets_dir / f"{name}.sock" for name in ("analytics", "billing", "extractor")}
    targets = {name: f"unix:{path}" for name, path in sockets.items()}
    data = plan.data_dir
    own: dict[str, dict[str, str]] = {
        "analytics": {
            "ANALYTICS_DATABASE_PATH": str(data / "analytics.sqlite"),
        },
        "billing": {
            "BILLING_DATABASE_PATH": str(data / "billing.sqlite"),
            "BILLING_METERED": flag,
            "BILLING_ANALYTICS_TARGET": targets["analytics"],
        },
        "extractor": {
            "EXTRACTOR_DATABASE_PATH": str(data / "extractor.sqlite"),
            "EXTRACTOR_SPOOL_DIR": str(data / "spool"),
            "EXTRACTOR_ANALYTICS_TARGET": targets["analytics"],
        },
        "gateway": {
            "GATEWAY_LISTEN": address(plan.host, plan.port),
            "GATEWAY_OPS_LISTEN": address(plan.host, plan.ops_port),
            "GATEWAY_EXTRACTOR_TARGET": targets["extractor"],
            "GATEWAY_BILLING_TARGET": targets["billing"],
            "GATEWAY_ANALYTICS_TARGET": targets["analytics"],
            "GATEWAY_METERED": flag,
            "GATEWAY_TOKEN_SECRET_FILE": str(data / "token-secret"),
            "GATEWAY_UPLOADS_DIR": str(data / "uploads"),
        },
    }
    for name, target in targets.items():
        own[name][f"{name.upper()}_LISTEN"] = target
    return tuple(
        Service(
            name=name,
            module=f"metaextract_{name}.main",
            environment={**_COMMON, f"{name.upper()}_SPAN_STORE": str(data / "spans.sqlite"), **settings},
            socket=sockets.get(name),
        )
        for name, settings in own.items()
    )
