"""SVG: the root, title and description, RDF, Content Credentials, and refusals."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Budgets, Walk
from metaextract_extractor.reading.walkers import nested
from metaextract_extractor.reading.walkers.svg import walk_svg
from metaextract_testing.factory import make

SVG = "http://www.w3.org/2000/svg"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

CONTENT = make("svg").content


def walked(data: bytes | str, budgets: Budgets | None = None) -> Walk:
    walk = Walk(budgets or Budgets())
    walk_svg(View.of(BytesSource(data.encode() if isinstance(data, str) else data)), walk)
    return walk


def told(walk: Walk) -> dict[str, tuple[object, str]]:
    return {f"{one.group}:{one.name}": (one.raw, one.printed) for one in walk.fields}


def test_the_root_gives_size_and_the_metadata_its_fields():
    walk = walked(
        f'<?xml version="1.0"?><svg xmlns="{SVG}" width="10px" height="20" viewBox="0 0 1 1">'
        "<title>Ti</title><desc>De</desc><g><title>inner</title></g>"
        f'<metadata id="m"><rdf:RDF xmlns:rdf="{RDF}" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<rdf:Description><dc:title>t</dc:title></rdf:Description></rdf:RDF></metadata></svg>"
    )
    fields = told(walk)
    assert (walk.format_name, walk.width_pixels, walk.height_pixels) == ("SVG", 10, 20)
    assert fields["SVG:ImageWidth"] == (10, "10")
    assert fields["SVG:Xmlns"] == (SVG, SVG)
    assert fields["SVG:Title"] == ("Ti", "Ti")
    assert fields["SVG:Desc"] == ("De", "De")
    assert fields["SVG:MetadataID"] == ("m", "m")
    assert fields["XMP-dc:Title"] == ("t", "t")


def test_parts_of_pixels_are_rounded():
    walk = walked(f'<svg xmlns="{SVG}" width="709.28998" height="66.6px"/>')
    assert (walk.width_pixels, walk.height_pixels) == (709, 67)
    assert told(walk)["SVG:ImageWidth"] == (709.28998, "709.28998")


def test_lengths_in_other_units_are_no_pixels():
    walk = walked(f'<svg xmlns="{SVG}" width="4in" height="50%"/>')
    assert (walk.width_pixels, walk.height_pixels) == (None, None)
    assert told(walk)["SVG:ImageWidth"] == ("4in", "4in")


def test_utf_16_is_read_and_its_places_are_right():
    data = f'<svg xmlns="{SVG}"><title>Tö</title></svg>'.encode("utf-16")
    title = walked(data).fields[-1]
    assert title.printed == "Tö"
    assert title.location is not None
    assert data[title.location.offset_bytes :][: title.location.length_bytes].decode("utf-16-le") == "Tö"


def test_content_credentials_are_handed_on_unpacked(monkeypatch):
    seen = []
    monkeypatch.setitem(
        nested._WALKERS, "jumbf", lambda view, _walk, path: seen.append((path, view.read(0, view.size_bytes)))
    )
    manifest = base64.b64encode(b"manifest").decode()
    walk = walked(
        f'<svg xmlns:c2pa="http://c2pa.org/manifest"><metadata><c2pa:manifest> {manifest[:5]}\n{manifest[5:]}'
        "</c2pa:manifest></metadata></svg>"
    )
    assert seen == [("XMP-JUMBF", b"manifest")]
    assert told(walk)["SVG-c2pa:JUMBF"][1] == "(Binary data 8 bytes, use -b option to extract)"


@pytest.mark.parametrize(
    "declaration", ['<!ENTITY a "aaa">', '<!ENTITY % p "x">', '<!ENTITY a SYSTEM "file:///etc/passwd">']
)
def test_entities_are_refused(declaration):
    walk = walked(f'<!DOCTYPE svg [{declaration}]><svg width="1"><title>&a;</title></svg>')
    assert walk.fields == []
    assert [one.code for one in walk.notices] == ["XML_ENTITIES_REFUSED"]


def test_a_document_type_alone_is_no_harm():
    dtd = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    assert told(walked(f'{dtd}<svg width="1"/>'))["SVG:ImageWidth"] == (1, "1")


def test_of_a_long_document_the_beginning_is_read():
    walk = walked(f'<svg width="1">{"<g/>" * 1000}</svg>', Budgets(xmp_bytes_max=500))
    assert told(walk)["SVG:ImageWidth"] == (1, "1")
    assert walk.budgets_exceeded == ["xmp_bytes_max"]
    assert {one.why for one in walk.unread} == {Why.BUDGET}


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_end_without_error(data):
    walked(data)
    walked(b"<svg>" + data)


@settings(deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 255), st.integers(0, 100_000))
def test_a_damaged_file_ends_without_error(at, value, length):
    data = bytearray(CONTENT)
    data[at % len(data)] = value
    walked(bytes(data[: 1 + length % len(data)]))
