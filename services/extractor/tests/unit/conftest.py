"""What the unit tests of engines share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from metaextract_extractor.reading.evidence import Engine, Report, subject_of

Reads = Callable[[Engine, bytes, str], Report]


@pytest.fixture
def read_bytes(tmp_path: Path) -> Reads:
    """Let an engine read a file with this content and extension."""

    def read(engine: Engine, content: bytes, extension: str) -> Report:
        path = tmp_path / f"file.{extension}"
        path.write_bytes(content)
        with subject_of(path, len(content), extension, None) as subject:
            assert engine.reads(subject)
            return engine.read(subject)

    return read
