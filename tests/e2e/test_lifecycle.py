"""lull's life inside Lambda's: whatever is wrong around it, it goes on to SHUTDOWN and exits 0."""

import socket
import threading

import pytest

import otlp
from lambda_local import CLOSE, Answer, json_answer
from runs import invoke_with_span, said

NEXT = "/2020-01-01/extension/event/next"
REGISTER = "/2020-01-01/extension/register"


# the Telemetry API


@pytest.mark.parametrize("answer", [202, 400, 403, 404, 500, "hang"])
def test_without_telemetry_it_goes_on(lambda_env, sink, answer):
    with lambda_env(endpoint=sink.url, telemetry=answer, freeze=True) as env:
        for number in range(2):
            env.thaw()
            invoke_with_span(env, f"span {number}")
        env.finish(traces={"received": 2, "exported": 2})
    assert sink.names() == ["span 0", "span 1"]


def test_telemetry_that_never_comes(lambda_env, sink):
    """Subscribed, but nothing is ever delivered: the same as none."""
    with lambda_env(endpoint=sink.url, telemetry=200) as env:
        for number in range(3):
            invoke_with_span(env, f"span {number}")
        env.finish(traces={"received": 3, "exported": 3})
    assert sink.names() == ["span 0", "span 1", "span 2"]


def test_an_older_schema_where_the_newest_is_refused(lambda_env, sink, history):
    def answer(body):
        return 400 if body["schemaVersion"] == "2025-01-29" else "real"

    with lambda_env(lambda event, context: context.print("a line"), endpoint=sink.url,
                    telemetry=answer) as env:
        env.invoke()
        env.finish(logs={"received": 1, "exported": 1})
    tried = [(e["schema"], e["status"]) for e in history.all("telemetry.subscribe")]
    assert tried[0] == ("2025-01-29", 400)
    assert tried[-1][1] == 200
    assert tried[-1][0] in ("2022-12-13", "2022-07-01")
    assert sink.names("logs") == ["a line"]


def test_the_subscription_is_as_the_platform_wants_it(lambda_env, history):
    with lambda_env() as env:
        env.finish()
    subscribed = history.first("telemetry.subscribe")
    assert subscribed["status"] == 200
    body = subscribed["body"]
    assert body["schemaVersion"] == "2025-01-29"
    assert sorted(body["types"]) == ["function", "platform"]
    assert body["buffering"]["timeoutMs"] == 25
    assert subscribed.index < history.first("extension.next").index
    assert history.first("extension.register")["events"] == ["INVOKE", "SHUTDOWN"]
    assert history.all("extension.refused") == []


def test_on_managed_instances_telemetry_comes_in_few_posts(lambda_env, history):
    """Nobody waits for the end of an invocation there."""
    with lambda_env(managed_instances=True) as env:
        env.finish()
    assert history.first("telemetry.subscribe")["body"]["buffering"]["timeoutMs"] == 250
    assert history.all("extension.refused") == []


def test_a_listener_that_never_refuses(lambda_env, sink, history):
    with lambda_env(lambda event, context: context.print("line"), endpoint=sink.url) as env:
        for _ in range(5):
            env.invoke()
        env.finish(logs={"received": 5, "exported": 5})
    assert history.all("telemetry.refused") == []


# the Extensions API


@pytest.mark.parametrize("odd", [
    Answer(500, b'{"errorMessage":"x","errorType":"InternalServerError"}'),
    Answer(200, b"garbage"),
    Answer(200, b""),
    Answer(200, b'{"eventType":"FROM_THE_FUTURE"}'),
    Answer(200, b'{"eventType":7}'),
    Answer(200, b"[" * 5000),
    CLOSE,
], ids=["500", "garbage", "empty", "unknown event", "wrong type", "deep", "closed"])
def test_odd_answers_to_next(lambda_env, sink, odd):
    asked = []

    def intercept(request):
        if request.path == NEXT:
            asked.append(request)
            if len(asked) in (1, 3, 4):
                return odd
        return None

    with lambda_env(endpoint=sink.url, intercept=intercept) as env:
        for number in range(3):
            invoke_with_span(env, f"span {number}")
        env.finish(traces={"received": 3, "exported": 3})
    assert sink.names() == ["span 0", "span 1", "span 2"]


def test_a_connection_that_ends_between_two_calls_asks_for_nothing(lambda_env, sink, history):
    """/next is asked for once an invocation, although its connection is closed meanwhile."""
    def drop(received):
        # While lull exports it has its event and has not asked for the next one.
        env._server.drop_connections()

    sink.judge = drop
    env = lambda_env(endpoint=sink.url)
    with env:
        for number in range(3):
            invoke_with_span(env, f"span {number}")
        env.finish(traces={"received": 3, "exported": 3})
    asked = [event for event in history.all("extension.next") if event["name"] == "lull"]
    assert len(asked) == 4
    assert not history.all("extension.refused")
    assert "Extensions API" not in said(env)


def test_registering_again_where_invoke_is_refused(lambda_env, sink, history):
    def intercept(request):
        if request.path == REGISTER and b"INVOKE" in request.body:
            error = {"errorType": "Extension.InvalidEventType", "errorMessage": "INVOKE"}
            return json_answer(403, error)
        return None

    with lambda_env(endpoint=sink.url, intercept=intercept) as env:
        otlp.send(env.port, otlp.traces("span"))
        assert env.invoke().status == "success"
        env.finish(traces={"received": 1, "exported": 1})
    assert history.first("extension.register")["events"] == ["SHUTDOWN"]


def test_a_proxy_in_the_environment_is_not_for_lambdas_own_apis(lambda_env, sink):
    proxy = dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    with lambda_env(endpoint=sink.url, environ={**proxy, "NO_PROXY": "localhost"}) as env:
        invoke_with_span(env, "span")
        env.finish(traces={"received": 1, "exported": 1})


def test_shutdown_without_an_invocation(lambda_env, sink):
    with lambda_env(endpoint=sink.url) as env:
        env.finish(traces={"received": 0})
    with lambda_env(endpoint=sink.url) as env:
        otlp.send(env.port, otlp.traces("from init"))
        env.finish(traces={"received": 1, "exported": 1})
    assert sink.names() == ["from init"]


def test_an_invocation_that_times_out(lambda_env, sink, history):
    stuck = threading.Event()

    def handler(event, context):
        context.print(f"line {event}")
        if event == "hang":
            stuck.wait(30)

    with lambda_env(handler, endpoint=sink.url, timeout=1) as env:
        assert env.invoke("hang").error_type == "Sandbox.Timedout"
        stuck.set()
        assert env.invoke("next").status == "success"
        env.wait_idle()
        ended = env.shutdown()
    assert (ended.codes, ended.killed) == ({"lull": 0}, [])
    assert [e["reason"] for e in history.all("shutdown.begin")] == ["timeout", "spindown"]
    assert [e["code"] for e in history.all("process.exited", name="lull")] == [0, 0]
    assert history.all("process.killed", name="lull") == []
    assert sorted(sink.names("logs")) == ["line hang", "line next"]


# ports


def test_ports_taken(lambda_env, sink):
    """No OTLP then, but all the rest: what the function prints goes out, counted."""

    def handler(event, context):
        context.print(f"line {event}")

    env = lambda_env(handler, endpoint=sink.url, copy=True)
    other = env.settings.extensions[0].replace("/lull", "/otel-collector")
    with open(other, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\n")
    with socket.create_server(("127.0.0.1", env.port)), env:
        for number in range(2):
            assert env.invoke(number).status == "success"
        env.finish(logs={"received": 2, "exported": 2}, traces={"received": 0})
    assert sink.names("logs") == ["line 0", "line 1"]
    text = said(env)
    assert str(env.port) in text
    assert "otel-collector" in text


# Managed Instances


def test_managed_instances(lambda_env, sink, history):
    def handler(event, context):
        otlp.send(env.port, otlp.traces(f"span {event}"))
        context.print(json_line(event, context))
        return event

    def json_line(event, context):
        return f'{{"message": "line {event}", "requestId": "{context.aws_request_id}"}}'

    env = lambda_env(handler, endpoint=sink.url, managed_instances=True, concurrency=4,
                     log_format="JSON")
    with env:
        calls = [env.begin(number) for number in range(8)]
        assert [env.wait(call).json() for call in calls] == list(range(8))
        env.finish(traces={"received": 8, "exported": 8}, logs={"received": 8, "exported": 8})
    assert history.first("extension.register")["events"] == ["SHUTDOWN"]
    assert history.all("extension.refused") == []
    assert sorted(sink.names()) == [f"span {n}" for n in range(8)]
    have = {log["body"]: log["attributes"]["faas.invocation_id"] for log in sink.items("logs")}
    assert have == {f"line {n}": call.request_id for n, call in enumerate(calls)}
