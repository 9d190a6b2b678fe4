"""Export by gRPC to a server of grpc-go, and to net/http where no gRPC server would do as told."""

import json
import subprocess
import threading
import time

import pytest

import functions
import otlp
from runs import run, said
from test_check_send import send
from test_tls import authority, make_certificate

__all__ = ["authority"]

GRPC = {"LULL_PROTOCOL": "grpc", "LULL_FLUSH": "end", "LULL_FLUSH_BUDGET": "20s"}

# The first time the server is built.
pytestmark = pytest.mark.timeout(600)


class GoBackend:
    def __init__(self, history, binary, *arguments):
        self.history = history
        self.calls = []
        self.process = subprocess.Popen([binary, *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.port, self.front = map(int, self.process.stdout.readline().split())
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for line in self.process.stdout:
            call = json.loads(line)
            if call["signal"] == "closed":
                self.history.record("backend.closed")
                continue
            self.calls.append(call)
            self.history.record("backend.answer", status=call["answer"])

    def release(self):
        """The call that is HELD gets its answer."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def close(self):
        self.process.kill()
        self.process.wait()
        self._thread.join()

    def taken(self):
        return [name for call in self.calls if call["answer"] == "OK" for name in call["names"]]


@pytest.fixture(scope="session")
def go_backend():
    return functions.build("grpc")


@pytest.fixture
def backend(history, go_backend):
    made = []

    def make(*arguments):
        made.append(GoBackend(history, go_backend, *arguments))
        return made[-1]

    yield make
    for each in made:
        each.close()


def url(backend, front=False):
    return f"http://127.0.0.1:{backend.front if front else backend.port}"


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_all_is_well(lambda_env, backend, compression):
    peer = backend()
    environ = {**GRPC, "LULL_COMPRESSION": compression}
    run(lambda_env(endpoint=url(peer), environ=environ), otlp.traces("a", "b", pad="x" * 100_000),
        otlp.traces("c"), traces={"received": 3, "exported": 3, "possible_duplicates": 0})
    peer.close()
    assert peer.taken() == ["a", "b", "c"]


@pytest.mark.parametrize("answer", ["UNAVAILABLE:busy", "ABORTED:x", "OUT_OF_RANGE:x"])
def test_later(lambda_env, backend, answer):
    peer = backend(answer)
    run(lambda_env(endpoint=url(peer), environ=GRPC), otlp.traces("a"),
        traces={"received": 1, "exported": 1, "possible_duplicates": 0})
    peer.close()
    assert [call["answer"] for call in peer.calls] == [answer, "OK"]


def test_retry_info(lambda_env, backend, history):
    peer = backend("RETRY:2000")

    def handler(event, context):
        if event == "last":
            history.wait("backend.answer", status="OK")

    with lambda_env(handler, endpoint=url(peer), environ=GRPC) as env:
        otlp.send(env.port, otlp.traces("a"))
        for event in ("first", "second", "last"):
            assert env.invoke(event).status == "success"
            env.wait_idle()
        env.finish(traces={"received": 1, "exported": 1, "possible_duplicates": 0})
    peer.close()
    refused, taken = history.all("backend.answer")
    assert [call["answer"] for call in peer.calls] == ["RETRY:2000", "OK"]
    assert taken.time - refused.time >= 2


def test_refused(lambda_env, backend):
    peer = backend("FAILED_PRECONDITION:100% wrong, ü")
    env = lambda_env(endpoint=url(peer), environ=GRPC)
    run(env, otlp.traces("a"), traces={"received": 1, "dropped": {"refused": 1}})
    assert "FAILED_PRECONDITION: 100% wrong, ü" in said(env)


def test_too_large(lambda_env, backend):
    """Refused by its length, before it has all come."""
    peer = backend("-largest", "3000")
    names = [f"{n:02}" for n in range(16)]
    environ = {**GRPC, "LULL_COMPRESSION": "none"}
    run(lambda_env(endpoint=url(peer), environ=environ), otlp.traces(*names, pad="x" * 500),
        traces={"received": 16, "exported": 16, "possible_duplicates": 0})
    peer.close()
    assert sorted(peer.taken()) == names


@pytest.mark.parametrize("arguments", [[], ["-logs"]])
def test_unimplemented(lambda_env, backend, arguments):
    """The service, or the method alone: trailers-only."""
    peer = backend(*arguments)
    env = lambda_env(endpoint=url(peer), environ=GRPC)
    run(env, otlp.traces("a"), otlp.logs("b"), traces={"received": 1, "exported": 1},
        logs={"received": 1, "dropped": {"turned_off": 1}})
    assert "UNIMPLEMENTED: " in said(env)


@pytest.mark.parametrize("right", [True, False])
def test_unauthenticated(lambda_env, backend, right):
    peer = backend("-key", "Bearer right-key")
    key = "right" if right else "wrong"
    env = lambda_env(endpoint=url(peer),
                     environ={**GRPC, "LULL_HEADERS": f"Authorization=Bearer {key}-key"})
    run(env, otlp.traces("a"), invocations=2, traces={
        "received": 1, "exported": int(right), "dropped": int(not right)})
    assert ("UNAUTHENTICATED: who are you?" in said(env)) != right
    assert "-key" not in said(env)


@pytest.mark.parametrize("answer", ["reset", "cut"])
def test_no_whole_answer_is_a_possible_duplicate(lambda_env, backend, answer):
    peer = backend(answer)
    run(lambda_env(endpoint=url(peer, front=True), environ=GRPC), otlp.traces("a"),
        traces={"received": 1, "exported": 1, "possible_duplicates": 1})
    peer.close()
    assert [call["answer"] for call in peer.calls] == [answer, "OK"]


@pytest.mark.parametrize("status, books", [
    (503, {"exported": 1}), (401, {"exported": 1}),
    (404, {"dropped": {"turned_off": 1}}), (418, {"dropped": {"refused": 1}}),
])
def test_a_gateway_that_knows_no_grpc(lambda_env, backend, status, books):
    peer = backend(f"http:{status}")
    env = lambda_env(endpoint=url(peer, front=True), environ=GRPC)
    run(env, otlp.traces("a"), traces={"received": 1, **books})
    assert f"HTTP status {status}" in said(env)
    assert "the gateway says so" in said(env)


def test_connections_that_are_asked_to_go(lambda_env, backend):
    """GOAWAY after some milliseconds, again and again: nothing is lost, nothing is sent twice."""
    peer = backend("-age", "20ms")
    names = [f"{n}" for n in range(40)]
    with lambda_env(endpoint=url(peer), environ=GRPC) as env:
        for name in names:
            otlp.send(env.port, otlp.traces(name))
            assert env.invoke().status == "success"
            env.wait_idle()
        env.finish(traces={"received": 40, "exported": 40, "possible_duplicates": 0})
    peer.close()
    assert peer.taken() == names
    assert len({call["peer"] for call in peer.calls}) > 1


# frozen


LAZY = {"LULL_PROTOCOL": "grpc", "LULL_FLUSH": "100ms"}


def answers(peer):
    return [call["answer"] for call in peer.calls]


@pytest.mark.parametrize("arguments", [[], ["-age", "100ms"]], ids=["", "GOAWAY"])
def test_an_answer_that_comes_in_a_freeze(lambda_env, backend, history, arguments):
    """Perhaps with the server's farewell behind it: one call; the next is on another connection."""
    peer = backend(*arguments, "HELD")
    with lambda_env(endpoint=url(peer), environ=LAZY) as env:
        otlp.send(env.port, otlp.traces("a"))
        env.invoke()
        history.wait("backend.answer", status="HELD")
        env.freeze()
        peer.release()
        history.wait("backend.answer", status="OK")
        time.sleep(1.5)  # how long it is frozen, not a wait
        env.thaw()
        otlp.send(env.port, otlp.traces("b"))
        env.invoke()
        env.finish(traces={"received": 2, "exported": 2, "possible_duplicates": 0})
    peer.close()
    assert peer.taken() == ["a", "b"]
    assert answers(peer) == ["HELD", "OK", "OK"]


def test_a_connection_that_ends_in_a_freeze(lambda_env, backend, history):
    """The server waits in vain for the answer to its PING: once with a call under way, which may
    have been taken, once with none."""
    peer = backend("-silence", "1s", "HELD")
    with lambda_env(endpoint=url(peer), environ=LAZY) as env:
        otlp.send(env.port, otlp.traces("a"))
        env.invoke()
        history.wait("backend.answer", status="HELD")
        env.freeze()
        history.wait("backend.answer", status="Canceled")
        env.thaw()
        env.invoke()
        history.wait("backend.answer", status="OK")
        env.freeze()
        history.wait("backend.closed", count=2)
        env.thaw()
        otlp.send(env.port, otlp.traces("b"))
        env.invoke()
        env.finish(traces={"received": 2, "exported": 2, "possible_duplicates": 1})
    peer.close()
    assert peer.taken() == ["a", "b"]
    assert answers(peer) == ["HELD", "Canceled", "OK", "OK"]


@pytest.fixture
def secure(backend, tmp_path, authority):
    """One with TLS, and how to reach it."""
    certificate = make_certificate(tmp_path, "server", authority, "localhost")[0]
    peer = backend("-certificate", str(certificate))
    peer.environ = {**GRPC, "LULL_CERTIFICATE": str(authority[0])}
    return peer


def test_tls(lambda_env, secure):
    run(lambda_env(endpoint=f"localhost:{secure.port}", environ=secure.environ),
        otlp.traces("a", "b"), traces={"received": 2, "exported": 2, "possible_duplicates": 0})
    secure.close()
    assert secure.taken() == ["a", "b"]


def test_tls_without_http2(lambda_env, lull, secure):
    """A connection that cannot be made is UNAVAILABLE to gRPC: all is kept, and it is said once."""
    endpoint = f"localhost:{secure.front}"
    env = lambda_env(endpoint=endpoint, environ=secure.environ)
    run(env, otlp.traces("a"), otlp.traces("b"), invocations=3,
        traces={"received": 2, "exported": 0, "dropped": {"shutdown": 2}})
    code, told, _ = send(lull, LULL_ENDPOINT=endpoint, **secure.environ)
    secure.close()
    assert secure.calls == []
    warning, = [line for line in said(env).splitlines() if "could not be exported" in line]
    assert "are kept" in warning
    assert "LULL_PROTOCOL=http/protobuf: TLS connect error" in warning
    assert code == 1
    assert "no gRPC is spoken there" in told["traces"]
