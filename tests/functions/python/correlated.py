"""A function whose loggers and spans name what a request is about, each in its own way. Nothing in
it knows lull. Keys of the event: `correlationId`, `order`, and `baggage`, W3C's header as the
caller sent it.
"""

import os

import structlog
from aws_lambda_powertools import Logger
from opentelemetry import context as otel
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.processor.baggage import ALLOW_ALL_BAGGAGE_KEYS, BaggageSpanProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BaggageSpanProcessor(ALLOW_ALL_BAGGAGE_KEYS))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(
    endpoint=os.environ["ORDERS_ENDPOINT"])))
tracer = provider.get_tracer("orders")

structlog.configure(processors=[structlog.contextvars.merge_contextvars,
                                structlog.processors.add_log_level,
                                structlog.processors.JSONRenderer()])
log = structlog.get_logger()
powertools = Logger(service="orders")


def handler(event, context):
    name = event["correlationId"]
    powertools.info("begun")
    caller = W3CBaggagePropagator().extract({"baggage": event["baggage"]})
    token = otel.attach(caller)
    own = {"faas.invocation_id": context.aws_request_id}
    with tracer.start_as_current_span("handler", attributes=own):
        with tracer.start_as_current_span("charge", attributes={"order.id": event["order"]}):
            print("printed")
        with structlog.contextvars.bound_contextvars(correlationId=name):
            log.info("bound")
        log.info("unbound")
    otel.detach(token)
    powertools.append_keys(correlationId=name)
    powertools.info("named")
    powertools.remove_keys(["correlationId"])
    provider.force_flush()
    return name
