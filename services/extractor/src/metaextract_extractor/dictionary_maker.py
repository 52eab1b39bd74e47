"""Makes the field dictionary from the installed ExifTool: `python -m metaextract_extractor.dictionary_maker`.

Setup and the image build run it once; the extractor runs it in a process of its own when there is no file
that fits. Trusted code reads trusted output here: no image is involved.
"""

import argparse
import itertools
import os
import signal
import sqlite3
import sys
from pathlib import Path

from metaextract_extractor.adapters.dictionary import listx, writing
from metaextract_extractor.adapters.dictionary.sqlite import fits
from metaextract_extractor.domain.own_fields import OWN_FIELDS
from metaextract_extractor.settings import Settings


def main() -> None:
    """Write the file, unless one that fits is there. Exits with 1 when ExifTool does not list its fields."""
    settings = Settings()
    parser = argparse.ArgumentParser(prog="dictionary_maker", description="Make the field dictionary.")
    parser.add_argument("--exiftool", type=Path, help="the program (default: as the extractor finds it)")
    parser.add_argument(
        "--file", type=Path, default=settings.dictionary_made_path(), help="where to write it"
    )
    arguments = parser.parse_args()
    os.nice(10)  # a server may be at work beside it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was begun is removed
    exiftool = arguments.exiftool or settings.exiftool_path()
    try:
        make(exiftool, arguments.file)
    except (listx.ListingError, OSError, sqlite3.Error) as error:
        sys.stderr.write(f"The field dictionary cannot be made: {error}\n")
        raise SystemExit(1) from error


def make(exiftool: Path, file: Path) -> None:
    """Make `file` from `exiftool` and the fields of our own engines, unless it is what it would become."""
    version = listx.version(exiftool)
    if fits(file, version):
        return
    with listx.listing(exiftool) as listed:
        entries = itertools.chain(listed, OWN_FIELDS)
        writing.write(file, entries, engine=listx.ENGINE, engine_version=version)


if __name__ == "__main__":
    main()
