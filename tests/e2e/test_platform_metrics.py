"""What Lambda tells becomes metrics: faas.* as the OpenTelemetry Lambda collector has them."""

import random
import uuid

import pytest

import faas
import otlp
from spools import close_lives, invoke

ON = {"LULL_PLATFORM_METRICS": "true"}
TIME = "2026-01-02T03:04:05.678Z"


def messages(sink):
    return [request.message() for request in sink.of("metrics") if request.accepted]


@pytest.fixture
def told():
    """Every event that the platform told. To be tapped as telemetry_options."""
    events = []
    return events, {"lost": lambda event: events.append(event)}


def test_a_life_with_every_outcome(lambda_env, collector, sink, told):
    """Success, the function's error, a crash, and a time-out, through to a real collector."""
    def handler(event, context):
        if event == "error":
            raise ValueError("no")
        if event == "crash":
            raise SystemExit(1)

    events, tap = told
    sink.forward = collector.port
    with lambda_env(handler, endpoint=sink.url, environ=ON, telemetry_options=tap) as env:
        invoke(env)
        invoke(env, "error", status="error")
        invoke(env, "crash", status="failure")  # the life ends, with all of its facts exported
        first = list(events)
        for request in sink.of("metrics"):
            assert request.accepted
        assert faas.found(messages(sink)) == faas.expected(first)
        invoke(env)
        env.shutdown()
    assert close_lives(env, 2)["metrics"]["dropped"] == {}
    assert faas.found(messages(sink)[-1:]) == faas.expected(events[len(first):])
    assert len(collector.items("metrics")) == len(sink.items("metrics"))


def test_a_time_out_is_counted(lambda_env, sink, told, history):
    events, tap = told
    with lambda_env(lambda event, context: history.wait("never", timeout=60) if event else None,
                    endpoint=sink.url, environ=ON, telemetry_options=tap, timeout=2) as env:
        invoke(env)
        invoke(env, "hang", status="timeout")
    assert faas.found(messages(sink)) == faas.expected(events)
    assert faas.found(messages(sink))["faas.timeouts"] == 1


def event(kind, **record):
    return {"time": TIME, "type": f"platform.{kind}", "record": record}


def some_request(rng):
    """The events of an invocation that went somehow."""
    request = str(uuid.UUID(int=rng.getrandbits(128)))
    status = rng.choice(["success"] * 5 + ["error", "failure", "timeout"])
    took = rng.choice([0, 5, 5.001, 10, 99.9, 250, 1000, 7500.5, 10000, 10001, 900000])
    return [
        event("start", requestId=request, version="$LATEST"),
        event("runtimeDone", requestId=request, status=status,
              metrics={"durationMs": took, "producedBytes": rng.randrange(1 << 23)}),
        event("report", requestId=request, status=status, metrics={
            "durationMs": took, "billedDurationMs": int(took) + 1, "memorySizeMB": 128,
            "maxMemoryUsedMB": rng.choice([1, 16, 17, 128, 1024, 3008, 10240])}),
    ]


def some_init(rng):
    status = rng.choice(["success", "success", "error", "failure", "timeout"])
    return [event("initStart", initializationType="on-demand", phase="init"),
            event("initReport", initializationType="on-demand", phase="init", status=status,
                  metrics={"durationMs": rng.choice([0.5, 120, 9999.9, 10000])})]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_told_they_equal_the_table(lambda_env, sink, told, seed):
    """Differential: some hundred events of every outcome against a model of the table."""
    events, tap = told
    rng = random.Random(seed)
    made = [e for _ in range(100) for e in (some_init(rng) if rng.random() < 0.1
                                            else some_request(rng))]
    with lambda_env(endpoint=sink.url, environ=ON, telemetry_options=tap) as env:
        env.push_telemetry(*made)
        invoke(env)
        env.finish(metrics={"dropped": 0})
    assert len(events) > len(made)
    assert faas.found(messages(sink)[-1:]) == faas.expected(events)


def points_of(message, name):
    for group in message.resource_metrics:
        for scope in group.scope_metrics:
            for metric in scope.metrics:
                if metric.name == name:
                    data = getattr(metric, metric.WhichOneof("data"))
                    return data, data.data_points[0]
    return None, None


@pytest.mark.parametrize("preference, temporality, counts", [
    (None, 2, [1, 3]), ("cumulative", 2, [1, 3]), ("DELTA", 1, [1, 2]), ("lowmemory", 1, [1, 2])])
def test_temporality(lambda_env, sink, preference, temporality, counts):
    """One request for what the first flush had, one at the end for the rest of a busy time."""
    environ = {**ON, "LULL_FLUSH": "end"}
    if preference:
        environ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"] = preference
    with lambda_env(endpoint=sink.url, environ=environ) as env:
        for _ in range(3):
            invoke(env)
        env.finish(metrics={"dropped": 0})
    found = [points_of(message, "faas.invocations") for message in messages(sink)]
    assert [point.as_int for _, point in found] == counts
    assert {data.aggregation_temporality for data, _ in found} == {temporality}
    starts = [point.start_time_unix_nano for _, point in found]
    if temporality == 2:
        assert len(set(starts)) == 1
    else:
        assert starts[1] == found[0][1].time_unix_nano
    assert starts[0] < found[0][1].time_unix_nano < found[1][1].time_unix_nano


def test_of_which_instance_and_trace(lambda_env, sink):
    """The resource says which environment counts; exemplars lead to the trace of their request."""
    with lambda_env(endpoint=sink.url, environ={**ON, "LULL_FLUSH": "end"}) as env:
        call = invoke(env)
        env.finish()
    message = messages(sink)[0]
    resource = otlp.attributes(message.resource_metrics[0].resource.attributes)
    assert resource["service.name"] == "orders"
    assert resource["faas.instance"] == env.settings.instance_id
    assert uuid.UUID(resource["service.instance.id"]).version == 4
    _, point = points_of(message, "faas.invoke_duration")
    exemplar, = point.exemplars
    root = call.trace.partition("Root=1-")[2].partition(";")[0].replace("-", "")
    assert exemplar.trace_id.hex() == root
    assert exemplar.as_double == point.sum
    assert otlp.attributes(point.attributes) == {"lull.faas.initialization_type": "on-demand"}


def test_what_invoked_the_function(lambda_env, sink):
    """As the span of the request says it; of the others nobody knows."""
    def handler(event, context):
        own = {"faas.invocation_id": context.aws_request_id}
        trigger = {"faas.trigger": event} if event else {}
        otlp.send(env.port, otlp.traces("handler", **own, **trigger))

    env = lambda_env(handler, endpoint=sink.url, environ=ON)
    with env:
        for event in ("http", "timer", "http", None, "a word of its own"):
            invoke(env, event)
        assert env.life.telemetry.flushed(30)  # the last report, too
        env.finish(metrics={"dropped": 0})
    kind = {"lull.faas.initialization_type": "on-demand"}
    for name in ("faas.invocations", "faas.invoke_duration", "lull.faas.billed_duration"):
        data, _ = points_of(messages(sink)[-1], name)
        found = {otlp.attributes(point.attributes).get("faas.trigger"):
                 getattr(point, "count", None) or point.as_int for point in data.data_points}
        assert found == {"http": 2, "timer": 1, None: 2}
        assert all(otlp.attributes(p.attributes).items() >= kind.items() for p in data.data_points)
    _, point = points_of(messages(sink)[-1], "faas.coldstarts")
    assert otlp.attributes(point.attributes) == kind


def test_managed_instances_are_counted_by_their_reports(lambda_env, sink):
    with lambda_env(endpoint=sink.url, environ=ON, managed_instances=True, concurrency=4) as env:
        calls = [env.begin() for _ in range(10)]
        assert {env.wait(call).status for call in calls} == {"success"}
        env.finish(metrics={"dropped": 0})
    last = messages(sink)[-1]
    assert points_of(last, "faas.invocations")[1].as_int == 10
    assert points_of(last, "faas.invoke_duration")[1].count == 10


@pytest.mark.parametrize("environ", [
    {"LULL_PLATFORM_METRICS": "false"},
    # Where no metrics go, none are made to be dropped.
    {**ON, "LULL_ENDPOINT": "", "LULL_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"},
], ids=["off", "no backend"])
def test_there_are_none(lambda_env, sink, environ):
    with lambda_env(endpoint=sink.url, environ=environ) as env:
        invoke(env)
        env.finish(metrics={"received": 0})
    assert sink.of("metrics") == []


def test_the_exemplar_of_init_leads_to_its_span(lambda_env, sink):
    """Where no SDK is that span is made when the second request is over, and told with the next."""
    environ = {**ON, "LULL_INVOCATION_SPANS": "auto", "LULL_FLUSH": "end"}
    with lambda_env(endpoint=sink.url, environ=environ) as env:
        invoke(env)
        invoke(env)
        env.finish(metrics={"dropped": 0})
    init = next(span for span in sink.items("traces") if span["name"] == "init orders")
    found = [(exemplar.trace_id.hex(), exemplar.span_id.hex())
             for message in messages(sink) for point in faas.points(message, "faas.init_duration")
             for exemplar in point.exemplars]
    assert found == [(init["trace_id"], init["span_id"])]


def test_a_span_that_says_the_trigger_comes_after_the_end(lambda_env, sink, history):
    """SDKs send in batches: what the end was counted as is settled when the metrics are made."""
    environ = {**ON, "LULL_FLUSH": "lazy"}
    with lambda_env(endpoint=sink.url, environ=environ) as env:
        call = invoke(env)
        history.wait("telemetry.delivered", types=lambda types: "platform.runtimeDone" in types)
        span = otlp.traces("handler", **{"faas.invocation_id": call.request_id,
                                         "faas.trigger": "http"})
        otlp.send(env.port, span)
        env.finish(metrics={"dropped": 0}, traces={"dropped": 0})
    point, = faas.points(messages(sink)[-1], "faas.invoke_duration")
    assert otlp.attributes(point.attributes)["faas.trigger"] == "http"
    assert point.count == 1
