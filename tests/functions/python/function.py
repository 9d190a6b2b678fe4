"""An ordinary instrumented Lambda function: spans, metrics and log lines for one order.

Nothing in it knows lull: the SDK exports OTLP to localhost, as OTEL_EXPORTER_OTLP_ENDPOINT says.
Keys of the event ask for more than the usual:
  order     id of the order, an attribute and part of every log line
  spans     that many spans more
  lines     that many printed lines more
  sleep     seconds to take
  error     raise an exception with this message
  crash     end the process with this exit code, before anything was flushed
  late      path of a file: a span and a line that come only once it exists, in the background
"""

import logging
import os
import threading
import time

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.aws_lambda import AwsLambdaInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

resource = Resource.create({"service.name": "orders", "service.version": "1.2.3"})
tracer_provider = TracerProvider(resource=resource)
tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(tracer_provider)
# The reader exports when the instrumentation flushes, and at no time of its own.
reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=86_400_000)
metrics.set_meter_provider(MeterProvider([reader], resource=resource))

tracer = trace.get_tracer("orders", "1.2.3")
meter = metrics.get_meter("orders", "1.2.3")
orders = meter.create_counter("orders.placed", "{order}", "Orders placed")
amounts = meter.create_histogram("orders.amount", "EUR", "What an order is worth")

log = logging.getLogger("orders")
log.setLevel(logging.INFO)


def handler(event, context):
    order = event.get("order", "none")
    print(f"order {order} came in")
    with tracer.start_as_current_span("load order", attributes={"order.id": order}):
        time.sleep(0.002)
    with tracer.start_as_current_span("charge card", kind=trace.SpanKind.CLIENT) as span:
        span.set_attributes({"order.id": order, "amount": 12.5, "retries": 0, "live": False,
                             "cards": ["visa", "amex"]})
        span.add_event("charged", {"order.id": order})
        time.sleep(event.get("sleep", 0.003))
    log.info("order %s charged", order)
    for number in range(event.get("spans", 0)):
        with tracer.start_as_current_span("step", attributes={"step": number, "order.id": order}):
            pass
    for number in range(event.get("lines", 0)):
        print(f"order {order} line {number}")
    orders.add(1, {"kind": "web"})
    amounts.record(12.5, {"kind": "web"})
    if "late" in event:
        threading.Thread(target=_late, args=(order, event["late"]), daemon=True).start()
    if "crash" in event:
        os._exit(event["crash"])
    if "error" in event:
        log.error("order %s failed", order)
        raise ValueError(event["error"])
    return {"order": order, "request_id": context.aws_request_id}


def _late(order, path):
    while not os.path.exists(path):
        time.sleep(0.005)
    tracer.start_span("late", attributes={"order.id": order}).end()
    tracer_provider.force_flush()
    print(f"order {order} late line")


# Last, because it wraps the handler above; the layers of OpenTelemetry do the same from outside.
AwsLambdaInstrumentor().instrument()
