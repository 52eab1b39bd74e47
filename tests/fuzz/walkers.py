"""`python -m tests.fuzz.walkers`: coverage-guided fuzzing (atheris, libFuzzer) of every walker, one by one.

Inputs that were found are kept in --folder and used again; what breaks a walker is kept beside them, and the
exit code is 1.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["metaextract_extractor.reading"]):
    from tests.fuzz.targets import TARGETS, check

from bench.hostile.seeds import factory_seeds

from metaextract_extractor.domain.formats import HEAD_BYTES, sniff
from metaextract_extractor.reading.dispatch import walk_file
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk

INPUT_BYTES_MAX = 65_536
INPUT_SECONDS_MAX = 10
MEMORY_MEBIBYTES_MAX = 1_024


def main() -> int:
    """Fuzz the targets that were asked for, each in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.walkers", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="time for each target")
    parser.add_argument("--only", nargs="*", choices=sorted(TARGETS), default=[], help="these targets")
    parser.add_argument("--folder", type=Path, default=Path(".data/fuzz"), help="inputs, old and new")
    parser.add_argument("--target", choices=sorted(TARGETS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.target:
        _fuzz(arguments.target, arguments.folder, arguments.seconds)
    write_corpus(arguments.folder)
    broken = [one for one in arguments.only or TARGETS if not _survives(one, arguments)]
    sys.stdout.write(f"broken: {', '.join(broken)}\n" if broken else "nothing broke\n")
    return 1 if broken else 0


def write_corpus(folder: Path) -> None:
    """Write the factory's files, and what is embedded in them, as first inputs."""
    for name in TARGETS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for file in factory_seeds():
        name = file.name.rpartition("/")[2]
        view, walk = View.unpacked(file.content), Walk()
        family = sniff(file.content[:HEAD_BYTES])
        walk_file(view, walk, family, Path(name).suffix.removeprefix("."))
        targets = {"file", _TARGET_OF.get(family, "bitmap")}
        for target in targets:
            (folder / target / name).write_bytes(file.content)
        for kind, views in walk.views.items():
            target = {"photoshop": "irb"}.get(kind, kind)
            for number, one in enumerate(views if target in TARGETS else ()):
                (folder / target / f"{name}-{number}").write_bytes(one.all(INPUT_BYTES_MAX))


_TARGET_OF = {
    "JPEG": "jpeg",
    "PNG": "png",
    "WEBP": "riff",
    "TIFF": "tiff",
    "GIF": "gif",
    "SVG": "svg",
    "HEIF": "heif",
    "AVIF": "heif",
    "JP2": "jp2",
    "PSD": "psd",
}


def _survives(target: str, arguments: argparse.Namespace) -> bool:
    sys.stdout.write(f"{target}\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "tests.fuzz.walkers", "--target", target]
    options = ["--seconds", str(arguments.seconds), "--folder", str(arguments.folder)]
    return subprocess.run([*command, *options], check=False).returncode == 0


def _fuzz(target: str, folder: Path, seconds: int) -> None:
    """Fuzz one target; does not return."""
    (folder / "broken").mkdir(exist_ok=True)
    options = (
        f"-max_total_time={seconds}",
        f"-timeout={INPUT_SECONDS_MAX}",
        f"-rss_limit_mb={MEMORY_MEBIBYTES_MAX}",
        f"-max_len={INPUT_BYTES_MAX}",
        f"-artifact_prefix={folder / 'broken' / target}-",
        "-print_final_stats=1",
        "-verbosity=0",
    )
    atheris.Setup([sys.argv[0], *options, str(folder / target)], lambda data: check(TARGETS[target], data))
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
