"""Much at once: of invocations, of log lines; and no invocation that could be waited for."""

import otlp

INVOCATIONS = 1000
LINES = 100_000


def test_a_thousand_invocations_back_to_back(lambda_env, sink):
    """Each sends a span and a data point and writes a line. Requests are far fewer."""
    def handler(event, context):
        context.print(f"line {event}")
        otlp.send(env.port, otlp.traces(f"span {event}"), otlp.metrics("m", float(event)))

    env = lambda_env(handler, endpoint=sink.url, freeze=True)
    with env:
        for number in range(INVOCATIONS):
            assert env.invoke(number).status == "success"
        expected = {"received": INVOCATIONS, "exported": INVOCATIONS, "possible_duplicates": 0}
        env.finish(traces=expected, logs=expected, metrics=expected)
    assert sorted(sink.names()) == sorted(f"span {n}" for n in range(INVOCATIONS))
    assert sorted(sink.names("logs")) == sorted(f"line {n}" for n in range(INVOCATIONS))
    values = [point["value"] for point in sink.items("metrics")]
    assert sorted(values) == list(range(INVOCATIONS))
    assert len(sink.requests) < INVOCATIONS


def test_a_hundred_thousand_lines_in_one_invocation(lambda_env, sink, history):
    """All arrive in order, in batches of bounded size, and nothing of it is refused."""
    def handler(event, context):
        for number in range(LINES):
            context.print(f"line {number:06}")

    with lambda_env(handler, endpoint=sink.url, timeout=60,
                    telemetry_options={"queue_bytes": 64 << 20}) as env:
        assert env.invoke().status == "success"
        env.finish(logs={"received": LINES, "exported": LINES})
    requests = [request for request in sink.of("logs") if request.accepted]
    bodies = [record.body.string_value for request in requests
              for resource in request.message().resource_logs
              for scope in resource.scope_logs for record in scope.log_records]
    assert bodies == [f"line {number:06}" for number in range(LINES)]
    assert max(len(request.body) for request in requests) <= 1 << 20
    assert history.all("platform.logsDropped") == []
    assert history.all("telemetry.refused") == []


def test_managed_instances_are_flushed_by_a_timer(lambda_env, sink, history):
    """Nothing tells that an invocation ends: data leaves while the handlers run, and between."""
    def handler(event, context):
        otlp.send(env.port, otlp.traces(event))
        history.wait("backend.answer", signal="traces", status=200, count=1)

    env = lambda_env(handler, endpoint=sink.url, managed_instances=True, concurrency=2)
    with env:
        calls = [env.begin("a"), env.begin("b")]
        assert [env.wait(call).status for call in calls] == ["success"] * 2
        # And between invocations, of which lull knows nothing.
        env.wait_idle()
        otlp.send(env.port, otlp.logs("between"))
        history.wait("backend.answer", signal="logs", status=200)
        assert history.all("shutdown.begin") == []
        env.finish(traces={"received": 2, "exported": 2}, logs={"received": 1, "exported": 1})
    assert sorted(sink.names()) == ["a", "b"]
    assert sink.names("logs") == ["between"]
