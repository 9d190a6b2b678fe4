"""OpenTelemetry's SDK, exporting to where OTEL_EXPORTER_OTLP_ENDPOINT says. The exporters look for
their endpoint and compression themselves, but whoever makes them chooses among them."""

import os
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

DAY = 86_400_000
KINDS = {"grpc": "proto.grpc", "http/json": "json.http"}


class Telemetry:
    """The three providers. `cell` is an attribute of their resource."""

    def __init__(self, cell=None):
        kind = KINDS.get(os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL"), "proto.http")
        package = f"opentelemetry.exporter.otlp.{kind}"
        more = {"cell": cell} if cell else {}
        resource = Resource.create({"service.name": "orders", "service.version": "1.2.3",
                                    "shop.regions": ["eu", "us"], "shop.shelves": 7, **more})
        self.exporter = import_module(f"{package}.trace_exporter").OTLPSpanExporter()
        self.traces = TracerProvider(resource=resource)
        self.traces.add_span_processor(BatchSpanProcessor(self.exporter))
        points = import_module(f"{package}.metric_exporter").OTLPMetricExporter()
        # It exports when the handler flushes, and at no time of its own.
        reader = PeriodicExportingMetricReader(points, export_interval_millis=DAY)
        self.metrics = MeterProvider([reader], resource=resource)
        records = import_module(f"{package}._log_exporter").OTLPLogExporter()
        self.logs = LoggerProvider(resource=resource)
        self.logs.add_log_record_processor(BatchLogRecordProcessor(records))

    def flush(self):
        for provider in (self.traces, self.metrics, self.logs):
            if not provider.force_flush():
                raise RuntimeError("telemetry was not taken")

    def close(self):
        for provider in (self.traces, self.metrics, self.logs):
            provider.shutdown()

    def export_at_once(self, count):
        """Exports so many spans, each in a request of its own, all under way together."""
        tracer = TracerProvider(resource=self.traces.resource).get_tracer("exports")
        spans = [tracer.start_span(f"export {number}") for number in range(count)]
        for span in spans:
            span.end()
        if not spans:
            return
        with ThreadPoolExecutor(count) as threads:
            results = set(threads.map(lambda span: self.exporter.export([span]), spans))
        if results != {SpanExportResult.SUCCESS}:
            raise RuntimeError("exports were not taken")
