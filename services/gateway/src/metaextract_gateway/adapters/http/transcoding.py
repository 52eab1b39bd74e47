"""HTTP routes for the unary calls of the contract, made at start from its `google.api.http` annotations.

JSON is proto3 JSON with the field names of the contract (snake_case). Adding a call to HTTP is adding the
annotation; what is more than a call (uploads, event streams, sockets) is written by hand.
"""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

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

_VARIABLE = re.compile(r"\{(\w+)=(\w+)/\*\}")
BODY_BYTES_MAX = 1024 * 1024
INTEGER_MAX = 2**53
WELL_KNOWN: Final = "google.protobuf"

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
    return json.dumps(_whole(complete), ensure_ascii=False, separators=(",", ":")).encode()


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


def _whole(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A `google.protobuf.Value` holds every number as a double: 9667 would be written as 9667.0."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= INTEGER_MAX else value
    if isinstance(value, dict):
        return {name: _whole(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_whole(member) for member in value]
    return value


def routes(service: ServiceDescriptor, channel: grpc.aio.Channel) -> list[Route]:
    """Return one route for each annotated unary method of `service`, in the order of the contract.

    Routes with a verb (`:cancel`) come first: a plain variable would swallow it.
    """
    found = [_route(method, channel) for method in service.methods if _pattern(method)]
    return sorted(found, key=lambda route: ":" not in route.path.replace(":path", ""))


def _pattern(method: MethodDescriptor) -> str:
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    return str(rule.WhichOneof("pattern") or "")


def _route(method: MethodDescriptor, channel: grpc.aio.Channel) -> Route:
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    verb = _pattern(method)
    template = getattr(rule, verb)
    prefixes = dict(_VARIABLE.findall(template))
    path = _VARIABLE.sub(lambda found: f"{found[2]}/{{{found[1]}}}", template)
    request_class = message_factory.GetMessageClass(method.input_type)
    response_class = message_factory.GetMessageClass(method.output_type)
    call = channel.unary_unary(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=request_class.SerializeToString,
        response_deserializer=response_class.FromString,
    )
    endpoint = _endpoint(request_class, call, prefixes, rule)
    return Route(path, endpoint, methods=[verb.upper()])


def _endpoint(
    request_class: type[Message], call: Callable[..., Any], prefixes: dict[str, str], rule: HttpRule
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        message = request_class()
        try:
            if rule.body:
                json_format.Parse(await _body(request), message)
            json_format.ParseDict(_parameters(request, message), message)
        except json_format.ParseError as error:
            raise errors.invalid_request("body or query", str(error)) from error
        for name, folder in prefixes.items():
            setattr(message, name, f"{folder}/{request.path_params[name]}")
        answer = await call(message)
        shown = getattr(answer, rule.response_body) if rule.response_body else answer
        return Response(to_json(shown), media_type="application/json")

    return endpoint


def _parameters(request: Request, message: Message) -> dict[str, str | list[str]]:
    """Return the query, where a repeated field may be named several times."""
    query = request.query_params
    repeated = {field.name for field in message.DESCRIPTOR.fields if field.is_repeated}
    return {name: query.getlist(name) if name in repeated else query[name] for name in query}


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise errors.invalid_request("body", f"is larger than {BODY_BYTES_MAX} bytes")
    return bytes(body) or b"{}"
