"""The manifests are valid, safe, and agree with the settings of the services."""

import re
import tomllib
from base64 import b64decode
from pathlib import Path

import kubernetes_validate
import pytest

from metaextract_gateway.main import SECRET_BYTES_MIN

KUBERNETES_VERSION = "1.34"
WATCHERS_SECONDS = 2
"""Time that telling health watchers may take, before propagation (metaextract_common.rpc.serving)."""
PROBES = {"startup": "liveness", "readiness": "", "liveness": "liveness"}
"""Health service that each kind of probe asks about."""


def test_every_object_is_valid_in_the_kubernetes_version_we_promise(rendered):
    assert rendered.objects
    for found in rendered.objects:
        kubernetes_validate.validate(found, KUBERNETES_VERSION, strict=True)


def test_the_four_services_are_there(rendered, settings_classes):
    assert set(rendered.workloads()) == set(settings_classes)


def test_no_object_names_a_namespace(rendered):
    assert [found for found in rendered.objects if "namespace" in found["metadata"]] == []


def test_every_object_has_the_standard_labels(base):
    for found in base.objects:
        labels = found["metadata"]["labels"]
        assert {f"app.kubernetes.io/{name}" for name in ("name", "part-of", "version")} <= set(labels)
        assert labels["app.kubernetes.io/name"] == found["metadata"]["name"]


def test_the_base_holds_no_secret(base):
    assert base.of_kind("Secret") == []


def test_the_base_charges_and_the_developers_overlay_does_not(base, dev):
    for service in ("billing", "gateway"):
        assert base.settings(service).metered is True
        assert dev.settings(service).metered is False


def test_the_developers_secret_is_long_enough_and_is_the_one_that_the_gateway_mounts(dev):
    (secret,) = dev.of_kind("Secret")
    (volume,) = [volume for volume in dev.pods()["gateway"]["volumes"] if "secret" in volume]
    assert volume["secret"]["secretName"] == secret["metadata"]["name"]
    assert len(b64decode(secret["data"]["token-secret"])) >= SECRET_BYTES_MIN
    assert b"dev-only" in b64decode(secret["data"]["token-secret"])


def test_the_secret_is_a_mounted_file(rendered):
    container = rendered.containers()["gateway"]
    file = rendered.settings("gateway").token_secret_file
    (mount,) = [mount for mount in container["volumeMounts"] if mount["name"] == "token"]
    assert file.parent == Path(mount["mountPath"])
    assert mount["readOnly"] is True


def test_every_container_is_probed_with_the_health_service_that_says_what_the_probe_asks(rendered):
    for container in rendered.containers().values():
        asked = {kind: container[f"{kind}Probe"]["grpc"]["service"] for kind in PROBES}
        assert asked == PROBES


def test_every_probe_asks_a_port_that_the_service_listens_on(rendered):
    for service, container in rendered.containers().items():
        settings = rendered.settings(service)
        health = settings.health_listen if service == "gateway" else settings.listen
        ports = {container[f"{kind}Probe"]["grpc"]["port"] for kind in PROBES}
        assert ports == {int(health.rpartition(":")[2])}


def test_every_port_of_a_container_is_one_that_the_service_listens_on(rendered):
    for service, container in rendered.containers().items():
        settings = rendered.settings(service).model_dump()
        listened = {
            int(value.rpartition(":")[2])
            for name, value in settings.items()
            if name.endswith("listen") and value
        }
        assert {port["containerPort"] for port in container["ports"]} == listened


def test_every_container_has_requests_and_limits(rendered):
    for container in rendered.containers().values():
        for bound in ("requests", "limits"):
            assert set(container["resources"][bound]) == {"cpu", "memory", "ephemeral-storage"}


def test_every_pod_meets_the_restricted_pod_security_standard(rendered):
    for service, pod in rendered.pods().items():
        context = pod["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] == context["runAsGroup"] == context["fsGroup"] == 10001
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
        assert rendered.containers()[service]["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_no_pod_can_speak_to_the_cluster(rendered):
    assert all(pod["automountServiceAccountToken"] is False for pod in rendered.pods().values())


def test_no_pod_gets_variables_about_other_services_which_its_settings_would_refuse(rendered):
    assert all(pod["enableServiceLinks"] is False for pod in rendered.pods().values())


def test_every_variable_is_a_setting_of_the_service_and_has_a_valid_value(rendered, settings_classes):
    for service, container in rendered.containers().items():
        names = [variable["name"] for variable in container["env"]]
        prefix = settings_classes[service].model_config["env_prefix"]
        known = {f"{prefix}{name}".upper() for name in settings_classes[service].model_fields}
        assert set(names) <= known
        assert len(names) == len(set(names))
        rendered.settings(service)


def test_every_image_has_the_version_of_the_service_it_holds(rendered, checkout):
    for service, container in rendered.containers().items():
        project = tomllib.loads((checkout / "services" / service / "pyproject.toml").read_text())["project"]
        assert container["image"] == f"metaextract/{service}:{project['version']}"


def test_every_selector_finds_the_pods_of_its_own_service_and_no_others(rendered):
    templates = {
        name: found["spec"]["template"]["metadata"]["labels"] for name, found in rendered.workloads().items()
    }
    selecting = {
        **{
            f"Service/{found['metadata']['name']}": found["spec"]["selector"]
            for found in rendered.of_kind("Service")
        },
        **{
            f"{found['kind']}/{found['metadata']['name']}": found["spec"]["selector"]["matchLabels"]
            for found in rendered.of_kind("Deployment", "StatefulSet", "PodDisruptionBudget")
        },
    }
    for name, selector in selecting.items():
        found = [service for service, labels in templates.items() if selector.items() <= labels.items()]
        assert found == [name.partition("/")[2]]


def test_grpc_services_are_headless_and_lead_to_a_named_port(rendered):
    for found in rendered.of_kind("Service"):
        name = found["metadata"]["name"]
        assert (found["spec"].get("clusterIP") == "None") is (name != "gateway")
        named = {port["name"] for port in rendered.containers()[name]["ports"]}
        assert {port["targetPort"] for port in found["spec"]["ports"]} <= named


def test_every_target_is_a_service_that_is_deployed_and_balanced_by_the_client(rendered):
    offered = {
        f"dns:///{found['metadata']['name']}:{port['port']}"
        for found in rendered.of_kind("Service")
        for port in found["spec"]["ports"]
    }
    for service in rendered.containers():
        settings = rendered.settings(service).model_dump()
        assert {value for name, value in settings.items() if name.endswith("_target")} <= offered


def test_the_grace_period_is_longer_than_the_whole_drain(rendered):
    for service, pod in rendered.pods().items():
        settings = rendered.settings(service)
        servers_count = 2 if service == "gateway" else 1  # its health port drains before its HTTP port
        drain_seconds = servers_count * settings.drain_seconds
        assert settings.endpoint_propagation_seconds == 5
        assert pod["terminationGracePeriodSeconds"] > (
            WATCHERS_SECONDS + settings.endpoint_propagation_seconds + drain_seconds
        )


def test_no_container_waits_before_sigterm_because_the_services_wait_themselves(rendered):
    assert [service for service, container in rendered.containers().items() if "lifecycle" in container] == []


def test_every_written_path_is_on_a_volume_that_is_on_disk_and_bounded(rendered):
    for service, pod in rendered.pods().items():
        for volume in pod["volumes"]:
            if "emptyDir" in volume:
                assert set(volume["emptyDir"]) == {"sizeLimit"}
        mounts = {Path(mount["mountPath"]) for mount in rendered.containers()[service]["volumeMounts"]}
        settings = rendered.settings(service).model_dump()
        for name in ("database_path", "spool_dir"):
            assert name not in settings or mounts & set(settings[name].parents)


def test_a_volume_claim_is_written_by_one_pod(base):
    stores = base.of_kind("StatefulSet")
    assert {store["metadata"]["name"] for store in stores} == {"analytics", "billing"}
    for store in stores:
        assert store["spec"]["replicas"] == 1
        assert store["spec"]["serviceName"] == store["metadata"]["name"]
        assert [claim["metadata"]["name"] for claim in store["spec"]["volumeClaimTemplates"]] == ["data"]


def test_an_upgrade_changes_no_volume_claim_template_because_kubernetes_would_refuse_it(base):
    for store in base.of_kind("StatefulSet"):
        for claim in store["spec"]["volumeClaimTemplates"]:
            assert "app.kubernetes.io/version" not in claim["metadata"]["labels"]
        assert "app.kubernetes.io/version" in store["spec"]["template"]["metadata"]["labels"]


def test_the_developers_overlay_runs_one_pod_of_each_and_claims_no_volume(dev):
    for workload in dev.workloads().values():
        assert workload["spec"]["replicas"] == 1
        assert "volumeClaimTemplates" not in workload["spec"]


def test_the_memory_limit_of_the_extractor_holds_all_workers_at_their_largest(rendered, bytes_of):
    settings = rendered.settings("extractor")
    workers_bytes = (settings.workers_count + 1) * settings.worker_memory_bytes_max
    limit = rendered.containers()["extractor"]["resources"]["limits"]["memory"]
    assert bytes_of(limit) >= workers_bytes + 512 * 2**20


def test_the_spool_holds_as_many_uploads_as_are_admitted(rendered, bytes_of):
    settings = rendered.settings("extractor")
    sizes = {
        volume["name"]: bytes_of(volume["emptyDir"]["sizeLimit"])
        for volume in rendered.pods()["extractor"]["volumes"]
    }
    assert sizes["spool"] >= settings.uploads_count_max * settings.upload_bytes_max
    limit = rendered.containers()["extractor"]["resources"]["limits"]["ephemeral-storage"]
    assert bytes_of(limit) >= sum(sizes.values())


def test_several_extractors_share_what_each_is_asked_for(rendered):
    settings = rendered.settings("extractor")
    shares = bool(settings.database_url.get_secret_value() and settings.nats_url.get_secret_value())
    assert shares == (rendered.workloads()["extractor"]["spec"]["replicas"] > 1)
    assert shares == (rendered.name == "scaled")


def test_a_pod_of_several_may_be_away_and_no_budget_holds_up_the_only_one(rendered):
    budgets = {
        budget["metadata"]["name"]: budget["spec"] for budget in rendered.of_kind("PodDisruptionBudget")
    }
    several = {name for name, one in rendered.workloads().items() if one["spec"]["replicas"] > 1}
    assert set(budgets) == several
    assert all(budget["maxUnavailable"] == 1 for budget in budgets.values())


@pytest.mark.parametrize("forbidden", [r":latest\b", r"\bhostPath\b", r"\bprivileged\b"])
def test_no_manifest_says_what_is_never_right(checkout, forbidden):
    files = sorted((checkout / "deploy").rglob("*.yaml"))
    assert files
    assert [file.name for file in files if re.search(forbidden, file.read_text())] == []
