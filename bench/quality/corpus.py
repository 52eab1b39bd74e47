"""The sample files, and how they are parted into those that are fitted and those that are scored."""

import csv
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from metaextract_extractor.domain.detection import detected
from metaextract_extractor.domain.formats import HEAD_BYTES

SAMPLES_DIR: Final = Path(
    os.environ.get("SAMPLES_DIR", Path(__file__).parents[2].parent / "shared" / "samples")
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A file with known content. `expected` and `expected_raw` are ExifTool's answers, kept with the file."""

    path: Path
    format_name: str
    sha256: str
    expected: Path
    expected_raw: Path

    @property
    def is_fitted(self) -> bool:
        """Whether it belongs to the half that is fitted; the other half is scored. By its hash alone."""
        return int(hashlib.sha256(self.sha256.encode()).hexdigest(), 16) % 2 == 0


def samples(folder: Path = SAMPLES_DIR) -> list[Sample]:
    """Return the public samples, in the order of their list."""
    public = folder / "public"
    with (public / "MANIFEST.tsv").open(newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return [
        Sample(
            path=folder / row["path"],
            format_name=_format_name(folder / row["path"], row["exiftool_type"]),
            sha256=row["sha256"],
            expected=public / "expected" / f"{Path(row['path']).relative_to('public')}.json",
            expected_raw=public / "expected" / f"{Path(row['path']).relative_to('public')}.n.json",
        )
        for row in rows
    ]


def _format_name(path: Path, exiftool_type: str) -> str:
    """Return the short name as the product tells it."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return detected(head, engine_name=exiftool_type, engine_media_type="", declared_media_type="").name
