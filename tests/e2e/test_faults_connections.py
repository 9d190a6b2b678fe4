"""Backends that break HTTP, TLS, or the connection. The function does not notice, and the data
arrives once there is a whole answer."""

import itertools
import threading

import pytest

import otlp
from backend import CLOSE, Sink, raw
from lambda_local import Answer
from ports import free_port
from runs import run, said
from test_tls import make_certificate

END = {"LULL_FLUSH": "end"}
BLOCK = b"x" * 65_536
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"


def endless(head, piece=BLOCK):
    return Answer(instead="close", raw=lambda: itertools.chain([head], itertools.repeat(piece)))


def invoke(env, *requests, event=None):
    """An invocation with data, until lull has asked for the next one."""
    otlp.send(env.port, *requests)
    assert env.invoke(event).status == "success"
    env.wait_idle()


@pytest.fixture
def waiting(history):
    """A handler that goes on until the backend has accepted something, for the event "wait"."""

    def handler(event, context):
        if event == "wait":
            history.wait("backend.answer", status=200)

    return handler


BROKEN = {
    "closed": CLOSE,
    "closed in the head": raw(HEAD[:20]),
    "closed after the head": raw(HEAD + b"\r\n"),
    "closed in the body": raw(HEAD + b"\r\nabc"),
    "reset in the body": raw(HEAD + b"\r\nabc", then="reset"),
    "silent in the head": raw(HEAD[:20], then="hang"),
    "silent in the body": raw(HEAD + b"\r\nabc", then="hang"),
    "endless head": endless(HEAD, b"X-More: " + b"x" * 1000 + b"\r\n"),
    "endless line": endless(b"HTTP/1.1 200 OK\r\nX-More: "),
    "endless garbage": endless(b"\x16\x03\x01"),
    "garbage": raw(b"\x00\xff garbage \r\n\r\n\r\n"),
    "another protocol": raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "no status": raw(b"HTTP/1.1 \r\n\r\n"),
    "only an interim answer": raw(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "another protocol from now on": raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    "chunks of no size": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "half a chunk": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc"),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_what_is_no_whole_answer_is_none(lambda_env, sink, history, waiting, answer):
    """The data is kept and sent again, and as the backend may have had it, that is counted."""
    good, sink.answer = sink.answer, answer
    with lambda_env(waiting, endpoint=sink.url, environ=END) as env:
        invoke(env, otlp.traces("first"))
        assert sink.requests
        sink.answer = good
        invoke(env, otlp.traces("second"), event="wait")
        env.finish(traces={"received": 2, "exported": 2, "possible_duplicates": 1})
    assert sorted(sink.names()) == ["first", "second"]
    assert history.all("process.killed", name="lull") == []


WHOLE = {
    "200 with nothing": raw(b"HTTP/1.1 200 OK\r\n\r\n"),
    "200 until it is closed": raw(b"HTTP/1.1 200 OK\r\n\r\n", b"ok"),
    "200 of HTTP/1.0": raw(b"HTTP/1.0 200 OK\r\n\r\n"),
    "200 without words": raw(b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
    "200 by lines of Unix": raw(b"HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
    "200 byte by byte": raw(*(bytes([b]) for b in HEAD + b"\r\n0123456789")),
    "204 with nothing": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "200 after interim answers": raw(b"HTTP/1.1 100 Continue\r\n\r\n",
                                     b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
                                     b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "200 and a body without end": endless(b"HTTP/1.1 200 OK\r\n\r\n"),
    "200 and chunks without end": endless(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + BLOCK + b"\r\n"),
    "200 and garbage after it": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n\x00\xff" * 2),
}


@pytest.mark.parametrize("answer", WHOLE.values(), ids=WHOLE)
def test_what_is_odd_but_whole_is_an_answer(lambda_env, sink, answer):
    """Nothing is sent twice."""
    sink.answer = answer
    with lambda_env(endpoint=sink.url, environ=END) as env:
        for name in ("first", "second"):
            invoke(env, otlp.traces(name))
        env.finish(traces={"received": 2, "exported": 2, "possible_duplicates": 0})
    assert [r.items()[0]["name"] for r in sink.requests] == ["first", "second"]


@pytest.mark.parametrize("status, dropped", [(400, {"refused": 1}), (503, {})])
def test_an_error_without_end_is_cut(lambda_env, sink, history, waiting, status, dropped):
    """It means what its status says."""
    sink.script(endless(b"HTTP/1.1 %d Oh no\r\n\r\n" % status, b"oh no " * 10_000))
    env = lambda_env(waiting, endpoint=sink.url, environ=END)
    with env:
        invoke(env, otlp.traces("first"))
        invoke(env, otlp.traces("second"), event="wait")
        exported = 2 - len(dropped)
        env.finish(traces={"received": 2, "exported": exported, "dropped": dropped})
    assert sorted(sink.names()) == ["first", "second"][-exported:]
    assert max(map(len, said(env).splitlines())) < 2000


# no connection


def test_nobody_listens_for_long(lambda_env, history, waiting):
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    with lambda_env(waiting, endpoint=endpoint, environ=END) as env:
        for number in range(20):
            invoke(env, otlp.traces(f"{number}"), otlp.logs(f"{number}"))
        backend = Sink(history, port=port)
        otlp.send(env.port, otlp.traces("20"))
        invoke(env, event="wait")
        env.finish(traces={"received": 21, "exported": 21, "possible_duplicates": 0},
                   logs={"received": 20, "exported": 20, "possible_duplicates": 0})
    backend.close()
    assert sorted(backend.names(), key=int) == [f"{n}" for n in range(21)]
    assert sorted(backend.names("logs"), key=int) == [f"{n}" for n in range(20)]
    # One line a signal, however often it failed.
    assert said(env).count("could not be exported") == 2


def test_nobody_ever_listens(lambda_env):
    env = lambda_env(endpoint=f"http://127.0.0.1:{free_port()}", environ=END)
    run(env, otlp.traces("a", "b"), otlp.logs("c"), otlp.metrics("m", 1.0), invocations=3,
        traces={"received": 2, "exported": 0}, logs={"received": 1, "exported": 0},
        metrics={"received": 1, "exported": 0})


def test_connections_that_end_at_once(lambda_env, sink, waiting):
    """Before anything could be sent, as of a proxy without a backend behind it: nothing of it can
    have arrived."""
    def turn_away(connection):
        turned_away.append(connection)
        raise ConnectionError

    turned_away = []
    sink.server.on_connection = turn_away
    with lambda_env(waiting, endpoint=sink.url, environ=END) as env:
        for name in ("first", "second"):
            invoke(env, otlp.traces(name))
        assert turned_away
        assert sink.requests == []
        sink.server.on_connection = lambda connection: None
        invoke(env, event="wait")
        env.finish(traces={"received": 2, "exported": 2})
    assert sorted(sink.names()) == ["first", "second"]


# TLS


@pytest.fixture
def secure(history, tmp_path):
    """A backend with a certificate that `environ` trusts."""
    authority = make_certificate(tmp_path, "ca")
    backend = Sink(history,
                   certificate=make_certificate(tmp_path, "server", authority, "localhost")[0])
    backend.environ = {**END, "LULL_CERTIFICATE": str(authority[0])}
    yield backend
    backend.close()


def test_a_handshake_that_never_ends(lambda_env, secure, waiting):
    go_on = threading.Event()
    secure.server.on_connection = lambda connection: go_on.wait(60)
    with lambda_env(waiting, endpoint=secure.url, environ=secure.environ) as env:
        for name in ("first", "second"):
            invoke(env, otlp.traces(name))
        assert secure.requests == []
        go_on.set()
        invoke(env, event="wait")
        env.finish(traces={"received": 2, "exported": 2, "possible_duplicates": 0})
    assert sorted(secure.names()) == ["first", "second"]


def test_a_handshake_that_never_ends_at_shutdown(lambda_env, secure):
    go_on = threading.Event()
    secure.server.on_connection = lambda connection: go_on.wait(60)
    environ = {**secure.environ, "LULL_FLUSH_BUDGET": "300ms"}
    run(lambda_env(endpoint=secure.url, environ=environ), otlp.traces("span"),
        traces={"received": 1, "exported": 0})
    go_on.set()


def test_no_tls_where_it_should_be(lambda_env, sink):
    """And nothing is sent in the clear instead."""
    env = lambda_env(endpoint=sink.url.replace("http:", "https:"), environ=END)
    run(env, otlp.traces("span"), invocations=3, traces={"received": 1, "exported": 0})
    assert sink.requests == []
    assert said(env).count("could not be exported") == 1


def test_tls_where_none_should_be(lambda_env, secure):
    env = lambda_env(endpoint=secure.url.replace("https:", "http:"), environ=secure.environ)
    run(env, otlp.traces("span"), invocations=3, traces={"received": 1, "exported": 0})
    assert secure.requests == []
    assert said(env).count("could not be exported") == 1
