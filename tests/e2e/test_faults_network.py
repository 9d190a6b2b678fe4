"""Names that cannot be looked up and addresses from which nothing ever comes: neither the posts of
the function nor its invocations are held up by them."""

import pytest

import otlp
from backend import Sink
from lambda_local.network import NOBODY
from name_server import NXDOMAIN, SERVFAIL, NameServer, resolving
from runs import said

END = {"LULL_FLUSH": "end"}
NAME = "backend.example.com"


@pytest.fixture
def sink(history, network):
    """Outside of the sandbox."""
    backend = Sink(history, network=network)
    yield backend
    backend.close()


@pytest.fixture
def names(history, network):
    server = NameServer(history, network)
    yield server
    server.close()


@pytest.fixture
def inside(lambda_env, lull, network, names, tmp_path):
    """Makes an environment in the sandbox that asks that name server. Its function posts a span
    and a line named by the event, and goes on until `until(event)` returns."""

    def make(endpoint, until=None, **options):
        def handler(event, context):
            otlp.send(env.port, otlp.traces(event), otlp.logs(event))
            if until:
                until(event)

        environ = {**END, **options.pop("environ", {})}
        env = lambda_env(handler, endpoint=endpoint, network=network, environ=environ, **options)
        program = resolving(tmp_path / "resolving", lull, f"nameserver {names.address}")
        env.settings.extensions[0] = str(program)
        return env

    return make


def invoke(env, *names_of_spans):
    for name in names_of_spans:
        assert env.invoke(name).status == "success"
        env.wait_idle()


def wait_all(history, sink):
    """Until both signals have been taken."""
    for signal in ("traces", "logs"):
        history.wait("backend.answer", signal=signal, status=200)


def test_a_name_is_looked_up(inside, sink, names, history):
    """So that the tests below show what they say."""
    names.answer = sink.host
    with inside(f"http://{NAME}:{sink.port}") as env:
        invoke(env, "a")
        env.finish(traces={"received": 1, "exported": 1}, logs={"exported": 1})
    assert {question["name"] for question in history.all("dns.question")} == {NAME}


@pytest.mark.parametrize("answer", [None, NXDOMAIN, SERVFAIL], ids=["silence", "none", "failure"])
def test_without_names_data_is_kept(inside, sink, names, history, answer):
    names.answer = answer

    def until(event):
        if event == "last":
            names.answer = sink.host
            wait_all(history, sink)

    spans = [f"{n}" for n in range(6)]
    with inside(f"http://{NAME}:{sink.port}", until) as env:
        invoke(env, *spans)
        assert history.all("dns.question")
        assert sink.requests == []
        invoke(env, "last")
        env.finish(traces={"received": 7, "exported": 7, "possible_duplicates": 0},
                   logs={"received": 7, "exported": 7, "possible_duplicates": 0})
    assert sorted(sink.names()) == sorted(sink.names("logs")) == [*spans, "last"]
    assert said(env).count("could not be exported") == 2  # once a signal


def test_a_name_server_that_says_nothing_holds_nothing_up(inside, sink, history):
    """Posts are answered while a question is under way, and the next event is asked for although
    none is ever answered, SHUTDOWN included."""
    def until(event):
        history.wait("dns.question")
        for number in range(50):
            otlp.send(env.port, otlp.traces(f"{event} {number}"))

    env = inside(f"http://{NAME}:{sink.port}", until, timeout=20)
    with env:
        for name in "abcde":
            call = env.invoke(name)
            response = history.first("runtime.response", request_id=call.request_id)
            history.wait("extension.next", after=response, name="lull", timeout=10)
            env.wait_idle()
            assert call.status == "success"
        env.finish(traces={"received": 255, "exported": 0}, logs={"received": 5, "exported": 0})
    assert history.all("dns.answer") == []
    assert sink.requests == []


def test_silence_in_the_middle_of_a_freeze(inside, sink, names, history):
    """The look-up began before the freeze, and its answer never comes; the next one does."""
    def until(event):
        if event == "last":
            names.answer = sink.host
            wait_all(history, sink)

    with inside(f"http://{NAME}:{sink.port}", until, freeze=True,
                environ={"LULL_FLUSH": "lazy"}) as env:
        invoke(env, *"abc")
        invoke(env, "last")
        env.finish(traces={"received": 4, "exported": 4}, logs={"received": 4, "exported": 4})
    assert sorted(sink.names()) == [*"abc", "last"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_black_hole(inside, history, scheme):
    """An address that packets go to and nothing ever comes back from."""
    env = inside(f"{scheme}://{NOBODY}:4318", timeout=20)
    with env:
        for name in "abcdef":
            call = env.invoke(name)
            response = history.first("runtime.response", request_id=call.request_id)
            history.wait("extension.next", after=response, name="lull", timeout=10)
            env.wait_idle()
            assert call.status == "success"
        env.finish(traces={"received": 6, "exported": 0, "possible_duplicates": 0},
                   logs={"received": 6, "exported": 0, "possible_duplicates": 0})


def test_one_of_two_addresses_is_a_black_hole(inside, sink, network, history):
    """Another destination's data goes on through."""
    environ = {"LULL_TRACES_ENDPOINT": f"http://{network.silent_address}:4318/v1/traces"}
    with inside(sink.url, environ=environ) as env:
        for number, name in enumerate("abcd", 1):
            invoke(env, name)
            assert sink.names("logs") == list("abcd"[:number])
        env.finish(traces={"received": 4, "exported": 0}, logs={"received": 4, "exported": 4})
