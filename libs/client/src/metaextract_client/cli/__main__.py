"""`python -m metaextract_client.cli`: the command where no script is installed."""

from metaextract_client.cli import main

main()
