"""What is deployed, as data: rendered manifests, and the instructions of the Dockerfiles."""

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from metaextract_analytics.settings import Settings as AnalyticsSettings
from metaextract_billing.settings import Settings as BillingSettings
from metaextract_common.settings import ServiceSettings
from metaextract_extractor.settings import Settings as ExtractorSettings
from metaextract_gateway.settings import Settings as GatewaySettings

CHECKOUT: Final = Path(__file__).parents[2]
KUSTOMIZATIONS: Final = {
    "base": "deploy/k8s/base",
    "dev": "deploy/k8s/overlays/dev",
    "scaled": "deploy/k8s/overlays/scaled",
}
SETTINGS: Final[Mapping[str, type[ServiceSettings]]] = {
    "analytics": AnalyticsSettings,
    "billing": BillingSettings,
    "extractor": ExtractorSettings,
    "gateway": GatewaySettings,
}
_UNITS: Final = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


@dataclass(frozen=True)
class Rendered:
    """The objects of one kustomization."""

    name: str
    objects: tuple[dict[str, Any], ...]

    def of_kind(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the objects of these kinds."""
        return [found for found in self.objects if found["kind"] in kinds]

    def workloads(self) -> dict[str, dict[str, Any]]:
        """Return what runs pods, by service."""
        return {found["metadata"]["name"]: found for found in self.of_kind("Deployment", "StatefulSet")}

    def pods(self) -> dict[str, dict[str, Any]]:
        """Return the pod specs, by service."""
        return {name: found["spec"]["template"]["spec"] for name, found in self.workloads().items()}

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return the containers, by service: each pod has one and no init containers."""
        containers = {}
        for name, pod in self.pods().items():
            assert "initContainers" not in pod
            (containers[name],) = pod["containers"]
        return containers

    def settings(self, service: str) -> ServiceSettings:
        """Return what the service would read from the environment that its container gets.

        What comes from a Secret is its name and key.
        """
        prefix = SETTINGS[service].model_config["env_prefix"]
        given = {
            variable["name"].removeprefix(prefix).lower(): _value(variable)
            for variable in self.containers()[service]["env"]
        }
        return SETTINGS[service](**given)


def _value(variable: dict[str, Any]) -> str:
    if "value" in variable:
        return str(variable["value"])
    secret = variable["valueFrom"]["secretKeyRef"]
    return f"{secret['name']}/{secret['key']}"


@pytest.fixture(scope="session", params=sorted(KUSTOMIZATIONS))
def rendered(request: pytest.FixtureRequest) -> Rendered:
    """Each kustomization, rendered as `kubectl apply --kustomize` would."""
    return render(request.param)


@pytest.fixture(scope="session")
def base() -> Rendered:
    """The base."""
    return render("base")


@pytest.fixture(scope="session")
def dev() -> Rendered:
    """The overlay for developers' clusters."""
    return render("dev")


def render(name: str) -> Rendered:
    """Render one kustomization."""
    kubectl = Path(sys.executable).with_name("kubectl")
    rendering = subprocess.run(
        [kubectl, "kustomize", CHECKOUT / KUSTOMIZATIONS[name]], capture_output=True, check=True, text=True
    )
    # kubectl warns of deprecated fields there.
    assert rendering.stderr == ""
    return Rendered(name, tuple(yaml.safe_load_all(rendering.stdout)))


@pytest.fixture(scope="session")
def bytes_of() -> Callable[[str], int]:
    """Function that returns a Kubernetes memory or storage quantity in bytes."""
    return lambda quantity: int(quantity[:-2]) * _UNITS[quantity[-2:]]


@dataclass(frozen=True)
class Dockerfile:
    """The instructions of the Dockerfile of one service, as (name, arguments)."""

    service: str
    instructions: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        """Return the arguments of every instruction `name`."""
        return [arguments for found, arguments in self.instructions if found == name]

    def last_stage(self) -> "Dockerfile":
        """Return what makes the image itself."""
        start = max(at for at, (name, _) in enumerate(self.instructions) if name == "FROM")
        return Dockerfile(self.service, self.instructions[start:])

    def environment(self) -> dict[str, str]:
        """Return the variables that the image sets."""
        return dict(re.findall(r"(\w+)=(\S+)", " ".join(self.last_stage().all("ENV"))))


@pytest.fixture(params=sorted(SETTINGS))
def dockerfile(request: pytest.FixtureRequest) -> Dockerfile:
    """Each service's Dockerfile."""
    lines = (CHECKOUT / "services" / request.param / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    joined = re.sub(r"\\\n\s*", "", text)
    instructions = [line.split(maxsplit=1) for line in joined.splitlines() if line]
    return Dockerfile(request.param, tuple((name, arguments) for name, arguments in instructions))


@pytest.fixture(scope="session")
def settings_classes() -> Mapping[str, type[ServiceSettings]]:
    """The settings of each service."""
    return SETTINGS


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The top of the repository."""
    return CHECKOUT
