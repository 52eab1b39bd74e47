"""The .proto and the code name the same failures, both ways round."""

import inspect

from metaextract.extractor.v1.error_reason_pb2 import ErrorReason
from metaextract_extractor.domain import errors

MAKERS = [
    maker
    for _, maker in inspect.getmembers(errors, inspect.isfunction)
    if maker.__module__ == errors.__name__
]


def arguments(maker) -> list:
    numbers = {int: 7, float: 7.0}
    return [numbers.get(one.annotation, "x") for one in inspect.signature(maker).parameters.values()]


def test_every_reason_in_the_contract_is_raised_by_exactly_one_function() -> None:
    declared = [name.removeprefix("ERROR_REASON_") for name in ErrorReason.DESCRIPTOR.values_by_name]
    made = [maker(*arguments(maker)) for maker in MAKERS]
    assert sorted([*(error.reason for error in made), "UNSPECIFIED"]) == sorted(declared)
    assert {error.domain for error in made} == {"extractor.metaextract"}


def test_what_a_message_says_stands_in_the_metadata_too() -> None:
    for maker in MAKERS:
        made = maker(*arguments(maker))
        assert len(made.metadata) == len(arguments(maker))
        assert set(made.metadata.values()) <= {"7", "x"}
