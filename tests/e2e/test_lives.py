"""What outlives the process: after a time-out, a crash or a kill -9 the next life sends what is on
disk and books what is lost. The books close over all lives."""

import sys
import threading

import pytest

import otlp
from backend import HANG, Answer
from spools import (
    DOWN,
    SMALL,
    await_spans,
    batches,
    close_lives,
    invoke,
    names_in,
    numbers,
    send_spans,
)

NAMES = numbers(0, 40)
# Nothing is under way but what a life finds on disk: what is put back is older than what went there
# meanwhile, and what was sent to a backend that is down may be read when it is up.
QUIET = {**SMALL, "LULL_FLUSH": "60s"}
RESETS = [("hang", "Sandbox.Timedout"), ("crash", "Runtime.ExitError")]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "spool"


class Function:
    """Sends what the event says, and then does what it says. Kept by the fixture below."""

    def __init__(self, sink, history):
        self.sink = sink
        self.history = history
        self.go_on = threading.Event()
        self.env = None

    def __call__(self, event, context):
        event = event or {}
        send_spans(self.env, event.get("send", []))
        if wanted := event.get("await"):
            await_spans(self.sink, self.history, wanted)
        then = event.get("then")
        if then in ("request", "answer", "answered"):
            begin = self.history.last("invoke.begin")
            self.history.wait(f"backend.{then}", after=begin)
        if then == "hang":
            self.go_on.wait(30)
        if then == "crash":
            sys.exit(1)
        if event.get("kill"):
            self.history.wait("shutdown.begin", after=kill(self.env))


def kill(env):
    """Returns when the platform knows."""
    crashes = len(env.history.all("extension.crash"))
    env.extension().process.kill()
    return env.history.wait("extension.crash", count=crashes + 1)


@pytest.fixture
def living(lambda_env, sink, history):
    """Makes an environment whose function does as an event says."""
    function = Function(sink, history)

    def make(**options):
        function.env = lambda_env(function, **{"endpoint": sink.url, **options})
        return function.env

    yield make
    function.go_on.set()


def fail(env, function_event, error):
    """An invocation that ends its environment."""
    env.settings.timeout = 1 if error == "Sandbox.Timedout" else 30
    call = env.invoke(function_event)
    env.wait_idle()
    env.settings.timeout = 30
    assert call.error_type == error


def killed(env, event):
    """An invocation in which lull is killed as soon as all that was posted has been answered."""
    fail(env, {**event, "kill": True}, "Extension.Crash")


# a time-out and a crash: SHUTDOWN comes, and another life after it


@pytest.mark.parametrize("then, error", RESETS)
@pytest.mark.parametrize("mode", ["end", "lazy"])
def test_what_a_reset_leaves_is_sent_by_the_next_life(
    living, sink, folder, then, error, mode
):
    good, sink.answer = sink.answer, DOWN
    with living(environ={"LULL_FLUSH": mode}) as env:
        otlp.send(env.port, otlp.logs("a", "b"), otlp.metrics("m", 1.0))
        fail(env, {"send": ["000", "001"], "then": then}, error)
        assert sorted(n for f in batches(folder) for n in names_in(f)) == ["000", "001"]
        sink.answer = good
        invoke(env, {"send": ["002"], "await": ["000", "001", "002"]})
        assert env.shutdown().codes == {"lull": 0}
    total = close_lives(env, 2)
    assert total["traces"] == {"received": 3, "exported": 3, "held": 0, "spooled": 0,
                               "dropped": {}}
    assert total["logs"]["exported"] == 2
    assert total["metrics"]["exported"] == 1
    assert sorted(sink.names()) == ["000", "001", "002"]
    assert sink.names("logs") == ["a", "b"]
    assert batches(folder) == []


def test_memory_and_files_over_three_lives(living, sink, folder):
    """Each life finds the files of those before it, in their order, and puts its own behind."""
    good, sink.answer = sink.answer, DOWN
    with living(environ=QUIET) as env:
        for first in (0, 100):
            fail(env, {"send": numbers(first, 30), "then": "crash"}, "Runtime.ExitError")
        everything = [*numbers(0, 30), *numbers(100, 30)]
        assert [n for f in batches(folder) for n in names_in(f)] == everything
        sink.answer = good
        invoke(env, {"await": everything})
        assert env.shutdown().codes == {"lull": 0}
    total = close_lives(env, 3)
    assert total["traces"] == {"received": 60, "exported": 60, "held": 0, "spooled": 0,
                               "dropped": {}}
    assert sink.names() == everything


def test_a_reset_with_the_spool_full(living, sink, folder):
    """Of what is in memory at the end the oldest on disk gives way, counted."""
    good, sink.answer = sink.answer, Answer(503, b"", {"Retry-After": "600"})
    with living(environ={**QUIET, "LULL_SPOOL": "600KB"}) as env:
        # A first batch is full and has failed: until SHUTDOWN there is no other try.
        invoke(env, {"send": numbers(0, 20), "then": "answered"})
        fail(env, {"send": numbers(20, 40), "then": "crash"}, "Runtime.ExitError")
        kept = [n for f in batches(folder) for n in names_in(f)]
        assert kept == numbers(60 - len(kept), len(kept))
        assert sum(f.stat().st_size for f in batches(folder)) <= 600 << 10
        sink.answer = good
        invoke(env, {"await": kept})
        env.shutdown()
    total = close_lives(env, 2)
    assert total["traces"]["dropped"] == {"buffer_full": 60 - len(kept)}
    assert sink.names() == kept


def test_without_a_spool_a_reset_drops_what_is_left(living, sink, folder):
    good, sink.answer = sink.answer, DOWN
    with living(environ={"LULL_SPOOL": "off"}) as env:
        fail(env, {"send": ["000", "001"], "then": "crash"}, "Runtime.ExitError")
        sink.answer = good
        invoke(env, {"send": ["002"]})
        env.shutdown()
    total = close_lives(env, 2)
    assert total["traces"] == {"received": 3, "exported": 1, "held": 0, "spooled": 0,
                               "dropped": {"shutdown": 2}}
    assert sink.names() == ["002"]
    assert not folder.exists()


@pytest.mark.parametrize("mode", ["end", "60s"])
def test_before_its_deadline_the_data_of_an_invocation_goes_out(living, sink, history, mode):
    """The invocation runs into its time-out; what it had sent was with the backend before the
    platform reset it, whatever was to be waited for."""
    if mode == "end":  # it would go out as soon as it is there
        sink.script(Answer(503, b"", {"Retry-After": "600"}))
    environ = {"LULL_FLUSH": mode, "LULL_FLUSH_BEFORE_DEADLINE": "800ms"}
    with living(environ=environ, grace=1) as env:
        fail(env, {"send": ["000", "001"], "then": "hang"}, "Sandbox.Timedout")
        invoke(env)
        env.shutdown()
    begin = history.first("shutdown.begin", reason="timeout")
    taken = history.first("backend.answer", signal="traces", status=200)
    assert taken.index < begin.index
    assert sink.names() == ["000", "001"]
    total = close_lives(env, 2)
    assert total["traces"] == {"received": 2, "exported": 2, "held": 0, "spooled": 0,
                               "dropped": {}}


@pytest.mark.parametrize("mode", ["end", "lazy", "60s"])
def test_files_are_sent_while_data_keeps_coming(living, sink, folder, mode):
    """What is in memory and not yet due does not stand before what is late, however much comes."""
    good, sink.answer = sink.answer, DOWN
    with living(environ={**SMALL, "LULL_FLUSH": mode}) as env:
        fail(env, {"send": NAMES, "then": "crash"}, "Runtime.ExitError")
        assert len(batches(folder)) >= 3
        env.settings.environ["LULL_BUFFER"] = "4MB"
        sink.requests.clear()
        sink.answer = good
        sink.judge = next_one_comes(env, sink)
        invoke(env, {"await": NAMES})
        assert env.shutdown().codes == {"lull": 0}
    total = close_lives(env, 2)
    assert total["traces"]["exported"] == total["traces"]["received"] > 40
    assert sorted(name for name in sink.names() if name < "400") == NAMES


def next_one_comes(env, sink):
    """While the backend has a request, the function sends another span: until all others came."""
    names = iter(numbers(400, 500))

    def judge(received):
        arrived = {span["name"] for request in list(sink.requests)
                   for span in request.items()}
        if not arrived >= set(NAMES):
            otlp.send(env.port, otlp.traces(next(names)))

    return judge


# kill -9: no SHUTDOWN, no ledger; the record on disk is all there is


def test_a_kill_with_data_in_memory(living, sink, folder):
    good, sink.answer = sink.answer, DOWN
    with living(environ=QUIET) as env:
        otlp.send(env.port, otlp.logs("a", "b"), otlp.metrics("m", 1.0))
        killed(env, {"send": ["000", "001", "002"]})
        sink.answer = good
        invoke(env, {"send": ["003"]})
        env.finish(traces={"received": 4, "exported": 1, "dropped": {"crash": 3}},
                   logs={"received": 2, "dropped": {"crash": 2}},
                   metrics={"received": 1, "dropped": {"crash": 1}})
    assert sink.names() == ["003"]
    assert env.output("lull").count("items of the life before are lost") == 1


def test_a_kill_with_a_request_under_way(living, sink):
    """The backend has the request and may have taken it; for the books it is lost."""
    sink.script(HANG)
    with living() as env:
        killed(env, {"send": ["000", "001"], "then": "request"})
        invoke(env, {"send": ["002"]})
        env.finish(traces={"received": 3, "exported": 1, "dropped": {"crash": 2}})
    assert sink.names() == ["002"]


def test_a_kill_after_everything_was_exported_loses_nothing(living, sink, history):
    with living(freeze=True) as env:
        invoke(env, {"send": ["000", "001"]})
        assert sink.names() == ["000", "001"]
        kill(env)  # while it is frozen
        env.invoke()
        env.wait_idle()
        assert history.first("invoke.end", status="failure")["error"] == "Extension.Crash"
        invoke(env, {"send": ["002"]})
        env.finish(traces={"received": 3, "exported": 3, "dropped": {}})
    assert sink.names() == ["000", "001", "002"]


@pytest.mark.parametrize("answer", [DOWN, HANG], ids=["in files", "a file under way"])
def test_a_kill_with_data_in_files(living, sink, folder, answer):
    """What was on disk is sent by the next life, a file that was under way, too; what was in memory
    is lost, and counted."""
    good, sink.answer = sink.answer, DOWN
    with living(environ=QUIET) as env:
        if answer is HANG:
            # All there is goes to files, so that it is one of these that is sent.
            fail(env, {"send": NAMES, "then": "crash"}, "Runtime.ExitError")
            sink.answer = answer
            killed(env, {"then": "request"})
        else:
            killed(env, {"send": NAMES, "then": "answer"})
        kept = [n for f in batches(folder) for n in names_in(f)]
        assert kept == NAMES[: len(kept)]
        sink.server.released.set()
        sink.answer = good
        invoke(env, {"await": kept})
        invoke(env, {"send": ["999"]})
        assert env.shutdown().codes == {"lull": 0}
    total = close_lives(env, 1 + (answer is HANG))
    crashed = len(NAMES) - len(kept)
    assert total["traces"] == {"received": 41, "exported": len(kept) + 1, "held": 0, "spooled": 0,
                               "dropped": {"crash": crashed} if crashed else {}}
    assert sorted(sink.names()) == [*kept, "999"]
    assert batches(folder) == []


def test_two_kills_in_a_row(living, sink, folder):
    """The books of three lives are in the one ledger that is ever printed."""
    good, sink.answer = sink.answer, DOWN
    with living(environ=QUIET) as env:
        killed(env, {"send": numbers(0, 30), "then": "answer"})
        first = [n for f in batches(folder) for n in names_in(f)]
        killed(env, {"send": numbers(100, 30), "then": "answer"})
        second = [n for f in batches(folder) for n in names_in(f)]
        assert second[: len(first)] == first
        killed(env, {"then": "answer"})  # a life in which nothing comes
        assert [n for f in batches(folder) for n in names_in(f)] == second
        sink.answer = good
        invoke(env, {"await": second})
        env.finish(traces={"received": 60, "exported": len(second),
                           "dropped": {"crash": 60 - len(second)}})
    assert sink.names() == second
    assert len(second) > len(first) > 10


def test_a_kill_a_reset_and_an_end(living, sink, folder):
    """Every way to end, one after the other, with the backend dead to the last."""
    sink.answer = DOWN
    with living(environ=QUIET) as env:
        killed(env, {"send": numbers(0, 30)})
        fail(env, {"send": numbers(100, 30), "then": "crash"}, "Runtime.ExitError")
        killed(env, {"send": numbers(200, 30), "then": "answer"})
        left = [n for f in batches(folder) for n in names_in(f)]
        invoke(env, {"send": ["300"]})
        assert env.shutdown().codes == {"lull": 0}
    total = close_lives(env, 2)
    crashed = 90 - len(left)
    assert total["traces"] == {"received": 91, "exported": 0, "held": 0, "spooled": 0,
                               "dropped": {"crash": crashed, "shutdown": len(left) + 1}}
    assert [file.name for file in folder.iterdir()] == ["record"]


def test_a_kill_without_a_spool_is_not_noticed(living, sink, folder):
    """There is no record either: the next life knows only its own, and its books close."""
    sink.answer = DOWN
    with living(environ={**QUIET, "LULL_SPOOL": "off"}) as env:
        killed(env, {"send": ["000"]})
        env.invoke()
        env.finish(traces={"received": 0, "exported": 0, "dropped": {}})
    assert not folder.exists()
