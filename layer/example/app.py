"""A function that is traced, measured and logs, and waits for no backend.

All goes to lull on localhost, the exporters' own default, which takes well under a millisecond.
The lines logged need no code at all: lull gets them from Lambda.
"""

import logging

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.aws_lambda import AwsLambdaInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

logger = logging.getLogger()
logger.setLevel(logging.INFO)

tracer_provider = TracerProvider()
tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(tracer_provider)
meter_provider = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
metrics.set_meter_provider(meter_provider)

tracer = trace.get_tracer("example")
orders = metrics.get_meter("example").create_counter("example.orders", unit="{order}")


def handler(event, context):
    items = event.get("items", 3)
    with tracer.start_as_current_span("price order", attributes={"example.items": items}):
        total = sum(n * n for n in range(items))
    orders.add(1)
    logger.info("priced %d items", items)
    return {"total": total}


# Last, because it wraps the handler above: one span for each invocation, and at its end what the
# SDK has gathered is handed to lull.
AwsLambdaInstrumentor().instrument()
