"""Compares an answer with the recorded one, and says where they differ."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http.cookies import SimpleCookie
from typing import Any, Final

import httpx

from metaextract_testing.recordings import Recorded

VOLATILE: Final = {
    "body*timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "body.error.requestId": r"REQ-\d{13}-[0-9a-z]{9}",
    "body.quoteId": r"[0-9a-f-]{36}",
    "body.balanceId": r"[0-9a-f-]{36}",
    "body.expiresAt": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "body.period.since": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "body.period.until": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "body.totals.*At": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "header.x-ratelimit-reset": r"\d{10}",
    "header.retry-after": r"\d+",
    "header.*.value.metaextract_client": r"[0-9a-f-]{36}\.\d{13}\.[0-9a-f]{64}",
    "header.*.value.metaextract_session_id": r"[0-9a-f-]{36}",
    "header.*.expires": r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT",
    "header.x-ratelimit*-remaining": r"\d+",
}
"""What is another with each answer, and how it reads."""

FACTS: Final = (
    "body.filename", "body.filesize", "body.filetype", "body.mime_type", "body.tier",
    "body.filesystem_source", "body.calculated.aspect_ratio*", "body.calculated.megapixels",
    "body.calculated.orientation", "body.calculated.capture_date*", "body.calculated.location_embedded",
    "body.gps*", "body.summary*", "body.exif*", "body.iptc*", "body.xmp*", "body.image.width",
    "body.image.height", "body.image.format", "body.image.mode", "body.image.n_frames", "body.access*",
    "body.locked_fields", "body._trial_limited", "body.burned_metadata", "body.extended*",
    "body.normalized.headline", "body.normalized.title", "body.normalized.creator", "body.video",
    "body.audio",
)  # fmt: skip
"""Of a metadata object the values that are facts about the file, and those that tell what the client got."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where an answer is not the recorded one."""

    path: str
    ours: Any
    theirs: Any


def differences(answer: httpx.Response, recording: Recorded) -> Iterator[Difference]:
    """Yield where an answer differs; one of another status differs in nothing else."""
    if answer.status_code != recording.status:
        yield Difference("status", answer.status_code, recording.status)
        return
    yield from _of_headers(answer, recording)
    is_document = isinstance(recording.body, dict) and "file_integrity" in recording.body
    ours = answer.json() if answer.content else ""
    yield from _of_values(ours, recording.body, "body", FACTS if is_document else ("*",))


def _of_headers(answer: httpx.Response, recording: Recorded) -> Iterator[Difference]:
    ours = {name: answer.headers.get(name) for name, _ in recording.headers if name != "set-cookie"}
    theirs = {name: value for name, value in recording.headers if name != "set-cookie"}
    yield from _of_values(ours, theirs, "header", ("*",))
    cookies = [value for name, value in recording.headers if name == "set-cookie"]
    told = _cookies_of(answer.headers.get_list("set-cookie"))
    # Of two cookies of one name the second is what stays.
    yield from _of_values(told, _cookies_of(cookies), "header.set-cookie", ("*",))


def _cookies_of(lines: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in lines:
        for name, morsel in SimpleCookie(line).items():
            attributes = {key: value for key, value in morsel.items() if value}
            attributes["samesite"] = attributes["samesite"].lower()
            found[name] = {**attributes, "value": {name: morsel.value}}
    return found


def _of_values(ours: object, theirs: object, path: str, compared: tuple[str, ...]) -> Iterator[Difference]:
    """Yield missing and further keys, other types, and other values where values are compared."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in theirs.keys() - ours.keys():
            yield Difference(f"{path}.{key}", "missing", theirs[key])
        for key in ours.keys() - theirs.keys():
            yield Difference(f"{path}.{key}", ours[key], "not there")
        for key in ours.keys() & theirs.keys():
            yield from _of_values(ours[key], theirs[key], f"{path}.{key}", compared)
    elif _json_type(ours) != _json_type(theirs):
        yield Difference(path, ours, theirs)
    elif pattern := next((how for what, how in VOLATILE.items() if fnmatchcase(path, what)), None):
        if ours is not None and not re.fullmatch(pattern, str(ours)):
            yield Difference(path, ours, theirs)
    elif ours != theirs and any(fnmatchcase(path, one) for one in compared):
        yield Difference(path, ours, theirs)


def _json_type(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return type(value).__name__
