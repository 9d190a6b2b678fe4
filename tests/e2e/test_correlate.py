"""Correlation keys: a value that a line, a span or the baggage of a request says is on all its
lines and on lull's own spans, and on no other's. Where two values come none is made up."""

import json
import logging
import sys
from datetime import UTC, datetime

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from spools import close_lives, invoke

KEYS = ("correlationId", "order.id", "tenant")
ENVIRON = {"LULL_CORRELATE": ",".join(KEYS), "LULL_FLUSH": "end"}


def sdk(env):
    provider = TracerProvider()
    exporter = OTLPSpanExporter(endpoint=f"http://localhost:{env.port}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def values(item):
    return {key: item["attributes"][key] for key in KEYS if key in item["attributes"]}


def values_of_lines(sink):
    return {log["body"]: values(log) for log in sink.items("logs")}


def test_real_loggers_and_an_sdk(lambda_env, sink, python_function):
    """Powertools, structlog, the SDK and its baggage processor, under AWS's runtime client."""
    environ = {**ENVIRON, "LULL_INVOCATION_SPANS": "always"}
    env = lambda_env([sys.executable, "-m", "awslambdaric", "correlated.handler"],
                     endpoint=sink.url, environ=environ, task_root=python_function["task_root"],
                     handler="correlated.handler", init_timeout=60, timeout=60)
    env.settings.environ["ORDERS_ENDPOINT"] = f"http://localhost:{env.port}/v1/traces"
    expected = {}
    with env:
        for n in range(2):
            call = env.invoke({"correlationId": f"c-{n}", "order": n, "baggage": f"tenant=t%2D{n}"})
            assert call.status == "success"
            expected[call.request_id] = {"correlationId": f"c-{n}", "order.id": n,
                                         "tenant": f"t-{n}"}
            env.wait_idle()
        env.finish(logs={"received": 10, "exported": 10}, traces={"received": 7, "exported": 7})
    for request, said in expected.items():
        lines = [log for log in sink.items("logs")
                 if log["attributes"]["faas.invocation_id"] == request]
        assert [log["body"] for log in lines] == ["begun", "printed", "bound", "unbound", "named"]
        assert [values(log) for log in lines] == [said] * 5
        assert values(next(s for s in sink.items("traces") if s["name"] == "orders" and
                           s["attributes"]["faas.invocation_id"] == request)) == said
    first, second = expected
    assert [s["attributes"] for s in sink.items("traces") if s["name"] == "init orders"] == [
        {"faas.coldstart": True, **expected[first]}]
    # The function's own spans are as they were sent.
    assert [(s["name"], s["attributes"]) for s in sink.items("traces") if s["scope"] != "lull"] == [
        ("charge", {"order.id": 0, "tenant": "t-0"}),
        ("handler", {"faas.invocation_id": first, "tenant": "t-0"}),
        ("charge", {"order.id": 1, "tenant": "t-1"}),
        ("handler", {"faas.invocation_id": second, "tenant": "t-1"})]


def test_lines_wait_for_a_value(lambda_env, sink, history):
    """Their trace is known, and all else goes out at once; they stay until the value has come."""
    def handler(event, context):
        tracer = provider.get_tracer("orders")
        tracer.start_span("own", attributes={"faas.invocation_id": context.aws_request_id}).end()
        provider.force_flush()
        begun = history.record("begun")
        context.print("before")
        history.wait("telemetry.delivered", after=begun, types=lambda types: "function" in types)
        tracer.start_span("other").end()
        provider.force_flush()
        history.wait("backend.request", after=begun, signal="traces")
        context.print(json.dumps({"msg": "said", "order": {"id": 7}}))

    env = lambda_env(handler, endpoint=sink.url, environ=ENVIRON)
    provider = sdk(env)
    with env:
        assert env.invoke().status == "success"
        env.finish(logs={"received": 2, "exported": 2}, traces={"received": 2, "exported": 2})
    assert values_of_lines(sink) == {"before": {"order.id": 7}, "said": {"order.id": 7}}
    assert sink.items("logs")[1]["attributes"]["order"] == {"id": 7}


# The handler that is to follow it patches logging as a whole.
@pytest.mark.filterwarnings("ignore:`LoggingHandler`:DeprecationWarning")
def test_records_that_an_sdk_sends(lambda_env, sink, history):
    """They are log lines, too: one of them says it, and those before it have it, in the trace that
    they were sent in, and what is printed."""
    def handler(event, context):
        begun = history.record("begun")
        context.print(f"printed {event}")
        history.wait("telemetry.delivered", after=begun, types=lambda types: "function" in types)
        logger.warning("outside %d", event)
        with tracer.start_as_current_span(f"order {event}", attributes={
                "faas.invocation_id": context.aws_request_id}):
            logger.warning("inside %d", event)
            records.force_flush()
            logger.warning("said %d", event, extra={"order.id": event})
        records.force_flush()
        spans.force_flush()

    env = lambda_env(handler, endpoint=sink.url, environ=ENVIRON)
    spans, records = sdk(env), LoggerProvider()
    records.add_log_record_processor(BatchLogRecordProcessor(
        OTLPLogExporter(endpoint=f"http://localhost:{env.port}/v1/logs")))
    tracer = spans.get_tracer("orders")
    logger = logging.Logger("orders")
    logger.addHandler(LoggingHandler(logger_provider=records))
    with env:
        for event in (7, 8):
            assert env.invoke(event).status == "success"
            env.wait_idle()
        env.finish(logs={"received": 8, "exported": 8}, traces={"received": 2, "exported": 2})
    assert values_of_lines(sink) == {f"{what} {event}": {"order.id": event} for event in (7, 8)
                                     for what in ("printed", "outside", "inside", "said")}
    traces = {span["name"]: span["trace_id"] for span in sink.items("traces")}
    assert {log["body"]: log["trace_id"] for log in sink.items("logs")} == {
        f"{what} {event}": "" if what == "outside" else traces[f"order {event}"]
        for event in (7, 8) for what in ("printed", "outside", "inside", "said")}


def test_two_values_in_one_request(lambda_env, sink):
    """Nothing tells which is whose: lines keep their own, the others have none. That is
    so in this request alone."""
    def handler(event, context):
        for value in event:
            context.print(json.dumps({"msg": f"message {value}", "order.id": value}))
            context.print(f"plain {value}")

    with lambda_env(handler, endpoint=sink.url, environ=ENVIRON) as env:
        for event in ([1, 2], [3]):
            env.invoke(event)
            env.wait_idle()
        env.finish(logs={"received": 6, "exported": 6})
    assert values_of_lines(sink) == {
        "message 1": {"order.id": 1}, "plain 1": {}, "message 2": {"order.id": 2}, "plain 2": {},
        "message 3": {"order.id": 3}, "plain 3": {"order.id": 3}}


def test_batch(lambda_env, sink):
    """SQS: each message has a trace and a value of its own. The lines of a message get its value;
    those between them, and the span of the request, none but what all of it has."""
    def handler(event, context):
        tracer = provider.get_tracer("queue")
        own = {"faas.invocation_id": context.aws_request_id, "tenant": "t"}
        whole = tracer.start_span("batch", attributes=own)
        line(context, "begin")
        for record in event["Records"]:
            with tracer.start_as_current_span(
                    record, trace.set_span_in_context(trace.INVALID_SPAN), trace.SpanKind.CONSUMER,
                    attributes={"order.id": f"id of {record}"}):
                apart()
                line(context, record)
                apart()
            apart()
        line(context, "end")
        whole.end()
        provider.force_flush()

    def apart():
        """Into another millisecond, which is as precise as times of lines are."""
        before = now()[:23]
        while now()[:23] == before:
            pass

    def now():
        return datetime.now(UTC).isoformat()

    def line(context, message):
        context.print(json.dumps({"timestamp": now(), "level": "INFO", "message": message,
                                  "requestId": context.aws_request_id}))

    env = lambda_env(handler, endpoint=sink.url,
                     environ={**ENVIRON, "LULL_INVOCATION_SPANS": "always"})
    provider = sdk(env)
    with env:
        env.invoke({"Records": ["one", "two", "three"]})
        env.finish(logs={"received": 5, "exported": 5}, traces={"received": 6, "exported": 6})
    assert values_of_lines(sink) == {
        "begin": {"tenant": "t"}, "end": {"tenant": "t"},
        **{record: {"order.id": f"id of {record}"} for record in ("one", "two", "three")}}
    made = [span for span in sink.items("traces") if span["scope"] == "lull"]
    assert [values(span) for span in made] == [{"tenant": "t"}] * 2


@pytest.mark.parametrize("said", [
    {"correlationId": "c-1"}, {"mdc": {"correlationId": "c-1"}},
    {"baggage": "tenant=a%zz,correlationId=c%2D1;ttl=5"}], ids=lambda said: next(iter(said)))
def test_a_request_that_crashes(lambda_env, sink, said):
    """The span that lull makes of it, and what Lambda told of it, have the value, too."""
    def handler(event, context):
        context.print(json.dumps({"msg": "begun", **said}))
        raise SystemExit(1)

    environ = {**ENVIRON, "LULL_INVOCATION_SPANS": "auto", "LULL_PLATFORM_LOGS": "errors"}
    env = lambda_env(handler, endpoint=sink.url, environ=environ, patient=True)
    with env:
        crash = invoke(env, status="failure")
        # What the end of its life left is sent by the next.
        env.settings.runtime = lambda event, context: None
        invoke(env)
        env.shutdown()
    books = close_lives(env, 2)
    assert (books["logs"]["exported"], books["logs"]["dropped"]) == (2, {})
    assert books["traces"]["dropped"] == {}
    begun, told = sorted(sink.items("logs"), key=lambda log: "type" in log["attributes"])
    span = next(span for span in sink.items("traces")
                if span["attributes"].get("faas.invocation_id") == crash.request_id)
    assert (begun["body"], told["attributes"]["type"]) == ("begun", "platform.runtimeDone")
    assert [values(item) for item in (begun, told, span)] == [{"correlationId": "c-1"}] * 3


def test_names_that_cannot_be_used(lambda_env, sink):
    """They are named, and the others hold."""
    environ = {**ENVIRON, "LULL_CORRELATE": f"order.id,,{'x' * 101}"}
    with lambda_env(lambda event, context: context.print('{"msg":"m","order.id":7}'),
                    endpoint=sink.url, environ=environ) as env:
        assert env.invoke().status == "success"
        env.finish(logs={"received": 1, "exported": 1})
    said = env.output("lull")
    assert "LULL_CORRELATE: an empty name is left out" in said
    assert f"LULL_CORRELATE: {'x' * 32}... is left out: a name has at most 100 bytes" in said
