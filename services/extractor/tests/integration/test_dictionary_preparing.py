"""How a service comes by its dictionary: from the setup, or made behind its back; and pages of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from metaextract_common.errors import ServiceError
from metaextract_extractor import dictionary_maker
from metaextract_extractor.adapters.dictionary.prepared import PreparedDictionary, prepared
from metaextract_extractor.application.dictionary import FieldDefinitions
from metaextract_extractor.domain.dictionary import FieldSearch
from metaextract_extractor.domain.own_fields import OWN_FIELDS

TAG = "<tag id='{0}' name='Field{0}' type='?' writable='false'><desc lang='en'>Field {0}</desc></tag>"
LIST = (
    "<taginfo><table name='Exif::Main' g0='EXIF' g1='IFD0' g2='Image'>"
    + "".join(TAG.format(number) for number in range(25))
    + "</table></taginfo>"
)


def exiftool(folder: Path, version: str) -> Path:
    """Make a program that says it is ExifTool and knows 25 fields."""
    file = folder / "exiftool"
    file.write_text(f"#!/bin/sh\ncase $3 in -ver) echo {version};; *) cat <<'X'\n{LIST}\nX\nesac\n")
    file.chmod(0o755)
    return file


async def ready(dictionary: PreparedDictionary) -> bool:
    try:
        await dictionary.info()
    except ServiceError as error:
        return error.reason != "FIELD_DICTIONARY_NOT_READY"
    return True


async def test_what_setup_made_is_used_where_it_lies(folder: Path, becomes) -> None:
    program = exiftool(folder, "13.59")
    dictionary_maker.make(program, folder / "made.sqlite")

    async with prepared(program, made=folder / "made.sqlite", own=folder / "own.sqlite") as dictionary:
        await becomes(lambda: ready(dictionary))
        info = await dictionary.info()

    assert (info.definitions_count, info.own_definitions_count) == (25 + len(OWN_FIELDS), len(OWN_FIELDS))
    assert not (folder / "own.sqlite").exists()


async def test_what_is_of_another_engine_or_damaged_or_not_there_is_made_anew(folder: Path, becomes) -> None:
    dictionary_maker.make(exiftool(folder, "13.58"), folder / "made.sqlite")
    (folder / "own.sqlite").write_bytes(b"damaged")

    async with prepared(
        exiftool(folder, "13.59"), made=folder / "made.sqlite", own=folder / "own.sqlite"
    ) as dictionary:
        assert not await ready(dictionary)  # the service is there before its dictionary
        await becomes(lambda: ready(dictionary))
        assert (await dictionary.info()).engine_version == "13.59"

    inode = (folder / "own.sqlite").stat().st_ino
    dictionary_maker.make(exiftool(folder, "13.59"), folder / "own.sqlite")
    assert (folder / "own.sqlite").stat().st_ino == inode  # nothing was left to do


async def test_an_engine_that_lists_nothing_leaves_the_service_without_a_dictionary(folder: Path) -> None:
    program = folder / "exiftool"
    program.write_text("#!/bin/sh\necho no >&2\nexit 1\n")
    program.chmod(0o755)

    async with prepared(program, made=folder / "made.sqlite", own=folder / "own.sqlite") as dictionary:
        with pytest.raises(ServiceError, match="being made") as refused:
            await dictionary.search(FieldSearch(), 0, 1)
        assert refused.value.retry_after_seconds == 5
        with pytest.raises(ServiceError, match="being made"):
            await dictionary.get("fieldDefinitions/x", "en")
    assert list(folder.iterdir()) == [program]


def test_the_command_says_what_is_wrong_with_the_engine(folder: Path) -> None:
    program = folder / "exiftool"
    program.write_text("#!/bin/sh\necho no library >&2\nexit 1\n")
    program.chmod(0o755)
    command = [sys.executable, "-m", "metaextract_extractor.dictionary_maker"]
    options = [f"--exiftool={program}", f"--file={folder / 'fields.sqlite'}"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (1, "The field dictionary cannot be made: no library\n")


async def test_a_service_that_stops_stops_the_making(folder: Path) -> None:
    program = folder / "exiftool"
    program.write_text("#!/bin/sh\ncase $3 in -ver) echo 13.59;; *) sleep 60;; esac\n")
    program.chmod(0o755)

    async with prepared(program, made=folder / "made.sqlite", own=folder / "own.sqlite") as dictionary:
        assert not await ready(dictionary)


async def test_pages_follow_each_other_and_a_token_belongs_to_its_search(folder: Path, becomes) -> None:
    program = exiftool(folder, "13.59")
    dictionary_maker.make(program, folder / "made.sqlite")
    async with prepared(program, made=folder / "made.sqlite", own=folder / "own.sqlite") as dictionary:
        await becomes(lambda: ready(dictionary))
        definitions = FieldDefinitions(dictionary)
        search = FieldSearch(text="field", group="EXIF")

        names, token, sizes = [], "", []
        while True:
            page = await definitions.search(search, 10, token)
            names += [one.field_name for one in page.found.definitions]
            sizes.append(len(page.found.definitions))
            token = page.next_page_token
            if not token:
                break
        assert (sizes, len(set(names)), page.found.total_size) == ([10, 10, 5], 25, 25)

        token = (await definitions.search(search, 10, "")).next_page_token
        for other, sent in (
            (FieldSearch(text="fields", group="EXIF"), token),
            (search, token[:-4]),
            (search, "?"),
            (search, "é"),
        ):
            with pytest.raises(ServiceError) as refused:
                await definitions.search(other, 10, sent)
            assert (refused.value.reason, refused.value.metadata["field"]) == (
                "INVALID_REQUEST",
                "page_token",
            )


async def test_pages_have_a_usual_and_a_greatest_size(folder: Path, becomes) -> None:
    program = exiftool(folder, "13.59")
    dictionary_maker.make(program, folder / "made.sqlite")
    async with prepared(program, made=folder / "made.sqlite", own=folder / "own.sqlite") as dictionary:
        await becomes(lambda: ready(dictionary))
        definitions = FieldDefinitions(dictionary)

        sizes = [
            len((await definitions.search(FieldSearch(values_max=values_max), size, "")).found.definitions)
            for size, values_max in ((0, 8), (30, 8), (1000, 8), (30, None))
        ]

    everything = 25 + len(OWN_FIELDS)
    assert sizes == [20, 30, everything, 20]
