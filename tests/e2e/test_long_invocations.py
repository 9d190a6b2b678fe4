"""Invocations that take as long as Lambda lets them, a quarter of an hour: their data is exported
while they run, whichever way it is flushed, and nothing waits for their end."""

import pytest

import otlp
from spools import invoke


@pytest.mark.parametrize("flush", ["end", "lazy"])
def test_data_goes_out_as_it_comes(lambda_env, sink, history, flush):
    """Twice the handler waits until the backend has all it has sent, and what it has printed."""
    def handler(event, context):
        left.append(context.get_remaining_time_in_millis())
        for turn in range(2):
            begun = history.record("turn")
            own = {"faas.invocation_id": context.aws_request_id}
            otlp.send(env.port, otlp.traces(f"span {turn}", **own), otlp.metrics("m", float(turn)),
                      otlp.logs(f"log {turn}"))
            context.print(f"line {turn}")
            for signal, count in (("traces", 1), ("metrics", 1), ("logs", 2)):
                await_items(signal, (turn + 1) * count, begun)
        history.record("handler done")

    def await_items(signal, count, after):
        seen = 0
        while len(sink.items(signal)) < count:
            seen += 1
            history.wait("backend.answer", after=after, signal=signal, count=seen, timeout=30)

    left = []
    env = lambda_env(handler, endpoint=sink.url, timeout=900,
                     environ={"LULL_FLUSH": flush})
    with env:
        call = invoke(env)
        env.finish(traces={"received": 2, "exported": 2}, metrics={"received": 2, "exported": 2},
                   logs={"received": 4, "exported": 4})
    assert left[0] > 890_000
    names = [f"{what} {turn}" for turn in range(2) for what in ("line", "log")]
    assert sorted(sink.names("logs")) == sorted(names)
    lines = [log for log in sink.items("logs") if log["body"].startswith("line")]
    assert {log["attributes"]["faas.invocation_id"] for log in lines} == {call.request_id}
    assert {log["trace_id"] for log in lines} == {"11" * 16}
