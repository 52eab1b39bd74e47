"""`metaextract up`."""

import asyncio
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import click

from metaextract_client.fleet.data_folder import DataFolderInUseError, data_folder
from metaextract_client.fleet.plan import Plan, Service, services
from metaextract_client.fleet.ports import PortTakenError, free_port
from metaextract_client.fleet.printer import Printer
from metaextract_client.fleet.readiness import until_ready
from metaextract_client.fleet.supervisor import Command, Supervisor

_OPS_PORT_OFFSET: Final = 10_000
_PORT_MAX: Final = 65_535


@click.command()
@click.option(
    "--port", type=click.IntRange(0, _PORT_MAX), default=8080, show_default=True, help="0: any free one."
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on. The default answers this machine only; 0.0.0.0 answers the whole network.",
)
@click.option(
    "--ops-port",
    type=click.IntRange(0, _PORT_MAX),
    help="Port of the operations pages. [default: --port plus 10000, or any free one]",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for databases, uploads under way and the token secret. [default: .data/PORT]",
)
@click.option("--metered", is_flag=True, help="Turn billing on: credits, limits, redaction for guests.")
def up(*, port: int, host: str, ops_port: int | None, data_dir: Path | None, metered: bool) -> None:
    """Start a whole server on this machine: gateway, extractor, billing, analytics.

    Each is a process of its own; databases are files in the data folder, nothing else needs to be installed.
    Ctrl-C lets work in flight finish and stops everything; a second Ctrl-C stops at once. Settings of the
    services in the environment, such as EXTRACTOR_WORKERS_COUNT, are passed on; those that the options above
    decide are overwritten.

    \b
    Exit codes: 0 stopped as asked, 1 could not start or a service ended by itself, 2 wrong usage.
    """
    try:
        port = free_port(host, port)
        ops_port = _ops_port(host, port, ops_port)
    except PortTakenError as error:
        option = "--port" if error.port == port else "--ops-port"
        other = f"metaextract up {option} {error.port + 1 if error.port < _PORT_MAX else 0}"
        message = f"{str(error).capitalize()}.\nChoose another one: {other} (0 for any free one)"
        raise click.ClickException(message) from error
    folder = data_dir or Path(".data", str(port))
    try:
        with ExitStack() as stack:
            data = stack.enter_context(data_folder(folder))
            # Not in TMPDIR, which may be long: the path of a unix socket holds 107 bytes. Mode is 0700.
            sockets = tempfile.TemporaryDirectory(prefix="metaextract-", dir="/tmp")
            plan = Plan(
                host=host,
                port=port,
                ops_port=ops_port,
                data_dir=data,
                sockets_dir=Path(stack.enter_context(sockets)),
                metered=metered,
            )
            code = asyncio.run(_run(plan, folder))
    except (DataFolderInUseError, OSError) as error:
        raise click.ClickException(f"{error}.\nChoose another data folder with --data-dir.") from error
    raise click.exceptions.Exit(code)


def _ops_port(host: str, port: int, wanted: int | None) -> int:
    if wanted is not None:
        return free_port(host, wanted)
    try:
        return free_port(host, port + _OPS_PORT_OFFSET if port + _OPS_PORT_OFFSET <= _PORT_MAX else 0)
    except PortTakenError:
        return free_port(host, 0)  # nobody asked for this very one, and its address is printed


async def _run(plan: Plan, shown_folder: Path) -> int:
    members = services(plan)
    printer = Printer([s.name for s in members])
    supervisor = Supervisor([_command(s) for s in members], printer)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.stop)
    return await supervisor.run(
        lambda: until_ready([s.socket for s in members if s.socket], f"{plan.url}/api/health"),
        lambda: printer.say(_welcome(plan, shown_folder)),
    )


def _command(service: Service) -> Command:
    environment = dict(service.environment)
    if sys.stdout.isatty():
        # A service sees a pipe and would log JSON; a person reads this.
        environment[f"{service.name.upper()}_LOG_FORMAT"] = "console"
    # -P: a file in the current folder must not stand in for a module.
    return Command(service.name, (sys.executable, "-P", "-m", service.module), environment)


def _welcome(plan: Plan, shown_folder: Path) -> str:
    metered = "METERED: billing is on; guests are limited and see redacted results."
    unmetered = "UNMETERED: no limits, nothing charged, nothing redacted. --metered turns billing on."
    lines = (
        "",
        f"  MetaExtract answers at  {click.style(plan.url, bold=True)}",
        f"  Operations and traces   {plan.ops_url}/traces",
        f"  Data folder             {shown_folder}",
        f"  {click.style(metered if plan.metered else unmetered, fg='yellow')}",
        "  Ctrl-C stops it.",
        "",
    )
    return "\n".join(lines)
