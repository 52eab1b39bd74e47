"""What was answered so far, on disk, so that a long run can be interrupted and taken up again."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench.hostile.feeding import Answer
from bench.hostile.seeds import VARIANT, File

KEPT_FILES_MAX: Final = 1_000


class OtherRunError(Exception):
    """The folder holds a run of another seed or of other files."""


def fingerprint(seed: int, files: Iterable[File]) -> str:
    """Identify the variants that a seed and these files lead to."""
    digest = hashlib.sha256(str(seed).encode())
    for file in files:
        digest.update(file.name.encode() + hashlib.sha256(file.content).digest())
    return digest.hexdigest()


class Journal:
    """One line a file in `answers.jsonl`, a session in `sessions.jsonl`; files worth a study in `kept/`."""

    def __init__(self, folder: Path, run: str) -> None:
        self._folder = folder
        self._kept = folder / "kept"
        self._kept.mkdir(parents=True, exist_ok=True)
        self._check(run)
        self._path = folder / "answers.jsonl"
        self.answers = [Answer(**one) for one in _objects(self._path)]
        self._names = {one.name for one in self.answers}
        self._numbers = {_number(one.name) for one in self.answers if one.group}
        self._lines = self._path.open("a", buffering=1)

    def _check(self, run: str) -> None:
        marker = self._folder / "run"
        if marker.exists() and marker.read_text() != run:
            raise OtherRunError(f"{self._folder} holds another run: name another --folder, or delete it.")
        marker.write_text(run)

    def has(self, name: str) -> bool:
        """Whether this file was answered already."""
        return name in self._names

    def has_variant(self, index: int) -> bool:
        """Whether the variant of this number was answered already."""
        return index in self._numbers

    def add(self, file: File, answer: Answer) -> None:
        """Write down an answer, and keep the file if it cost something."""
        self.answers.append(answer)
        self._names.add(answer.name)
        self._lines.write(json.dumps(asdict(answer)) + "\n")
        if answer.cost_a_worker or answer.shows_a_defect:
            kind = "defect" if answer.shows_a_defect else "costly"
            name = f"{kind}-{Path(file.group).stem}-{file.name.replace('/', '_')}"
            if sum(1 for _ in self._kept.iterdir()) < KEPT_FILES_MAX:
                (self._kept / name).write_bytes(file.content)

    def sessions(self) -> list[dict[str, Any]]:
        """Return what each session so far wrote of itself."""
        return _objects(self._folder / "sessions.jsonl")

    def end_session(self, figures: dict[str, Any]) -> None:
        """Write down the figures of a session that ends."""
        with (self._folder / "sessions.jsonl").open("a") as lines:
            lines.write(json.dumps(figures) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


def _number(name: str) -> int:
    return int(name.removeprefix(VARIANT).partition(".")[0])


def _objects(path: Path) -> list[dict[str, Any]]:
    """Read one object a line; the last line may be half, if a run was killed."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found
