"""One upload is one trace, through every process that worked on it."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from metaextract_testing.factory import make
from metaextract_testing.fleet import Fleet, started, until

EDGES = {
    ("gateway", "POST /v1/extractions", "gateway", "metaextract.extractor.v1.ExtractorService/Extract"),
    (
        "gateway",
        "metaextract.extractor.v1.ExtractorService/Extract",
        "extractor",
        "metaextract.extractor.v1.ExtractorService/Extract",
    ),
    ("extractor", "metaextract.extractor.v1.ExtractorService/Extract", "extractor", "worker.read"),
    ("extractor", "worker.read", "extractor", "exiftool.read"),
    ("gateway", "POST /v1/extractions", "gateway", "metaextract.billing.v1.BillingService/CreateHold"),
    (
        "gateway",
        "metaextract.billing.v1.BillingService/CaptureHold",
        "billing",
        "metaextract.billing.v1.BillingService/CaptureHold",
    ),
    ("billing", "metaextract.billing.v1.BillingService/CaptureHold", "billing", "publish hold.captured"),
    ("billing", "publish hold.captured", "analytics", "record hold.captured"),
}


def test_the_spans_of_one_upload_are_linked_through_all_services(running: Fleet) -> None:
    image = make("heic")
    answer = httpx.post(
        f"{running.url}/v1/extractions", files={"file": (image.name, image.content)}, timeout=60
    )
    trace_id = answer.headers["traceparent"].split("-")[1]

    def edges() -> set[tuple[str, str, str, str]]:
        spans = httpx.get(f"{running.ops_url}/api/traces/{trace_id}", timeout=60).json()
        by_id = {span["span_id"]: span for span in spans.get("spans", [])}
        pairs = [(by_id.get(span["parent_span_id"]), span) for span in by_id.values()]
        return {(p["service"], p["name"], s["service"], s["name"]) for p, s in pairs if p}

    until(lambda: edges() >= EDGES)


def test_a_trace_that_the_client_began_goes_on_in_ours(running: Fleet) -> None:
    image = make("gif")
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"}

    answer = httpx.post(
        f"{running.url}/v1/extractions",
        files={"file": (image.name, image.content)},
        headers=headers,
        timeout=60,
    )

    assert answer.headers["traceparent"].split("-")[1] == trace_id


def test_the_operations_page_draws_the_trace(running: Fleet) -> None:
    image = make("png")
    answer = httpx.post(
        f"{running.url}/v1/extractions", files={"file": (image.name, image.content)}, timeout=60
    )
    trace_id = answer.headers["traceparent"].split("-")[1]

    until(lambda: "exiftool.read" in httpx.get(f"{running.ops_url}/traces/{trace_id}", timeout=60).text)

    page = httpx.get(f"{running.ops_url}/traces/{trace_id}", timeout=60).text
    assert "<svg" in page
    assert "analytics" in page
    assert trace_id in httpx.get(f"{running.ops_url}/traces", timeout=60).text


def test_nothing_that_a_file_says_or_is_called_gets_into_logs_or_spans(running: Fleet) -> None:
    image = make("jpeg", seed=77)
    values = [
        image.tags[tag] for tag in ("IFD0:Artist", "XMP-dc:Title", "IPTC:Headline") if tag in image.tags
    ]
    assert values

    httpx.post(
        f"{running.url}/api/images_mvp/extract",
        files={"file": ("canary-of-the-name.jpg", image.content)},
        data={"session_id": "canary-of-the-session", "trial_email": "canary@example.org"},
        timeout=60,
    )

    written = running.log.read_bytes()
    until(lambda: running.server().get("uploads_count", 0) == 0)
    for file in running.data_dir.glob("spans.sqlite*"):
        written += file.read_bytes()
    for canary in ["canary-of-the-name", "canary-of-the-session", "canary@example.org", *values]:
        assert canary.encode() not in written


def test_the_standard_variable_sends_the_spans_to_a_collector(tmp_path: Path) -> None:
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            received.append((self.path, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    variable = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}"}
    try:
        with started(tmp_path, environment=variable) as fleet:
            image = make("png")
            httpx.post(f"{fleet.url}/v1/extractions", files={"file": (image.name, image.content)}, timeout=60)
            assert fleet.stop() == 0
    finally:
        collector.shutdown()
        collector.server_close()

    services: set[str] = set()
    names: set[str] = set()
    for path, body in received:
        assert path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            services |= {
                one.value.string_value for one in resource.resource.attributes if one.key == "service.name"
            }
            names |= {span.name for scope in resource.scope_spans for span in scope.spans}
    assert services == {"gateway", "extractor", "billing", "analytics"}
    assert "exiftool.read" in names
