"""OpenTelemetry for every process: where spans and metrics go."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import start_http_server

from metaextract_common.telemetry.span_store import SqliteSpanExporter

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


@contextmanager
def reporting(service: str, *, span_store: str, metrics_listen: str) -> Iterator[None]:
    """Report this process's spans and metrics until the block ends, then flush.

    Spans go to the SQLite file `span_store` if set, and to an OTLP collector if the standard variable
    OTEL_EXPORTER_OTLP_ENDPOINT (or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) is set. Metrics are served to
    Prometheus on `metrics_listen` (`host:port`) if set.
    """
    resource = Resource.create(
        {
            "service.name": service,
            "service.version": version("metaextract-common"),
            "process.pid": os.getpid(),
        }
    )
    tracer_provider = TracerProvider(resource=resource)
    if span_store:
        tracer_provider.add_span_processor(
            BatchSpanProcessor(SqliteSpanExporter(span_store), schedule_delay_millis=200)
        )
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    seconds = View(
        instrument_type=Histogram,
        instrument_unit="s",
        aggregation=ExplicitBucketHistogramAggregation(_SECONDS),
    )
    meter_provider = MeterProvider([PrometheusMetricReader()], resource, views=[seconds])
    trace.set_tracer_provider(tracer_provider)
    metrics.set_meter_provider(meter_provider)
    if metrics_listen:
        host, _, port = metrics_listen.rpartition(":")
        start_http_server(int(port), host or "0.0.0.0")  # noqa: S104 - scraped from outside the pod
    try:
        yield
    finally:
        tracer_provider.shutdown()
        meter_provider.shutdown()
