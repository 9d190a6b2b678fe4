"""OTLP/HTTP on localhost: what is refused, and how it is said."""

import contextlib
import gzip
import socket

import pytest

import otlp
from wire import LIMIT, MEBI, MESSAGES, TRACES, Wire, assert_refused, chunks, head


@pytest.fixture
def env(lambda_env, sink):
    with lambda_env(endpoint=sink.url) as env:
        yield env


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
    for what, words in (
        ("text/plain", b"application/x-protobuf and application/json"),
        ("application/x-protobuffer", b"application/x-protobuf and application/json"),
        ("br", b"gzip and identity"), ("deflate", b"gzip and identity"),
        ("zstd", b"gzip and identity"), ("gzip, br", b"gzip and identity"),
    ):
        name = "Content-Type" if "/" in what else "Content-Encoding"
        reply = otlp.post(env.port, "/v1/traces", TRACES, {name: what})
        accepted = assert_refused(reply, 415).get("accept-encoding")
        assert words in reply.body
        assert accepted == ("gzip, identity" if name == "Content-Encoding" else None)
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
