"""Managed Instances: several requests at once in one environment, told apart by their ids alone."""

import json
import threading

AT_ONCE = 8
SERVER, ERROR = 2, 2


def root_of(call):
    return call.trace.partition("Root=1-")[2].partition(";")[0].replace("-", "")


def parent_of(call):
    return call.trace.partition("Parent=")[2].partition(";")[0]


def test_spans_and_lines_of_requests_at_once(lambda_env, sink):
    """All are within their handlers when each writes its lines, every third one fails, and no SDK
    is there: what lull makes of each is its own."""
    def handler(event, context):
        together.wait(60)
        for number in range(2):
            context.print(json.dumps({"message": f"line {event}.{number}", "level": "INFO",
                                      "requestId": context.aws_request_id}))
        together.wait(60)
        if event % 3 == 0:
            raise ValueError(f"no {event}")

    together = threading.Barrier(AT_ONCE)
    environ = {"LULL_INVOCATION_SPANS": "auto", "LULL_PLATFORM_METRICS": "true"}
    env = lambda_env(handler, endpoint=sink.url, environ=environ, managed_instances=True,
                     concurrency=AT_ONCE, log_format="JSON")
    with env:
        calls = [env.begin(event) for event in range(AT_ONCE)]
        statuses = [env.wait(call).status for call in calls]
        assert env.life.telemetry.flushed(30)
        env.finish(traces={"received": AT_ONCE + 1, "exported": AT_ONCE + 1},
                   logs={"received": 2 * AT_ONCE, "exported": 2 * AT_ONCE},
                   metrics={"dropped": 0})
    assert statuses == ["error" if event % 3 == 0 else "success" for event in range(AT_ONCE)]
    spans = {span["attributes"].get("faas.invocation_id"): span for span in sink.items("traces")}
    assert spans.pop(None)["name"] == "init orders"
    assert set(spans) == {call.request_id for call in calls}
    lines = sink.items("logs")
    for event, call in enumerate(calls):
        span = spans[call.request_id]
        assert (span["name"], span["kind"]) == ("orders", SERVER)
        assert (span["trace_id"], span["parent_id"]) == (root_of(call), parent_of(call))
        assert span["start"] < span["end"]
        failed = event % 3 == 0
        assert span["status"] == (ERROR if failed else 0)
        assert span["attributes"].get("error.type") == ("ValueError" if failed else None)
        own = [line for line in lines if line["body"].startswith(f"line {event}.")]
        assert [line["body"] for line in own] == [f"line {event}.{n}" for n in range(2)]
        for line in own:
            assert line["attributes"]["faas.invocation_id"] == call.request_id
            # Those that were exported before the span was made know its trace.
            assert line["trace_id"] == root_of(call)
            assert line["span_id"] in ("", span["span_id"])
