"""Messages of the contract as plain JSON values, in the manner of the legacy: null for what is not known."""

import math
import re
from typing import Any, Final

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message

_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def plain(message: Message) -> dict[str, Any]:
    """Return every field by its name: absent ones and empty texts are null, empty lists stay.

    Enum values lose the name of their enum and are in lower case, unspecified is null. 64-bit integers are
    numbers, unlike in proto3 JSON. What is no finite number is null.
    """
    return {field.name: _field(message, field) for field in message.DESCRIPTOR.fields}


def _field(message: Message, field: Any) -> Any:  # noqa: ANN401 - a descriptor of either build; any JSON value
    value = getattr(message, field.name)
    if field.is_repeated:
        return [_single(one, field) for one in value]
    if field.has_presence and not message.HasField(field.name):
        return None
    return None if value == "" else _single(value, field)


def _single(value: Any, field: Any) -> Any:  # noqa: ANN401 - as above
    if field.message_type is not None:
        return plain(value)
    if field.enum_type is not None:
        return enum_word(field.enum_type, value)
    if isinstance(value, float):
        return _number(value, single=field.type == field.TYPE_FLOAT)
    return value


def _number(value: float, *, single: bool) -> float | None:
    """A float of the contract has seven digits; the rest are those of its conversion."""
    if not math.isfinite(value):
        return None
    return float(f"{value:.7g}") if single else value


def enum_word(kind: EnumDescriptor, number: int) -> str | None:
    """Return an enum value as a word; null for the unspecified one and for those we do not know."""
    known = kind.values_by_number.get(number)
    if known is None or not number:
        return None
    return str(known.name).removeprefix(f"{_WORD.sub('_', kind.name).upper()}_").lower()
