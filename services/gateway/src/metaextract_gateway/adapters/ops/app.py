"""The web application of the operations port."""

import json
import re
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

import prometheus_client
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from metaextract_common.telemetry.span_store import SPANS_COUNT_MAX as STORED_COUNT_MAX
from metaextract_gateway.adapters.ops.span_store import Span, SpansNotKeptError, SpanStore, Trace
from metaextract_gateway.adapters.ops.waterfall import duration_text, lay_out

# What the pages show comes from outside: markup that slipped through could load and run nothing.
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_TRACE_ID = re.compile(r"[0-9a-f]{32}")
_NOT_STORED: Final = "This trace is not stored."
_NOT_KEPT: Final = "Spans are not being kept: set <SERVICE>_SPAN_STORE of each service to one file."
_SERVICES: Final = ("gateway", "extractor", "billing", "analytics")
_COLOURS_COUNT: Final = 8


def build_ops_app(span_store: Path) -> Starlette:
    """Serve `/traces`, `/api/traces/{id}`, `/metrics` and `/healthz`; the traces come from `span_store`."""
    pages = _Pages(SpanStore(span_store), span_store)
    return Starlette(
        routes=[
            Route("/", pages.index),
            Route("/traces", pages.traces),
            Route("/traces/{trace_id}", pages.trace),
            Route("/api/traces/{trace_id}", pages.trace_json),
            Route("/metrics", _metrics),
            Route("/healthz", _healthz),
        ],
        exception_handlers={SpansNotKeptError: pages.not_kept, sqlite3.DatabaseError: pages.unreadable},
    )


class _Pages:
    """The methods that read the store are plain functions: Starlette runs those in a thread."""

    def __init__(self, store: SpanStore, path: Path) -> None:
        self._store = store
        self._path = path
        self._templates = Environment(
            loader=PackageLoader(__package__),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(duration=duration_text, moment=_moment, shown=_shown)

    async def index(self, _request: Request) -> Response:
        """Say what there is."""
        return self._page("index.html.j2", {})

    def traces(self, request: Request) -> Response:
        """List the newest traces; `?failed=1` only those with an error, `?id=` opens one."""
        if wanted := request.query_params.get("id", "").strip():
            return RedirectResponse(f"/traces/{quote(wanted, safe='')}", status_code=303)
        failed_only = request.query_params.get("failed") == "1"
        traces = self._store.newest(failed_only=failed_only)
        colours = _colours({service for trace in traces for service in trace.services})
        longest_ns = max((trace.end_ns - trace.start_ns for trace in traces), default=0)
        return self._page(
            "traces.html.j2",
            {"traces": traces, "colours": colours, "failed_only": failed_only, "longest_ns": longest_ns or 1},
        )

    def trace(self, request: Request) -> Response:
        """Draw one trace."""
        trace = self._find(request)
        if trace is None:
            return self._page("notice.html.j2", {"title": "Not found", "text": _NOT_STORED}, 404)
        waterfall = lay_out(trace.spans)
        colours = _colours(waterfall.services)
        return self._page("trace.html.j2", {"trace": trace, "waterfall": waterfall, "colours": colours})

    def trace_json(self, request: Request) -> Response:
        """Give one trace to other programs."""
        trace = self._find(request)
        if trace is None:
            return JSONResponse({"detail": _NOT_STORED}, 404)
        document = {
            "trace_id": trace.trace_id,
            "spans_count": trace.spans_count,
            "spans": [_span_document(span) for span in trace.spans],
        }
        return Response(json.dumps(document), media_type="application/json")

    async def not_kept(self, request: Request, _error: Exception) -> Response:
        """Say how to keep spans."""
        if request.url.path.startswith("/api/"):
            return JSONResponse({"detail": _NOT_KEPT}, 404)
        status = 200 if request.url.path == "/traces" else 404
        values = {"path": str(self._path), "services": _SERVICES, "kept_count": STORED_COUNT_MAX}
        return self._page("not_kept.html.j2", values, status)

    async def unreadable(self, request: Request, error: Exception) -> Response:
        """Say that the file is there and cannot be read now."""
        text = f"The span store cannot be read now: {error}."
        if request.url.path.startswith("/api/"):
            return JSONResponse({"detail": text}, 503)
        return self._page("notice.html.j2", {"title": "Not readable", "text": text}, 503)

    def _find(self, request: Request) -> Trace | None:
        trace_id = str(request.path_params["trace_id"]).lower()
        return self._store.trace(trace_id) if _TRACE_ID.fullmatch(trace_id) else None

    def _page(self, template: str, values: Mapping[str, object], status_code: int = 200) -> Response:
        text = self._templates.get_template(template).render(values)
        # An attribute may hold half of a surrogate pair, which UTF-8 cannot express.
        return HTMLResponse(text.encode(errors="replace"), status_code, _PAGE_HEADERS)


async def _metrics(_request: Request) -> Response:
    content_type = prometheus_client.CONTENT_TYPE_LATEST
    return Response(prometheus_client.generate_latest(), headers={"Content-Type": content_type})


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _span_document(span: Span) -> dict[str, object]:
    """One span; times are strings as in OTLP's JSON, because JSON numbers lose nanoseconds."""
    return {
        "span_id": span.span_id,
        "parent_span_id": span.parent_span_id,
        "service": span.service,
        "name": span.name,
        "kind": span.kind,
        "start_time_unix_nano": str(span.start_ns),
        "end_time_unix_nano": str(span.end_ns),
        "status": span.status,
        "attributes": span.attributes,
    }


def _colours(services: set[str] | Mapping[str, object]) -> dict[str, int]:
    """Service → number of its colour. Our own services have the same colour on every page."""
    others = sorted(set(services) - set(_SERVICES))
    return {name: number % _COLOURS_COUNT for number, name in enumerate((*_SERVICES, *others))}


def _moment(time_ns: int) -> str:
    seconds, rest_ns = divmod(time_ns, 1_000_000_000)
    time = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=rest_ns // 1000)
    return f"{time:%Y-%m-%d %H:%M:%S}.{time.microsecond // 1000:03d}"


def _shown(value: object) -> str:
    """An attribute as text: strings as they are, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
