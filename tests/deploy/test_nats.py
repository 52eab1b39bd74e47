"""The NATS that can be deployed beside the services: valid, safe, and with room for what they keep."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from metaextract_extractor.settings import Settings as Extractor
from metaextract_gateway.adapters.counters import nats
from metaextract_gateway.settings import Settings as Gateway

FOLDER = Path(__file__).parents[2] / "deploy" / "k8s" / "nats"
GIBIBYTE = 2**30


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    kubectl = Path(sys.executable).with_name("kubectl")
    rendered = subprocess.run([kubectl, "kustomize", FOLDER], capture_output=True, check=True, text=True)
    return list(yaml.safe_load_all(rendered.stdout))


def test_every_object_is_valid(objects: list[dict[str, Any]]) -> None:
    assert {found["kind"] for found in objects} == {"ConfigMap", "Service", "StatefulSet"}
    for found in objects:
        kubernetes_validate.validate(found, "1.34", strict=True)


def test_it_is_confined_and_asks_for_a_password_that_stands_nowhere(objects: list[dict[str, Any]]) -> None:
    (workload,) = [found for found in objects if found["kind"] == "StatefulSet"]
    pod = workload["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    (password,) = container["env"]
    assert "secretKeyRef" in password["valueFrom"]


def test_the_server_takes_its_configuration(tmp_path: Path) -> None:
    server = Path(sys.executable).with_name("nats-server")
    checked = subprocess.run(
        [server, "-t", "--config", FOLDER / "nats.conf"],
        check=False,
        capture_output=True,
        text=True,
        env={"NATS_PASSWORD": "secret-of-this-test"},
    )
    assert checked.returncode == 0, checked.stderr


def test_it_has_room_for_what_both_services_keep() -> None:
    kept = [one.model_fields["bus_bytes_max"].default for one in (Extractor, Gateway)]
    assert "max_file_store: 2GB" in (FOLDER / "nats.conf").read_text()
    assert "max_memory_store: 320MB" in (FOLDER / "nats.conf").read_text()
    assert nats.BYTES_MAX < 320 * 10**6
    assert sum(kept) < 2 * GIBIBYTE
