"""JSON to the dataclasses of this package."""

from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


def reader_of(kind: type[T]) -> TypeAdapter[T]:
    """Return what reads JSON as `kind`, made when it is first asked for: that costs as much as an import."""
    name: Any = kind  # a type checker does not know that types can be keys
    reader: TypeAdapter[T] = _reader_of(name)
    return reader


@cache
def _reader_of(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - any type
    return TypeAdapter(kind)
