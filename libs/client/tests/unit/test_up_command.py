import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from metaextract_client.cli import cli
from metaextract_client.fleet.data_folder import DataFolderInUseError, data_folder
from metaextract_client.fleet.plan import Plan, services
from metaextract_client.fleet.ports import free_port

# Stands in for a service: listens as told, answers the health page, notes its stop and its settings.
STAND_IN = """
import http.server, json, os, signal, socket, sys, threading
prefix = __name__ if __name__ != "__main__" else __spec__.name
name = prefix.removeprefix("metaextract_").removesuffix(".main")
own = {k: v for k, v in os.environ.items() if k.startswith(name.upper() + "_")}
def stop(*_):
    with open(os.environ["JOURNAL"], "a") as journal:
        journal.write(json.dumps([name, own]) + "\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
print("listening", flush=True)
listen = own[name.upper() + "_LISTEN"]
if listen.startswith("unix:"):
    server = socket.socket(socket.AF_UNIX)
    server.bind(listen.removeprefix("unix:"))
    server.listen()
    while True:
        server.accept()[0].close()
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()
    def log_message(self, *_):
        pass
host, port = listen.rsplit(":", 1)
http.server.HTTPServer((host, int(port)), Health).serve_forever()
"""


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan("0.0.0.0", 8080, 18080, tmp_path / "data", tmp_path / "s", metered=True)  # noqa: S104 - never bound


@pytest.fixture
def stand_ins(tmp_path: Path) -> dict[str, str]:
    """Environment in which stand-ins are found in place of the services."""
    for name in ("analytics", "billing", "extractor", "gateway"):
        package = tmp_path / "stand-ins" / f"metaextract_{name}"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "main.py").write_text(STAND_IN)
    path = os.pathsep.join([str(tmp_path / "stand-ins"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, "JOURNAL": str(tmp_path / "journal")}


def up(folder: Path, environment: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "metaextract_client.cli", "up", "--port", "0", *arguments]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)


def test_a_taken_port_is_told_with_a_way_out(taken, tmp_path):
    arguments = ["up", "--port", str(taken), "--data-dir", str(tmp_path / "data")]
    result = CliRunner().invoke(cli, arguments)

    assert result.exit_code == 1
    assert f"Port {taken} on 127.0.0.1 is taken by another program." in result.stderr
    assert f"metaextract up --port {taken + 1}" in result.stderr
    assert not (tmp_path / "data").exists()


def test_a_taken_operations_port_names_its_own_option(taken, tmp_path):
    arguments = ["up", "--port", "0", "--ops-port", str(taken), "--data-dir", str(tmp_path / "data")]
    result = CliRunner().invoke(cli, arguments)

    assert result.exit_code == 1
    assert f"metaextract up --ops-port {taken + 1}" in result.stderr


def test_a_data_folder_has_one_server(tmp_path):
    arguments = ["up", "--port", "0", "--data-dir", str(tmp_path / "data")]
    with data_folder(tmp_path / "data"):
        result = CliRunner().invoke(cli, arguments)

        assert result.exit_code == 1
        assert "another server uses the data folder" in result.stderr
        with pytest.raises(DataFolderInUseError), data_folder(tmp_path / "data"):
            pass


def test_the_token_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    with data_folder(tmp_path / "data") as folder:
        first = (folder / "token-secret").read_text()
        mode = stat.S_IMODE((folder / "token-secret").stat().st_mode)
        folder_mode = stat.S_IMODE(folder.stat().st_mode)
    with data_folder(tmp_path / "data") as folder:
        second = (folder / "token-secret").read_text()

    assert re.fullmatch("[0-9a-f]{64}", first)
    assert first == second
    assert (mode, folder_mode) == (0o600, 0o700)
    assert sorted(p.name for p in folder.iterdir()) == ["lock", "token-secret"]


def test_a_port_that_was_just_used_is_free(taken):
    assert free_port("127.0.0.1", 0) != taken
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            listener.accept()[0].close()  # leaves the port in TIME_WAIT
    assert free_port("127.0.0.1", port) == port


def test_services_start_after_those_they_call_and_keep_everything_in_the_data_folder(plan, tmp_path):
    members = services(plan)

    assert [s.name for s in members] == ["analytics", "billing", "extractor", "gateway"]
    started: set[str] = set()
    for service in members:
        targets = {v for k, v in service.environment.items() if k.endswith("_TARGET")}
        assert targets <= started
        started |= {v for k, v in service.environment.items() if k.endswith("_LISTEN")}
        assert all(k.startswith((f"{service.name.upper()}_", "GRPC_")) for k in service.environment)
        for key, value in service.environment.items():
            if key.endswith(("_PATH", "_DIR", "_STORE", "_FILE")):
                assert Path(value).is_relative_to(tmp_path / "data")


def test_a_server_for_the_whole_network_is_reached_here_by_loopback(plan):
    environment = services(plan)[-1].environment

    assert plan.url == "http://127.0.0.1:8080"
    assert plan.ops_url == "http://127.0.0.1:18080"
    assert environment["GATEWAY_LISTEN"] == "0.0.0.0:8080"
    assert environment["GATEWAY_METERED"] == "true"


def test_up_starts_four_services_says_where_and_drains_in_order(tmp_path, stand_ins):
    with up(tmp_path, stand_ins) as process:
        lines = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], lines
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
    text = "".join(lines)
    stopped = [json.loads(line) for line in (tmp_path / "journal").read_text().splitlines()]
    settings = dict(stopped)

    assert process.returncode == 0, rest
    assert [name for name, _ in stopped] == ["gateway", "extractor", "billing", "analytics"]
    port = re.search(r"answers at  http://127\.0\.0\.1:(\d+)", text)[1]
    assert "/traces" in text
    assert f".data/{port}" in text
    assert "UNMETERED: no limits, nothing charged, nothing redacted." in text
    assert "gateway   | listening" in text
    assert settings["billing"]["BILLING_METERED"] == "false"
    assert Path(settings["gateway"]["GATEWAY_TOKEN_SECRET_FILE"]).is_file()
    sockets = Path(settings["extractor"]["EXTRACTOR_LISTEN"].removeprefix("unix:")).parent
    assert sockets.name.startswith("metaextract-")
    assert not sockets.exists()


def test_up_ends_with_1_when_a_service_cannot_start(tmp_path, stand_ins):
    broken = tmp_path / "stand-ins" / "metaextract_billing" / "main.py"
    broken.write_text("print('no such setting'); raise SystemExit(2)")
    with up(tmp_path, stand_ins, "--metered") as process:
        text = process.stdout.read()

    assert process.returncode == 1
    assert "billing   | no such setting" in text
    assert "billing ended by itself (exit code 2); stopping the others." in text
    assert "METERED: billing is on" not in text
