"""The OpenAPI 3.1 document: calls of the contract from their annotations, the rest from a description."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import yaml
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from scripts.openapi.comments import comments, image, services
from scripts.openapi.reasons import CHANGING, Reasons
from scripts.openapi.schemas import Schemas, is_required

from metaextract_common.version import VERSION
from metaextract_gateway.adapters.http.transcoding import Binding, bindings

HAND_WRITTEN: Final = Path(__file__).with_name("hand_written.yaml")
EVENT_STREAM: Final = "text/event-stream"
JSON: Final = "application/json"


class Generator:
    """Puts the document together."""

    def __init__(self) -> None:
        files = image()
        self._comments = comments(files)
        self._services = services(files)
        self._pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            self._pool.AddSerializedFile(file.SerializeToString())
        self._schemas = Schemas(self._comments)
        self._reasons = Reasons(files, self._comments)
        self._written: dict[str, Any] = yaml.safe_load(HAND_WRITTEN.read_text("utf-8"))

    def document(self) -> dict[str, Any]:
        """Return the whole document."""
        paths: dict[str, dict[str, Any]] = {}
        for path, verb, operation in (*self._described(), *self._annotated()):
            place = paths.setdefault(path, {})
            if verb in place:
                raise ValueError(f"{verb} {path} is described twice")
            place[verb] = operation
        order = [one["name"] for one in self._written["tags"]]
        ranked = sorted(paths, key=lambda path: order.index(next(iter(paths[path].values()))["tags"][0]))
        components = self._written["components"]
        return {
            "openapi": "3.1.1",
            "info": {"version": VERSION, **self._written["info"]},
            "servers": [{"url": "/"}],
            "tags": self._written["tags"],
            "security": self._written["security"],
            "paths": {path: paths[path] for path in ranked},
            "components": {
                **components,
                "responses": self._reasons.shared(),
                "schemas": {**components["schemas"], **dict(sorted(self._schemas.found.items()))},
            },
        }

    def _annotated(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for name in self._services:
            for binding in bindings(self._pool.FindServiceByName(name)):
                yield binding.path, binding.verb.lower(), self._of_call(binding)

    def _of_call(self, binding: Binding) -> dict[str, Any]:
        method = binding.method
        name = method.name[0].lower() + method.name[1:]
        more = self._written["calls"].get(name, {})
        comment = self._comments[method.full_name]
        operation = self._operation(name, self._tag(binding.path), comment)
        operation["parameters"] = [*self._parameters(binding), *more.get("parameters", [])]
        if binding.rule.body:
            body = self._schemas.body(method.input_type, frozenset(binding.folders))
            operation["requestBody"] = {"content": {JSON: {"schema": body}}}
        succeeded = self._stream(method) if binding.is_stream else self._one(method, binding)
        changing = CHANGING if binding.verb != "GET" else ()
        named = self._reasons.named_in(comment)
        operation["responses"] = {**succeeded, **self._reasons.responses((*named, *changing))}
        operation["x-curl"] = more["curl"]
        return operation

    def _operation(self, name: str, tag: str, comment: str) -> dict[str, Any]:
        summary, _, rest = comment.partition("\n\n") if "\n\n" in comment else comment.partition(" Errors:")
        described = rest.partition("Errors:")[0].strip()
        operation: dict[str, Any] = {"operationId": name, "tags": [tag], "summary": summary.rstrip(".")}
        return operation | ({"description": described} if described else {})

    def _tag(self, path: str) -> str:
        segment = path.split("/")[2].partition(":")[0]
        return str(self._written["resources"][segment])

    def _parameters(self, binding: Binding) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = [
            {
                "name": variable,
                "in": "path",
                "required": True,
                "description": f"What follows `{folder}/` in the name of the resource.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^/?#:]+$"},
            }
            for variable, folder in binding.folders.items()
        ]
        for name, field in binding.query.items():
            many = field.is_repeated
            parameters.append(
                {
                    "name": name,
                    "in": "query",
                    "required": is_required(field),
                    "description": self._comments.get(field.full_name, ""),
                    "schema": self._schemas.parameter(field),
                    **({"style": "form", "explode": True} if many else {}),
                }
            )
        return parameters

    def _one(self, method: MethodDescriptor, binding: Binding) -> dict[str, Any]:
        shown = method.output_type
        if binding.rule.response_body:
            shown = cast("Descriptor", shown.fields_by_name[binding.rule.response_body].message_type)
        return {"200": {"description": "Done.", "content": {JSON: {"schema": self._schemas.answer(shown)}}}}

    def _stream(self, method: MethodDescriptor) -> dict[str, Any]:
        event = cast("Descriptor", method.output_type.fields_by_name["event"].message_type)
        reference = self._schemas.answer(event)
        schema = {
            "type": "object",
            "description": "One event, as its lines say.",
            "properties": {
                "id": {"type": "string", "pattern": "^[0-9]+$", "description": "The sequence."},
                "event": {"enum": [one.name for one in event.oneofs[0].fields]},
                "data": {"type": "string", "contentMediaType": JSON, "contentSchema": reference},
            },
            "required": ["id", "event", "data"],
        }
        return {
            "200": {
                "description": "Server-sent events (WHATWG HTML, section 9.2). While nothing happens, a "
                "comment comes every 15 seconds.",
                "content": {EVENT_STREAM: {"schema": schema}},
            },
            "204": {"description": "There is nothing after the event that was seen last; do not reconnect."},
        }

    def _described(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for path, verbs in self._written["paths"].items():
            for verb, told in verbs.items():
                yield path, verb, self._of_description(verb, dict(told))

    def _of_description(self, verb: str, told: dict[str, Any]) -> dict[str, Any]:
        reasons, answers, curl = told.pop("reasons", []), told.pop("answers"), told.pop("curl")
        body = told.pop("message", None)
        if body:
            schema = self._schemas.body(self._message(body["name"]), frozenset(body.get("without", [])))
            told["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
        responses: dict[str, Any] = {}
        for status, answer in answers.items():
            responses[str(status)] = self._answer(dict(answer))
        changing = CHANGING if verb not in ("get", "head", "options") else ()
        if told.pop("problems", True):
            responses |= self._reasons.responses((*reasons, *changing))
        return {**told, "responses": responses, "x-curl": curl}

    def _answer(self, answer: dict[str, Any]) -> dict[str, Any]:
        if name := answer.pop("message", None):
            answer["content"] = {JSON: {"message": name}}
        if "content" in answer:
            contents = answer["content"].items()
            answer["content"] = {media_type: self._content(one) for media_type, one in contents}
        return answer

    def _message(self, name: str) -> Descriptor:
        return self._pool.FindMessageTypeByName(name)

    def _content(self, content: dict[str, Any]) -> dict[str, Any]:
        name = content.get("message")
        return {"schema": self._schemas.answer(self._message(name))} if name else content


def document() -> Mapping[str, Any]:
    """Return the document."""
    return Generator().document()
