"""A Lambda function that was written for direct export to a backend far away, and long ago: its
exporters are made in code, by HTTP unless only those by gRPC are deployed, the endpoint is the
environment's, and nothing ever flushes. What the SDK's own processors have not sent when the
environment freezes waits for the next invocation.

Keys of the event:
  order  id of the order; without it nothing is measured
  until  path of a file to wait for, before anything else
"""

import logging
import os
import time
from importlib import import_module
from importlib.util import find_spec

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

package = "opentelemetry.exporter.otlp.proto."
package += "http" if find_spec(package + "http") else "grpc"
resource = Resource.create({"service.name": "direct"})
spans = TracerProvider(resource=resource)
spans.add_span_processor(BatchSpanProcessor(
    import_module(package + ".trace_exporter").OTLPSpanExporter()))
records = LoggerProvider(resource=resource)
records.add_log_record_processor(BatchLogRecordProcessor(
    import_module(package + "._log_exporter").OTLPLogExporter()))
points = MeterProvider([PeriodicExportingMetricReader(
    import_module(package + ".metric_exporter").OTLPMetricExporter())], resource=resource)

tracer = spans.get_tracer("direct")
logger = records.get_logger("direct")
orders = points.get_meter("direct").create_counter("orders.placed")


def handler(event, context):
    while "until" in event and not os.path.exists(event["until"]):
        time.sleep(0.005)
    if order := event.get("order"):
        with tracer.start_as_current_span("direct", attributes={"order.id": order}):
            with tracer.start_as_current_span("charge card", attributes={"order.id": order}):
                logger.emit(body=f"order {order} charged", severity_number=9)
        orders.add(1)
        logging.getLogger().warning("order %s is done", order)
    return {
        "request_id": context.aws_request_id,
        "package": package,
        "settings": {name: value for name, value in os.environ.items() if name.startswith("OTEL_")},
    }
