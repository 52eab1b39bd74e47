"""The contract and the code name the same failures, both ways round."""

import inspect
from collections.abc import Callable

from metaextract.billing.v1.error_reason_pb2 import ErrorReason
from metaextract_billing.domain import errors, user_errors
from metaextract_common.errors import ServiceError


def makers() -> list[Callable[..., ServiceError]]:
    return [
        function
        for module in (errors, user_errors)
        for _, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
    ]


def test_every_reason_in_the_contract_is_raised_by_exactly_one_function() -> None:
    values = ErrorReason.DESCRIPTOR.values_by_name.values()
    declared = [v.name.removeprefix("ERROR_REASON_") for v in values if not v.GetOptions().deprecated]
    raised = [f(*("x" for _ in inspect.signature(f).parameters)).reason for f in makers()]

    assert sorted([*raised, "UNSPECIFIED"]) == sorted(declared)


def test_every_error_carries_all_that_its_text_says_as_metadata() -> None:
    for make in makers():
        parameters = list(inspect.signature(make).parameters)
        error = make(*(f"<{name}>" for name in parameters))

        assert error.domain == "billing.metaextract"
        assert error.metadata == {name: f"<{name}>" for name in parameters}
