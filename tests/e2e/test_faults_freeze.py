"""A freeze at the worst of moments: in the middle of a request, of its answer, and for long."""

import threading
import time

import pytest

import otlp
from backend import Held, Sink
from runs import said

LAZY = {"LULL_FLUSH": "100ms"}  # lazy, with that as the age
LONG = 1.5  # seconds: longer than LULL_TIMEOUT here, and than what lull takes for a freeze


def freeze_for_long(env):
    env.freeze()
    time.sleep(LONG)  # how long it is frozen, not a wait
    env.thaw()


@pytest.fixture
def outside(history, network):
    """A backend outside of a sandbox whose network is cut in a freeze."""
    backend = Sink(history, network=network)
    yield backend
    backend.close()


def send(env, network, *requests):
    with network.inside():
        otlp.send(env.port, *requests)


@pytest.mark.parametrize("mode", ["100ms", "end"])
def test_an_answer_that_came_in_a_freeze_is_an_answer(lambda_env, sink, history, mode):
    """It lies in the socket when lull goes on, and by then every time-out is over."""
    held = Held(until=threading.Event())
    sink.script(held)
    environ = {"LULL_FLUSH": mode, "LULL_TIMEOUT": "1s"}
    # Without telemetry `end` has no end to wait for: it exports in the background, too.
    with lambda_env(endpoint=sink.url, telemetry=404, environ=environ) as env:
        otlp.send(env.port, otlp.traces("span"))
        env.invoke()
        history.wait("backend.request")
        env.freeze()
        held.until.set()
        history.wait("backend.answered")
        time.sleep(LONG)  # how long it is frozen, not a wait
        env.thaw()
        env.invoke()
        env.finish(traces={"received": 1, "exported": 1, "possible_duplicates": 0})
    assert len(sink.requests) == 1


def test_an_answer_that_is_lost_in_a_freeze_is_a_possible_duplicate(
    lambda_env, network, outside, history
):
    """The backend had the request, and nobody will ever hear its answer."""
    held = Held(until=threading.Event())
    outside.script(held)
    with lambda_env(endpoint=outside.url, network=network, environ=LAZY) as env:
        send(env, network, otlp.traces("a", "b"))
        env.invoke()
        history.wait("backend.request")
        env.freeze()
        held.until.set()
        history.wait("backend.answered")
        time.sleep(LONG)  # how long it is frozen, not a wait
        env.thaw()
        env.invoke()
        history.wait("backend.request", count=2)
        env.finish(traces={"received": 2, "exported": 2, "possible_duplicates": 2})
    assert outside.names() == [*"ab", *"ab"]


def test_a_freeze_in_the_middle_of_a_request(lambda_env, network, outside, history):
    """Half of its body is with the backend, which never gets the rest on that connection."""
    reached, go_on = threading.Event(), threading.Event()

    def on_head():
        if not reached.is_set():
            reached.set()
            go_on.wait(60)

    outside.server.on_head = on_head
    environ = {**LAZY, "LULL_COMPRESSION": "none"}
    names = [f"{n}" for n in range(4)]
    with lambda_env(endpoint=outside.url, network=network, environ=environ) as env:
        for name in names:
            send(env, network, otlp.traces(name, filler="x" * 120_000))
        env.invoke()
        assert reached.wait(30)
        env.freeze()
        go_on.set()
        time.sleep(LONG)  # how long it is frozen, not a wait
        env.thaw()
        env.invoke()
        history.wait("backend.answer", status=200)
        env.finish(traces={"received": 4, "exported": 4})
    assert outside.names() == names


@pytest.mark.parametrize("mode", ["100ms", "end", "adaptive"])
def test_connections_that_the_backend_closed_in_a_freeze(lambda_env, sink, history, mode):
    """Its FIN waits in the socket. Nothing is sent in vain, nothing is kept for later."""
    def handler(event, context):
        otlp.send(env.port, otlp.traces(event), otlp.logs(event))
        for path in ("/v1/traces", "/v1/logs"):  # later the connections are idle
            history.wait("backend.answered", path=path, count=int(event) + 1)

    env = lambda_env(handler, endpoint=sink.url, environ={"LULL_FLUSH": mode})
    with env:
        for number in range(4):
            assert env.invoke(f"{number}").status == "success"
            env.wait_idle()
            env.freeze()
            sink.drop_connections()
            env.thaw()
        env.finish(traces={"received": 4, "exported": 4, "possible_duplicates": 0},
                   logs={"received": 4, "exported": 4, "possible_duplicates": 0})
    assert sink.names() == [f"{n}" for n in range(4)]
    assert len(sink.of("traces")) == 4
    assert "could not be exported" not in said(env)


def test_a_backend_that_vanishes_in_a_freeze_and_comes_back(
    lambda_env, network, outside, history
):
    """Nothing tells either side: requests go nowhere until the network is there again."""
    def handler(event, context):
        otlp.send(env.port, otlp.traces(event))
        if event == "last":
            network.restore()
            history.wait("backend.answer", status=200, count=2)

    env = lambda_env(handler, endpoint=outside.url, network=network,
                     environ={"LULL_FLUSH": "end"})
    with env:
        env.invoke("first")
        env.wait_idle()
        freeze_for_long(env)
        network.cut()
        for name in ("second", "third", "fourth"):
            assert env.invoke(name).status == "success"
            env.wait_idle()
        assert outside.names() == ["first"]
        assert env.invoke("last").status == "success"
        env.finish(traces={"received": 5, "exported": 5})
    assert sorted(outside.names()) == sorted(["first", "second", "third", "fourth", "last"])


def test_short_handlers_cannot_starve_an_export(lambda_env, sink, history):
    """A request that a freeze has interrupted: one invocation waits for it, though its like are
    near each other."""
    def handler(event, context):
        if event == "awaited":
            # Time enough for a /next that must not be asked for yet.
            with pytest.raises(AssertionError):
                history.wait("extension.next", after=history.last("invoke.begin"), timeout=0.5)
        else:
            otlp.send(env.port, otlp.traces(event))

    held = Held(until=threading.Event())
    env = lambda_env(handler, endpoint=sink.url, environ={"LULL_FLUSH_BUDGET": "20s"})
    with env:
        for number in range(6):  # adaptive waits for none of their ends any more
            env.invoke(f"{number}")
            env.wait_idle()
        begin = history.last("invoke.begin")
        assert history.first("extension.next", after=begin)
        sink.script(held)
        env.invoke("interrupted")
        history.wait("backend.request", after=begin)
        freeze_for_long(env)
        assert env.invoke("awaited").status == "success"
        held.until.set()
        env.wait_idle()
        answered = history.first("backend.answer", after=begin)
        assert history.last("extension.next").index > answered.index
        env.finish(traces={"received": 7, "exported": 7, "possible_duplicates": 0})
    assert sorted(sink.names()) == [*(f"{n}" for n in range(6)), "interrupted"]
