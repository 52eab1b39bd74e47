"""What a redactor's folder holds is counted while the redactor writes there."""

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from metaextract_extractor.adapters.workers.inbox import Inboxes, Outbox


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    inboxes = Inboxes(tmp_path / "inboxes")
    inboxes.open()
    return inboxes.new_outbox(1000)


def test_its_size_is_that_of_its_files(outbox: Outbox) -> None:
    assert outbox.size_bytes() == 0
    (outbox.folder / "copy").write_bytes(b"x" * 30)
    (outbox.folder / "better").write_bytes(b"x" * 12)
    assert outbox.size_bytes() == 42


def test_a_link_counts_for_itself(outbox: Outbox, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 10_000)
    (outbox.folder / "link").symlink_to(tmp_path / "large")
    assert outbox.size_bytes() < 10_000


def test_a_file_that_goes_while_it_counts_is_not_there(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a temporary file does that becomes the copy: this is no want of room."""
    (outbox.folder / "copy").write_bytes(b"x" * 30)
    temporary = outbox.folder / "copy_exiftool_tmp"
    temporary.write_bytes(b"x" * 12)
    listed = os.scandir

    def listed_then_gone(folder: Path) -> AbstractContextManager[list[os.DirEntry[str]]]:
        with listed(folder) as entries:
            found = list(entries)
        temporary.unlink()
        return nullcontext(found)

    monkeypatch.setattr(os, "scandir", listed_then_gone)
    assert outbox.size_bytes() == 30
