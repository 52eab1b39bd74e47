"""A far side for the client: a small HTTP server on loopback that speaks the gateway's shapes."""

import asyncio
import hashlib
import json
import os
import pty
import re
import socket
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from metaextract_testing.ports import reserved_port

FORMATS = [
    {
        "name": "JPEG",
        "title": "JPEG",
        "extensions": ["jpg", "jpeg"],
        "media_types": ["image/jpeg", "image/pjpeg"],
        "support": {"format_name": "JPEG", "level": "SUPPORT_LEVEL_ADVANCED", "files_count": 82},
    },
    {"name": "CR3", "title": "Canon Raw 3", "extensions": ["cr3"], "media_types": [], "raw": True},
]
FIELDS = [
    {"group": "IFD0", "name": "Make", "raw": "Canon", "printed": "Canon", "standard": "STANDARD_EXIF"},
    {
        "group": "GPS",
        "name": "GPSAltitude",
        "raw": 35.5,
        "printed": "35.5 m",
        "location": {"offset_bytes": "120", "length_bytes": "8"},
    },
]
FIELD_DEFINITIONS = [
    {
        "name": "fieldDefinitions/Exif.Main.Orientation",
        "field_name": "Orientation",
        "standard": "STANDARD_EXIF",
        "family": "EXIF",
        "group": "IFD0",
        "table": "Exif::Main",
        "tag_id": "274",
        "tag_id_hex": "0x0112",
        "type": "int16u",
        "writable": True,
        "description": "Orientation",
        "language": "en",
        "values": [{"raw": str(n), "text": f"turn {n}"} for n in range(8)],
        "values_count": 8,
    },
    {
        "name": "fieldDefinitions/GPS.Main.GPSAltitude",
        "field_name": "GPSAltitude",
        "group": "GPS",
        "tag_id": "6",
        "type": "rational64u",
        "count": 1,
        "unit": "m",
        "description": "Altitude",
        "flags": ["FLAG_AVOID", "FLAG_LIST"],
        "values_count": 0,
    },
    {"name": "fieldDefinitions/X.Y", "field_name": "Y", "description": "\x1b[31mred"},
]


def problem(status: int, reason: str, headers: dict[str, str] | None = None, **metadata: str) -> Response:
    body = {
        "type": f"https://metaextract/problems/{reason}",
        "title": reason.replace("_", " ").capitalize(),
        "status": status,
        "detail": f"This is {reason}.",
        "reason": reason,
        "domain": "extractor.metaextract",
        "metadata": metadata,
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")


class FarSide:
    """What the server is to do, and what it saw."""

    def __init__(self) -> None:
        self.url = ""
        self.refusals: list[Response] = []  # answers to the first uploads
        self.refuse_names: dict[str, Response] = {}
        self.fields: list[dict[str, Any]] = FIELDS
        self.failed_reason = ""
        self.html = False
        self.events: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.cut_after: list[int] = []  # events to send on each of the first connections
        self.silent_connections = 0
        self.watchable = True
        self.go_on = threading.Event()  # an upload waits for it before it answers
        self.go_on.set()
        self.barrier: asyncio.Barrier | None = None
        self.uploads: list[dict[str, Any]] = []
        self.last_event_ids: list[str | None] = []
        self.cancelled: list[str] = []
        self.insights: dict[str, Any] = {}
        self.quality: dict[str, Any] = {}
        self.outcomes: list[dict[str, Any]] = []
        self.fallback: dict[str, Any] = {}
        self.comparison: dict[str, Any] = {}
        self.compared: list[str] = []
        self.sandbox_level = "namespaces"
        self.field_queries: list[dict[str, str]] = []
        self.corrected_query = ""
        self.busy: list[Response] = []  # answers to the first questions about the server
        self.credentials: list[dict[str, str]] = []
        self.uploads_now = 0
        self.uploads_peak = 0

    def app(self) -> Starlette:
        one = "/v1/extractions/{extraction_id}"
        return Starlette(
            routes=[
                Route("/v1/extractions", self._extract, methods=["POST"]),
                Route("/v1/extractions:compare", self._compare),
                Route(f"{one}/events", self._watch),
                Route(f"{one}:cancel", self._cancel, methods=["POST"]),
                Route(one, self._get),
                Route("/v1/formats", self._formats),
                Route("/v1/server", self._server),
                Route("/v1/fieldDefinitions", self._search_fields),
                Route("/v1/fieldDefinitions/{definition}", self._field_definition),
                Route("/v1/fieldGroups", self._field_groups),
                Route("/v1/fieldDictionary", self._field_dictionary),
            ]
        )

    def happen(self, extraction_id: str, **change: Any) -> None:
        happened = self.events[extraction_id]
        name = f"extractions/{extraction_id}"
        sequence = str(len(happened) + 1)
        happened.append({"name": name, "sequence": sequence, "time": "2026-01-02T03:04:05.5Z", **change})

    def extraction(self, extraction_id: str, upload: dict[str, Any]) -> dict[str, Any]:
        message: dict[str, Any] = {"name": f"extractions/{extraction_id}", "state": "STATE_SUCCEEDED"}
        if self.failed_reason:
            info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": self.failed_reason}
            error = {
                "code": 4,
                "message": "Too slow.",
                "details": [{**info, "metadata": {"seconds_max": "9"}}],
            }
            return {**message, "state": "STATE_FAILED", "error": error}
        file = {
            "file_name": upload["file_name"],
            "size_bytes": str(upload["size_bytes"]),
            "hashes": {"sha256": upload["sha256"]},
            "format": {"name": "JPEG", "media_type": "image/jpeg", "basis": "BASIS_SIGNATURE"},
            "width_pixels": 640,
            "height_pixels": 480,
        }
        engines = [{"name": "exiftool", "version": "13.59", "wall": "0.125s", "fields_count": 2}]
        timings = {"receiving": "0.250s", "parsing": "1s", "memory_peak_bytes": "1048576"}
        result = {"file": file, "fields": self.fields, "engines": engines, "timings": timings}
        if self.fallback:
            result["fallback"] = self.fallback
        found = {"insights": self.insights, "quality": self.quality, "operations": self.outcomes}
        message.update({name: value for name, value in found.items() if value})
        return {**message, "create_time": "2026-01-02T03:04:05Z", "result": result, "new_member": 1}

    async def _extract(self, request: Request) -> Response:
        self.uploads_now += 1
        self.uploads_peak = max(self.uploads_peak, self.uploads_now)
        try:
            return await self._take(request)
        finally:
            self.uploads_now -= 1

    async def _take(self, request: Request) -> Response:
        extraction_id = request.query_params["extraction_id"]
        async with request.form() as form:
            part: Any = form["file"]
            digest = hashlib.sha256()
            while chunk := await part.read(1 << 20):
                digest.update(chunk)
            upload = {
                "extraction_id": extraction_id,
                "key": request.headers["idempotency-key"],
                "file_name": part.filename,
                "size_bytes": part.size,
                "sha256": digest.hexdigest(),
                "content_digest": part.headers.get("content-digest", ""),
                "partial_results": request.query_params["partial_results"],
                "operations": request.query_params.getlist("operations"),
                "at": asyncio.get_running_loop().time(),
            }
        self.uploads.append(upload)
        if self.barrier:
            await self.barrier.wait()
        if self.html:
            return HTMLResponse("<h1>Hello</h1>")
        if self.refusals:
            return self.refusals.pop(0)
        if refusal := self.refuse_names.get(upload["file_name"]):
            return refusal
        self._tell(extraction_id, upload)
        await asyncio.to_thread(self.go_on.wait, 60)
        location = {"Location": f"/v1/extractions/{extraction_id}"}
        return JSONResponse(self.extraction(extraction_id, upload), 201, location)

    def _tell(self, extraction_id: str, upload: dict[str, Any]) -> None:
        size = str(upload["size_bytes"])
        received = {"state": "STATE_RECEIVING", "bytes_received": size, "bytes_total": size, "fraction": 1}
        self.happen(extraction_id, state_change={"state": "STATE_RECEIVING"})
        self.happen(extraction_id, progress=received)
        if upload["partial_results"] == "true":
            self.happen(extraction_id, partial_result={"fields": self.fields[:1], "bytes_read": "9"})
        self.happen(extraction_id, progress={"state": "STATE_PARSING", "fraction": 0.5, "step": "exiftool"})

    async def _watch(self, request: Request) -> Response:
        after = request.headers.get("last-event-id")
        self.last_event_ids.append(after)
        if not self.watchable:
            return problem(404, "EXTRACTION_NOT_FOUND", extraction="x")
        events = self._stream(request.path_params["extraction_id"], int(after or 0))
        return StreamingResponse(events, media_type="text/event-stream")

    async def _stream(self, extraction_id: str, after: int) -> AsyncIterator[str]:
        count_max = self.cut_after.pop(0) if self.cut_after else None
        yield ": connected\n\n"
        if self.silent_connections:
            self.silent_connections -= 1
            await asyncio.sleep(20)
        sent = after
        while count_max is None or sent - after < count_max:
            if sent < len(self.events[extraction_id]):
                event = self.events[extraction_id][sent]
                sent += 1
                kind = next(k for k in event if k not in {"name", "sequence", "time"})
                yield f"id: {sent}\nevent: {kind}\ndata: {json.dumps(event)}\n\n"
                if kind == "ended":
                    return
            else:
                await asyncio.sleep(0.01)

    async def _get(self, request: Request) -> Response:
        found = [u for u in self.uploads if u["extraction_id"] == request.path_params["extraction_id"]]
        if not found:
            return problem(404, "EXTRACTION_NOT_FOUND", extraction=request.path_params["extraction_id"])
        return JSONResponse(self.extraction(found[0]["extraction_id"], found[0]))

    async def _cancel(self, request: Request) -> Response:
        extraction_id = request.path_params["extraction_id"]
        self.cancelled.append(extraction_id)
        return JSONResponse({"name": f"extractions/{extraction_id}", "state": "STATE_CANCELLED"})

    async def _formats(self, request: Request) -> Response:
        return JSONResponse({"formats": FORMATS})

    async def _server(self, request: Request) -> Response:
        self.credentials.append(dict(request.headers))
        if self.busy:
            return self.busy.pop(0)
        engines = [{"name": "exiftool", "version": "13.59"}]
        facts = {"version": "1.2.3", "engines": engines, "workers_count": 2}
        return JSONResponse({**facts, "sandbox_level": self.sandbox_level})

    async def _compare(self, request: Request) -> Response:
        self.compared = request.query_params.getlist("names")
        return JSONResponse({"extractions": self.compared, **self.comparison})

    async def _search_fields(self, request: Request) -> Response:
        query = dict(request.query_params)
        self.field_queries.append(query)
        if query.get("query") == "not ready":
            return problem(503, "FIELD_DICTIONARY_NOT_READY")
        offset = int(query.get("page_token", "0"))
        end = offset + int(query.get("page_size", "2"))
        page = {"fields": FIELD_DEFINITIONS[offset:end], "total_size": len(FIELD_DEFINITIONS)}
        if end < len(FIELD_DEFINITIONS):
            page["next_page_token"] = str(end)
        if query.get("query") == "nothing":
            page = {}
        return JSONResponse({**page, "corrected_query": self.corrected_query})

    async def _field_definition(self, request: Request) -> Response:
        name = f"fieldDefinitions/{request.path_params['definition']}"
        found = [one for one in FIELD_DEFINITIONS if one["name"] == name]
        if not found:
            return problem(404, "FIELD_DEFINITION_NOT_FOUND", definition=name)
        return JSONResponse({**found[0], "descriptions": {"en": "Orientation", "de": "Ausrichtung"}})

    async def _field_groups(self, request: Request) -> Response:
        return JSONResponse({"groups": [{"family": 1, "group": "GPS", "definitions_count": 31}]})

    async def _field_dictionary(self, request: Request) -> Response:
        languages = [{"code": "de", "definitions_count": 8842}, {"code": "en", "definitions_count": 33744}]
        counts = {"definitions_count": 33744, "names_count": 21501, "languages": languages}
        return JSONResponse({"engine": "exiftool", "engine_version": "13.59", **counts})


ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COMMAND = [sys.executable, "-m", "metaextract_client.cli"]


def run_on_a_terminal(arguments: list[str], until: str, then: threading.Event) -> tuple[int, str]:
    """Run the command on a terminal of its own; set `then` once `until` was printed."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "160", "LINES": "40"}
    with subprocess.Popen([*COMMAND, *arguments], stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        text = ""
        while True:
            try:
                chunk = os.read(ours, 65_536)
            except OSError:  # Linux: the other end is closed
                break
            if not chunk:
                break
            text += ANSI.sub("", chunk.decode())
            if until in text:
                then.set()
        os.close(ours)
        then.set()
    return process.returncode, text


@contextmanager
def serving(far: FarSide, port: int = 0) -> Iterator[FarSide]:
    """Serve in a thread of its own, because commands bring their own event loop."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        far.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(far.app(), log_level="critical", ws="none", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield far
        finally:
            far.go_on.set()
            server.should_exit = True
            thread.join()


@pytest.fixture
def far() -> Iterator[FarSide]:
    with serving(FarSide()) as side:
        yield side


@pytest.fixture
def refusal() -> Any:
    return problem


@pytest.fixture
def serve_at() -> Any:
    return lambda port: serving(FarSide(), port)


@pytest.fixture
def closed_port() -> Iterator[int]:
    with reserved_port() as port:
        yield port


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("METAEXTRACT_URL", raising=False)
    monkeypatch.delenv("METAEXTRACT_API_KEY", raising=False)
    monkeypatch.delenv("EXTRACTOR_EXIFTOOL", raising=False)


@pytest.fixture
def on_a_terminal() -> Any:
    return run_on_a_terminal
