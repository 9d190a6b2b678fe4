"""Log lines carry the trace and span of their request, and no other's; the function knows nothing
of it. Its spans come from OpenTelemetry's SDK."""

import json
import threading
from datetime import UTC, datetime

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagators.aws import AwsXRayPropagator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

OF_NOBODY = ("", "")


def sdk(env, sampler=ALWAYS_ON):
    provider = TracerProvider(sampler=sampler)
    exporter = OTLPSpanExporter(endpoint=f"http://localhost:{env.port}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def ids(item):
    return item["trace_id"], item["span_id"]


def joined(sink, keys="body"):
    return {log[keys]: ids(log) for log in sink.items("logs")}


def span_ids(sink):
    return {span["name"]: ids(span) for span in sink.items("traces")}


def now():
    return datetime.now(UTC).isoformat()


def test_lines_wait_for_their_span(lambda_env, sink, history):
    """While the handler runs data goes out at once, but for lines whose span is to come."""
    def handler(event, context):
        tracer = provider.get_tracer("orders")
        own = {"faas.invocation_id": context.aws_request_id}
        with tracer.start_as_current_span(f"order {event}", attributes=own):
            with tracer.start_as_current_span("inner"):
                begun = history.record("begun")
                context.print(f"line {event}")
                history.wait("telemetry.delivered", after=begun,
                             types=lambda types: "function" in types)
            provider.force_flush()
            # The line is with lull, and what came after it has gone on.
            history.wait("backend.request", after=begun, signal="traces")
        provider.force_flush()
        context.print(f"last {event}")

    env = lambda_env(handler, endpoint=sink.url, environ={"LULL_FLUSH": "end"})
    provider = sdk(env)
    with env:
        for event in "ab":
            assert env.invoke(event).status == "success"
            env.wait_idle()
        env.finish(logs={"received": 4, "exported": 4}, traces={"received": 4, "exported": 4})
    spans = span_ids(sink)
    assert joined(sink) == {f"{what} {event}": spans[f"order {event}"]
                            for event in "ab" for what in ("line", "last")}


def test_local_root(lambda_env, sink):
    """A span that does not name the request: it began in its time."""
    def handler(event, context):
        with provider.get_tracer("web").start_as_current_span(f"GET /{event}",
                                                              kind=trace.SpanKind.SERVER):
            context.print(event)
        provider.force_flush()

    env = lambda_env(handler, endpoint=sink.url)
    provider = sdk(env)
    with env:
        for event in "abc":
            env.invoke(event)
        env.finish()
    assert joined(sink) == {event: span_ids(sink)[f"GET /{event}"] for event in "abc"}


def test_sampled_out(lambda_env, sink):
    """What the SDK does not record has no trace: the X-Ray header's would be a wrong one."""
    def handler(event, context):
        provider = providers[event]
        with provider.get_tracer("web").start_as_current_span("GET /", kind=trace.SpanKind.SERVER):
            context.print(event)
        provider.force_flush()

    env = lambda_env(handler, endpoint=sink.url)
    providers = {"on": sdk(env), "off": sdk(env, ALWAYS_OFF)}
    with env:
        for event in ("on", "off"):
            env.invoke(event)
        env.finish(logs={"received": 2, "exported": 2}, traces={"received": 1, "exported": 1})
    assert joined(sink) == {"on": span_ids(sink)["GET /"], "off": OF_NOBODY}


@pytest.mark.parametrize("environ, sdk", [
    ({"OTEL_TRACES_SAMPLER": "always_off"}, True),
    ({"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"}, True),
    ({"AWS_LAMBDA_EXEC_WRAPPER": "/opt/get-secrets"}, False), ({}, False),
], ids=["sampler", "SDK's wrapper", "other wrapper", "nothing"])
def test_x_ray_only(lambda_env, sink, environ, sdk):
    """Nobody but X-Ray has a trace: its is the line's, unless an SDK is set up and only silent."""
    env = lambda_env(lambda event, context: context.print(context.trace), endpoint=sink.url,
                     environ=environ)
    with env:
        for _ in range(2):
            env.invoke()
        env.finish(logs={"received": 2, "exported": 2})
    for header, found in joined(sink).items():
        root = header.partition("Root=1-")[2].partition(";")[0].replace("-", "")
        assert found == (OF_NOBODY if sdk else (root, ""))


def test_header_of_the_sdk(lambda_env, sink):
    """An SDK whose traces are X-Ray's: a request whose spans are missing has that trace, too."""
    def handler(event, context):
        parent = AwsXRayPropagator().extract({"X-Amzn-Trace-Id": context.trace})
        context.print(event)
        if event == "spans":
            provider.get_tracer("web").start_span("GET /", parent, trace.SpanKind.SERVER).end()
            provider.force_flush()
        else:
            missing.append(trace.get_current_span(parent).get_span_context().trace_id)

    env = lambda_env(handler, endpoint=sink.url)
    provider, missing = sdk(env), []
    with env:
        for event in ("spans", "none"):
            env.invoke(event)
        env.finish()
    assert joined(sink) == {"spans": span_ids(sink)["GET /"], "none": (f"{missing[0]:032x}", "")}


@pytest.mark.parametrize("named", [False, True], ids=["messages only", "within the request's span"])
def test_batch_with_a_partial_failure(lambda_env, sink, named):
    """SQS: ten messages, each of a trace of its own, three of them failing. Lines of a message go
    to its trace; those between to the span of the request, if there is one."""
    def handler(event, context):
        tracer = provider.get_tracer("queue")
        own = {"faas.invocation_id": context.aws_request_id}
        whole = tracer.start_span("batch", attributes=own) if named else None
        line(context, "begin")
        for record in event["Records"]:
            with tracer.start_as_current_span(record["messageId"], trace.set_span_in_context(
                    trace.INVALID_SPAN), trace.SpanKind.CONSUMER):
                apart()
                line(context, record["messageId"])
                apart()
            apart()
        line(context, "end")
        if whole:
            whole.end()
        provider.force_flush()
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}
                                      for record in event["Records"] if record["fails"]]}

    def apart():
        """Into another millisecond, which is as precise as times of lines are."""
        before = now()[:23]
        while now()[:23] == before:
            pass

    def line(context, message):
        context.print(json.dumps({"timestamp": now(), "level": "INFO", "message": message,
                                  "requestId": context.aws_request_id}))

    env = lambda_env(handler, endpoint=sink.url)
    provider = sdk(env)
    records = [{"messageId": f"message {n}", "fails": n % 4 == 1} for n in range(10)]
    with env:
        failures = env.invoke({"Records": records}).json()["batchItemFailures"]
        env.finish(logs={"received": 12, "exported": 12},
                   traces={"received": 10 + named, "exported": 10 + named})
    assert [f["itemIdentifier"] for f in failures] == ["message 1", "message 5", "message 9"]
    spans = span_ids(sink)
    assert len({spans[r["messageId"]][0] for r in records}) == 10
    around = spans.get("batch", OF_NOBODY)
    assert joined(sink) == {"begin": around, "end": around,
                            **{r["messageId"]: spans[r["messageId"]] for r in records}}


def test_two_at_once_on_managed_instances(lambda_env, sink):
    """Both are within their spans when either writes: only the ids tell them apart."""
    def handler(event, context):
        with provider.get_tracer("web").start_as_current_span(event, attributes={
                "faas.invocation_id": context.aws_request_id}):
            together.wait(30)
            context.print(json.dumps({"message": event, "requestId": context.aws_request_id}))
            context.print(json.dumps({"message": f"nobody knows {event}"}))
            together.wait(30)
        provider.force_flush()

    together = threading.Barrier(2)
    env = lambda_env(handler, endpoint=sink.url, managed_instances=True, concurrency=2,
                     log_format="JSON")
    provider = sdk(env)
    with env:
        for call in [env.begin(event) for event in "ab"]:
            env.wait(call)
        env.finish(logs={"received": 4, "exported": 4}, traces={"received": 2, "exported": 2})
    spans = span_ids(sink)
    assert joined(sink) == {"a": spans["a"], "b": spans["b"],
                            "nobody knows a": OF_NOBODY, "nobody knows b": OF_NOBODY}
