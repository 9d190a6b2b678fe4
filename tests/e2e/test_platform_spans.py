"""The spans that lull makes of what Lambda tells: of init, and of invocations that nobody else
makes one of; and the last words of those that come to a bad end."""

import socket
import sys
import time

import pytest

import otlp
from backend import Sink
from lambda_local import InitFailed
from lambda_local.network import NOBODY
from spools import close_lives, invoke

AUTO = {"LULL_INVOCATION_SPANS": "auto", "LULL_FLUSH": "end"}
SERVER, INTERNAL, ERROR = 2, 1, 2


def trace_of(call):
    return call.trace.partition("Root=1-")[2].partition(";")[0].replace("-", "")


def parent_of(call):
    return call.trace.partition("Parent=")[2].partition(";")[0]


def made(sink):
    """The spans of lull's own."""
    return [span for span in sink.items("traces") if span["scope"] == "lull"]


def function_span(context, name="handler", **attributes):
    """A function's own span, as an SDK sends it: in the trace of the X-Ray header."""
    request = otlp.traces(name, **{"faas.invocation_id": context.aws_request_id, **attributes})
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.trace_id = bytes.fromhex(trace_of(context))
    span.parent_span_id = bytes.fromhex(parent_of(context))
    span.start_time_unix_nano = span.end_time_unix_nano = time.time_ns()
    return request


def test_where_no_sdk_is_each_request_has_a_span(lambda_env, sink):
    """The first one's waits for the second: until then an SDK may yet be heard."""
    with lambda_env(endpoint=sink.url, environ=AUTO) as env:
        first = invoke(env)
        assert made(sink) == []
        second = invoke(env)
        init, *spans = made(sink)
        third = invoke(env)
        spans = made(sink)[1:]
        env.finish(traces={"received": 4, "exported": 4})
    assert (init["name"], init["kind"], init["status"]) == ("init orders", INTERNAL, 0)
    assert init["attributes"] == {"faas.coldstart": True}
    assert (init["trace_id"], init["parent_id"]) == (trace_of(first), parent_of(first))
    # The platform tells its times in milliseconds.
    assert init["start"] < init["end"] < spans[0]["start"] + 1_000_000
    for call, span in zip((first, second, third), spans, strict=True):
        assert (span["name"], span["kind"], span["status"]) == ("orders", SERVER, 0)
        assert (span["trace_id"], span["parent_id"]) == (trace_of(call), parent_of(call))
        assert span["attributes"].pop("faas.invocation_id") == call.request_id
        assert span["attributes"] == ({"faas.coldstart": True} if call is first else {})
        assert span["start"] <= span["end"]
        assert span["resource"]["faas.name"] == "orders"
    assert len({span["span_id"] for span in [init, *spans]}) == 4


def test_the_silence_of_an_sdk_is_its_own_sampling(lambda_env, sink):
    """That an SDK is set up shows in the variables; what it did not sample stays so."""
    environ = {**AUTO, "OTEL_TRACES_SAMPLER": "traceidratio"}
    with lambda_env(endpoint=sink.url, environ=environ) as env:
        for _ in range(3):
            invoke(env)
        env.finish(traces={"received": 1, "exported": 1})
    assert [span["name"] for span in made(sink)] == ["init orders"]


@pytest.mark.parametrize("parent", [None, "", "aa" * 8], ids=["X-Ray's", "none", "another"])
def test_where_an_sdk_is_only_init_is_ours(lambda_env, sink, parent):
    """It stands beside the span of the first request: in its trace, with its parent, which need not
    be X-Ray's."""
    def handler(event, context):
        request = function_span(context)
        if parent is not None:
            span = request.resource_spans[0].scope_spans[0].spans[0]
            span.parent_span_id = bytes.fromhex(parent)
        otlp.send(env.port, request)

    env = lambda_env(handler, endpoint=sink.url, environ=AUTO)
    with env:
        first = invoke(env)
        invoke(env)
        env.finish(traces={"received": 3, "exported": 3})
    init, = made(sink)
    assert init["name"] == "init orders"
    assert init["trace_id"] == trace_of(first)
    assert init["parent_id"] == (parent_of(first) if parent is None else parent)


@pytest.mark.parametrize("environ, names", [
    ({"LULL_INVOCATION_SPANS": "always"}, ["init orders", "orders", "orders"]),
    ({"LULL_INVOCATION_SPANS": "never"}, []),
    ({"LULL_INVOCATION_SPANS": ""}, ["init orders"]),
])
def test_the_setting(lambda_env, sink, environ, names):
    def handler(event, context):
        otlp.send(env.port, function_span(context))

    env = lambda_env(handler, endpoint=sink.url, environ={"LULL_FLUSH": "end", **environ})
    with env:
        invoke(env)
        invoke(env)
        env.finish(traces={"dropped": 0})
    assert sorted(span["name"] for span in made(sink)) == names


def test_a_trace_that_sampling_dropped_stays_so_unless_it_failed(lambda_env, sink):
    def handler(event, context):
        if event == "fail":
            raise ValueError("no")

    header = "Root=1-5759e988-bd862e3fe1be46a99427279{};Parent=53995c3f42cd8ad8;Sampled=0"
    with lambda_env(handler, endpoint=sink.url, environ=AUTO) as env:
        for number, event in enumerate(["well", "well", "fail"]):
            env.invoke(event, trace=header.format(number))
            env.wait_idle()
        env.finish(traces={"received": 1, "exported": 1})
    span, = made(sink)
    assert (span["status"], span["attributes"]["error.type"]) == (ERROR, "ValueError")
    assert span["trace_id"] == "5759e988bd862e3fe1be46a994272792"


def test_a_crash_whose_span_was_not_sent(lambda_env, sink):
    """The last line says why. A span of the request's own had come, which says the trace."""
    def handler(event, context):
        request = function_span(context, "query", db="orders")
        del request.resource_spans[0].scope_spans[0].spans[0].attributes[0]
        otlp.send(env.port, request)
        context.print("about to fall")
        raise SystemExit(1)

    env = lambda_env(handler, endpoint=sink.url, environ=AUTO)
    with env:
        call = env.invoke()
        env.wait_idle()
        assert call.status == "failure"
        env.settings.runtime = lambda event, context: None
        invoke(env)
        env.shutdown()
    assert close_lives(env, 2)["traces"]["dropped"] == {}
    span = next(span for span in made(sink) if span["name"] == "orders")
    assert span["status"] == ERROR
    assert (span["trace_id"], span["parent_id"]) == (trace_of(call), parent_of(call))
    attributes = span["attributes"]
    assert attributes["error.type"] == "Runtime.ExitError"
    assert attributes["faas.invocation_id"] == call.request_id
    assert attributes["lull.last_log"] == "about to fall"
    assert attributes["lull.last_span"] == "query"
    assert attributes["lull.memory.usage"] > 0


def test_a_failed_init_is_told(lambda_env, sink):
    env = lambda_env([sys.executable, "-c", "raise SystemExit(3)"], endpoint=sink.url,
                     environ=AUTO)
    with pytest.raises(InitFailed):
        env.start()
    init, = made(sink)
    assert (init["name"], init["status"]) == ("init orders", ERROR)
    assert init["attributes"]["error.type"] == "Runtime.ExitError"
    assert close_lives(env, 1)["traces"]["exported"] == 1


STUCK = """
import os, socket, sys, urllib.request
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/next"
event = urllib.request.urlopen(api)
print("asking for the stock", flush=True)
known = socket.create_connection((sys.argv[1], int(sys.argv[2])))
socket.create_connection((sys.argv[3], 5432))
"""


@pytest.fixture
def stuck(lambda_env, lull, network, history, tmp_path):
    """A function that hangs in a connection that nobody answers, beside one that is open."""
    backend = Sink(history, network=network)
    with network.outside():
        known = socket.create_server((network.outside_address, 0))
    command = [sys.executable, "-c", STUCK, network.outside_address,
               str(known.getsockname()[1]), network.silent_address]

    def make(**environ):
        return lambda_env(command, endpoint=backend.url, network=network, timeout=3,
                          environ={**AUTO, "LULL_FLUSH_BEFORE_DEADLINE": "1s", **environ})

    yield make, backend, known.getsockname()[1]
    known.close()
    backend.close()


def test_a_handler_stuck_in_a_connection_is_told_by_its_last_words(stuck):
    """What is lull's own, or stays within the environment, is not among them."""
    make, backend, port = stuck
    with make() as env:
        call = env.invoke()
        env.wait_idle()
        assert call.status == "timeout"
    assert close_lives(env, 1)["traces"]["dropped"] == {}
    init, span = made(backend)
    assert init["name"] == "init orders"
    attributes = span["attributes"]
    assert (span["name"], span["status"]) == ("orders", ERROR)
    assert attributes["error.type"] == "Sandbox.Timedout"
    assert attributes["lull.last_log"] == "asking for the stock"
    assert sorted(attributes["lull.connections"]) == sorted([
        f"{backend.host}:{port} ESTABLISHED", f"{NOBODY}:5432 SYN_SENT"])
    assert span["start"] < span["end"]


def test_without_last_words(stuck):
    make, backend, _ = stuck
    with make(LULL_LAST_WORDS="false") as env:
        env.invoke()
        env.wait_idle()
    span = made(backend)[-1]
    assert span["status"] == ERROR
    assert set(span["attributes"]) == {"faas.invocation_id", "faas.coldstart", "error.type"}


def test_a_request_that_just_made_it_is_none_that_failed(lambda_env, sink, history):
    """Its last words were taken down, and nobody hears them."""
    def handler(event, context):
        otlp.send(env.port, otlp.logs("near the end"))
        history.wait("backend.request", signal="logs", timeout=20)

    environ = {**AUTO, "LULL_INVOCATION_SPANS": "always", "LULL_FLUSH": "lazy",
               "LULL_FLUSH_BEFORE_DEADLINE": "59s"}
    env = lambda_env(handler, endpoint=sink.url, environ=environ, timeout=4, grace=30)
    with env:
        invoke(env)
        env.finish()
    _, span = made(sink)
    assert span["status"] == 0
    assert not [key for key in span["attributes"] if key.startswith("lull.")]


MEMORY = 96 << 20
HUNGRY = """
import os, resource, urllib.request
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
base = f"http://{{os.environ['AWS_LAMBDA_RUNTIME_API']}}/2018-06-01/runtime/invocation/next"
urllib.request.urlopen(base)
eaten = []
while True:
    eaten.append(bytearray(1 << 20))
"""


def test_out_of_memory(lambda_env, sink):
    """A real one: the process falls over its limit, and its own last lines say of what."""
    environ = {**AUTO, "LULL_PLATFORM_METRICS": "true"}
    command = [sys.executable, "-c", HUNGRY.format(memory=MEMORY)]
    with lambda_env(command, endpoint=sink.url, environ=environ, timeout=30) as env:
        call = env.invoke()
        env.wait_idle()
        assert call.status == "failure"
    assert close_lives(env, 1)["traces"]["dropped"] == {}
    span = next(span for span in made(sink) if span["name"] == "orders")
    assert span["status"] == ERROR
    assert span["attributes"]["lull.out_of_memory"] is True
    assert span["attributes"]["lull.last_log"] == "MemoryError"
    counted = [point["value"] for point in sink.items("metrics")
               if point["name"] == "lull.faas.out_of_memory"]
    assert set(counted) == {1}


def test_init_only_in_the_trace_of_the_first(lambda_env, sink):
    """A trace of its own where an SDK is at work whose spans say nothing of the request."""
    env = lambda_env(endpoint=sink.url, environ=AUTO)
    with env:
        otlp.send(env.port, otlp.metrics("m", 1.0))
        calls = [invoke(env) for _ in range(3)]
        env.finish()
    init, = made(sink)
    assert init["trace_id"] not in {trace_of(call) for call in calls}
    assert init["parent_id"] == ""
