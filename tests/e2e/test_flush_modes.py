"""LULL_FLUSH: when lull asks for the next event, and what is with the backend by then. A handler
that waits for lull's /next is the gate: where it has to be waited for, it would never return."""

import threading
import time

import pytest

import otlp
from backend import HANG, Held
from ledger import close_books, ledgers
from runs import said
from spools import invoke

NEXT = "/2020-01-01/extension/event/next"
WRONG = {
    "LULL_FLUSH": "soon",
    "LULL_FLUSH_BEFORE_DEADLINE": "early",
    "LULL_BUFFER": "lots",
    "LULL_SPOOL": "some",
    "LULL_SELF_METRICS": "perhaps",
}


class Modes:
    """A function whose events are named "end N" or "lazy N", for what is expected of lull then, or
    something else. `exported` is what the backend had whenever lull asked for the next event."""

    def __init__(self, sink, history):
        self.sink = sink
        self.history = history
        self.exported = []
        self.env = None

    def asked_for_next(self):
        begin = self.history.last("invoke.begin")
        self.history.wait("extension.next", after=begin, name="lull", timeout=20)

    def __call__(self, event, context):
        if event.startswith("lazy"):
            self.asked_for_next()
        if event.startswith("first"):
            self.history.wait("backend.answer", status=200)
        context.print(event)
        otlp.send(self.env.port, otlp.traces(event), otlp.metrics(event, 1.0))

    def intercept(self, request):
        if request.path == NEXT:
            self.exported.append({s: self.sink.names(s) for s in otlp.SIGNALS})

    def expect(self, *names):
        """One invocation after the other, each as its name says."""
        for name in names:
            asked = len(self.exported)
            call = invoke(self.env, name)
            assert len(self.exported) == asked + 1
            response = self.history.first("runtime.response", request_id=call.request_id)
            begin = self.history.last("invoke.begin")
            came = self.history.first("extension.next", after=begin, name="lull")
            if name.startswith("end"):
                assert came.index > response.index
                for signal in otlp.SIGNALS:
                    assert name in self.exported[-1][signal], self.exported
            else:
                assert came.index < response.index

    def finish(self, *names):
        """The environment's end; everything arrived once."""
        expected = {"received": len(names), "exported": len(names), "possible_duplicates": 0}
        self.env.finish(traces=expected, logs=expected, metrics=expected)
        for signal in otlp.SIGNALS:
            assert sorted(self.sink.names(signal)) == sorted(names)


@pytest.fixture
def modes(lambda_env, sink, history):
    """Makes an environment with such a function."""

    def make(**environ):
        function = Modes(sink, history)
        function.env = lambda_env(function, endpoint=sink.url, environ=environ, freeze=True,
                                  intercept=function.intercept)
        return function

    return make


def some(kind, first, count):
    return [f"{kind} {n}" for n in range(first, first + count)]


def test_end_exports_everything_before_it_asks(modes):
    function = modes(LULL_FLUSH="end", LULL_FLUSH_BUDGET="20s")
    names = some("end", 0, 8)
    with function.env:
        function.expect(*names)
        function.finish(*names)


def test_lazy_asks_at_once_and_exports_later(modes, history):
    """Each handler waits until lull is in /next. The data goes out during a later one."""
    function = modes(LULL_FLUSH="lazy")
    names = [*some("lazy", 0, 4), "first data"]
    with function.env:
        function.expect(*names[:4])
        invoke(function.env, names[4])
        function.finish(*names)
    # The last handler waited for the first data, if no earlier one took the second of its age.
    assert history.first("backend.request").index > history.first("invoke.end").index


@pytest.mark.parametrize("age, early", [("2s", True), ("60s", False)])
def test_a_duration_is_the_age_of_lazy(modes, history, age, early):
    function = modes(LULL_FLUSH=age)
    names = [*some("lazy", 0, 3), "first data" if early else "lazy 3"]
    with function.env:
        function.expect(*names[:3])
        if early:  # while the handler of a later invocation runs
            invoke(function.env, names[3])
        else:
            time.sleep(1.2)  # how long it is frozen: more than the age of `lazy`
            function.expect(names[3])
        function.finish(*names)
    requests = history.all("backend.request")
    begin = history.first("shutdown.begin")
    assert (requests[0].index < begin.index) is early


def test_lazy_sends_what_is_large_at_once(lambda_env, sink, history):
    """A full batch does not wait for its age."""
    def handler(event, context):
        for _ in range(3):
            otlp.send(env.port, otlp.traces("large", filler="x" * 100_000))
        history.wait("backend.answer", status=200)

    env = lambda_env(handler, endpoint=sink.url, environ={"LULL_FLUSH": "60s"})
    with env:
        invoke(env)
        assert len(sink.requests) == 1
        env.finish(traces={"received": 3, "exported": 3})


@pytest.mark.parametrize("mode", ["end", "lazy"])
def test_at_high_rates_there_is_a_request_a_second(lambda_env, sink, history, mode):
    """The first data goes out at once where the end is waited for; what comes then, by age."""
    ran = []

    def handler(event, context):
        begin = time.monotonic()
        otlp.send(env.port, otlp.traces("first"))
        if mode == "end":
            history.wait("backend.answer", status=200)
        count = 0
        while count < 60 or time.monotonic() - begin < 2.5:  # how long it works, not a wait
            otlp.send(env.port, otlp.traces("span"), otlp.logs("line"))
            time.sleep(0.005)  # so that all of it is no full batch
            count += 1
        ran.append(time.monotonic() - begin)

    env = lambda_env(handler, endpoint=sink.url, environ={"LULL_FLUSH": mode})
    with env:
        invoke(env)
        env.shutdown()
    for signal in ("traces", "logs"):
        assert len(sink.names(signal)) > 50
        # One as it begins, one a second, and one for what is left.
        assert 2 <= len(sink.of(signal)) <= ran[0] + 2
    books = ledgers(env.output("lull"))[-1]
    for signal in ("traces", "logs"):
        close_books(books, **{signal: {"exported": len(sink.names(signal)), "dropped": 0}})


@pytest.mark.parametrize("environ", [{}, {"LULL_FLUSH": "adaptive"}, {"LULL_FLUSH": "soon"}],
                         ids=["unset", "adaptive", "wrong"])
def test_adaptive_waits_until_four_gaps_are_known(modes, environ):
    function = modes(LULL_FLUSH_BUDGET="20s", **environ)
    names = [*some("end", 0, 4), *some("lazy", 4, 6)]
    with function.env:
        function.expect(*names)
        function.finish(*names)


def test_adaptive_waits_again_after_a_long_pause(modes):
    """For the four invocations after it: until the pause is none of the last four gaps."""
    function = modes(LULL_FLUSH_BUDGET="20s")
    names = [*some("end", 0, 4), *some("lazy", 4, 2), *some("end", 6, 4), *some("lazy", 10, 2)]
    with function.env:
        function.expect(*names[:6])
        time.sleep(5.1)  # how long the environment is frozen, not a wait
        function.expect(*names[6:])
        function.finish(*names)


@pytest.mark.parametrize("mode", ["lazy", "2s", "adaptive"])
def test_nothing_is_in_the_way_of_a_lazy_next(modes, sink, mode):
    """Not a request either that nobody answers."""
    sink.answer, good = HANG, sink.answer
    function = modes(LULL_FLUSH=mode, LULL_FLUSH_BUDGET="50ms")
    with function.env:
        first = some("wait", 0, 4)
        for name in first:  # of which adaptive learns that invocations are near each other
            invoke(function.env, name)
        names = some("lazy", 4, 6)
        function.expect(*names)
        sink.answer = good
        sink.server.released.set()
        function.env.finish(traces={"received": 10, "exported": 10},
                            logs={"received": 10, "exported": 10},
                            metrics={"received": 10, "exported": 10})
    assert sorted(sink.names()) == sorted([*first, *names])


def test_in_end_a_request_is_not_under_way_when_the_next_event_is_asked_for(
    lambda_env, sink, history
):
    """What the budget cuts short is put back before, and sent once more."""
    open_requests = []

    def handler(event, context):
        otlp.send(env.port, otlp.traces(event))
        history.wait("backend.request")

    def intercept(request):
        if request.path == NEXT and history.all("backend.request"):
            open_requests.append(connections(env))

    held = Held(until=threading.Event())
    sink.script(held)
    environ = {"LULL_FLUSH": "end", "LULL_FLUSH_BUDGET": "100ms"}
    env = lambda_env(handler, endpoint=sink.url, environ=environ, intercept=intercept)
    with env:
        invoke(env, "a")
        held.until.set()
        env.finish(traces={"received": 1, "exported": 1, "possible_duplicates": 1})
    assert open_requests == [0]
    assert sink.names() == ["a", "a"]


def connections(env):
    """How many connections lull has to the backend."""
    port = env.settings.environ["LULL_ENDPOINT"].rpartition(":")[2]
    with open(f"/proc/{env.extension().process.pid}/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return sum(row[2].endswith(f":{int(port):04X}") and row[3] == "01" for row in rows)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_named_and_the_default_holds(lambda_env, sink, tmp_path, name):
    with lambda_env(endpoint=sink.url, environ={name: WRONG[name]}) as env:
        otlp.send(env.port, otlp.traces("span"))
        invoke(env)
        env.finish(traces={"received": 1, "exported": 1}, metrics={"received": 0})
    assert said(env).count(name) == 1
    assert (tmp_path / "spool" / "record").is_file()


def test_answers_that_come_in_freezes_are_answers(lambda_env, sink, history):
    """200 invocations, each followed by a freeze, and every answer comes in one of these: nothing
    arrives twice."""
    count = 200

    def handler(event, context):
        context.print(f"{event}")
        otlp.send(env.port, otlp.traces(f"{event}"))

    def judge(received):
        return Held(200, b"", {}, until=_Frozen(history))

    sink.judge = judge
    env = lambda_env(handler, endpoint=sink.url, environ={"LULL_FLUSH": "1ms"}, freeze=True)
    with env:
        for number in range(count):
            assert env.invoke(number).status == "success"
        expected = {"received": count, "exported": count, "possible_duplicates": 0}
        env.finish(traces=expected, logs=expected)
    names = [f"{n}" for n in range(count)]
    assert sink.names() == sink.names("logs") == names


class _Frozen:
    """For an answer: it is held until the environment is frozen, or ends."""

    def __init__(self, history):
        self.history = history
        self.since = history.all()[-1]

    def wait(self, timeout):
        def over():
            return (self.history.all("environment.frozen", after=self.since)
                    or self.history.all("shutdown.begin"))

        with self.history.changed:
            self.history.changed.wait_for(over, timeout)
