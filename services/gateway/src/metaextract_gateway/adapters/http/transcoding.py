"""HTTP routes for the unary calls of the contract, made at start from its `google.api.http` annotations.

JSON is proto3 JSON with the field names of the contract (snake_case). Adding a call to HTTP is adding the
annotation; calls that stream are in `event_streams`, and what is more than a call is written by hand.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

import grpc
from google.api import annotations_pb2
from google.api.http_pb2 import HttpRule
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from metaextract_common import errors
from metaextract_gateway.adapters.http import negotiation

_VARIABLE = re.compile(r"\{(\w+)=(\w+)/\*\}")
BODY_BYTES_MAX = 1024 * 1024
INTEGER_MAX = 2**53
REASON_CHARACTERS_MAX: Final = 500
WELL_KNOWN: Final = "google.protobuf"
DURATION: Final = "google.protobuf.Duration"
QUERY_NAMES: Final = {
    "metaextract.extractor.v1.WatchBatchRequest.wait_for_creation": "wait_seconds",
    "metaextract.extractor.v1.WatchExtractionRequest.wait_for_creation": "wait_seconds",
}
"""Fields of the contract with another name in a query. A duration stands there in seconds, as a number."""

_ZEROS: Final = {
    FieldDescriptor.CPPTYPE_BOOL: False,
    FieldDescriptor.CPPTYPE_INT32: 0,
    FieldDescriptor.CPPTYPE_UINT32: 0,
    FieldDescriptor.CPPTYPE_INT64: "0",
    FieldDescriptor.CPPTYPE_UINT64: "0",
    FieldDescriptor.CPPTYPE_FLOAT: 0,
    FieldDescriptor.CPPTYPE_DOUBLE: 0,
}
"""As proto3 JSON writes them: integers of 64 bits as text."""


def to_json(message: Message) -> bytes:
    """Render a message as proto3 JSON that tells zero from unknown, whole numbers without fraction.

    A number or boolean that the contract does not mark `optional` is always known and always written, also as
    0 or false. Left out are absent optional fields, and texts, enumerations and lists with nothing in them.
    """
    document = json_format.MessageToDict(message, preserving_proto_field_name=True)
    complete = _with_zeros(document, cast("Descriptor", message.DESCRIPTOR))
    return json.dumps(whole_numbers(complete), ensure_ascii=False, separators=(",", ":")).encode()


def _with_zeros(document: dict[str, Any], descriptor: Descriptor) -> dict[str, Any]:
    """Add the zeros that proto3 JSON leaves out, in the order of the contract."""
    if descriptor.file.package == WELL_KNOWN:
        return document  # their JSON is not that of their fields
    complete: dict[str, Any] = {}
    for field in descriptor.fields:
        if field.name in document:
            complete[field.name] = _inside(document[field.name], field)
        elif not (field.is_repeated or field.has_presence) and field.cpp_type in _ZEROS:
            complete[field.name] = _ZEROS[field.cpp_type]
    return complete


def _inside(value: Any, field: FieldDescriptor) -> Any:  # noqa: ANN401 - any JSON value
    inner = field.message_type
    if inner is None:
        return value
    if isinstance(value, dict) and inner.GetOptions().map_entry:
        return {key: _inside(member, inner.fields_by_name["value"]) for key, member in value.items()}
    if isinstance(value, list) and field.is_repeated:
        return [_with_zeros(one, inner) if isinstance(one, dict) else one for one in value]
    return _with_zeros(value, inner) if isinstance(value, dict) else value


def whole_numbers(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value with whole numbers as such.

    A `google.protobuf.Value` holds every number as a double: 9667 would be written as 9667.0.
    """
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= INTEGER_MAX else value
    if isinstance(value, dict):
        return {name: whole_numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [whole_numbers(member) for member in value]
    return value


@dataclass(frozen=True)
class Binding:
    """One annotated method of the contract, and where it stands on HTTP."""

    method: MethodDescriptor

    @property
    def rule(self) -> HttpRule:
        """The annotation."""
        return cast("HttpRule", self.method.GetOptions().Extensions[annotations_pb2.http])

    @property
    def is_stream(self) -> bool:
        """Whether it sends one message after another."""
        return bool(self.method.server_streaming)

    @property
    def verb(self) -> str:
        """The HTTP method."""
        return str(self.rule.WhichOneof("pattern")).upper()

    @property
    def path(self) -> str:
        """The path, in which a variable is the last part of a resource's name: `/v1/extractions/{name}`."""
        return _VARIABLE.sub(lambda found: f"{found[2]}/{{{found[1]}}}", self._template)

    @property
    def folders(self) -> dict[str, str]:
        """What stands before each variable of the path."""
        return dict(_VARIABLE.findall(self._template))

    @property
    def _template(self) -> str:
        return str(getattr(self.rule, self.verb.lower()))

    @property
    def rpc_path(self) -> str:
        """The path on gRPC."""
        return f"/{self.method.containing_service.full_name}/{self.method.name}"

    @property
    def request_class(self) -> type[Message]:
        """The message that goes in."""
        return message_factory.GetMessageClass(self.method.input_type)

    @property
    def response_class(self) -> type[Message]:
        """The message that comes out."""
        return message_factory.GetMessageClass(self.method.output_type)

    @property
    def query(self) -> dict[str, FieldDescriptor]:
        """The parameters of the query, by their names on HTTP: what stands neither in path nor body."""
        if self.rule.body:
            return {}
        fields = [one for one in self.method.input_type.fields if one.name not in self.folders]
        return {QUERY_NAMES.get(one.full_name, one.name): one for one in fields}

    def shown(self, response: Message) -> Message:
        """Return the part of the answer that HTTP shows."""
        return (
            cast("Message", getattr(response, self.rule.response_body))
            if self.rule.response_body
            else response
        )

    async def message_of(self, request: Request, more: Mapping[str, str] = MappingProxyType({})) -> Message:
        """Return the request as a message, with `more` fields; raises INVALID_REQUEST."""
        body = await body_of(request) if self.rule.body else b"{}"
        message = parsed(self.request_class, body, ours=tuple(self.folders))
        _merge({**parameters(request, self.query), **more}, message, "query")
        for name, folder in self.folders.items():
            setattr(message, name, f"{folder}/{request.path_params[name]}")
        return message


def bindings(service: ServiceDescriptor) -> list[Binding]:
    """Return the annotated methods of a service, in the order of the contract."""
    return [Binding(method) for method in service.methods if annotations_pb2.http in _extensions(method)]


def _extensions(method: MethodDescriptor) -> Any:  # noqa: ANN401 - without types in protobuf
    return method.GetOptions().Extensions


def routes(service: ServiceDescriptor, channel: grpc.aio.Channel) -> list[Route]:
    """Return one route for each annotated unary method of `service`, in the order of the contract.

    Routes with a verb (`:cancel`) come first: a plain variable would swallow it.
    """
    found = [
        Route(one.path, _endpoint(one, channel), methods=[one.verb])
        for one in bindings(service)
        if not one.is_stream
    ]
    return sorted(found, key=lambda route: ":" not in route.path.replace(":path", ""))


def _endpoint(binding: Binding, channel: grpc.aio.Channel) -> Callable[[Request], Awaitable[Response]]:
    call = channel.unary_unary(
        binding.rpc_path,
        request_serializer=binding.request_class.SerializeToString,
        response_deserializer=binding.response_class.FromString,
    )

    async def endpoint(request: Request) -> Response:
        negotiation.chosen(request, [negotiation.JSON])
        answer = await call(await binding.message_of(request))
        body = await asyncio.to_thread(
            to_json, binding.shown(answer)
        )  # thousands of fields take milliseconds
        return Response(body, media_type=negotiation.JSON)

    return endpoint


def parameters(request: Request, known: Mapping[str, FieldDescriptor]) -> dict[str, Any]:
    """Return the query as proto3 JSON; a repeated field may be named several times.

    `known` is what the query may hold; raises INVALID_REQUEST for anything else.
    """
    refuse_others(request, known)
    given = request.query_params
    stated: dict[str, Any] = {}
    for name in given:
        field = known[name]
        stated[field.name] = given.getlist(name) if field.is_repeated else _read(given[name], field)
    return stated


def refuse_others(request: Request, known: Iterable[str]) -> None:
    """Raise INVALID_REQUEST for a parameter of the query that a call does not take."""
    names = list(known)
    if others := [name for name in request.query_params if name not in names]:
        taken = ", ".join(names) or "none"
        raise errors.invalid_request(others[0][:100], f"is no parameter of this call; it takes {taken}")


def _read(text: str, field: FieldDescriptor) -> str | bool:
    """Write a text as proto3 JSON has it: the query has no booleans, and seconds without unit."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL and text in ("true", "false"):
        return text == "true"
    is_duration = field.message_type is not None and field.message_type.full_name == DURATION
    return f"{text}s" if is_duration else text


M = TypeVar("M", bound=Message)


def parsed(request_class: type[M], stated: bytes | Mapping[str, Any], ours: Sequence[str] = ()) -> M:
    """Return the request that a body or a query states as proto3 JSON; raises INVALID_REQUEST.

    `ours`: fields that the client may not state.
    """
    if isinstance(stated, bytes):
        stated = _object(stated)
    if taken := [name for name in ours if name in stated]:
        raise errors.invalid_request(taken[0], "is not for the client to state")
    message = request_class()
    _merge(stated, message, "body")
    return message


def _merge(stated: Mapping[str, Any], message: Message, where: str) -> None:
    try:
        json_format.ParseDict(dict(stated), message)
    except (json_format.ParseError, ValueError, RecursionError) as error:
        raise errors.invalid_request(where, str(error)[:REASON_CHARACTERS_MAX]) from error


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise errors.invalid_request("body", "must be JSON") from error
    if not isinstance(document, dict):
        raise errors.invalid_request("body", "must be a JSON object")
    return document


async def body_of(request: Request) -> bytes:
    """Return the JSON body of a call; raises INVALID_REQUEST if it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise errors.invalid_request("body", f"is larger than {BODY_BYTES_MAX} bytes")
    return bytes(body) or b"{}"
