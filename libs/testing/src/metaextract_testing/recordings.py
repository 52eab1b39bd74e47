"""Recordings of the legacy system: curl commands and what they got, to be sent to something else."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

LEGACY_DIR: Final = Path(os.environ.get("LEGACY_DIR", Path(__file__).parents[5] / "shared" / "legacy"))
"""Beside the clone."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request and its answer. `fields`: of a form, in order; a value that begins with `@` names a file."""

    name: str
    method: str
    path: str
    status: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()
    sent_headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    fields: tuple[tuple[str, str], ...] = ()

    def parts(self, file: Callable[[str], tuple[str, bytes, str]]) -> list[tuple[str, Any]]:
        """Return the form as `httpx` takes it; `file` makes the file of a name, with its media type."""
        return [
            (name, file(value[1:]) if value.startswith("@") else (None, value)) for name, value in self.fields
        ]


def recorded(folder: Path) -> Iterator[Recorded]:
    """Yield the recordings of requests; those of sockets and of bodies alone are of another form."""
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text())
        if isinstance(document, dict) and "request" in document:
            yield _of_curl(path.stem, document)


def _of_curl(name: str, document: Mapping[str, Any]) -> Recorded:
    method, url, content = "", "", b""
    sent: dict[str, str] = {}
    fields: list[tuple[str, str]] = []
    arguments = iter(document["request"])
    for one in arguments:
        match one:
            case "-X":
                method = next(arguments)
            case "-H":
                key, _, value = next(arguments).partition(":")
                sent[key.strip()] = value.strip()
            case "-d" | "--data" | "--data-binary" | "--data-raw":
                content = next(arguments).encode()
            case "-F":
                key, _, value = next(arguments).partition("=")
                fields.append((key, value))
            case "-b" | "-c" | "-o" | "-w" | "-m":
                next(arguments)
            case _ if not one.startswith("-"):
                url = one
            case _:
                raise ValueError(f"{name}: {one} of curl is not known here")
    target = urlsplit(url)
    return Recorded(
        name=name,
        method=method or ("POST" if content or fields else "GET"),
        path=target.path + (f"?{target.query}" if target.query else ""),
        status=document["status"],
        body=document["body"],
        headers=tuple(_headers(document["headers"])),
        sent_headers=sent,
        content=content,
        fields=tuple(fields),
    )


def _headers(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, colon, value = line.partition(": ")
        if colon:
            yield key.lower(), value
