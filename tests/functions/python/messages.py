"""An ordinary Lambda function behind an SQS queue; nothing in it knows lull. Each message is
handled in the trace of its sender, by Powertools' batch processor: those that fail come again.

A message is JSON: `order`, the id of the order, and `refuse`, to fail with this message.
"""

import time

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.aws_lambda import AwsLambdaInstrumentor
from opentelemetry.propagate import extract
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource.create({"service.name": "orders"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
metrics.set_meter_provider(MeterProvider())  # without one the instrumentation warns each time
tracer = trace.get_tracer("orders", "1.2.3")
processor = BatchProcessor(event_type=EventType.SQS)
log = Logger(service="orders")


def work():
    """As long as anything takes that is worth a span: into the next millisecond, which is as
    precise as the times of log lines are."""
    began = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == began:
        pass


def place(record):
    message = record.json_body
    sender = {name: attribute.string_value
              for name, attribute in record.message_attributes.items()}
    with tracer.start_as_current_span("place order", extract(sender), trace.SpanKind.CONSUMER,
                                      attributes={"messaging.message.id": record.message_id}):
        work()
        try:
            if "refuse" in message:
                raise ValueError(message["refuse"])
            log.info("order placed", order=message["order"])
        except ValueError:
            log.exception("order refused", order=message["order"])
            raise
        finally:
            work()


@log.inject_lambda_context
def handler(event, context):
    log.info("messages came in", messages=len(event["Records"]))
    work()
    answer = process_partial_response(event=event, record_handler=place, processor=processor,
                                      context=context)
    work()
    log.info("messages are done", failed=len(answer["batchItemFailures"]))
    return answer


# Last, because it wraps the handler above; the layers of OpenTelemetry do the same from outside.
AwsLambdaInstrumentor().instrument()
