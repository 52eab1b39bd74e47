"""Files side by side."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_extractor.domain.comparison import Relation, comparison
from metaextract_extractor.domain.result import Field, Standard

TIME = Field(
    "", Standard.EXIF, "ExifIFD", "Image", "ExposureTime", "33434", 0.004, "1/250", "rational64u", "x"
)
MAKE = Field("", Standard.EXIF, "IFD0", "Camera", "Make", "271", "Acme", "Acme", "string", "x")


def relations(*files: list[Field]) -> dict[str, Relation]:
    found = comparison([(f"extractions/{at}", file) for at, file in enumerate(files)])
    return {one.name: one.relation for one in found.fields}


@pytest.mark.parametrize(
    ("other", "relation"),
    [
        ([TIME], Relation.EQUAL),
        ([replace(TIME, raw="1/250")], Relation.EQUAL),
        ([replace(TIME, raw=0.002, printed="1/500")], Relation.DIFFERENT),
        ([], Relation.MISSING),
    ],
)
def test_values_are_compared_and_not_their_spelling(other: list[Field], relation: Relation) -> None:
    assert relations([TIME], other) == {"ExposureTime": relation}


def test_binary_values_are_compared_by_their_description() -> None:
    thumbnail = replace(
        MAKE, name="ThumbnailImage", raw="(Binary data 900 bytes)", printed="(Binary data 900 bytes)"
    )
    longer = replace(thumbnail, raw="(Binary data 901 bytes)", printed="(Binary data 901 bytes)")
    assert relations([thumbnail], [thumbnail]) == {"ThumbnailImage": Relation.EQUAL}
    assert relations([thumbnail], [longer]) == {"ThumbnailImage": Relation.DIFFERENT}


def test_what_differs_comes_first_and_everything_is_counted() -> None:
    other = replace(MAKE, raw="Other", printed="Other")
    found = comparison([("a", [TIME, MAKE]), ("b", [TIME, other]), ("c", [TIME])])
    assert found.extractions == ("a", "b", "c")
    assert [(one.name, one.relation) for one in found.fields] == [
        ("Make", Relation.DIFFERENT),
        ("ExposureTime", Relation.EQUAL),
    ]
    assert [one.printed for one in found.fields[0].values] == ["Acme", "Other", None]
    assert (found.different_count, found.missing_count, found.equal_count) == (1, 0, 1)


def test_what_tells_of_the_transfer_only_is_left_out() -> None:
    assert relations([replace(MAKE, group="System", name="FileSize")], []) == {}


@given(
    st.lists(
        st.lists(st.sampled_from([TIME, MAKE, replace(MAKE, raw="B", printed="B")]), max_size=3), min_size=2
    )
)
def test_a_file_is_equal_to_itself_and_the_order_of_files_does_not_matter(files: list[list[Field]]) -> None:
    assert set(relations(files[0], files[0]).values()) <= {Relation.EQUAL}
    assert relations(*files) == relations(*reversed(files))
