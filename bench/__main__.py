"""`python -m bench`: one sub-command for each measurement."""

import argparse
import sys

from bench.billing import command as billing
from bench.bus import command as bus
from bench.dictionary import command as dictionary
from bench.gateway import command as gateway
from bench.hostile import command as hostile
from bench.partials import command as partials
from bench.quality import command as quality
from bench.similarity import command as similarity
from bench.uploads import command as uploads


def main() -> int:
    """Run the measurement that was asked for; without one, say which there are."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure MetaExtract (bench/README.md)."
    )
    commands = parser.add_subparsers(dest="command", metavar="MEASUREMENT")
    uploads.add_to(commands)
    similarity.add_to(commands)
    quality.add_to(commands)
    dictionary.add_to(commands)
    hostile.add_to(commands)
    partials.add_to(commands)
    billing.add_to(commands)
    bus.add_to(commands)
    gateway.add_to(commands)
    arguments = parser.parse_args()
    if arguments.command is None:
        parser.print_help()
        return 0
    code: int = arguments.run(arguments)
    return code


if __name__ == "__main__":
    sys.exit(main())
