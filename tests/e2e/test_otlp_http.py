"""OTLP/HTTP on localhost: what is taken, and that nobody suffers from another."""

import contextlib
import gzip
import os
import socket
import threading

import pytest

import otlp
from wire import LIMIT, MEBI, MESSAGES, PROTOBUF, TRACES, Wire, assert_refused, chunks, head


@pytest.fixture
def env(lambda_env, sink):
    with lambda_env(endpoint=sink.url) as env:
        yield env


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


def test_gzip_in_its_lesser_known_forms(env, sink):
    """Several members make one body (RFC 1952); the coding has an old name and any case."""
    one, two = (otlp.traces(name).SerializeToString() for name in ("one", "two"))
    for coding, body in (("gzip", gzip.compress(one) + gzip.compress(two)),
                         ("GZIP", gzip.compress(one)), ("x-gzip", gzip.compress(one))):
        reply = otlp.post(env.port, "/v1/traces", body, {"Content-Encoding": coding})
        assert reply.status == 200
    env.invoke()
    env.finish(traces={"received": 4, "exported": 4})
    assert sink.names() == ["one", "two", "one", "one"]


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


def test_a_thousand_idle_connections_keep_nobody_out(env):
    with contextlib.ExitStack() as stack:
        for _ in range(1200):  # more than a process in Lambda may have open
            stack.enter_context(socket.create_connection(("127.0.0.1", env.port), timeout=30))
        otlp.send(env.port, otlp.traces("span"))
        assert env.invoke().status == "success"
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
