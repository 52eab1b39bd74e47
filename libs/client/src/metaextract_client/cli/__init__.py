"""The command `metaextract`."""

import click

from metaextract_client.cli.compare import compare
from metaextract_client.cli.doctor import doctor
from metaextract_client.cli.extract import extract
from metaextract_client.cli.fields import fields
from metaextract_client.cli.formats import formats
from metaextract_client.cli.privacy import privacy
from metaextract_client.cli.redact import redact
from metaextract_client.cli.up import up


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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


for command in (up, extract, privacy, redact, compare, fields, formats, doctor):
    cli.add_command(command)


def main() -> None:
    """Run the command; exits."""
    cli(prog_name="metaextract")
