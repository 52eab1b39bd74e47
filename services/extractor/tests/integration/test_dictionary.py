"""The dictionary of the installed ExifTool, and the service that answers from it."""

import ast
import inspect
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from metaextract.extractor.v1 import dictionary_pb2 as pb
from metaextract.extractor.v1.dictionary_pb2_grpc import FieldDictionaryServiceStub
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.client import open_channel
from metaextract_extractor import dictionary_maker
from metaextract_extractor.adapters.dictionary.listx import version
from metaextract_extractor.adapters.dictionary.sqlite import SqliteDictionary, fits
from metaextract_extractor.domain.dictionary import FieldDefinition, FieldSearch, Flag
from metaextract_extractor.domain.own_fields import OWN_FIELDS
from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.engines import heif, raw
from metaextract_extractor.settings import Settings

ORIENTATION = {
    "1": "Horizontal (normal)",
    "2": "Mirror horizontal",
    "3": "Rotate 180",
    "4": "Mirror vertical",
    "5": "Mirror horizontal and rotate 270 CW",
    "6": "Rotate 90 CW",
    "7": "Mirror horizontal and rotate 90 CW",
    "8": "Rotate 270 CW",
}


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteDictionary]:
    """What setup made, which says that exactly this code made it from exactly this engine; else a new one."""
    exiftool, file = Settings().exiftool_path(), Settings().dictionary_made_path()
    if not fits(file, version(exiftool)):
        file = tmp_path_factory.mktemp("dictionary") / "fields.sqlite"
        dictionary_maker.make(exiftool, file)
    opened = SqliteDictionary(file)
    yield opened
    opened.close()


def whole(dictionary: SqliteDictionary, name: str, language: str = "en") -> FieldDefinition:
    found = dictionary.get(f"fieldDefinitions/{name}", language)
    assert found is not None
    return found


def test_every_field_that_the_engine_lists_is_there(dictionary) -> None:
    info = dictionary.info

    assert info.definitions_count - info.own_definitions_count >= 30_000
    assert info.names_count >= 20_000
    assert info.values_count >= 90_000
    assert info.own_definitions_count == len(OWN_FIELDS)
    assert len(info.languages) >= 16
    assert {one.code for one in info.languages} >= {"en", "de", "fr", "ja", "zh_cn", "ru"}
    assert sum(one.definitions_count for one in dictionary.groups(0)) == info.definitions_count


def test_orientation_has_its_eight_values(dictionary) -> None:
    one = whole(dictionary, "Exif.Main.Orientation")

    assert {value.raw: value.text for value in one.values} == ORIENTATION
    assert (one.family, one.group, one.category, one.standard) == ("EXIF", "IFD0", "Image", Standard.EXIF)
    assert (one.tag_id, one.tag_id_hex, one.type, one.writable) == ("274", "0x0112", "int16u", True)
    assert one.descriptions["de"] == "Ausrichtung"
    assert len(one.descriptions) > 10


def test_values_are_told_in_the_language_that_is_asked_for(dictionary) -> None:
    values = {one.raw: one.text for one in whole(dictionary, "Exif.Main.MeteringMode", "de").values}

    assert values["5"] != "Multi-segment"
    assert {one.raw for one in whole(dictionary, "Exif.Main.MeteringMode").values} == set(values)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("GPS.Main.GPSLatitudeRef", ("EXIF", "GPS", "Location", "1", "string")),
        ("Canon.CameraSettings.LensType", ("MakerNotes", "Canon", "Camera", "22", "int16u")),
        ("XMP.dc.Creator", ("XMP", "XMP-dc", "Author", "creator", "string")),
        ("IPTC.ApplicationRecord.Keywords", ("IPTC", "IPTC", "Other", "25", "string")),
        ("ICC_Profile.Header.RenderingIntent", ("ICC_Profile", "ICC-header", "Image", "64", "int32u")),
    ],
)
def test_known_fields_are_as_the_engine_states_them(dictionary, name, facts) -> None:
    one = whole(dictionary, name)

    assert (one.family, one.group, one.category, one.tag_id, one.type) == facts


def test_flags_counts_values_and_units_are_kept(dictionary) -> None:
    assert {value.raw: value.text for value in whole(dictionary, "GPS.Main.GPSLatitudeRef").values} == {
        "N": "North",
        "S": "South",
    }
    assert whole(dictionary, "GPS.Main.GPSLatitudeRef").count == 2
    assert whole(dictionary, "Canon.CameraSettings.LensType").values_count > 400
    assert Flag.PERMANENT in whole(dictionary, "Canon.CameraSettings.LensType").flags
    assert whole(dictionary, "XMP.dc.Creator").flags == (Flag.LIST, Flag.SEQ)
    assert Flag.LIST in whole(dictionary, "IPTC.ApplicationRecord.Keywords").flags
    assert whole(dictionary, "Exif.Main.FocalLength").unit == "mm"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Orientation", "Exif.Main.Orientation"),
        ("gps lat", "GPS.Main.GPSLatitude"),
        ("lens model", "Exif.Main.LensModel"),
        ("0x8827", "Exif.Main.ISO"),
        ("34855", "Exif.Main.ISO"),
        ("2:25", "IPTC.ApplicationRecord.Keywords"),
        ("DateTimeOrignal", "Exif.Main.DateTimeOriginal"),
        ("gps lattitude", "GPS.Main.GPSLatitude"),
        ("XMP-dc:Creator", "XMP.dc.Creator"),
        ("Canon:LensType", "Canon.CameraSettings.LensType"),
        ("rotate 90 cw", "Exif.Main.Orientation"),
        ("keywords", "IPTC.ApplicationRecord.Keywords"),
        ("LibRaw:WhiteLevel", "LibRaw.WhiteLevel"),
    ],
)
def test_what_people_mean_comes_first(dictionary, text, first) -> None:
    assert dictionary.search(FieldSearch(text=text), 0, 1).definitions[0].name == f"fieldDefinitions/{first}"


def test_standards_come_before_maker_notes_and_those_before_films(dictionary) -> None:
    found = dictionary.search(FieldSearch(text="Model"), 0, 200).definitions
    families = [one.family for one in found if one.field_name == "Model"]

    assert (
        families.index("EXIF")
        < families.index("XMP")
        < families.index("MakerNotes")
        < families.index("QuickTime")
    )


@pytest.mark.parametrize(("module", "group"), [(raw, "LibRaw"), (heif, "HEIF")])
def test_the_fields_of_our_own_engines_are_declared(module, group) -> None:
    """Every name that the engine's source hands to its group stands in the dictionary, and no other."""
    tree = ast.parse(Path(inspect.getfile(module)).read_text())
    named = {
        node.args[1].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "_add"
        and isinstance(node.args[1], ast.Constant)
    }
    loops = [
        node.iter for node in ast.walk(tree) if isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple)
    ]
    named |= {
        pair.elts[0].value
        for loop in loops
        for pair in loop.elts
        if isinstance(pair, ast.Tuple) and isinstance(pair.elts[0], ast.Constant)
    }
    declared = {one.facts.field_name for one in OWN_FIELDS if one.facts.group == group}

    assert named == declared


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stub(service) -> AsyncIterator[FieldDictionaryServiceStub]:
    async with open_channel(service.target, timeout_seconds=60) as channel:
        yield FieldDictionaryServiceStub(channel)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_service_finds_and_returns_fields(stub, becomes) -> None:
    async def answers() -> bool:
        try:
            await stub.GetDictionaryInfo(pb.GetDictionaryInfoRequest())
        except ServiceError as error:
            return error.reason != "FIELD_DICTIONARY_NOT_READY"
        return True

    await becomes(answers)
    found = await stub.SearchFields(pb.SearchFieldsRequest(query="orientation", language="de", page_size=2))
    one = await stub.GetField(pb.GetFieldRequest(name=found.fields[0].name))
    groups = await stub.ListFieldGroups(pb.ListFieldGroupsRequest(family=1))
    info = await stub.GetDictionaryInfo(pb.GetDictionaryInfoRequest())

    assert [field.description for field in found.fields] == ["Ausrichtung", "Ausrichtung"]
    assert found.total_size > 2
    assert found.next_page_token
    assert {value.raw: value.text for value in one.field.values} == ORIENTATION
    assert one.field.descriptions["de"] == "Ausrichtung"
    assert "Canon" in {group.group for group in groups.groups}
    assert info.definitions_count > 30_000

    following = await stub.SearchFields(
        pb.SearchFieldsRequest(query="orientation", language="de", page_token=found.next_page_token)
    )
    assert following.fields[0].name not in {field.name for field in found.fields}
    mended = await stub.SearchFields(pb.SearchFieldsRequest(query="DateTimeOrignal", page_size=1))
    assert mended.corrected_query == "DateTimeOriginal"
    full = await stub.SearchFields(
        pb.SearchFieldsRequest(query="Canon:LensType", view=pb.FIELD_VIEW_FULL, page_size=100)
    )
    assert (len(full.fields), len(full.fields[0].values)) == (20, full.fields[0].values_count)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("method", "request_", "reason", "field"),
    [
        ("GetField", pb.GetFieldRequest(name="fieldDefinitions/none"), "FIELD_DEFINITION_NOT_FOUND", None),
        ("GetField", pb.GetFieldRequest(name="none"), "INVALID_REQUEST", "name"),
        ("SearchFields", pb.SearchFieldsRequest(language="xx"), "INVALID_REQUEST", "language"),
        ("SearchFields", pb.SearchFieldsRequest(language="x"), "INVALID_REQUEST", "language"),
        ("SearchFields", pb.SearchFieldsRequest(query="x" * 201), "INVALID_REQUEST", "query"),
        ("SearchFields", pb.SearchFieldsRequest(page_size=-1), "INVALID_REQUEST", "page_size"),
        ("SearchFields", pb.SearchFieldsRequest(page_token="x"), "INVALID_REQUEST", "page_token"),
        ("ListFieldGroups", pb.ListFieldGroupsRequest(family=3), "INVALID_REQUEST", "family"),
    ],
)
async def test_the_service_says_what_is_wrong(stub, method, request_, reason, field) -> None:
    with pytest.raises(ServiceError) as refused:
        await getattr(stub, method)(request_)

    assert refused.value.reason == reason
    assert field is None or refused.value.metadata["field"] == field
