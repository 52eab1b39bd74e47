"""One file does not change how ExifTool, which is kept running, reads the next."""

from pathlib import Path

from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_testing.exiftool import exiftool_path
from metaextract_testing.factory import make


def test_a_profile_with_a_value_of_unknown_type_does_not_change_the_profiles_after_it(tmp_path: Path) -> None:
    good = make("jpeg").content
    at = good.index(b"mluc", good.index(b"acsp"))
    path = tmp_path / "file.jpg"
    with ExifTool(exiftool_path()) as tool:
        read = []
        for content in (good, good[:at] + b"zzzz" + good[at + 4 :], good):
            path.write_bytes(content)
            read.append({one.printed for one in tool.read(path).fields if one.name == "ProfileDescription"})
    assert read[1] != read[0]
    assert read[2] == read[0]
