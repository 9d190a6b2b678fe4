"""A response that is streamed: the caller has its first byte, and the invocation goes on. It is
over, and exported as such, when the stream is."""

import time

import otlp
from spools import invoke
from waits import came

TOLD = {"LULL_PLATFORM_METRICS": "true", "LULL_INVOCATION_SPANS": "always"}


def points(sink, name):
    return [point for point in sink.items("metrics") if point["name"] == name]


def test_the_end_of_the_stream_is_the_end_of_the_invocation(lambda_env, sink, history):
    def handler(event, context):
        yield b"x" * 1000
        streaming = history.record("streaming")
        # Data of the function goes out meanwhile, what is told of the end does not.
        otlp.send(env.port, otlp.logs("in the middle"))
        history.wait("backend.request", after=streaming, signal="logs", timeout=30)
        moments.append(time.time_ns())
        assert not came(history, "extension.next", 0.3, name="lull", after=streaming)
        assert sink.of("traces") == sink.of("metrics") == []
        moments.append(time.time_ns())
        yield b"y" * 500
        history.record("streamed")

    moments = []
    env = lambda_env(handler, endpoint=sink.url, environ={**TOLD, "LULL_FLUSH": "end"})
    with env:
        call = invoke(env)
        # At once, before the next event was asked for.
        span, = [span for span in sink.items("traces") if span["name"] == "orders"]
        first = {name: points(sink, name) for name in (
            "faas.invoke_duration", "lull.faas.response.latency", "lull.faas.response.duration",
            "lull.faas.response.size")}
        env.finish(traces={"received": 2, "exported": 2}, logs={"received": 1, "exported": 1})
    assert (call.status, len(call.response)) == ("success", 1500)
    order = [history.last(kind).index for kind in ("streamed", "runtime.response",
                                                   "platform.runtimeDone")]
    assert order == sorted(order)
    # The platform tells its times in milliseconds.
    assert span["start"] <= moments[0] and moments[1] <= span["end"] + 1_000_000
    seconds = (moments[1] - moments[0]) / 1e9
    sums = {name: point["sum"] for name, (point,) in first.items()}
    assert {point["count"] for point, in first.values()} == {1}
    assert sums["lull.faas.response.size"] == 1500
    assert sums["lull.faas.response.duration"] >= seconds
    assert sums["faas.invoke_duration"] >= sums["lull.faas.response.duration"]
    assert (sums["lull.faas.response.latency"] + sums["lull.faas.response.duration"]
            <= sums["faas.invoke_duration"] + 0.001)


def test_a_stream_that_breaks_off(lambda_env, sink):
    """The caller has its head already; the invocation has failed all the same."""
    def handler(event, context):
        yield b"head"
        raise ValueError("no more")

    with lambda_env(handler, endpoint=sink.url, environ=TOLD) as env:
        call = invoke(env, status="error")
        assert env.life.telemetry.flushed(30)
        env.finish(traces={"received": 2, "exported": 2})
    span, = [span for span in sink.items("traces") if span["name"] == "orders"]
    assert (span["status"], span["attributes"]["error.type"]) == (2, "ValueError")
    assert span["attributes"]["faas.invocation_id"] == call.request_id
    assert points(sink, "faas.errors")[-1]["value"] == 1
