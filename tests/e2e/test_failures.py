"""What happens when the backend is slow, down or refusing."""

import socket

import pytest

import otlp
from backend import Sink
from lambda_local import HANG, RESET, Answer
from ports import free_port
from runs import run, said

PROTOBUF = "application/x-protobuf"


# success and failure


@pytest.mark.parametrize("answer", [
    Answer(200), Answer(204), Answer(202, b"accepted", {"Content-Type": "text/plain"}),
    Answer(200, b"{}", {"Content-Type": "application/json"}),
    Answer(200, b'{"partialSuccess":{}}', {"Content-Type": "application/json"}),
    Answer(200, b"\xff\xff\xff", {"Content-Type": PROTOBUF}),
    Answer(200, b"<html>ok</html>", {"Content-Type": "text/html"}),
    Answer(299, b"x" * 100_000),
], ids=lambda a: f"{a.status}-{a.headers.get('Content-Type', '')}-{len(a.body)}")
def test_every_2xx_is_success_whatever_its_body(lambda_env, sink, answer):
    sink.answer = answer
    run(lambda_env(endpoint=sink.url), otlp.traces("a", "b"), otlp.logs("c"), invocations=2,
        traces={"received": 2, "exported": 2}, logs={"received": 1, "exported": 1})
    assert sink.names() == ["a", "b"]
    assert sink.names("logs") == ["c"]


@pytest.mark.parametrize("refusal", [Answer(503), Answer(429), Answer(502), Answer(504), RESET],
                         ids=["503", "429", "502", "504", "reset"])
def test_what_failed_is_sent_at_the_next_flush_once(lambda_env, sink, refusal):
    good, sink.answer = sink.answer, refusal
    with lambda_env(endpoint=sink.url) as env:
        otlp.send(env.port, otlp.traces("first"), otlp.logs("line"), otlp.metrics("m", 1.0))
        assert env.invoke().status == "success"
        env.wait_idle()
        assert sink.requests
        assert sink.names() == []
        sink.answer = good
        otlp.send(env.port, otlp.traces("second"))
        env.invoke()
        env.finish(traces={"received": 2, "exported": 2}, logs={"exported": 1},
                   metrics={"exported": 1})
    assert sorted(sink.names()) == ["first", "second"]
    assert sink.names("logs") == ["line"]
    assert sink.names("metrics") == ["m"]


def test_a_503_and_then_ok(lambda_env, sink):
    sink.script(Answer(503))
    run(lambda_env(endpoint=sink.url), otlp.traces("span"), invocations=4,
        traces={"received": 1, "exported": 1})
    assert sink.names() == ["span"]


def test_a_backend_that_comes_up_later(lambda_env, history):
    port = free_port()
    with lambda_env(endpoint=f"http://127.0.0.1:{port}") as env:
        otlp.send(env.port, otlp.traces("early"))
        env.invoke()
        env.wait_idle()
        backend = Sink(history, port=port)
        env.invoke()
        env.finish(traces={"received": 1, "exported": 1})
    backend.close()
    assert backend.names() == ["early"]


def test_a_permanent_refusal_is_counted_and_said_once(lambda_env, sink):
    sink.answer = Answer(400, b"no such tenant")
    env = lambda_env(endpoint=sink.url)
    run(env, otlp.traces("a"), invocations=3,
        traces={"received": 1, "exported": 0, "dropped": 1})
    assert "400" in said(env)


def test_a_backend_that_hangs_holds_nothing_up(lambda_env, sink, history):
    """The next event is asked for although the backend never answered, and SHUTDOWN is met."""
    sink.answer = HANG
    with lambda_env(endpoint=sink.url) as env:
        otlp.send(env.port, otlp.traces("one"))
        call = env.invoke()
        response = history.first("runtime.response", request_id=call.request_id)
        history.wait("extension.next", after=response)
        env.wait_idle()
        assert len(sink.requests) >= 1
        otlp.send(env.port, otlp.traces("two"))
        assert env.invoke().status == "success"
        env.finish(traces={"received": 2, "exported": 0, "dropped": 2})
    assert history.all("backend.answer", status=200) == []
    assert history.all("process.killed", name="lull") == []


def test_a_backend_that_takes_connections_and_says_nothing(lambda_env, history):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with lambda_env(endpoint=endpoint) as env:
            otlp.send(env.port, otlp.traces("one"))
            assert env.invoke().status == "success"
            env.finish(traces={"received": 1, "exported": 0, "dropped": 1})


def test_the_deadline_goes_before_every_setting(lambda_env, sink, history):
    """A backend that hangs and settings that would wait for it: no invocation times out."""
    sink.answer = HANG
    environ = {"LULL_FLUSH_BUDGET": "60s", "LULL_TIMEOUT": "60s"}
    with lambda_env(endpoint=sink.url, environ=environ, timeout=2, grace=8) as env:
        for number in range(2):
            otlp.send(env.port, otlp.traces(f"{number}"))
            assert env.invoke().status == "success"
            env.wait_idle()
        assert history.all("shutdown.begin") == []
        env.finish(traces={"received": 2, "exported": 0, "dropped": 2})


def test_a_hanging_export_lives_through_a_freeze(lambda_env, sink):
    def handler(event, context):
        otlp.send(env.port, otlp.traces(event))

    sink.script(HANG)
    env = lambda_env(handler, endpoint=sink.url, freeze=True)
    with env:
        for name in ("first", "second", "third"):
            assert env.invoke(name).status == "success"
        env.finish(traces={"received": 3, "exported": 3})
    assert sorted(sink.names()) == ["first", "second", "third"]


def test_one_backend_that_hangs_does_not_hold_the_others(lambda_env, sink, history):
    hanging = Sink(history)
    hanging.answer = HANG
    environ = {"LULL_TRACES_ENDPOINT": f"{hanging.url}/v1/traces",
               "LULL_LOGS_ENDPOINT": f"{sink.url}/v1/logs"}
    with lambda_env(environ=environ) as env:
        for number in range(2):
            otlp.send(env.port, otlp.traces(f"{number}"), otlp.logs(f"{number}"))
            env.invoke()
            env.wait_idle()
            assert sink.names("logs") == [f"{n}" for n in range(number + 1)]
        env.finish(traces={"received": 2, "dropped": 2}, logs={"received": 2, "exported": 2})
    hanging.close()


def test_one_that_is_refused_does_not_take_its_neighbours_along(lambda_env, sink):
    """The backend refuses whatever request has the bad one in it, as backends do."""
    sink.judge = lambda received: Answer(400, b"bad") if b"poison" in received.body else None
    run(lambda_env(endpoint=sink.url), otlp.traces("a"), otlp.traces("poison"), otlp.traces("b"),
        invocations=3, traces={"received": 3, "exported": 2, "dropped": 1})
    assert sorted(sink.names()) == ["a", "b"]


def test_a_redirect_is_not_followed(lambda_env, sink, history):
    """It would carry the headers, keys among them, to wherever it points."""
    other = Sink(history)
    sink.answer = Answer(307, b"", {"Location": f"{other.url}/v1/traces"})
    run(lambda_env(endpoint=sink.url), otlp.traces("a"), traces={"received": 1, "exported": 0})
    other.close()
    assert other.requests == []


@pytest.mark.parametrize("how", ["told", "untold"])
def test_connections_that_the_backend_closed_are_no_failure(lambda_env, sink, how):
    """What comes after is exported in its own invocation, not held for the next."""
    if how == "told":
        sink.answer.headers["Connection"] = "close"
    with lambda_env(endpoint=sink.url) as env:
        for number in range(4):
            otlp.send(env.port, otlp.traces(f"{number}"), otlp.logs(f"{number}"))
            env.invoke()
            env.wait_idle()
            assert sink.names() == sink.names("logs") == [f"{n}" for n in range(number + 1)]
            if how == "untold":
                sink.drop_connections()
        env.finish(traces={"received": 4, "exported": 4})


def test_many_invocations(lambda_env, sink):
    def handler(event, context):
        context.print(f"line {event}")
        otlp.send(env.port, otlp.traces(f"span {event}"), otlp.metrics("m", 1.0))

    env = lambda_env(handler, endpoint=sink.url, freeze=True)
    with env:
        for number in range(60):
            assert env.invoke(number).status == "success"
        env.finish(traces={"exported": 60}, logs={"exported": 60}, metrics={"exported": 60})
    assert sink.names() == [f"span {n}" for n in range(60)]
    assert sink.names("logs") == [f"line {n}" for n in range(60)]


def test_many_posts_travel_in_few_requests(lambda_env, sink):
    run(lambda_env(endpoint=sink.url), *(otlp.traces(f"{n}") for n in range(50)),
        traces={"received": 50, "exported": 50})
    assert sink.names() == [f"{n}" for n in range(50)]
    assert len(sink.requests) == 1


def test_much_data_travels_in_bounded_requests(lambda_env, sink):
    names = [f"{n:04}" for n in range(4000)]
    posts = [otlp.traces(*names[at : at + 100], filler="x" * 700) for at in range(0, 4000, 100)]
    run(lambda_env(endpoint=sink.url), *posts, invocations=3,
        traces={"received": 4000, "exported": 4000})
    assert sorted(sink.names()) == names
    largest = max(len(post.SerializeToString()) for post in posts)
    assert len(sink.requests) > 4
    assert all(len(r.body) <= (256 << 10) + largest for r in sink.requests)


def test_beyond_the_buffer_the_oldest_goes_counted(lambda_env, sink):
    good, sink.answer = sink.answer, Answer(503)
    with lambda_env(endpoint=sink.url, environ={"LULL_BUFFER": "1MB", "LULL_SPOOL": "off"}) as env:
        for number in range(40):
            otlp.send(env.port, otlp.traces(f"{number}", filler="x" * 100_000))
        env.invoke()
        env.wait_idle()
        sink.answer = good
        env.invoke()
        books = env.finish(traces={"received": 40})
    kept = [int(name) for name in sink.names()]
    assert kept == sorted(kept)
    assert kept[-1] == 39
    assert 1 <= len(kept) <= 11
    assert sum(books["traces"]["dropped"].values()) == 40 - len(kept)
