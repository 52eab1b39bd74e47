"""Domain values become messages of the same shape, whatever numbers a file claims."""

import pytest

from metaextract.extractor.v1 import result_pb2
from metaextract_extractor.adapters.rpc.messages import to_message
from metaextract_extractor.domain.result import ByteRange, Embedded


def message(width: int | None) -> result_pb2.EmbeddedFile:
    found = Embedded("preview", "TIFF-IFD0", (ByteRange(2**40, 10),), width, 3)
    return to_message(found, result_pb2.EmbeddedFile())


def test_attributes_fill_the_fields_of_their_names() -> None:
    assert message(2) == result_pb2.EmbeddedFile(
        kind="preview",
        path="TIFF-IFD0",
        places=[result_pb2.ByteRange(offset_bytes=2**40, length_bytes=10)],
        width_pixels=2,
        height_pixels=3,
    )


@pytest.mark.parametrize("number", [0, 2**31 - 1, -(2**31)])
def test_a_number_that_fits_is_told(number: int) -> None:
    assert message(number).width_pixels == number


@pytest.mark.parametrize("number", [2**31, 2**32 - 1, 2**70, -(2**31) - 1])
def test_a_number_that_does_not_fit_leaves_its_field_unset_and_the_others_as_they_are(number: int) -> None:
    told = message(number)
    assert not told.HasField("width_pixels")
    assert told.height_pixels == 3


def test_what_is_not_known_is_unset() -> None:
    assert not message(None).HasField("width_pixels")
