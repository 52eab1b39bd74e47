"""The Dockerfiles make small, unprivileged images that agree with the settings of the services."""

import json
import re


def test_every_image_starts_from_one_pinned_base(dockerfile):
    stages = {name for _, _, name in (line.partition(" AS ") for line in dockerfile.all("FROM")) if name}
    bases = {line.partition(" AS ")[0] for line in dockerfile.all("FROM")}
    assert bases - stages == {"docker.io/library/python:3.11-slim-bookworm"}


def test_an_image_runs_its_service_as_a_numbered_user(dockerfile):
    last = dockerfile.last_stage()
    (user,) = last.all("USER")
    assert user == "10001:10001"
    (entrypoint,) = last.all("ENTRYPOINT")
    # The extractor has killed workers' engines to reap, which process 1 has to do.
    init = ["tini", "--"] if dockerfile.service == "extractor" else []
    assert json.loads(entrypoint) == [*init, f"metaextract-{dockerfile.service}"]
    assert last.all("CMD") == []


def test_an_image_gets_nothing_but_what_was_built(dockerfile):
    copied = dockerfile.last_stage().all("COPY")
    assert "--from=builder /app/.venv /app/.venv" in copied
    assert all(line.startswith("--from=") and line.endswith(" /app/.venv") for line in copied)
    assert dockerfile.all("ADD") == []


def test_every_variable_of_an_image_with_our_prefix_is_a_setting(dockerfile, settings_classes):
    settings = settings_classes[dockerfile.service]
    prefix = settings.model_config["env_prefix"]
    environment = dockerfile.environment()
    ours = {name.removeprefix(prefix).lower() for name in environment if name.startswith(prefix)}
    assert ours
    assert ours <= set(settings.model_fields)
    assert environment["GRPC_ENABLE_FORK_SUPPORT"] == "0"


def test_an_image_exposes_the_ports_that_its_service_listens_on(dockerfile, settings_classes):
    fields = settings_classes[dockerfile.service].model_fields
    listens = {str(fields["listen"].default)}
    listens |= {value for name, value in dockerfile.environment().items() if name.endswith("_LISTEN")}
    exposed = " ".join(dockerfile.last_stage().all("EXPOSE")).split()
    assert set(exposed) == {listen.rpartition(":")[2] for listen in listens}


def test_the_lock_is_installed_before_the_sources_are_copied(dockerfile, checkout):
    locked = next(
        at for at, (_, line) in enumerate(dockerfile.instructions) if "--no-install-workspace" in line
    )
    before = " ".join(line for name, line in dockerfile.instructions[:locked] if name == "COPY")
    members = [
        file.parent for folder in ("libs", "services") for file in checkout.glob(f"{folder}/*/pyproject.toml")
    ]
    assert members
    for member in members:
        assert f"{member.relative_to(checkout)}/pyproject.toml" in before
    assert not re.search(r"\bsrc\b|proto ", before)


def test_every_sync_installs_one_service_as_locked_without_what_developers_use(dockerfile):
    syncs = [line for line in dockerfile.all("RUN") if "uv sync" in line]
    assert len(syncs) == 2
    for line in syncs:
        assert line.startswith("uv sync --frozen --no-dev --no-editable ")
        assert line.endswith(f"--package metaextract-{dockerfile.service}")


def test_images_bring_the_uv_that_the_checkout_uses(dockerfile, checkout):
    (version,) = re.findall(
        r"^uv_version=(\S+)$", (checkout / "scripts" / "bootstrap").read_text(), re.MULTILINE
    )
    assert any(f"uv=={version}" in line for line in dockerfile.all("RUN"))


def test_whatever_is_copied_is_sent_to_the_builder(dockerfile, checkout):
    sent = {
        line.removeprefix("!")
        for line in (checkout / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    for line in dockerfile.all("COPY"):
        if not line.startswith("--from="):
            *sources, _destination = line.split()
            assert {source.partition("/")[0] for source in sources} <= sent
            assert all((checkout / source).exists() for source in sources)
