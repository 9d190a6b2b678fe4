"""What a backend sees of an environment while it fails, and when the environment ends: no storms,
nothing left behind, nothing said over and over. For the invocations' side see
test_decoupling.py."""

import time
from types import SimpleNamespace

import pytest

import lambda_local.shutdown
import otlp
from backend import HANG, Answer, Held
from ledger import ledgers
from runs import said
from spools import DOWN, batches, invoke
from waits import Latency, came

LAZY = {"LULL_FLUSH": "100ms"}  # lazy, with that as the age


# how often it is asked


def test_probes_that_are_cut_become_rarer(lambda_env, sink, history):
    """A backend that is slower than every handler and the budget: it would get the oldest data
    with each invocation, and never have the time to take it."""
    sink.answer, good = HANG, sink.answer

    def handler(event, context):
        if event == 0:  # so much does not wait for anything but the circuit
            otlp.send(env.port, otlp.traces("a", filler="x" * 600_000))
        came(history, "backend.request", 0.1, after=history.last("invoke.begin"))

    env = lambda_env(handler, endpoint=sink.url,
                     environ={"LULL_FLUSH": "end", "LULL_FLUSH_BUDGET": "50ms"})
    with env:
        for number in range(25):
            invoke(env, number)
        assert 2 <= len(sink.requests) <= 9
        sink.answer = good
        sink.server.released.set()
        env.finish(traces={"received": 1, "exported": 1})


@pytest.mark.parametrize("text", ["0", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_to_ask_again_at_once_is_no_leave_to_ask_without_end(lambda_env, sink, history, text):
    """A Retry-After of no time is none: the pauses double as after any other failure."""
    sink.answer, good = Answer(503, b"", {"Retry-After": text}), sink.answer

    def handler(event, context):
        otlp.send(env.port, otlp.traces("a"))
        history.wait("backend.request", count=2)
        assert not came(history, "backend.request", 1, count=8)

    env = lambda_env(handler, endpoint=sink.url, environ=LAZY)
    with env:
        invoke(env)
        sink.answer = good
        env.finish(traces={"received": 1, "exported": 1})


def test_a_413_for_everything_ends_with_the_single_items(lambda_env, sink, history):
    """Each half of each half is asked for once, and nothing else has to wait for that."""
    count = 16
    sink.judge = lambda r: Answer(413) if r.signal == "traces" else None

    def handler(event, context):
        otlp.send(env.port, otlp.traces(*(f"{n}" for n in range(count))), otlp.logs("line"))
        history.wait("backend.answered", path="/v1/traces", count=2 * count - 1)
        history.wait("backend.answer", signal="logs", status=200)

    env = lambda_env(handler, endpoint=sink.url, environ=LAZY)
    with env:
        invoke(env)
        env.finish(traces={"received": count, "dropped": {"refused": count}},
                   logs={"received": 1, "exported": 1})
    assert [len(r.items()) for r in sink.of("traces")].count(1) == count
    assert len(sink.of("traces")) == 2 * count - 1


def test_each_way_to_fail_is_said_once(lambda_env, sink):
    """A backend that refuses every other request has no line in the log for each."""
    def judge(received):
        return Answer(400, b"bad") if "bad" in [s["name"] for s in received.items()] else None

    sink.judge = judge
    names = ["good", "bad"] * 4
    env = lambda_env(endpoint=sink.url,
                     environ={"LULL_FLUSH": "end", "LULL_FLUSH_BUDGET": "20s"})
    with env:
        for name in names:
            otlp.send(env.port, otlp.traces(name))
            invoke(env)
        env.finish(traces={"received": 8, "exported": 4, "dropped": {"refused": 4}})
    assert len(sink.requests) == 8
    assert said(env).count("could not be exported") == 1


# what is on disk


def test_a_steady_stream_does_not_keep_files_waiting(lambda_env, sink, history, tmp_path):
    """What the life before has left goes out among what comes now, which never ends."""
    old = {"old 0", "old 1", "old 2"}

    def handler(event, context):
        if event == "crash":
            for name in sorted(old):
                otlp.send(env.port, otlp.traces(name, filler="x" * 400_000))
            raise SystemExit(1)
        while not old <= set(sink.names()):
            assert len(sink.requests) < 30, "the files wait"
            otlp.send(env.port, otlp.traces("new"))

    sink.answer = DOWN
    env = lambda_env(handler, endpoint=sink.url, environ=LAZY)
    with env:
        assert env.invoke("crash").status == "failure"
        env.wait_idle()
        assert batches(tmp_path / "spool")
        sink.answer = Held(200, b"", {}, until=Latency(0.02))  # meanwhile the next data comes
        invoke(env, "steady")
        assert batches(tmp_path / "spool") == []
        env.shutdown()
    books = ledgers(env.output("lull"))[-1]["traces"]
    assert books["inherited"] == 3
    assert books["exported"] == books["received"] + 3
    assert sorted(n for n in sink.names() if n in old) == sorted(old)


def test_files_for_a_signal_without_a_backend_are_dropped_and_counted(
    lambda_env, sink, tmp_path
):
    """The function was deployed with another backend meanwhile, which is for logs only."""
    def handler(event, context):
        if event == "crash":
            otlp.send(env.port, otlp.traces("a", "b"))
            raise SystemExit(1)
        otlp.send(env.port, otlp.logs("line"))

    good, sink.answer = sink.answer, DOWN
    env = lambda_env(handler, endpoint=sink.url)
    with env:
        assert env.invoke("crash").status == "failure"
        env.wait_idle()
        assert batches(tmp_path / "spool")
        sink.answer = good
        asked = len(sink.of("traces"))
        del env.settings.environ["LULL_ENDPOINT"]
        env.settings.environ["LULL_LOGS_ENDPOINT"] = f"{sink.url}/v1/logs"
        invoke(env, "logs")
        assert env.shutdown().codes == {"lull": 0}
    books = ledgers(env.output("lull"))[-1]
    assert books["traces"] == {"received": 0, "inherited": 2, "exported": 0, "held": 0,
                               "dropped": {"no_destination": 2}}
    assert books["logs"] == {"received": 1, "exported": 1, "held": 0, "dropped": {}}
    assert len(sink.of("traces")) == asked
    assert batches(tmp_path / "spool") == []


# the end


class AfterShutdown:
    """For an answer: it is held until SHUTDOWN, and until long enough after it for a second
    request, if there is to be one."""

    def __init__(self, history):
        self.history = history

    def wait(self, timeout):
        self.history.wait("extension.event", type="SHUTDOWN", timeout=timeout)
        came(self.history, "backend.request", 0.5, count=2)


def test_managed_instances_are_never_frozen(lambda_env, sink, history):
    """However long nothing has come: what is under way at SHUTDOWN is not sent once more."""
    sink.script(Held(200, b"", {}, until=AfterShutdown(history)))
    env = lambda_env(endpoint=sink.url, managed_instances=True, environ=LAZY)
    with env:
        time.sleep(1.2)  # how long nothing comes, not a wait
        otlp.send(env.port, otlp.traces("a"))
        history.wait("backend.request")
        env.finish(traces={"received": 1, "exported": 1, "possible_duplicates": 0})
    assert len(sink.requests) == 1


@pytest.mark.parametrize("ahead", [3600, 7 * 24 * 3600], ids=["hour", "week"])
def test_at_shutdown_a_clock_that_was_set_back_costs_nothing(
    lambda_env, sink, monkeypatch, ahead
):
    """By lull's clock the deadline is that far away; SIGKILL comes after two seconds as ever."""
    clock = SimpleNamespace(time=lambda: time.time() + ahead, monotonic=time.monotonic)
    sink.answer = HANG
    env = lambda_env(endpoint=sink.url)
    with env:
        otlp.send(env.port, otlp.traces("a"))
        monkeypatch.setattr(lambda_local.shutdown, "time", clock)
        env.finish(traces={"received": 1, "exported": 0, "dropped": {"shutdown": 1}})
