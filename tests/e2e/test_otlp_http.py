"""OTLP/HTTP on localhost: what is taken, what is refused, and how it is said."""

import contextlib
import gzip
import os
import socket
import threading

import pytest
from google.rpc.status_pb2 import Status

import otlp

MEBI = 1 << 20
LIMIT = 20 * MEBI
MESSAGES = {
    "traces": otlp.traces("one", "two", kind="test"),
    "logs": otlp.logs("one", "two", kind="test"),
    "metrics": otlp.metrics("one", 1.0, 2.0, kind="test"),
}
TRACES = MESSAGES["traces"].SerializeToString()
PROTOBUF = "Content-Type: application/x-protobuf\r\n"


@pytest.fixture
def env(lambda_env, sink):
    with lambda_env(endpoint=sink.url) as env:
        yield env


class Wire:
    """A connection of bytes."""

    def __init__(self, port, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()
        self.socket.close()

    def send(self, *parts):
        for part in parts:
            self.socket.sendall(part.encode() if isinstance(part, str) else part)

    def answer(self):
        """The next answer on the connection."""
        status = int(self.file.readline().split()[1])
        headers = {}
        while (line := self.file.readline().strip()):
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        if status == 100:
            return otlp.Reply(status, headers, b"")
        return otlp.Reply(status, headers, self.file.read(int(headers["content-length"])))

    def closed(self):
        try:
            return self.file.read(1) == b""
        except ConnectionError:
            return True


def head(length=None, path="/v1/traces", extra="", method="POST"):
    size = "" if length is None else f"Content-Length: {length}\r\n"
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{PROTOBUF}{size}{extra}\r\n"


def chunks(body, size=7):
    for start in range(0, len(body), size):
        part = body[start : start + size]
        yield f"{len(part):x}\r\n".encode() + part + b"\r\n"
    yield b"0\r\n\r\n"


def assert_refused(reply, status):
    """Error bodies are protobuf google.rpc.Status with a message for people."""
    headers = {name.lower(): text for name, text in dict(reply.headers).items()}
    assert reply.status == status, (reply.status, reply.body)
    assert headers["content-type"] == "application/x-protobuf"
    assert Status.FromString(reply.body).message
    return headers


# what is taken


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("signal", otlp.SIGNALS)
def test_taken(env, sink, signal, framing, coding):
    body = MESSAGES[signal].SerializeToString()
    if coding == "gzip":
        body = gzip.compress(body)
    encoding = f"Content-Encoding: {coding}\r\n" if coding == "gzip" else ""
    path = f"/v1/{signal}"
    with Wire(env.port) as wire:
        if framing == "length":
            wire.send(head(len(body), path, encoding), body)
        else:
            wire.send(head(None, path, encoding + "Transfer-Encoding: chunked\r\n"), *chunks(body))
        reply = wire.answer()
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/x-protobuf"
    response = otlp.RESPONSES[signal].FromString(reply.body)
    assert not response.partial_success.ByteSize()
    env.invoke()
    env.finish(**{signal: {"received": 2, "exported": 2}})
    assert len(sink.items(signal)) == 2


def test_a_connection_serves_many(env, sink):
    with Wire(env.port) as wire:
        for number in range(3):
            body = otlp.traces(f"kept {number}").SerializeToString()
            wire.send(head(len(body)), body)
            assert wire.answer().status == 200
        pipelined = []
        for number in range(3):
            body = otlp.logs(f"piped {number}").SerializeToString()
            pipelined += [head(len(body), "/v1/logs").encode(), body]
        wire.send(b"".join(pipelined))
        assert [wire.answer().status for _ in range(3)] == [200] * 3
    env.invoke()
    env.finish(traces={"received": 3}, logs={"received": 3})
    assert sink.names() == [f"kept {n}" for n in range(3)]
    assert sink.names("logs") == [f"piped {n}" for n in range(3)]


def test_a_mistake_does_not_end_a_connection(env):
    with Wire(env.port) as wire:
        wire.send(head(7), b"garbage", head(len(TRACES)), TRACES, head(method="GET"))
        assert [wire.answer().status for _ in range(3)] == [400, 200, 405]
        wire.send(head(len(TRACES)), TRACES)
        assert wire.answer().status == 200
    env.finish(traces={"received": 4})


def test_a_refusal_reaches_a_client_that_is_still_sending(env):
    """The server may give the connection up, but not so that the answer is lost."""
    for path, status in (("/nowhere", 404), ("/v1/traces", 413)):
        for _ in range(20):
            reply = otlp.post(env.port, path, b"\0" * (LIMIT + MEBI))
            assert_refused(reply, status)
    env.finish(traces={"received": 0})


def test_connection_close_and_http_1_0(env):
    with Wire(env.port) as wire:
        wire.send(head(len(TRACES), extra="Connection: close\r\n"), TRACES)
        assert wire.answer().status == 200
        assert wire.closed()
    with Wire(env.port) as wire:
        wire.send(f"POST /v1/traces HTTP/1.0\r\n{PROTOBUF}Content-Length: {len(TRACES)}\r\n\r\n",
                  TRACES)
        assert wire.answer().status == 200
        assert wire.closed()
    env.finish(traces={"received": 4})


def test_expect_100_continue(env):
    with Wire(env.port) as wire:
        wire.send(head(len(TRACES), extra="Expect: 100-continue\r\n"))
        assert wire.answer().status == 100
        wire.send(TRACES)
        assert wire.answer().status == 200
    env.finish(traces={"received": 2})


def test_byte_by_byte(env):
    request = head(len(TRACES)).encode() + TRACES
    chunked = head(None, extra="Transfer-Encoding: chunked\r\n").encode() + b"".join(chunks(TRACES))
    with Wire(env.port) as wire:
        for data in (request, chunked):
            wire.send(*(data[at : at + 1] for at in range(len(data))))
            assert wire.answer().status == 200
    env.finish(traces={"received": 4})


def test_a_content_type_may_have_parameters_and_any_case(env):
    for kind in ("application/x-protobuf; charset=utf-8", "Application/X-Protobuf"):
        assert otlp.post(env.port, "/v1/traces", TRACES, {"Content-Type": kind}).status == 200
    env.finish(traces={"received": 4})


def test_an_empty_request_is_valid(env):
    assert otlp.post(env.port, "/v1/traces", b"").status == 200
    env.finish(traces={"received": 0})


def test_ipv6_loopback(env):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no ::1 on this machine")
    with Wire(env.port, "::1") as wire:
        wire.send(head(len(TRACES)), TRACES)
        assert wire.answer().status == 200
    env.finish(traces={"received": 2})


def test_many_at_once(env, sink):
    failures = []

    def client(number):
        try:
            otlp.send(env.port, *(otlp.traces(f"{number}.{n}") for n in range(10)))
        except (AssertionError, OSError) as error:
            failures.append(error)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    env.invoke()
    env.finish(traces={"received": 200, "exported": 200})
    assert sorted(sink.names()) == sorted(f"{m}.{n}" for m in range(20) for n in range(10))


# what is refused


def test_unknown_path(env):
    for path in ("/", "/v1", "/v1/profiles", "/v1/traces/more", "/V1/traces"):
        assert_refused(otlp.post(env.port, path, TRACES), 404)
    env.finish(traces={"received": 0})


def test_wrong_method(env):
    for method in ("GET", "PUT", "DELETE"):
        reply = otlp.post(env.port, "/v1/traces", None, method=method)
        assert assert_refused(reply, 405)["allow"] == "POST"
    env.finish(traces={"received": 0})


def test_wrong_content_type_or_encoding(env):
    for headers in (
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-protobuffer"},
        {"Content-Encoding": "br"},
        {"Content-Encoding": "gzip, br"},
    ):
        assert_refused(otlp.post(env.port, "/v1/traces", TRACES, headers), 415)
    env.finish(traces={"received": 0})


def nested(depth):
    """A log record whose body is `depth` kvlists deep."""
    value = "bottom"
    for _ in range(depth):
        value = {"k": value}
    return otlp.logs(value)


BAD_BODIES = {
    "garbage": ("traces", b"\xff" * 40),
    "text": ("logs", b"hello, this is no protobuf"),
    "truncated": ("traces", TRACES[:-3]),
    "length beyond the end": ("traces", b"\x0a\xff\xff\xff\xff\x0f"),
    "traces as logs": ("logs", TRACES),
    "logs as traces": ("traces", MESSAGES["logs"].SerializeToString()),
    "metrics as logs": ("logs", MESSAGES["metrics"].SerializeToString()),
    "too deep": ("logs", nested(101).SerializeToString()),
    "field number 0": ("traces", b"\x02\x00"),
    "group that never ends": ("traces", b"\xa3\x06"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_invalid_message(env, name):
    signal, body = BAD_BODIES[name]
    assert_refused(otlp.post(env.port, f"/v1/{signal}", body), 400)
    env.finish(traces={"received": 0}, logs={"received": 0})


def test_deep_but_allowed(env, sink):
    otlp.send(env.port, nested(20))
    env.invoke()
    env.finish(logs={"received": 1, "exported": 1})
    assert sink.items("logs")[0]["body"] == otlp.log_records(nested(20))[0]["body"]


def test_broken_gzip(env):
    good = gzip.compress(TRACES)
    for body in (b"not gzip", good[:-5], good[:20], good[:-8] + b"\0" * 8):
        reply = otlp.post(env.port, "/v1/traces", body, {"Content-Encoding": "gzip"})
        assert_refused(reply, 400)
    env.finish(traces={"received": 0})


def test_too_large_by_length_is_refused_before_the_body(env):
    with Wire(env.port) as wire:
        wire.send(head(LIMIT + 1))
        assert_refused(wire.answer(), 413)
    with Wire(env.port) as wire:
        wire.send(head(LIMIT + 1, extra="Expect: 100-continue\r\n"))
        assert_refused(wire.answer(), 413)
    otlp.send(env.port, MESSAGES["traces"])
    env.finish(traces={"received": 2})


def test_too_large_in_chunks(env):
    with Wire(env.port) as wire:
        wire.send(head(None, extra="Transfer-Encoding: chunked\r\n"))
        # The refusal may come, and the connection go, while this is still sending.
        with contextlib.suppress(ConnectionError):
            for chunk in chunks(b"\0" * (LIMIT + MEBI), MEBI):
                wire.send(chunk)
        assert_refused(wire.answer(), 413)
    env.finish(traces={"received": 0})


def test_too_large_after_decompression(env):
    bomb = gzip.compress(b"\0" * (LIMIT + MEBI))
    reply = otlp.post(env.port, "/v1/traces", bomb, {"Content-Encoding": "gzip"})
    assert_refused(reply, 413)
    env.finish(traces={"received": 0})


@pytest.mark.parametrize("text", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST /v1/traces HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/traces HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST /v1/traces HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /v1/traces HTTP/1.1\r\nX: " + b"x" * MEBI + b"\r\n\r\n",
])
def test_what_is_no_http_ends_its_connection_only(env, text):
    with Wire(env.port) as wire:
        with contextlib.suppress(ConnectionError):
            wire.send(text)
        wire.socket.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            answer = wire.file.read()
            assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")), answer
    otlp.send(env.port, MESSAGES["traces"])
    env.finish(traces={"received": 2})


# what others suffer from one


def test_invalid_utf8_travels_alone(env, sink):
    bad = otlp.traces("badbadbad").SerializeToString().replace(b"badbadbad", b"bad\xff\xfebad\xc0")
    otlp.send(env.port, otlp.traces("before"))
    assert otlp.post(env.port, "/v1/traces", bad).status == 200
    otlp.send(env.port, otlp.traces("after"))
    env.invoke()
    env.finish(traces={"received": 3, "exported": 3})
    bodies = [request.body for request in sink.requests]
    alone = [body for body in bodies if b"bad\xff\xfebad\xc0" in body]
    assert len(alone) == 1
    assert b"before" not in alone[0]
    assert b"after" not in alone[0]
    others = b"".join(body for body in bodies if body is not alone[0])
    assert others.count(b"before") == others.count(b"after") == 1


def test_half_sent_bodies_do_not_block_others(env, sink):
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            wire = stack.enter_context(Wire(env.port))
            wire.send(head(len(TRACES)), TRACES[: len(TRACES) // 2])
        half_head = stack.enter_context(Wire(env.port))
        half_head.send("POST /v1/tra")
        otlp.send(env.port, otlp.traces("whole"))
        env.invoke()
        env.wait_idle()
        assert sink.names() == ["whole"]
        env.finish(traces={"received": 1, "exported": 1})


def test_half_sent_large_bodies_are_bounded_together(env):
    """Eight clients send almost all of 20 MiB: memory stays bounded and small posts are served."""
    part = b"\0" * MEBI
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            wire = stack.enter_context(Wire(env.port))
            wire.socket.settimeout(0.5)
            wire.send(head(LIMIT))
            with contextlib.suppress(OSError):  # refused, or not read any further
                for _ in range(19):
                    wire.send(part)
        otlp.send(env.port, otlp.traces("small"))
        assert resident_bytes(env.extension().process.pid) < 80 * MEBI
    env.finish(traces={"received": 1})


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
