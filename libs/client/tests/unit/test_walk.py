import os
from pathlib import Path

from metaextract_client.cli.walk import image_files

EXTENSIONS = frozenset({"jpg", "cr3"})


def complaint(path: Path, error: OSError) -> None:
    raise error


def test_folders_are_walked_in_order_and_links_to_folders_are_not_followed(tmp_path):
    (tmp_path / "b" / "deep").mkdir(parents=True)
    for name in ("b/deep/2.cr3", "b/1.jpg", "a.JPG", "c.txt", ".jpg"):
        (tmp_path / name).touch()
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    (tmp_path / "linked.jpg").symlink_to(tmp_path / "a.JPG")
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "pipe.jpg")

    found = list(image_files([tmp_path], EXTENSIONS, complaint))

    assert [str(path.relative_to(tmp_path)) for path in found] == [
        "a.JPG",
        "linked.jpg",
        "b/1.jpg",
        "b/deep/2.cr3",
    ]


def test_a_folder_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "open.jpg").touch()
    scandir = os.scandir

    def refusing(path):  # root may read everything, so the refusal is made here
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    told: list[Path] = []

    found = list(image_files([tmp_path], EXTENSIONS, lambda path, error: told.append(path)))

    assert found == [tmp_path / "open.jpg"]
    assert told == [tmp_path / "closed"]
