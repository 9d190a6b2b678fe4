"""An ordinary instrumented Lambda function; nothing in it knows lull. The functions in the other
languages do the same. Keys of the event:

  order    id of the order, an attribute and part of every log line
  error    raise an exception with this message
  connect  wait for this host:port to answer
  exit     end the process with this code
  eat      have more than so many MiB
  exports  so many more spans, each exported by itself, all at once
  cell     export this order with telemetry of its own, made with the OTEL_ variables that are
           keys of the event, too, and with this word in its resource
"""

import logging
import os

import bad_ends
from opentelemetry import trace
from telemetry import Telemetry

log = logging.getLogger("orders")
log.setLevel(logging.INFO)


class Orders:
    """Places orders, and measures with this telemetry."""

    def __init__(self, telemetry):
        self.telemetry = telemetry
        self.tracer = telemetry.traces.get_tracer("orders", "1.2.3")
        self.logger = telemetry.logs.get_logger("orders", "1.2.3")
        meter = telemetry.metrics.get_meter(
            "orders", "1.2.3", "https://opentelemetry.io/schemas/1.40.0")
        self.placed = meter.create_counter("orders.placed", "{order}", "Orders placed")
        self.amounts = meter.create_histogram(
            "orders.amount", "EUR", "What an order is worth",
            explicit_bucket_boundaries_advisory=[1, 10, 100.5])

    def handle(self, event, request_id):
        order = event.get("order", "none")
        print(f"order {order} came in")
        try:
            with self.tracer.start_as_current_span(
                    "orders", kind=trace.SpanKind.SERVER,
                    attributes={"faas.invocation_id": request_id}):
                self.place(order, event)
            self.telemetry.export_at_once(event.get("exports", 0))
        finally:
            self.telemetry.flush()
        return {"order": order, "request_id": request_id}

    def place(self, order, event):
        """All that happens inside the handler's span."""
        self.charge(order, self.load(order))
        log.info("order %s charged", order)
        bad_ends.meet(event)
        self.logger.emit(severity_number=13, severity_text="WARN", body={"order": order, "left": 3},
                         attributes={"amount": 12.5, "live": False})
        self.placed.add(1, {"kind": "web"})
        self.amounts.record(12.5, {"kind": "web"})
        if "error" in event:
            log.error("order %s failed", order)
            raise ValueError(event["error"])

    def load(self, order):
        """A call within a call."""
        with self.tracer.start_as_current_span(
                "load order", attributes={"order.id": order}) as loaded:
            self.tracer.start_span("query", kind=trace.SpanKind.CLIENT,
                                   attributes={"db.system.name": "postgresql"}).end()
        return loaded.get_span_context()

    def charge(self, order, loaded):
        span = self.tracer.start_span(
            "charge card", kind=trace.SpanKind.CLIENT,
            links=[trace.Link(loaded, {"why": "same order"})])
        span.set_attributes({
            "order.id": order, "amount": 12.5, "retries": -3, "big": 1 << 62, "live": False,
            "note": "ü 漢 🛒", "empty": "", "cards": ["visa", "amex"], "codes": [1, -2],
            "rates": [0.5, 1e9], "flags": [True, False]})
        span.add_event("charged", {"order.id": order})
        span.set_status(trace.StatusCode.OK)
        span.end()


usual = Orders(Telemetry())


def handler(event, context):
    if "cell" not in event:
        return usual.handle(event, context.aws_request_id)
    for name in (key for key in event if key.startswith("OTEL_")):
        os.environ.pop(name, None)
        if event[name]:  # not every exporter takes an empty one
            os.environ[name] = event[name]
    telemetry = Telemetry(event["cell"])
    try:
        return Orders(telemetry).handle(event, context.aws_request_id)
    finally:
        telemetry.close()
