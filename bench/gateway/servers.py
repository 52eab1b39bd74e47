"""Starts and stops what is measured: the gateway, the bare floor, and nginx."""

import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.uploads.processes import program
from metaextract_client.fleet.data_folder import data_folder
from metaextract_client.fleet.plan import Plan, services
from metaextract_client.fleet.ports import free_port

HERE: Final = Path(__file__).parent
HOST: Final = "127.0.0.1"
START_SECONDS_MAX: Final = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs. `socket_path` is empty if it has none; `{number}` stands for a number of its own."""

    name: str
    port: int
    pid: int
    path: str
    method: str = "POST"
    socket_path: str = ""


@contextmanager
def gateway(folder: Path, *, metered: bool) -> Iterator[Server]:
    """Run gateway, billing and analytics as `metaextract up` does, in front of the sink.

    `metered`: rate limits and money as in production; each upload comes from an address of its own.
    """
    with ExitStack() as stack:
        sockets = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp")))
        plan = Plan(
            host=HOST,
            port=free_port(HOST, 0),
            ops_port=free_port(HOST, 0),
            data_dir=stack.enter_context(data_folder(folder)),
            sockets_dir=sockets,
            metered=metered,
        )
        extra = {
            "GATEWAY_TRUSTED_PROXIES": "one",
            "GATEWAY_STREAMS_PER_CLIENT_MAX": "3000",
            "BILLING_DAILY_FREE_USES_COUNT_MAX": "100000",
        }
        pids = {}
        for member in services(plan):
            sink = member.name == "extractor"
            arguments = (str(HERE / "sink.py"), f"unix:{member.socket}") if sink else ("-m", member.module)
            environment = {**member.environment, **_only(extra, member.name)}
            log = folder / f"{member.name}.log"
            pids[member.name] = stack.enter_context(program(arguments, environment, log)).pid
        _wait(f"{plan.url}/api/health", folder)
        name = "gateway, metered" if metered else "gateway"
        yield Server(
            name, plan.port, pids["gateway"], "/v1/extractions", "POST", "/api/images_mvp/progress/s{number}"
        )


def _only(extra: dict[str, str], service: str) -> dict[str, str]:
    return {name: value for name, value in extra.items() if name.startswith(service.upper())}


@contextmanager
def floor(folder: Path) -> Iterator[Server]:
    """Run the bare handler in front of the sink."""
    with ExitStack() as stack:
        sockets = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp")))
        target, port = f"unix:{sockets / 'sink.sock'}", free_port(HOST, 0)
        stack.enter_context(program((str(HERE / "sink.py"), target), {}, folder / "sink.log"))
        arguments = (str(HERE / "floor.py"), str(port), target)
        process = stack.enter_context(program(arguments, {}, folder / "floor.log"))
        _wait(f"http://{HOST}:{port}/health", folder)
        yield Server("floor", port, process.pid, "/upload", "POST", "/watch/s{number}")


_NGINX: Final = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_max_body_size 0;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen {host}:{port} backlog=2048;
        location /health {{ return 200; }}
        location / {{ root {folder}/files; dav_methods PUT; create_full_put_path on; }}
    }}
}}
"""


@contextmanager
def nginx(folder: Path) -> Iterator[Server | None]:
    """Run nginx, which writes the same bytes to disk (WebDAV); yield None if it is not installed."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if found is None:
        yield None
        return
    port = free_port(HOST, 0)
    (folder / "files").mkdir(mode=0o777)
    (folder / "files").chmod(0o777)
    settings = folder / "nginx.conf"
    user = "user root;\n" if Path("/proc/self").stat().st_uid == 0 else ""
    settings.write_text(user + _NGINX.format(folder=folder.absolute(), host=HOST, port=port))
    with subprocess.Popen([found, "-c", str(settings.absolute()), "-p", str(folder.absolute())]) as process:
        try:
            _wait(f"http://{HOST}:{port}/health", folder)
            worker = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
            yield Server("nginx, to disk", port, worker, "/upload-{number}", "PUT")
        finally:
            process.terminate()
            process.wait(10)


def _wait(url: str, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                logs = [f"{log.name}: {log.read_text()[-1000:]}" for log in sorted(folder.glob("*.log"))]
                raise SystemExit("\n".join(["The server does not answer.", *logs])) from None
        time.sleep(0.1)
