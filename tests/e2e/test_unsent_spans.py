"""A request that ends before its span does, although spans within it were sent: they, its log lines
and what lull says of its end are one trace. The spans come from OpenTelemetry's SDK."""

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from spools import close_lives, invoke

STATUS_ERROR = 2


def ids(item):
    return item["trace_id"], item["span_id"]


@pytest.mark.parametrize("status", ["failure", "timeout"])
def test_what_was_sent_hangs_under_the_end(lambda_env, sink, history, status):
    """The trace is no X-Ray's. One would look for the end of the handler where its query hangs."""
    def handler(event, context):
        tracer = provider.get_tracer("orders")
        whole = tracer.start_span("handler", kind=trace.SpanKind.SERVER,
                                  attributes={"faas.invocation_id": context.aws_request_id})
        with tracer.start_as_current_span("query", trace.set_span_in_context(whole),
                                          trace.SpanKind.CLIENT):
            pass  # sent at its end, and lull has it
        context.print(event)
        if event == "well":
            whole.end()
        elif status == "timeout":
            history.wait("never", timeout=60)
        else:
            raise SystemExit(1)

    environ = {"LULL_INVOCATION_SPANS": "auto", "LULL_FLUSH": "end"}
    env = lambda_env(handler, endpoint=sink.url, environ=environ, timeout=30)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(
        OTLPSpanExporter(endpoint=f"http://localhost:{env.port}/v1/traces")))
    with env:
        invoke(env, "well")
        env.settings.timeout = 3 if status == "timeout" else 30
        call = invoke(env, "badly", status=status)
        env.settings.timeout = 30
        invoke(env, "well")
        env.shutdown()
    books = close_lives(env, 2)
    assert (books["traces"]["dropped"], books["logs"]["dropped"]) == ({}, {})
    spans = sink.items("traces")
    # Each query has its parent, of one place in one trace.
    assert len({ids(span) for span in spans}) == len(spans) == 8
    by_ids = {ids(span): span for span in spans}
    parents = [by_ids[span["trace_id"], span["parent_id"]] for span in spans
               if span["name"] == "query"]
    assert sorted(span["name"] for span in parents) == ["handler", "handler", "orders"]
    end = next(span for span in parents if span["name"] == "orders")
    assert (end["scope"], end["status"]) == ("lull", STATUS_ERROR)
    assert end["attributes"]["faas.invocation_id"] == call.request_id
    assert end["attributes"]["lull.last_span"] == "query"
    line, = (log for log in sink.items("logs") if log["body"] == "badly")
    assert line["trace_id"] == end["trace_id"]
    # Those of a time-out go before it is told.
    assert status == "timeout" or line["span_id"] == end["span_id"]
