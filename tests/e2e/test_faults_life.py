"""A dead backend and a platform that leaves things out: invocations are not held for either."""

import socket

import pytest

import otlp
from backend import HANG, RESET, Answer, Sink
from ports import free_port
from runs import said

END = {"LULL_FLUSH": "end"}
BUSY = Answer(503, b"", {"Retry-After": "0"})  # it may be asked again at any time


def invoke(env, event=None):
    """An invocation, until lull has asked for the next one."""
    call = env.invoke(event)
    env.wait_idle()
    assert call.status == "success", call.error_type
    return call


@pytest.fixture
def sending(lambda_env, sink):
    """Makes an environment whose function posts a span and a line named by the event."""

    def make(then=None, **options):
        def handler(event, context):
            otlp.send(env.port, otlp.traces(event), otlp.logs(event))
            if then:
                then(event)

        env = lambda_env(handler, **{"endpoint": sink.url, **options})
        return env

    return make


# a dead backend


@pytest.mark.parametrize("mode", ["end", "adaptive", "lazy"])
@pytest.mark.parametrize("answer", [HANG, BUSY, RESET], ids=["hang", "503", "reset"])
def test_most_invocations_are_not_held_for_a_dead_backend(sending, sink, history, mode, answer):
    """Now and then one is, for one request a signal: so it is known when the backend is back. In
    `lazy` none is: the next event is asked for while the handler runs."""
    good, sink.answer = sink.answer, answer

    def then(event):
        if mode == "lazy":
            asked_during_handler(history)
        if event == "last":
            for signal in ("traces", "logs"):
                history.wait("backend.answer", signal=signal, status=200)

    with sending(then, environ={"LULL_FLUSH": mode}, freeze=True) as env:
        calls = [invoke(env, f"{n}") for n in range(30)]
        held = [call for call in calls if asked_meanwhile(history, call)]
        assert len(held) <= 8
        assert len(sink.requests) <= 15
        sink.answer = good
        invoke(env, "last")
        env.finish(traces={"received": 31, "exported": 31}, logs={"received": 31, "exported": 31})
    names = sorted([*(f"{n}" for n in range(30)), "last"])
    assert sorted(sink.names()) == sorted(sink.names("logs")) == names


def asked_meanwhile(history, call):
    """Was the backend asked between the end of this invocation's handler and lull's /next?"""
    response = history.first("runtime.response", request_id=call.request_id)
    ended = history.first("invoke.end", after=response)
    return any(e.index < ended.index for e in history.all("backend.request", after=response))


@pytest.mark.parametrize("spool", ["off", "1MB"])
@pytest.mark.parametrize("answer", [HANG, Answer(503), None],
                         ids=["hang", "503", "nobody listens"])
def test_shutdown_with_a_dead_backend_and_full_queues(lambda_env, sink, history, answer, spool):
    """Everything is accounted for, and lull is gone in time, by itself."""
    sink.answer = answer
    endpoint = sink.url if answer else f"http://127.0.0.1:{free_port()}"
    environ = {**END, "LULL_BUFFER": "1MB", "LULL_SPOOL": spool}
    with lambda_env(endpoint=endpoint, environ=environ) as env:
        for number in range(40):
            otlp.send(env.port, otlp.traces(f"{number}", filler="x" * 100_000),
                      otlp.logs(*["line"] * 50))
        invoke(env)
        books = env.finish(traces={"received": 40, "exported": 0, "held": 0},
                           logs={"received": 2000, "exported": 0, "held": 0})
    assert set(books["traces"]["dropped"]) <= {"buffer_full", "shutdown"}
    assert books["traces"]["dropped"]["buffer_full"] >= 20
    if spool == "off":
        assert "spooled" not in books["traces"]
    assert history.first("extension.event", type="SHUTDOWN")


def test_shutdown_with_one_dead_backend_of_three(lambda_env, sink, history):
    """The others get what is for them."""
    dead = Sink(history)
    dead.answer = HANG
    environ = {**END, "LULL_TRACES_ENDPOINT": f"{dead.url}/v1/traces"}
    with lambda_env(endpoint=sink.url, environ=environ) as env:
        otlp.send(env.port, otlp.traces("a"), otlp.logs("b"), otlp.metrics("c", 1.0))
        env.finish(traces={"received": 1, "exported": 0}, logs={"received": 1, "exported": 1},
                   metrics={"received": 1, "exported": 1})
    dead.close()
    assert (sink.names("logs"), sink.names("metrics")) == (["b"], ["c"])


@pytest.mark.parametrize("refused", [False, True], ids=["alive", "told to wait"])
def test_before_the_deadline_all_is_exported(sending, sink, history, refused):
    """The environment of an invocation that runs into it is reset: whatever was to be waited for
    is not waited for then."""
    if refused:
        wait = Answer(503, b"", {"Retry-After": "600"})
        sink.script(wait, wait)

    def then(event):
        if event == "long":
            for signal in ("traces", "logs"):
                history.wait("backend.answer", signal=signal, status=200)

    environ = {"LULL_FLUSH": "end" if refused else "60s", "LULL_FLUSH_BEFORE_DEADLINE": "9s"}
    names = ["short", "long"] if refused else ["long"]
    with sending(then, timeout=10, grace=8, environ=environ) as env:
        for name in names:
            invoke(env, name)
        count = len(names)
        env.finish(traces={"received": count, "exported": count},
                   logs={"received": count, "exported": count})
    assert sorted(sink.names()) == sorted(sink.names("logs")) == sorted(names)
    begin = history.first("shutdown.begin")
    assert history.all("backend.request", after=begin) == []


# what the platform does not tell


def lose(kind, turns):
    """Events of that kind are lost, those of the first `turns` or of all invocations."""
    seen = []

    def lost(event):
        if event["type"] != kind:
            return False
        seen.append(event)
        return turns is None or len(seen) <= turns

    return {"lost": lost}


@pytest.mark.parametrize("turns", [1, None], ids=["once", "always"])
@pytest.mark.parametrize("kind", ["platform.start", "platform.runtimeDone"])
def test_one_miss_and_ends_are_not_waited_for_any_more(sending, sink, history, kind, turns):
    """It is lazy for good, and says so once: the next event is asked for while the handler runs.
    Where the start is lost that is so at once, where the end is, the first deadline has to tell."""
    def then(event):
        if event != "0" or kind == "platform.start":
            asked_during_handler(history)

    env = sending(then, environ=END, grace=8, telemetry_options=lose(kind, turns))
    env.settings.timeout = 30 if kind == "platform.start" else 1
    with env:
        invoke(env, "0")
        env.settings.timeout = 30
        for number in range(1, 6):
            invoke(env, f"{number}")
        env.finish(traces={"received": 6, "exported": 6}, logs={"received": 6, "exported": 6})
    assert said(env).count("later invocations") == 1
    assert sorted(sink.names()) == sorted(sink.names("logs")) == [f"{n}" for n in range(6)]
    assert [e["reason"] for e in history.all("shutdown.begin")] == ["spindown"]


def asked_during_handler(history):
    begin = history.last("invoke.begin")
    history.wait("extension.next", after=begin, name="lull", timeout=10)


@pytest.mark.parametrize("answer", [202, 404, 500])
def test_without_telemetry_a_dead_backend_holds_nothing_either(sending, sink, history, answer):
    """Nothing is told, so nothing is waited for: /next is asked for while the handler runs."""
    sink.answer = HANG

    def then(event):
        asked_during_handler(history)

    with sending(then, telemetry=answer, environ=END, freeze=True) as env:
        for number in range(4):
            invoke(env, f"{number}")
        env.finish(traces={"received": 4, "exported": 0}, logs={"received": 4, "exported": 0})


# ports


def test_a_port_that_is_taken_on_one_of_two_addresses(lambda_env, sink):
    """The other address serves."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("there is no ::1 here")
    env = lambda_env(endpoint=sink.url)
    with socket.create_server(("::1", env.port), family=socket.AF_INET6), env:
        otlp.send(env.port, otlp.traces("span"))
        invoke(env)
        env.finish(traces={"received": 1, "exported": 1})
    assert sink.names() == ["span"]
