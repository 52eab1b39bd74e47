"""The contract and the code name the same failures, both ways round."""

import inspect

from metaextract.analytics.v1.error_reason_pb2 import ErrorReason
from metaextract_analytics.domain import errors
from metaextract_common.errors import ServiceError


def _raised() -> list[ServiceError]:
    makers = [f for _, f in inspect.getmembers(errors, inspect.isfunction) if f.__module__ == errors.__name__]
    return [maker(*("x" for _ in inspect.signature(maker).parameters)) for maker in makers]


def test_every_reason_in_the_contract_is_raised_by_exactly_one_function() -> None:
    declared = [name.removeprefix("ERROR_REASON_") for name in ErrorReason.DESCRIPTOR.values_by_name]

    assert sorted([*(error.reason for error in _raised()), "UNSPECIFIED"]) == sorted(declared)


def test_every_error_names_the_domain_of_the_contract() -> None:
    assert {error.domain for error in _raised()} == {"analytics.metaextract"}
