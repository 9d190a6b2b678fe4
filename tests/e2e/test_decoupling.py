"""What an invocation waits for, and what it does not: ends of handlers that are told late or never,
deadlines, long handlers, and a backend that is slow. For the backend's side see
test_decoupling_backend.py."""

import threading
import time

import pytest

import otlp
from backend import Answer, Held
from runs import said
from spools import invoke
from waits import Latency, came

END = {"LULL_FLUSH": "end", "LULL_FLUSH_BUDGET": "20s"}
LATER = Answer(503, b"", {"Retry-After": "600"})
PAUSE = 1.2  # seconds: longer than what lull takes for a freeze


def in_next(history, seconds):
    """In a handler: whether lull asks for the next event within so many seconds."""
    begin = history.last("invoke.begin")
    return came(history, "extension.next", seconds, after=begin, name="lull")


# long handlers


def test_a_long_handler_is_no_pause(lambda_env, sink, history):
    """Adaptive counts the time between invocations, not what one of them takes."""
    asked = {}

    def handler(event, context):
        if event.startswith("lazy"):
            asked[event] = in_next(history, 1)
        otlp.send(env.port, otlp.traces(event))
        if event == "lazy and long":
            time.sleep(5.2)  # how long it works, not a wait

    names = ["0", "1", "2", "3", "lazy and long", "lazy"]
    env = lambda_env(handler, endpoint=sink.url, environ={"LULL_FLUSH_BUDGET": "20s"})
    with env:
        for name in names:
            assert env.invoke(name).status == "success"
        env.finish(traces={"received": 6, "exported": 6})
    assert asked == {"lazy and long": True, "lazy": True}
    assert sorted(sink.names()) == sorted(names)


@pytest.mark.parametrize("frozen", [False, True], ids=["handler", "freeze"])
def test_only_a_freeze_costs_the_connections(lambda_env, sink, history, frozen):
    """They are as good after a long handler as they were before."""
    made = []
    sink.server.on_connection = made.append

    def handler(event, context):
        otlp.send(env.port, otlp.traces(event))
        history.wait("backend.answered", count=int(event))
        if event == "1" and not frozen:
            time.sleep(PAUSE)  # how long it works, not a wait

    env = lambda_env(handler, endpoint=sink.url, environ={"LULL_FLUSH": "100ms"})
    with env:
        invoke(env, "1")
        before = len(made)
        if frozen:
            env.freeze()
            time.sleep(PAUSE)  # how long it is frozen, not a wait
        invoke(env, "2")
        assert (len(made) > before) is frozen
        env.finish(traces={"received": 2, "exported": 2, "possible_duplicates": 0})


# ends that are told late, or never


def test_where_starts_are_not_told_data_goes_out_during_the_handler(lambda_env, sink, history):
    """lull has asked for the next event by then, and the end will not be waited for."""
    def handler(event, context):
        assert in_next(history, 20)
        otlp.send(env.port, otlp.traces("a"))
        history.wait("backend.answer", status=200, timeout=10)

    env = lambda_env(handler, endpoint=sink.url, environ=END,
                     telemetry_options={"lost": lambda event: event["type"] == "platform.start"})
    with env:
        invoke(env)
        env.finish(traces={"received": 1, "exported": 1})
    assert len(sink.requests) == 1


def test_an_end_after_the_deadline_was_near_is_told_late_not_never(lambda_env, sink, history):
    """The next INVOKE is faster than the telemetry of the end before it: that is no reason to go
    lazy for good."""
    def handler(event, context):
        otlp.send(env.port, otlp.traces(event))
        asked = in_next(history, 20 if event == "long" else 0.2)
        assert asked is (event == "long")

    names = ["long", "short", "short again"]
    env = lambda_env(handler, endpoint=sink.url, timeout=2, grace=8,
                     environ={**END, "LULL_FLUSH_BEFORE_DEADLINE": "1s"})
    with env:
        for name in names:
            call = env.invoke(name)
            assert call.status == "success", call.response
        env.finish(traces={"received": 3, "exported": 3})
    assert "does not tell" not in said(env)


# deadlines


def test_a_time_before_the_deadline_that_is_longer_than_all_of_it(lambda_env, sink, history):
    """An invocation has the first half of its time in any case: its end is waited for."""
    def handler(event, context):
        otlp.send(env.port, otlp.traces(event))
        assert not in_next(history, 0.1)

    env = lambda_env(handler, endpoint=sink.url, timeout=3, grace=8,
                     environ={**END, "LULL_FLUSH_BEFORE_DEADLINE": "5s"})
    with env:
        for number in range(3):
            invoke(env, f"{number}")
            assert sink.names() == [f"{n}" for n in range(number + 1)]
        env.finish(traces={"received": 3, "exported": 3})


def test_before_the_deadline_lazy_tries_what_has_failed(lambda_env, sink, history):
    """Once, whatever Retry-After says: the environment may be about to be reset."""
    sink.script(LATER)

    def handler(event, context):
        otlp.send(env.port, otlp.traces("a"))
        history.wait("backend.answer", status=503)
        history.wait("backend.answer", status=200, timeout=8)

    env = lambda_env(handler, endpoint=sink.url, timeout=2, grace=10,
                     environ={"LULL_FLUSH": "100ms", "LULL_FLUSH_BEFORE_DEADLINE": "1s"})
    with env:
        invoke(env)
        assert len(sink.requests) == 2
        env.finish(traces={"received": 1, "exported": 1})


def test_a_deadline_that_passed_in_a_freeze_is_none(lambda_env, sink, history):
    """Its invocation was over long ago; Retry-After holds."""
    sink.answer, good = LATER, sink.answer

    def handler(event, context):
        otlp.send(env.port, otlp.traces(event))
        if event == "a":
            history.wait("backend.answered")

    env = lambda_env(handler, endpoint=sink.url, timeout=1, grace=8, telemetry=404,
                     environ={"LULL_FLUSH": "100ms"})
    with env:
        invoke(env, "a")
        env.freeze()
        time.sleep(PAUSE)  # how long it is frozen, not a wait
        env.thaw()
        # What is due at the thaw is done before the next event.
        assert not came(history, "backend.request", 0.3, count=2)
        invoke(env, "b")
        assert len(sink.requests) == 1
        sink.answer = good
        env.finish(traces={"received": 2, "exported": 2})


def test_a_deadline_that_cuts_a_flush_is_no_failure(lambda_env, sink):
    """Who is done just before it leaves the backend no time; the next flush waits for it again."""
    held = Held(until=threading.Event())
    sink.script(held)

    def handler(event, context):
        if event == "late":
            time.sleep(context.get_remaining_time_in_millis() / 1000 - 0.2)  # how long it works
            otlp.send(env.port, otlp.traces("a"))

    env = lambda_env(handler, endpoint=sink.url, timeout=1, grace=10,
                     environ={**END, "LULL_FLUSH_BEFORE_DEADLINE": "10ms"})
    with env:
        invoke(env, "late")
        held.until.set()
        env.settings.timeout = 30
        invoke(env, "next")
        assert len(sink.requests) == 2
        env.finish(traces={"received": 1, "exported": 1, "possible_duplicates": 1})
    assert "could not be exported" not in said(env)


# a slow backend


def test_a_backlog_is_no_failure(lambda_env, sink):
    """A backend that answers, but has more to take than fits into one budget, is well."""
    sink.judge = lambda received: Held(200, b"", {}, until=Latency(0.3))

    def handler(event, context):
        if event == "large":
            for number in range(5):
                otlp.send(env.port, otlp.traces(f"{number}", filler="x" * 400_000))

    env = lambda_env(handler, endpoint=sink.url,
                     environ={"LULL_FLUSH": "end", "LULL_FLUSH_BUDGET": "800ms"})
    with env:
        for event in ("large", "small", "small"):
            invoke(env, event)
        env.finish(traces={"received": 5, "exported": 5})
    assert len(sink.requests) > 5  # a budget did end in the middle of one
    assert "could not be exported" not in said(env)
