"""lull's own warnings and errors as log records: functions may have no CloudWatch."""

import socket

import pytest

from backend import Answer
from ports import free_port
from spools import invoke

WRONG = {"LULL_SELF_METRICS": "perhaps"}
# As where nothing is set: the other tests set it to false.
ON = {"LULL_SELF_LOGS": "", **WRONG}


def written(env):
    """What lull wrote as warnings and errors."""
    prefixes = ("lull: warning: ", "lull: error: ")
    return [line.removeprefix(prefix) for line in env.output("lull").splitlines()
            for prefix in prefixes if line.startswith(prefix)]


@pytest.mark.parametrize("flush, invocations", [("end", 1), ("lazy", 1), ("end", 0)],
                         ids=["end", "lazy", "shutdown"])
def test_they_arrive_as_they_are_written(lambda_env, sink, flush, invocations):
    """From the first on, of the settings and of what is in the way later, once each."""
    taken = socket.create_server(("127.0.0.1", free_port()))
    environ = {**ON, "LULL_FLUSH": flush, "LULL_GRPC_PORT": str(taken.getsockname()[1])}
    with taken, lambda_env(lambda event, context: None, endpoint=sink.url,
                           environ=environ) as env:
        for _ in range(invocations):
            invoke(env)
        if flush == "end":
            assert len(sink.items("logs")) == 2 * invocations
        env.finish(logs={"received": 2, "exported": 2, "dropped": 0})
    logs = sink.items("logs")
    assert [log["body"] for log in logs] == written(env)
    assert [log["severity"] for log in logs] == [13, 17]
    assert "LULL_SELF_METRICS" in logs[0]["body"]
    assert "LULL_GRPC_PORT" in logs[1]["body"]
    assert {log["scope"] for log in logs} == {"lull"}
    assert {log["resource"]["service.name"] for log in logs} == {"orders"}


@pytest.mark.parametrize("status, reason, invocations, sent", [
    (400, "refused", 5, 2), (400, "refused", 0, 1), (404, "own", 5, 1),
], ids=["400", "400 at shutdown", "404"])
def test_a_refusal_of_them_does_not_breed_more(lambda_env, sink, status, reason, invocations, sent):
    """It is told once, with the next export if that takes logs, and its refusal is no news."""
    sink.answer = Answer(status, b"no logs here")
    with lambda_env(lambda event, context: None, endpoint=sink.url,
                    environ={**ON, "LULL_FLUSH": "end"}) as env:
        for _ in range(invocations):
            invoke(env)
        env.finish(logs={"received": sent, "exported": 0, "dropped": {reason: sent}})
    assert len(sink.requests) == sent
    assert len(written(env)) == 2


@pytest.mark.parametrize("environ", [
    {"LULL_SELF_LOGS": "false"}, {"LULL_SIGNALS": "traces"}, {"LULL_ENDPOINT": ""},
], ids=["off", "no logs", "no backend"])
def test_where_they_are_not_wanted_nothing_is_counted(lambda_env, sink, environ):
    with lambda_env(lambda event, context: None, endpoint=sink.url,
                    environ={**ON, **environ}) as env:
        invoke(env)
        books = env.finish()
    assert written(env)
    assert sink.requests == []
    assert (books["received"], books["dropped"]) == (0, 0)
