"""The command `metaextract`."""

from importlib import import_module
from typing import Final

import click

COMMANDS: Final = ("up", "extract", "privacy", "redact", "compare", "fields", "formats", "doctor")
"""Each is the function of that name in the module of that name."""


class _Commands(click.Group):
    """Imports a command when it is asked for: who looks up a field need not wait for the rest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order in which the help lists them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{cmd_name}"), cmd_name)
        return command


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="metaextract-client", prog_name="metaextract")
def cli() -> None:
    """Read everything an image file says about itself.

    \b
      metaextract up                  start a server on this machine
      metaextract extract photo.jpg   read a file
      metaextract privacy photo.jpg   what it gives away
      metaextract redact photo.jpg --profile position
                                      a copy that does not tell the place
      metaextract compare a.jpg b.jpg what differs
      metaextract fields gps lat      look up what a field means
      metaextract doctor              find out what is missing
    """


def main() -> None:
    """Run the command; exits."""
    cli(prog_name="metaextract")
