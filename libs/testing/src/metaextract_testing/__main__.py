"""``python -m metaextract_testing``: writes image files with known tags into a folder.

``python -m metaextract_testing dodo`` starts the fake payment service instead.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from metaextract_testing.dodo import command as dodo_command
from metaextract_testing.factory import FORMATS, FORMATS_UNKNOWN_TO_EXIFTOOL, make

TRUTH_FILE = "truth.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files and ``truth.json``; return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["dodo"]:
        return dodo_command.main(given[1:])
    options = _parser().parse_args(given)
    options.folder.mkdir(parents=True, exist_ok=True)
    truth = {}
    for image_format in options.formats:
        for seed in range(options.count):
            image = make(image_format, seed=seed)
            (options.folder / image.name).write_bytes(image.content)
            truth[image.name] = {
                "media_type": image.media_type,
                "sha256": hashlib.sha256(image.content).hexdigest(),
                "tags": dict(sorted(image.tags.items())),
            }
    text = json.dumps(truth, indent=2, ensure_ascii=False) + "\n"
    (options.folder / TRUTH_FILE).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(truth)} images and {TRUTH_FILE} in {options.folder}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m metaextract_testing",
        description=(
            "Write real image files whose metadata is known, and truth.json beside them: for each file its "
            "media type, SHA-256 and every known tag with the value ExifTool prints (-G1 -s). "
            "'python -m metaextract_testing dodo --help' tells of the fake payment service."
        ),
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to write; made if missing")
    parser.add_argument(
        "--formats",
        type=_formats,
        default=FORMATS,
        metavar="A,B",
        help=f"comma-separated; known tags: {', '.join(FORMATS)} (the default); "
        f"without known tags: {', '.join(FORMATS_UNKNOWN_TO_EXIFTOOL)}",
    )
    parser.add_argument(
        "--count", type=_positive, default=1, metavar="N", help="files per format, seeds 0 to N-1 (default 1)"
    )
    return parser


def _formats(text: str) -> tuple[str, ...]:
    wanted = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = sorted(set(wanted) - {*FORMATS, *FORMATS_UNKNOWN_TO_EXIFTOOL})
    if unknown or not wanted:
        message = f"unknown format: {', '.join(unknown) or 'none given'}"
        raise argparse.ArgumentTypeError(message)
    return wanted


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        message = "must be at least 1"
        raise argparse.ArgumentTypeError(message)
    return number


if __name__ == "__main__":
    sys.exit(main())
