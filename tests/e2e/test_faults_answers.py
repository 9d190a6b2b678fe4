"""What a backend may say to a request, and what becomes of the data then."""

import math
import time
from email.utils import formatdate

import pytest
from google.rpc.status_pb2 import Status

import otlp
from backend import Answer
from runs import run, said

PROTOBUF = "application/x-protobuf"
END = {"LULL_FLUSH": "end", "LULL_FLUSH_BUDGET": "20s"}  # all that can be done is done


def invoke(env, *requests, event=None):
    """An invocation with data, until lull has asked for the next one."""
    otlp.send(env.port, *requests)
    assert env.invoke(event).status == "success"
    env.wait_idle()


@pytest.fixture
def waiting(sink, history):
    """A handler that goes on until the backend has taken a request for the signal `event`."""

    def handler(event, context):
        if event:
            history.wait("backend.answer", signal=event, status=200)

    return handler


# later


@pytest.mark.parametrize("status, form", [(429, "seconds"), (503, "date")])
def test_no_request_before_retry_after(lambda_env, sink, history, waiting, status, form):
    """Not for that signal, whatever comes meanwhile; the others go on."""
    due = math.floor(time.time()) + 3
    after = "2" if form == "seconds" else formatdate(due, usegmt=True)
    refusals = [Answer(status, b"busy", {"Retry-After": after})]
    sink.judge = lambda r: refusals.pop() if r.signal == "traces" and refusals else None
    with lambda_env(waiting, endpoint=sink.url, environ=END) as env:
        invoke(env, otlp.traces("0"), otlp.logs("0"))
        for number in range(1, 5):
            invoke(env, otlp.traces(f"{number}"), otlp.logs(f"{number}"))
            assert sink.names("logs") == [f"{n}" for n in range(number + 1)]
        invoke(env, otlp.traces("5"), event="traces")
        env.finish(traces={"received": 6, "exported": 6, "possible_duplicates": 0},
                   logs={"received": 5, "exported": 5})
    assert sorted(sink.names()) == [f"{n}" for n in range(6)]
    refused = history.first("backend.answer", signal="traces", status=status)
    again = history.first("backend.request", after=refused, signal="traces")
    if form == "seconds":
        assert again.time - refused.time >= 2
    else:
        assert time.time() - (time.monotonic() - again.time) >= due


@pytest.mark.parametrize("text", ["soon", "-1", "", "1.5", "Wed, 99 Foo 2026 00:00:00 GMT",
                                  "Wed, 21 Oct 2015 07:28:00 GMT", "0"])
def test_a_retry_after_that_says_nothing(lambda_env, sink, waiting, text):
    """Then it is tried again soon, within the same invocation."""
    sink.script(Answer(503, b"", {"Retry-After": text}))
    with lambda_env(waiting, endpoint=sink.url, environ=END) as env:
        invoke(env, otlp.traces("a"), event="traces")
        env.finish(traces={"received": 1, "exported": 1})
    assert [request.accepted for request in sink.requests] == [False, True]


def test_shutdown_asks_once_more_whatever_was_said(lambda_env, sink, history):
    sink.script(Answer(503, b"", {"Retry-After": "600"}))
    with lambda_env(endpoint=sink.url, environ=END) as env:
        for number in range(8):
            invoke(env, otlp.traces(f"{number}"))
        assert len(sink.requests) == 1
        env.finish(traces={"received": 8, "exported": 8})
    begin = history.first("shutdown.begin")
    assert len(history.all("backend.request", after=begin)) == 1
    assert sink.names() == [f"{n}" for n in range(8)]


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_not_for_good(lambda_env, sink, waiting, status):
    """Keys are rotated: data is kept, the backend's words are said once, few requests are made."""
    good, sink.answer = sink.answer, Answer(status, b"the key has expired")
    with lambda_env(waiting, endpoint=sink.url, environ=END) as env:
        for number in range(12):
            invoke(env, otlp.traces(f"{number}"))
        assert 1 <= len(sink.requests) <= 6
        sink.answer = good
        invoke(env, event="traces")
        env.finish(traces={"received": 12, "exported": 12, "possible_duplicates": 0})
    assert sorted(sink.names(), key=int) == [f"{n}" for n in range(12)]
    assert said(env).count("the key has expired") == 1


# for good


def test_404_turns_the_signal_off(lambda_env, sink):
    """Of a backend that takes traces only, say. It is asked once, SHUTDOWN included."""
    sink.judge = lambda r: None if r.signal == "traces" else Answer(404, b"no such page")
    with lambda_env(endpoint=sink.url, environ=END) as env:
        for number in range(6):
            invoke(env, otlp.traces(f"{number}"), otlp.logs(f"{number}", "x"))
        otlp.send(env.port, otlp.logs("last"))
        env.finish(traces={"received": 6, "exported": 6},
                   logs={"received": 13, "exported": 0, "dropped": {"turned_off": 13}})
    assert len(sink.of("logs")) == 1
    assert sink.names() == [f"{n}" for n in range(6)]
    assert said(env).count("404") == 1


def grpc_status(text):
    return Status(code=8, message=text).SerializeToString()


TOO_LARGE = {
    "413": Answer(413),
    "413-html": Answer(413, b"<html>413 Request Entity Too Large</html>"),
    "500": Answer(500, b"rpc error: message too large"),
    "500-protobuf": Answer(500, grpc_status("grpc: received message larger than max (9 vs. 4)"),
                           {"Content-Type": PROTOBUF}),
    "400": Answer(400, b"http: request body too large\n", {"Content-Type": "text/plain"}),
}


@pytest.mark.parametrize("answer", TOO_LARGE.values(), ids=TOO_LARGE)
def test_too_large_is_halved_until_it_is_taken(lambda_env, sink, answer):
    """Whether it came in one post or was joined here."""
    sink.judge = lambda r: answer if len(r.items()) > 3 else None
    names = [f"{n:02}" for n in range(20)]
    posts = [otlp.traces(*names[:13]), *(otlp.traces(name) for name in names[13:])]
    run(lambda_env(endpoint=sink.url, environ=END), *posts,
        traces={"received": 20, "exported": 20, "possible_duplicates": 0})
    assert sorted(sink.names()) == names
    assert {len(r.items()) for r in sink.requests if r.accepted} <= {1, 2, 3}


@pytest.mark.parametrize("signal", otlp.SIGNALS)
def test_one_that_is_too_large_by_itself_goes_alone(lambda_env, sink, signal):
    """Every signal is halved, down to the single item."""
    made = {"traces": otlp.traces(*"abcdefgh"), "logs": otlp.logs(*"abcdefgh"),
            "metrics": otlp.metrics("m", *map(float, range(8)))}[signal]
    key, giant = {"traces": ("name", "c"), "logs": ("body", "c"), "metrics": ("value", 2.0)}[signal]

    def judge(received):
        return Answer(413) if giant in [item[key] for item in received.items()] else None

    sink.judge = judge
    books = {"received": 8, "exported": 7, "dropped": {"refused": 1}}
    run(lambda_env(endpoint=sink.url, environ=END), made, **{signal: books})
    wanted = [item[key] for item in otlp.ITEMS[signal](made) if item[key] != giant]
    assert sorted(item[key] for item in sink.items(signal)) == wanted
    # 8, 4 and 4, 2 and 2, 1 and 1
    assert len(sink.of(signal)) == 7


def test_nothing_is_too_small_for_it(lambda_env, sink):
    sink.answer = Answer(413)
    env = lambda_env(endpoint=sink.url, environ=END)
    run(env, otlp.traces(*"abcd"), traces={"received": 4, "dropped": {"refused": 4}})
    assert [len(r.items()) for r in sink.requests].count(1) == 4
    assert len(sink.requests) == 7


@pytest.mark.parametrize("status", [400, 500])
def test_an_error_without_words_about_size_is_not_halved(lambda_env, sink, status):
    sink.answer = Answer(status, b"something is wrong")
    run(lambda_env(endpoint=sink.url, environ=END), otlp.traces(*"abcd"),
        traces={"received": 4, "dropped": {"refused": 4}})
    assert len(sink.requests) == 1


# partial success


PARTIAL = {
    "traces": lambda n, text: otlp.RESPONSES["traces"](
        partial_success={"rejected_spans": n, "error_message": text}),
    "logs": lambda n, text: otlp.RESPONSES["logs"](
        partial_success={"rejected_log_records": n, "error_message": text}),
    "metrics": lambda n, text: otlp.RESPONSES["metrics"](
        partial_success={"rejected_data_points": n, "error_message": text}),
}
MADE = {"traces": otlp.traces(*"abcde"), "logs": otlp.logs(*"abcde"),
        "metrics": otlp.metrics("m", 1, 2, 3, 4, 5)}


@pytest.mark.parametrize("signal", otlp.SIGNALS)
@pytest.mark.parametrize("rejected, counted", [(2, 2), (5, 5), (9, 5), (0, 0)])
def test_partial_success_is_counted_and_said(lambda_env, sink, signal, rejected, counted):
    """A success: nothing is sent again, not even what was rejected."""
    body = PARTIAL[signal](rejected, "some are too old").SerializeToString()
    sink.answer = Answer(200, body, {"Content-Type": PROTOBUF})
    env = lambda_env(endpoint=sink.url, environ=END)
    dropped = {"refused": counted} if counted else {}
    run(env, MADE[signal], invocations=2,
        **{signal: {"received": 5, "exported": 5 - counted, "dropped": dropped}})
    assert len(sink.requests) == 1
    assert said(env).count("some are too old") == 1


@pytest.mark.parametrize("status", [200, 400])
def test_words_of_the_backend_cannot_write_lines_of_their_own(lambda_env, sink, status):
    """What it says is bounded, on one line, and moves no terminal."""
    words = 'bad\r\n{"forged":1}\x1b[2J\x07\x7f\u0085\u009b' + "long " * 20_000
    if status == 200:
        body = PARTIAL["traces"](1, words).SerializeToString()
    else:
        body = Status(message=words).SerializeToString()
    sink.answer = Answer(status, body, {"Content-Type": PROTOBUF})
    env = lambda_env(endpoint=sink.url, environ=END)
    run(env, otlp.traces("a"), traces={"received": 1, "dropped": {"refused": 1}})
    text = said(env)
    line, = [line for line in text.splitlines() if "bad" in line]
    assert len(line) < 1000
    assert set(text) & set(map(chr, [*range(10), *range(11, 32), *range(127, 160)])) == set()
    assert not any(line.startswith('{"forged":1}') for line in text.splitlines())


def test_bytes_that_are_no_text_are_said_as_text(lambda_env, sink):
    sink.answer = Answer(400, b"not \xff\xfe\x00 text \xc3", {"Content-Type": "text/plain"})
    env = lambda_env(endpoint=sink.url, environ=END)
    run(env, otlp.traces("a"), traces={"received": 1, "dropped": {"refused": 1}})
    output = [p.output["stdout"] + p.output["stderr"] for p in env.lives[0].processes
              if p.name == "lull"]
    assert b"not " in output[0]
    assert b"\0" not in output[0]
    output[0].decode()  # UTF-8
