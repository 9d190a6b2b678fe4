"""What Lambda tells as log records: what went wrong by default, all on request."""

import pytest

from spools import close_lives, invoke


def told(sink):
    return [(log["attributes"]["type"], log["severity"], log["attributes"].get("status"))
            for log in sink.items("logs")]


@pytest.mark.parametrize("setting, expected", [
    ("", [("platform.runtimeDone", 17, "failure")]),
    ("none", []),
    ("start,report", [("platform.start", 9, None), ("platform.report", 9, "success"),
                      ("platform.start", 9, None), ("platform.report", 9, "failure")]),
], ids=["unset", "none", "start and report"])
def test_which(lambda_env, sink, setting, expected):
    def handler(event, context):
        if event == "crash":
            raise SystemExit(1)

    environ = {"LULL_PLATFORM_LOGS": setting}
    with lambda_env(handler, endpoint=sink.url, environ=environ) as env:
        invoke(env)
        crash = invoke(env, "crash", status="failure")
    assert told(sink) == expected
    books = close_lives(env, 1)["logs"]
    assert (books["received"], books["exported"]) == (len(expected), len(expected))
    for log in sink.items("logs")[-1:]:
        assert log["attributes"]["faas.invocation_id"] == crash.request_id
        root = crash.trace.partition("Root=1-")[2].partition(";")[0]
        assert log["trace_id"] == root.replace("-", "")
