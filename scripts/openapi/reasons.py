"""Reasons of errors as responses: a problem document for each status, with the reasons that have it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from google.protobuf import descriptor_pb2

from metaextract_common.errors import Kind, ServiceError
from metaextract_common.rpc.errors import CODES
from metaextract_gateway.adapters.http.problems import status_of

PREFIX: Final = "ERROR_REASON_"
PROBLEM: Final = "application/problem+json"
EVERYWHERE: Final = (
    "INVALID_REQUEST", "TOKEN_INVALID", "HOST_UNKNOWN", "BODY_TOO_LARGE", "URL_TOO_LONG", "RATE_LIMITED",
    "INTERNAL", "SERVICE_UNREACHABLE", "DRAINING", "DEADLINE_EXCEEDED", "NOT_ACCEPTABLE",
)  # fmt: skip
"""Whatever is asked, this may be the answer."""
CHANGING: Final = ("CROSS_SITE_REQUEST",)
"""Of requests that change something."""
_KINDS: Final[Mapping[str, Kind]] = {code.name: kind for kind, code in CODES.items()}
_STATUS_NAMES: Final = {460: "Checksum Mismatch"}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something failed. `status` is that of HTTP."""

    name: str
    status: int
    meaning: str


class Reasons:
    """All reasons of the contract."""

    def __init__(self, files: descriptor_pb2.FileDescriptorSet, comments: Mapping[str, str]) -> None:
        self._known: dict[str, Reason] = {}
        for file in files.file:
            for enum in file.enum_type:
                if enum.name == "ErrorReason":
                    for value in enum.value[1:]:
                        comment = comments[f"{file.package}.ErrorReason.{value.name}"]
                        made = _reason(value.name.removeprefix(PREFIX), comment)
                        if made and self._known.setdefault(made.name, made).status != made.status:
                            raise ValueError(f"{made.name} has two statuses")

    def named_in(self, comment: str) -> list[str]:
        """Return the reasons that the comment of a method names behind `Errors:`."""
        _, _, told = comment.partition("Errors:")
        return [one for one in re.findall(r"`([A-Z][A-Z_]+)`", told) if one in self._known]

    def responses(self, names: Iterable[str]) -> dict[str, Any]:
        """Return the responses of an operation, by status."""
        own, shared = self._by_status(names), self._by_status(EVERYWHERE)
        responses: dict[str, Any] = {}
        for status in sorted({*own, *shared}):
            both = dict.fromkeys((*own.get(status, []), *shared.get(status, [])))
            reference = {"$ref": f"#/components/responses/{status}"}
            responses[str(status)] = _response(list(both)) if status in own else reference
        return responses

    def shared(self) -> dict[str, Any]:
        """Return the responses that operations refer to, as what can happen anywhere."""
        return {str(status): _response(reasons) for status, reasons in self._by_status(EVERYWHERE).items()}

    def _by_status(self, names: Iterable[str]) -> dict[int, list[Reason]]:
        by_status: dict[int, list[Reason]] = {}
        for name in names:
            reason = self._known[name]
            by_status.setdefault(reason.status, []).append(reason)
        return by_status


def _reason(name: str, comment: str) -> Reason | None:
    """Read the status of a reason, which its comment tells; None for one that no request gets to see."""
    meaning = re.split(r"\s*(?:Sent with|HTTP status|Metadata:)", comment)[0]
    if stated := re.search(r"HTTP status (\d{3})", comment):
        return Reason(name, int(stated[1]), meaning)
    sent = re.search(r"Sent with `([A-Z_]+)`", comment)
    if sent is None:
        return None
    return Reason(name, status_of(ServiceError(_KINDS[sent[1]], "", name, "")), meaning)


def _response(reasons: list[Reason]) -> dict[str, Any]:
    status = reasons[0].status
    told = "\n".join(f"* `{one.name}`: {one.meaning}" for one in reasons)
    names = [one.name for one in reasons]
    schema = {
        "allOf": [{"$ref": "#/components/schemas/Problem"}],
        "properties": {"reason": {"enum": names}, "status": {"const": status}},
    }
    title = _STATUS_NAMES.get(status) or HTTPStatus(status).phrase
    response: dict[str, Any] = {
        "description": f"{title}\n\n{told}",
        "content": {PROBLEM: {"schema": schema}},
    }
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        response["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return response
