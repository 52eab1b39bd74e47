"""The key that nobody configured: made once for a data folder, and nobody else's to read."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from metaextract_billing.adapters.files.identity_key import identity_key


def test_a_folder_has_one_key_and_two_folders_have_two(tmp_path) -> None:
    first = identity_key(tmp_path / "one" / "data")

    assert len(first) == 32
    assert identity_key(tmp_path / "one" / "data") == first
    assert identity_key(tmp_path / "two") != first


def test_only_the_owner_can_read_it(tmp_path) -> None:
    identity_key(tmp_path)

    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_all_who_ask_at_once_get_the_same(tmp_path) -> None:
    for number in range(20):
        folder = tmp_path / str(number)
        with ThreadPoolExecutor(8) as threads:
            keys = set(threads.map(identity_key, [folder] * 8))

        assert len(keys) == 1
        assert [file.name for file in folder.iterdir()] == ["identity.key"]


def test_a_file_that_holds_no_key_is_refused_and_left_alone(tmp_path) -> None:
    (tmp_path / "identity.key").write_bytes(b"short")

    with pytest.raises(ValueError, match="must hold 32 bytes and holds 5"):
        identity_key(tmp_path)
    assert (tmp_path / "identity.key").read_bytes() == b"short"
