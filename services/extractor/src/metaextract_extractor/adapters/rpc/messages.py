"""Domain dataclasses to protobuf messages of the same shape: one rule instead of a function for each."""

import dataclasses
import re
from collections.abc import Mapping
from enum import Enum
from typing import Final, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

M = TypeVar("M", bound=Message)

_BITS: Final = {FieldDescriptor.TYPE_INT32: 31, FieldDescriptor.TYPE_INT64: 63}


def to_message(value: object, message: M) -> M:
    """Fill `message` with the dataclass `value`; every attribute must be a field of the same name.

    None leaves a field unset, tuples and lists fill repeated fields, mappings fill maps, dataclasses fill
    messages. A member of a `StrEnum` becomes the enum value `CLASS_NAME_MEMBER_NAME`. A number that its
    field has no room for leaves it unset: files claim any number.
    """
    assert dataclasses.is_dataclass(value)  # noqa: S101 - programming error
    for attribute in dataclasses.fields(value):
        _set(message, attribute.name, getattr(value, attribute.name))
    return message


def _set(message: Message, name: str, value: object) -> None:
    if value is None:
        return
    if isinstance(value, Enum):
        setattr(message, name, _enum_name(value))
    elif dataclasses.is_dataclass(value):
        target = getattr(message, name)
        target.SetInParent()
        to_message(value, target)
    elif isinstance(value, Mapping):
        getattr(message, name).update(value)
    elif isinstance(value, list | tuple):
        _extend(getattr(message, name), value)
    elif not (isinstance(value, int) and _has_no_room(message, name, value)):
        setattr(message, name, value)


def _has_no_room(message: Message, name: str, value: int) -> bool:
    bits = _BITS.get(message.DESCRIPTOR.fields_by_name[name].type)
    return bits is not None and not -(2**bits) <= value < 2**bits


def _extend(target: object, values: list[object] | tuple[object, ...]) -> None:
    for one in values:
        if dataclasses.is_dataclass(one):
            to_message(one, target.add())  # type: ignore[attr-defined]
        else:
            target.append(_enum_name(one) if isinstance(one, Enum) else one)  # type: ignore[attr-defined]


def _enum_name(member: Enum) -> str:
    prefix = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(member).__name__).upper()
    return f"{prefix}_{member.name}"
