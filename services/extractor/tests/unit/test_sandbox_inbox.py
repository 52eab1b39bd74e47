"""One worker, one folder, one file at a time."""

import os
from pathlib import Path

import pytest

from metaextract_extractor.adapters.spool.disk import DiskSpool
from metaextract_extractor.adapters.workers.inbox import Inboxes, InboxesUnavailableError


@pytest.fixture
def inboxes(tmp_path: Path) -> Inboxes:
    made = Inboxes(tmp_path / "spool" / "inboxes")
    made.open()
    return made


def test_an_inbox_holds_the_growing_file_under_a_random_name_and_no_longer_than_asked(
    inboxes, tmp_path
) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"first")
    inbox = inboxes.new()
    with inbox.holding(file) as name:
        seen = inbox.folder / name
        assert seen.suffix == ".jpg"
        assert "photo" not in name
        with file.open("ab") as more:
            more.write(b" and more")
        assert seen.read_bytes() == b"first and more"
        assert list(inbox.folder.iterdir()) == [seen]
    assert list(inbox.folder.iterdir()) == []
    assert file.exists()


def test_inboxes_are_for_their_owner_and_apart(inboxes) -> None:
    first, second = inboxes.new(), inboxes.new()
    assert first.folder != second.folder
    assert {one.folder.stat().st_mode & 0o777 for one in (first, second)} == {0o700}


def test_a_removed_inbox_takes_its_file_along_and_ends_the_block_in_peace(inboxes, tmp_path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    inbox = inboxes.new()
    with inbox.holding(tmp_path / "a"):
        inbox.remove()
    assert not inbox.folder.exists()
    assert (tmp_path / "a").read_bytes() == b"a"


def test_what_a_crash_left_is_deleted_by_the_inboxes_and_by_the_spool(inboxes, tmp_path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    os.link(tmp_path / "a", inboxes.new().folder / "left")
    inboxes.open()
    assert list(inboxes.folder.iterdir()) == []
    os.link(tmp_path / "a", inboxes.new().folder / "left")
    DiskSpool(tmp_path / "spool").open()
    assert list((tmp_path / "spool").iterdir()) == []
    assert (tmp_path / "a").read_bytes() == b"a"


def test_a_file_system_without_links_is_told_at_the_start(tmp_path, monkeypatch) -> None:
    def link(_source: str, _target: str) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(InboxesUnavailableError, match="EXTRACTOR_SPOOL_DIR"):
        Inboxes(tmp_path / "inboxes").open()
