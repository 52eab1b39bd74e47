import re

from metaextract_client.cli.text import shown


def test_bars_show_the_upload_and_the_reading_of_each_file(far, tmp_path, on_a_terminal):
    for name in ("one.jpg", "two.jpg"):
        (tmp_path / name).write_bytes(b"abc")
    far.go_on.clear()

    code, text = on_a_terminal(["extract", "--url", far.url, str(tmp_path)], "reading exiftool", far.go_on)

    assert code == 0
    assert "All files" in text
    assert "0/2" in text
    assert "one.jpg" in text
    assert "reading exiftool" in text
    assert re.search(r"two\.jpg +JPEG +3 +640x480 +2 +0 +exiftool", text)


def test_a_single_file_is_a_block_with_its_facts_and_quiet_has_no_bars(far, tmp_path, on_a_terminal):
    path = tmp_path / "one.jpg"
    path.write_bytes(b"abc")
    far.fields = [{"group": "IFD0", "name": "Make", "printed": "[red]C\x1b[31manon"}]

    code, text = on_a_terminal(["extract", "--quiet", "--url", far.url, str(path)], "Make", far.go_on)

    assert code == 0
    assert "one.jpg  JPEG, 3 bytes, 640 x 480 pixels, 1 fields" in text
    assert re.search(r"IFD0 +Make +\[red\]C\\x1b\[31manon", text)
    assert "starting" not in text
    assert far.last_event_ids == []


def test_formats_are_a_table(far, on_a_terminal):
    code, text = on_a_terminal(["formats", "--url", far.url], "formats", far.go_on)

    assert code == 0
    assert re.search(r"CR3 +Canon Raw 3 +cr3 +yes", text)
    assert re.search(r"JPEG +JPEG +jpg jpeg +image/jpeg image/pjpeg +advanced", text)


def test_what_is_shown_keeps_letters_and_escapes_the_rest():
    assert shown("Ä\u00a0é 写真\u3000👍") == "Ä\u00a0é 写真\u3000👍"
    assert shown("\x00\x1b\x7f\x85\u200b\u202e\u2028\udcff") == (
        "\\x00\\x1b\\x7f\\x85\\u200b\\u202e\\u2028\\udcff"
    )
