"""JUMBF, and the CBOR and JSON in it."""

import json
import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import BudgetExceededError, Walk
from metaextract_extractor.reading.walkers.cbor import CborError, CborReader
from metaextract_extractor.reading.walkers.json_places import JsonError, read_json
from metaextract_extractor.reading.walkers.jumbf import walk_jumbf
from metaextract_extractor.reading.walkers.trees import Branch, Leaf

KIND = bytes.fromhex("63626f7200110010800000aa00389b71")


def box(kind, content=b""):
    return struct.pack(">I4s", len(content) + 8, kind) + content


def superbox(label, *content, kind=KIND):
    return box(b"jumb", box(b"jumd", kind + b"\x03" + label + b"\0") + b"".join(content))


def text(value):
    data = value.encode()
    head = bytes([0x60 + len(data)]) if len(data) < 24 else bytes([0x78, len(data)])
    return head + data


def walked(data):
    walk = Walk()
    with suppress(BudgetExceededError):
        walk_jumbf(View.of(BytesSource(data)), walk, "JPEG-APP11-JUMBF")
    return walk


def found(walk):
    return {(one.group, one.name): one for one in walk.fields}


def test_labels_and_types_are_fields_with_places():
    data = superbox(b"c2pa.claim")
    fields = found(walked(data))
    label = fields["JUMBF", "JUMDLabel"]
    assert label.printed == "c2pa.claim"
    assert data[label.location.offset_bytes :][: label.location.length_bytes] == b"c2pa.claim"
    assert fields["JUMBF", "JUMDType"].printed == "(cbor)-0011-0010-800000aa00389b71"
    assert label.path == "JPEG-APP11-JUMBF-JUMBFBox-JUMBFDescr"


def test_the_store_is_kept_for_the_engine_that_verifies_it():
    data = superbox(b"c2pa")
    (view,) = walked(data).views["jumbf"]
    assert view.read(0, view.size_bytes) == data


def test_maps_of_cbor_become_flat_fields_and_lists_one_field():
    actions = b"\xa1" + text("action") + text("c2pa.opened"), b"\xa1" + text("action") + text("c2pa.edited")
    content = b"\xa2" + text("actions") + b"\x82" + b"".join(actions) + text("dc:title") + text("A.jpg")
    walk = walked(superbox(b"c2pa.actions", box(b"cbor", content)))
    fields = found(walk)
    assert fields["CBOR", "ActionsAction"].raw == ["c2pa.opened", "c2pa.edited"]
    assert fields["CBOR", "ActionsAction"].location is None
    assert fields["CBOR", "Title"].raw == "A.jpg"


def test_bytes_in_cbor_are_only_counted():
    fields = found(walked(superbox(b"x", box(b"cbor", b"\xa1" + text("hash") + b"\x44abcd"))))
    assert fields["CBOR", "Hash"].printed == "(Binary data 4 bytes, use -b option to extract)"


@pytest.mark.parametrize(
    "content",
    [
        b"\x9b" + b"\xff" * 8,  # a list of 2^64 items
        b"\xbb" + b"\xff" * 8,
        b"\x7b" + b"\xff" * 8,  # a text of that length
        b"\x81" * 5000 + b"\x01",  # lists in lists
        b"\xc1" * 5000 + b"\x01",  # tags on tags
        b"\x5f" * 5000,  # strings of unknown length in each other
        b"\x9f",
        b"\x1c",
        b"\xff",
    ],
)
def test_cbor_that_lies_or_nests_too_deep_is_refused(content):
    with pytest.raises(CborError):
        CborReader(content).item()
    walk = walked(superbox(b"x", box(b"cbor", content)))
    assert [one.why for one in walk.unread] == [Why.DAMAGED]


def test_a_million_empty_lists_are_cut_off():
    with pytest.raises(CborError, match="too many"):
        CborReader(b"\x9a\x00\x0f\x42\x40" + b"\x80" * 1_000_000).item()


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"\x18\xff", "255"),
        (b"\xf5", "True"),
        (b"\xf6", "null"),
        (b"\xfb\x3f\xf8\0\0\0\0\0\0", "1.5"),
        (b"\xc0" + text("2023-02-03T04:05:06Z"), "2023:02:03 04:05:06Z"),
        (b"\x20", None),  # -1: ExifTool prints negative numbers one too high
    ],
)
def test_single_values_are_told_as_the_primary_engine_does(content, wanted):
    node = CborReader(content).item()
    assert isinstance(node, Leaf)
    assert node.text == wanted


@given(st.binary(max_size=400))
@settings(deadline=None, max_examples=200)
def test_arbitrary_bytes_never_raise(data):
    walked(data)
    walked(superbox(b"c2pa", box(b"cbor", data), box(b"json", data), data))


def test_nesting_without_end_is_cut_off():
    data = superbox(b"deep")
    for _ in range(200):
        data = superbox(b"deep", data)
    walk = walked(data)
    assert walk.budgets_exceeded == ["jumbf_depth_max"]


def test_no_truncation_raises_and_each_says_less():
    content = b"\xa1" + text("actions") + b"\x81\xa1" + text("when") + text("2023-01-01")
    data = superbox(
        b"c2pa", superbox(b"c2pa.actions", box(b"cbor", content)), box(b"json", b'{"a": [1, true]}')
    )
    whole = len(walked(data).fields)
    assert all(len(walked(data[:length]).fields) <= whole for length in range(len(data)))


def test_json_gives_fields_with_exact_places():
    content = json.dumps({"@context": "http://schema.org/", "author": [{"@type": "Person", "name": "Jane"}]})
    data = superbox(b"stds.schema-org.CreativeWork", box(b"json", content.encode()))
    fields = found(walked(data))
    name = fields["JSON", "AuthorName"]
    assert name.printed == "Jane"
    assert data[name.location.offset_bytes :][: name.location.length_bytes] == b"Jane"
    assert name.path.endswith("-JUMBFBox-StdsSchema-orgCreativeWork")
    assert ("JSON", "AuthorType") in fields


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1,", b'{"a" 1}', b'{"a": }', b"[" * 100, b'"\\u12"', b"{1:2}"]
)
def test_what_is_no_json_is_refused(content):
    with pytest.raises(JsonError):
        read_json(content)


@given(
    st.recursive(
        st.text() | st.integers() | st.booleans(), lambda inner: st.lists(inner, max_size=3), max_leaves=8
    )
)
@settings(deadline=None, max_examples=80)
def test_json_of_any_shape_is_read(value):
    def shape(node):
        return [shape(one) for one in node.children] if isinstance(node, Branch) else node.text

    def wanted(one):
        if isinstance(one, list):
            return [wanted(inner) for inner in one]
        return one if isinstance(one, str) else json.dumps(one)

    assert shape(read_json(json.dumps(value).encode())) == wanted(value)


def test_a_salt_behind_a_description_is_a_field_of_its_label():
    description = box(b"jumd", KIND + b"\x13" + b"c2pa.actions\0" + box(b"c2sh", bytes(range(16))))
    fields = found(walked(box(b"jumb", description)))
    salt = fields["Jpeg2000", "C2PAActionsSalt"]
    assert salt.raw == bytes(range(16)).hex()
    assert salt.path.endswith("-JUMBFDescr-JUMDPrivate")
