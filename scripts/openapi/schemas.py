"""Messages of the contract as JSON Schema (draft 2020-12), as the gateway writes and reads them."""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from buf.validate import validate_pb2

Schema = dict[str, Any]

_WELL_KNOWN: Final[Mapping[str, Schema]] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {
        "type": "string",
        "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$",
        "examples": ["1.5s"],
    },
    "google.protobuf.Value": {"description": "Any JSON value."},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
    "google.rpc.Status": {
        "type": "object",
        "description": "Why it failed: a gRPC status (google.rpc.Status).",
        "properties": {
            "code": {"type": "integer", "format": "int32"},
            "message": {"type": "string"},
            "details": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
        },
        "required": ["code"],
    },
}
_INT64: Final = {FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64}
_SCALARS: Final[Mapping[int, Schema]] = {
    FieldDescriptor.CPPTYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.CPPTYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.CPPTYPE_UINT32: {"type": "integer", "format": "int64", "minimum": 0},
    FieldDescriptor.CPPTYPE_INT64: {"type": "string", "format": "int64", "pattern": "^-?[0-9]{1,19}$"},
    FieldDescriptor.CPPTYPE_UINT64: {"type": "string", "format": "uint64", "pattern": "^[0-9]{1,20}$"},
    FieldDescriptor.CPPTYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.CPPTYPE_DOUBLE: {"type": "number", "format": "double"},
}
_ALWAYS_WRITTEN: Final = set(_SCALARS)
"""Kinds of which zero is written, as it is known; see `transcoding.to_json`."""


class Schemas:
    """Collects the schemas that others refer to. Those of bodies are stricter, and end with `Input`."""

    def __init__(self, comments: Mapping[str, str]) -> None:
        self._comments = comments
        self._owners: dict[str, str] = {}
        self.found: dict[str, Schema] = {}

    def answer(self, message: Descriptor) -> Schema:
        """Return a reference to the schema of what the gateway writes."""
        return self._message(message, body=False)

    def body(self, message: Descriptor, without: frozenset[str]) -> Schema:
        """Return the schema of what the gateway reads, without the fields that it fills in itself."""
        return self._object(message, body=True, without=without)

    def parameter(self, field: FieldDescriptor) -> Schema:
        """Return the schema of a field that stands in the query, where everything is a text."""
        if field.message_type is not None and field.message_type.full_name == "google.protobuf.Duration":
            seconds = _rules(field).duration
            return {"type": "number", "minimum": seconds.gte.seconds, "maximum": seconds.lte.seconds}
        if field.cpp_type in _INT64:
            least = _rules(field).int64
            bounds = {"minimum": least.gte} if least.HasField("gte") else {}
            return {"type": "integer", "format": "int64", "maximum": 2**63 - 1, **bounds}
        return self._field(field, body=True)

    def _message(self, message: Descriptor, *, body: bool) -> Schema:
        if message.full_name in _WELL_KNOWN:
            return dict(_WELL_KNOWN[message.full_name])
        name = _name(message) + ("Input" if body else "")
        if self._owners.setdefault(name, message.full_name) != message.full_name:
            raise ValueError(f"two messages are called {name}: {self._owners[name]}, {message.full_name}")
        if name not in self.found:
            self.found[name] = {}  # a message may hold itself
            self.found[name] = self._object(message, body=body)
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, message: Descriptor, *, body: bool, without: frozenset[str] = frozenset()) -> Schema:
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for field in message.fields:
            if field.name in without:
                continue
            properties[field.name] = self._described(field, self._field(field, body=body))
            if is_required(field) if body else _is_always_there(field):
                required.append(field.name)
        schema: Schema = {"type": "object", "description": self._comment(message), "properties": properties}
        if body:
            schema["additionalProperties"] = False
        return schema | ({"required": required} if required else {})

    def _field(self, field: FieldDescriptor, *, body: bool) -> Schema:
        inner = field.message_type
        if inner is not None and inner.GetOptions().map_entry:
            value = self._single(inner.fields_by_name["value"], validate_pb2.FieldRules(), body=body)
            return {"type": "object", "additionalProperties": value}
        rules = _rules(field)
        if not field.is_repeated:
            return self._single(field, rules, body=body)
        many = rules.repeated
        schema: Schema = {"type": "array", "items": self._single(field, many.items, body=body)}
        if many.HasField("min_items"):
            schema["minItems"] = many.min_items
        if many.HasField("max_items"):
            schema["maxItems"] = many.max_items
        if many.unique:
            schema["uniqueItems"] = True
        return schema

    def _single(self, field: FieldDescriptor, rules: Any, *, body: bool) -> Schema:  # noqa: ANN401 - made at run time
        if field.message_type is not None:
            return self._message(field.message_type, body=body)
        if field.enum_type is not None:
            return self._enum(field.enum_type, rules)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return {"type": "string", "contentEncoding": "base64"}
        if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            return {"type": "string", **_text_rules(rules)}
        return dict(_SCALARS[field.cpp_type]) | (_bounds(rules) if body else {})

    def _enum(self, enum: EnumDescriptor, rules: Any) -> Schema:  # noqa: ANN401 - made at run time
        name = _name(enum)
        values = [one for one in enum.values if one.number not in set(rules.enum.not_in)]
        told = [f"* `{one.name}`: {self._comments.get(f'{enum.full_name}.{one.name}', '')}" for one in values]
        description = "\n".join([self._comments.get(enum.full_name, ""), "", *told])
        self.found[name] = {
            "type": "string",
            "description": description,
            "enum": [one.name for one in values],
        }
        return {"$ref": f"#/components/schemas/{name}"}

    def _described(self, field: FieldDescriptor, schema: Schema) -> Schema:
        comment = self._comments.get(field.full_name, "")
        return {**schema, "description": comment} if comment else schema

    def _comment(self, message: Descriptor) -> str:
        return self._comments.get(message.full_name, "")


def _name(one: Descriptor | EnumDescriptor) -> str:
    """Return the name without package: nested ones keep the name of what they are nested in."""
    return re.sub(r"^[a-z0-9_.]+\.v\d+\.", "", one.full_name)


def _rules(field: FieldDescriptor) -> Any:  # noqa: ANN401 - made at run time
    return cast("Any", field.GetOptions()).Extensions[validate_pb2.field]


def is_required(field: FieldDescriptor) -> bool:
    behaviours = cast("Any", field.GetOptions()).Extensions[field_behavior_pb2.field_behavior]
    return field_behavior_pb2.REQUIRED in behaviours


def _is_always_there(field: FieldDescriptor) -> bool:
    return not (field.is_repeated or field.has_presence) and field.cpp_type in _ALWAYS_WRITTEN


def _text_rules(rules: Any) -> Schema:  # noqa: ANN401 - made at run time
    text = rules.string
    empty_is_fine = rules.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE
    schema: Schema = {}
    if text.HasField("min_len"):
        schema["minLength"] = text.min_len
    if text.HasField("max_len"):
        schema["maxLength"] = text.max_len
    if text.HasField("pattern"):
        schema["pattern"] = f"^$|{text.pattern}" if empty_is_fine else text.pattern
    if text.HasField("prefix"):
        schema["pattern"] = f"^{re.escape(text.prefix)}"
    if text.email and not empty_is_fine:
        schema["format"] = "email"
    return schema


def _bounds(rules: Any) -> Schema:  # noqa: ANN401 - made at run time
    kind = rules.WhichOneof("type")
    if kind is None or kind not in ("int32", "uint32", "float", "double"):
        return {}
    stated = getattr(rules, kind)
    names = {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
    return {schema: getattr(stated, rule) for rule, schema in names.items() if stated.HasField(rule)}
