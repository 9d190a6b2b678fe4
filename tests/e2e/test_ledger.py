"""The ledger line: one line of JSON whose keys people filter by, and which adds up."""

import json

import pytest

import otlp
from backend import Answer
from spools import invoke

NOTHING = {"received": 0, "exported": 0, "held": 0, "dropped": {}}


def the_line(env):
    """The only line with the ledger; JSON from its first byte to its last, no key twice."""
    def unique(pairs):
        assert len({key for key, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    lines = [line for line in env.output("lull").splitlines() if "lull_ledger" in line]
    assert len(lines) == 1, lines
    assert [e["line"] for e in env.history.all("extension.line", line=lines[0])] == lines
    return json.loads(lines[0], object_pairs_hook=unique)


def keys(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys(inner)


@pytest.mark.parametrize("freeze", [False, True])
@pytest.mark.parametrize("invocations", [0, 1])
def test_nothing_is_a_ledger_of_zeros(lambda_env, sink, invocations, freeze):
    with lambda_env(endpoint=sink.url, freeze=freeze) as env:
        for _ in range(invocations):
            invoke(env)
        env.finish()
    assert the_line(env) == {"lull_ledger": {"received": 0, "exported": 0, "dropped": 0,
                                             "lost": 0,
                                             "traces": NOTHING, "logs": NOTHING,
                                             "metrics": NOTHING}}
    assert sink.requests == []


def test_sums_and_reasons(lambda_env, sink):
    """A different fate for each signal; the sums are over all of them."""
    def judge(received):
        if received.signal == "traces" and b"poison" in received.body:
            return Answer(400, b"bad")
        return Answer(404) if received.signal == "logs" else None

    sink.judge = judge
    environ = {"LULL_TRACES_ENDPOINT": f"{sink.url}/v1/traces",
               "LULL_LOGS_ENDPOINT": f"{sink.url}/v1/logs", "LULL_FLUSH": "end"}
    with lambda_env(environ=environ) as env:
        otlp.send(env.port, otlp.traces("a"), otlp.traces("poison"), otlp.traces("b", "c"),
                  otlp.logs(*"lines"), otlp.metrics("m", 1.0, 2.0))
        invoke(env)
        otlp.send(env.port, otlp.logs("later"))
        env.finish()
    line = the_line(env)
    assert line == {"lull_ledger": {
        "received": 12, "exported": 3, "dropped": 9, "lost": 9,
        "traces": {"received": 4, "exported": 3, "held": 0, "dropped": {"refused": 1}},
        "logs": {"received": 6, "exported": 0, "held": 0, "dropped": {"turned_off": 6}},
        "metrics": {"received": 2, "exported": 0, "held": 0, "dropped": {"no_destination": 2}}}}
    # The order of keys is part of the line, and CloudWatch's filters take a dot for a step down.
    assert list(line["lull_ledger"])[:4] == ["received", "exported", "dropped", "lost"]
    assert list(line["lull_ledger"])[4:] == list(otlp.SIGNALS)
    assert not [key for key in keys(line) if "." in key or " " in key]


@pytest.mark.parametrize("environ, answer, dropped, lost", [
    ({"LULL_SIGNALS": "logs,metrics"}, None, {"disabled": 1}, 0),
    ({"OTEL_SDK_DISABLED": "true", "LULL_SIGNALS": "metrics"}, None, {"disabled": 1}, 0),
    ({}, Answer(404), {"turned_off": 1}, 1),
    ({}, Answer(400), {"refused": 1}, 1),
], ids=["switched off", "SDK disabled", "404", "400"])
def test_what_is_lost(lambda_env, sink, environ, answer, dropped, lost):
    """An alarm on it is silent where all is as the settings have it."""
    sink.answer = answer or sink.answer
    with lambda_env(endpoint=sink.url, environ={"LULL_FLUSH": "end", **environ}) as env:
        otlp.send(env.port, otlp.traces("a"))
        invoke(env)
        books = env.finish(traces={"received": 1, "dropped": dropped})
    assert books["lost"] == lost


def test_lines_that_are_filtered_are_not_lost(lambda_env, sink):
    def handler(event, context):
        context.print('{"level": "INFO", "message": "a line"}')

    with lambda_env(handler, endpoint=sink.url,
                    environ={"LULL_FUNCTION_LOG_LEVEL": "warn"}) as env:
        invoke(env)
        books = env.finish(logs={"received": 1, "dropped": {"filtered": 1}})
    assert (books["dropped"], books["lost"]) == (1, 0)


def test_a_backend_for_traces_alone(lambda_env, sink):
    """Nothing of the function's is missing where such a backend does not take what lull makes."""
    sink.judge = lambda received: None if received.signal == "traces" else Answer(404)
    made = {"LULL_PLATFORM_METRICS": "true", "LULL_SELF_METRICS": "true", "LULL_SELF_LOGS": "true",
            "LULL_PLATFORM_LOGS": "all", "LULL_INVOCATION_SPANS": "always", "LULL_FLUSH": "end"}
    with lambda_env(endpoint=sink.url, environ=made) as env:
        otlp.send(env.port, otlp.traces("a"))
        for _ in range(2):
            invoke(env)
        books = env.finish()
    for signal in ("logs", "metrics"):
        assert books[signal]["exported"] == 0
        assert list(books[signal]["dropped"]) == ["own"]
    assert books["dropped"] > 0
    assert books["lost"] == 0


def test_a_ledger_for_each_life(lambda_env, sink):
    """What is inherited and spooled is said where there is any, and the next life begins anew."""
    def handler(event, context):
        otlp.send(env.port, otlp.traces(*"abc"))
        raise SystemExit(1)

    sink.answer, good = Answer(503), sink.answer
    env = lambda_env(handler, endpoint=sink.url)
    with env:
        env.invoke()
        env.wait_idle()
        first = the_line(env)["lull_ledger"]
        sink.answer = good
        env.invoke()
        env.wait_idle()
    lines = [json.loads(line)["lull_ledger"] for line in env.output("lull").splitlines()
             if "lull_ledger" in line]
    assert first["traces"] == {"received": 3, "exported": 0, "held": 0, "spooled": 3,
                               "dropped": {}}
    assert lines[1]["traces"] == {"received": 3, "inherited": 3, "exported": 6, "held": 0,
                                  "dropped": {}}
    assert [(books["received"], books["exported"], books["dropped"]) for books in lines] == [
        (3, 0, 0), (3, 6, 0)]
