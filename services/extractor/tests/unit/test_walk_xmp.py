"""XMP packets: every form of RDF, the place of each text, and no harm from any input."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import Field, Why
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Budgets, Walk
from metaextract_extractor.reading.walkers import xmp_schema
from metaextract_extractor.reading.walkers.xmp import walk_xmp
from metaextract_extractor.reading.walkers.xmp_names import NAMESPACES, SCHEMAS, STRUCTURES
from metaextract_testing.factory import make

PREFIXES = {prefix: uri for uri, prefix in NAMESPACES.items()} | {"foo": "http://foo.example/1.0/"}

CONTENT = make("jpeg").content


def packet(body: str, *prefixes: str, attributes: str = "") -> str:
    declared = " ".join(f'xmlns:{one}="{PREFIXES[one]}"' for one in prefixes)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="kit 1">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {declared} {attributes}>{body}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta>\n   <?xpacket end="w"?>'
    )


def walked(data: bytes, budgets: Budgets | None = None) -> Walk:
    walk = Walk(budgets or Budgets())
    walk_xmp(View.of(BytesSource(data)), walk, "XMP")
    return walk


def told(walk: Walk) -> dict[str, tuple[object, str]]:
    return {f"{one.group}:{one.name}": (one.raw, one.printed) for one in walk.fields}


def text_at(data: bytes, field: Field) -> bytes:
    place = field.location
    assert place is not None
    return data[place.offset_bytes : place.offset_bytes + place.length_bytes]


def test_properties_as_elements_and_as_attributes_have_the_place_of_their_text():
    data = packet(
        "<dc:format>image/png</dc:format>", "dc", "xmp", attributes='xmp:Label="A &amp; B"'
    ).encode()
    walk = walked(data)
    by_name = {one.name: one for one in walk.fields}
    assert by_name["Format"].printed == "image/png"
    assert text_at(data, by_name["Format"]) == b"image/png"
    assert by_name["Label"].printed == "A & B"
    assert text_at(data, by_name["Label"]) == b"A &amp; B"
    assert by_name["XMPToolkit"].group == "XMP-x"
    assert walk.unread == []


def test_language_alternatives_are_fields_of_their_own_and_the_default_has_the_plain_name():
    body = (
        '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Cheese</rdf:li>'
        '<rdf:li xml:lang="de-at">Käse</rdf:li></rdf:Alt></dc:title>'
    )
    walk = walked(packet(body, "dc").encode())
    assert told(walk)["XMP-dc:Title"] == ("Cheese", "Cheese")
    assert told(walk)["XMP-dc:Title-de-AT"] == ("Käse", "Käse")
    assert [one.tag_id for one in walk.fields if one.name.startswith("Title-")] == ["title-de-AT"]


def test_an_array_is_one_field_without_a_place_and_an_array_of_one_has_it():
    body = (
        "<dc:subject><rdf:Bag><rdf:li>a</rdf:li><rdf:li>b</rdf:li></rdf:Bag></dc:subject>"
        "<dc:creator><rdf:Seq><rdf:li>one</rdf:li></rdf:Seq></dc:creator>"
    )
    data = packet(body, "dc").encode()
    by_name = {one.name: one for one in walked(data).fields}
    assert by_name["Subject"].raw == ["a", "b"]
    assert by_name["Subject"].printed == "a, b"
    assert by_name["Subject"].location is None
    assert by_name["Creator"].raw == "one"
    assert text_at(data, by_name["Creator"]) == b"one"


def test_structures_are_flattened_to_the_names_of_exiftool():
    body = (
        '<xmpMM:DerivedFrom stRef:instanceID="i"/>'
        '<Iptc4xmpCore:CreatorContactInfo rdf:parseType="Resource">'
        "<Iptc4xmpCore:CiAdrCity>Bern</Iptc4xmpCore:CiAdrCity></Iptc4xmpCore:CreatorContactInfo>"
        "<mwg-rs:Regions><rdf:Description><mwg-rs:RegionList><rdf:Bag>"
        '<rdf:li><rdf:Description mwg-rs:Name="Ann"/></rdf:li></rdf:Bag></mwg-rs:RegionList>'
        "</rdf:Description></mwg-rs:Regions>"
        '<xmpMM:Pantry><rdf:Bag><rdf:li rdf:parseType="Resource"><xmpMM:InstanceID>p</xmpMM:InstanceID>'
        "</rdf:li></rdf:Bag></xmpMM:Pantry>"
    )
    fields = told(walked(packet(body, "xmpMM", "stRef", "Iptc4xmpCore", "mwg-rs").encode()))
    assert fields["XMP-xmpMM:DerivedFromInstanceID"] == ("i", "i")
    assert fields["XMP-iptcCore:CreatorCity"] == ("Bern", "Bern")
    assert fields["XMP-mwg-rs:RegionName"] == ("Ann", "Ann")
    assert fields["XMP-xmpMM:PantryInstanceID"] == ("p", "p")


def test_a_property_of_an_unknown_namespace_is_converted_if_it_looks_like_a_date_or_a_rational():
    body = (
        "<foo:when>2020-01-02T03:04:05Z</foo:when><foo:ratio>10/4</foo:ratio><foo:MY_NAME>v</foo:MY_NAME>"
        "<foo:d>one letter</foo:d>"
    )
    walk = walked(packet(body, "foo").encode())
    fields = told(walk)
    assert fields["XMP-foo:When"] == ("2020:01:02 03:04:05Z", "2020:01:02 03:04:05Z")
    assert fields["XMP-foo:Ratio"] == (2.5, "2.5")
    assert fields["XMP-foo:MyName"] == ("v", "v")
    assert fields["XMP-foo:TagD"] == ("one letter", "one letter")
    assert {one.tag_id for one in walk.fields} >= {"foo:when", "foo:myName"}


def test_a_prefix_is_only_a_name_for_its_namespace():
    usual = PREFIXES["photoshop"]
    data = packet("<p:City>Rome</p:City>", attributes=f'xmlns:p="{usual}"').encode()
    assert told(walked(data))["XMP-photoshop:City"] == ("Rome", "Rome")
    stolen = packet("<dc:City>Rome</dc:City>", attributes='xmlns:dc="http://else.example/"').encode()
    assert told(walked(stolen))["XMP-tmp0:City"] == ("Rome", "Rome")


@pytest.mark.parametrize(
    ("name", "text", "raw", "printed"),
    [
        ("ExposureTime", "1/125", 0.008, "1/125"),
        ("FNumber", "28/10", 2.8, "2.8"),
        ("ExposureBiasValue", "-1/3", -0.333333333333333, "-1/3"),
        ("FocalLength", "50/1", 50, "50.0 mm"),
        ("GPSLongitude", "8,30,15W", -8.50416666666667, "8 deg 30' 15.00\" W"),
        ("GPSAltitude", "0/0", "undef", "undef"),
        ("ApertureValue", "3/1", 2.82842712474619, "2.8"),
        ("ShutterSpeedValue", "7/1", 0.0078125, "1/128"),
        ("ColorSpace", "65535", 65535, "Uncalibrated"),
        ("LightSource", "77", 77, "Unknown (77)"),
    ],
)
def test_exif_values_are_told_as_photographers_write_them(name, text, raw, printed):
    fields = walked(packet(f"<exif:{name}>{text}</exif:{name}>", "exif").encode()).fields
    assert (fields[-1].raw, fields[-1].printed) == (raw, printed)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_every_encoding_gives_the_same_and_places_stand_where_bytes_are_kept(encoding):
    text = packet("<dc:format>image/ä𝄞</dc:format>", "dc", "xmp", attributes='xmp:Label="ö"')
    data = text.encode(encoding)
    walk = walked(data)
    fields = {one.name: one for one in walk.fields}
    assert fields["Format"].printed == "image/ä𝄞"
    assert fields["Label"].printed == "ö"
    if encoding.startswith("utf-32"):
        assert fields["Format"].location is None
    else:
        assert text_at(data, fields["Format"]).decode(encoding) == "image/ä𝄞"
        assert text_at(data, fields["Label"]).decode(encoding) == "ö"


def test_a_packet_that_was_unpacked_has_no_place():
    walk = Walk()
    walk_xmp(View.unpacked(packet("<dc:format>x</dc:format>", "dc").encode()), walk, "XMP")
    assert [one.location for one in walk.fields] == [None] * len(walk.fields)


def test_entities_are_refused_and_what_stands_before_them_is_kept():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    walk = walked(bomb.encode())
    assert walk.fields == []
    assert [one.code for one in walk.notices] == ["XML_ENTITIES_REFUSED"]


def test_depth_and_length_are_limited():
    deep = packet("<foo:a>" * 400 + "</foo:a>" * 400, "foo").encode()
    walk = walked(deep)
    assert walk.budgets_exceeded == ["xmp_depth_max"]
    assert {one.why for one in walk.unread} == {Why.BUDGET}
    long = walked(deep, Budgets(xmp_bytes_max=100))
    assert long.budgets_exceeded == ["xmp_bytes_max"]
    assert long.fields == []


def test_damage_is_told_and_what_stands_before_it_is_kept():
    data = packet("<dc:format>x</dc:format><dc:source>y</dc:wrong>", "dc").encode()
    walk = walked(data)
    assert told(walk)["XMP-dc:Format"] == ("x", "x")
    assert "XMP-dc:Source" not in told(walk)
    assert [(one.why, one.place.offset_bytes) for one in walk.unread] == [
        (Why.DAMAGED, data.index(b"dc:wrong"))
    ]


def test_what_stands_in_every_packet_of_a_file_is_told_once():
    data = packet("<dc:format>x</dc:format>", "dc").encode()
    walk = walked(data)
    walk_xmp(View.of(BytesSource(data)), walk, "XMP")
    assert sum(one.name == "XMPToolkit" for one in walk.fields) == 1
    assert [one.occurrence for one in walk.fields if one.name == "Format"] == [0, 1]


def test_the_tables_of_names_can_be_read_whole():
    for group in SCHEMAS:
        for identifier in xmp_schema._schema(group):
            found = xmp_schema.find([(group, identifier)])
            assert found.group == group
            assert not found.structure or found.structure in STRUCTURES
    for structure in STRUCTURES:
        assert all(
            not one.structure or one.structure in STRUCTURES for one in xmp_schema._fields(structure).values()
        )


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_end_without_error(data):
    walked(data)


@settings(deadline=None)
@given(st.integers(0, 5000), st.integers(0, 255), st.integers(0, 5000))
def test_a_damaged_or_cut_packet_ends_without_error(at, value, length):
    content = CONTENT
    start = content.index(b"<?xpacket begin")
    data = bytearray(content[start : content.index(b"?>", content.index(b"<?xpacket end")) + 2])
    data[at % len(data)] = value
    for one in walked(bytes(data)[: 1 + length % len(data)]).fields:
        assert one.location is None or one.location.offset_bytes + one.location.length_bytes <= len(data)
