"""What a client accepts, against what there is."""

import pytest
from starlette.requests import Request

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.negotiation import chosen

OFFERED = ("application/json", "application/x-ndjson", "text/csv")


def asking(*accept: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept", one.encode()) for one in accept]})


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ((), "application/json"),
        (("",), "application/json"),
        (("*/*",), "application/json"),
        (("text/*",), "text/csv"),
        (("text/csv",), "text/csv"),
        (("application/json;q=0.5, text/csv",), "text/csv"),
        (("application/*;q=0.4, application/x-ndjson;q=0.9, text/csv;q=0.8",), "application/x-ndjson"),
        (("application/json;q=0, */*;q=0.1",), "application/x-ndjson"),
        (("text/html", "TEXT/CSV; charset=utf-8"), "text/csv"),
        (("text/csv;q=nonsense",), "text/csv"),
    ],
)
def test_the_best_of_what_there_is_is_chosen(accept: tuple[str, ...], expected: str) -> None:
    assert chosen(asking(*accept), OFFERED) == expected


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*", "nonsense"])
def test_a_client_that_accepts_none_of_it_is_told_what_there_is(accept: str) -> None:
    with pytest.raises(ServiceError) as refused:
        chosen(asking(accept), OFFERED)

    assert refused.value.reason == "NOT_ACCEPTABLE"
    assert refused.value.metadata["media_types"] == ", ".join(OFFERED)
