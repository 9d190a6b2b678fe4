"""gRPC backends that say what no gRPC backend should: what becomes of data, and of memory."""

import itertools
import ssl

import pytest

import otlp
from h2_backend import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    RST_STREAM,
    H2Backend,
    fields,
    frame,
    head,
    message,
    taken,
    trailers,
)
from runs import run, said
from test_memory import memory
from test_tls import authority, make_certificate

__all__ = ["authority"]

GRPC = {"LULL_PROTOCOL": "grpc", "LULL_FLUSH": "end", "LULL_FLUSH_BUDGET": "20s",
        "LULL_COMPRESSION": "none"}
BLOCK = b"x" * 16_384
MB = 1 << 20


@pytest.fixture
def backend():
    made = []

    def make(*answers, **options):
        made.append(H2Backend(*answers, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def html(stream, status):
    return head(stream, _status=status, content_type="text/html")


def endless(*begin, piece):
    return itertools.chain(begin, itertools.repeat(piece))


NO_ANSWER = {
    "no trailers": lambda s: [head(s), message(s, end=True)],
    "trailers without a status": lambda s: [head(s), message(s), trailers(s, x_more="x")],
    "trailers-only without a status": lambda s: [head(s, end=True)],
    "reset by CANCEL": lambda s: [head(s), frame(RST_STREAM, 0, s, (8).to_bytes(4, "big"))],
    "a message without end": lambda s: endless(head(s), piece=frame(DATA, 0, s, BLOCK)),
    "fields without end": lambda s: endless(
        frame(HEADERS, 0, s, fields(_status=200)),
        piece=frame(CONTINUATION, 0, s, fields(x_more="x" * 1000))),
    "interim answers without end": lambda s: endless(
        piece=frame(HEADERS, END_HEADERS, s, fields(_status=103, link="x" * 1000))),
    "trailers without end": lambda s: endless(
        head(s), frame(HEADERS, END_STREAM, s, fields(grpc_status=0)),
        piece=frame(CONTINUATION, 0, s, fields(x_more="x" * 1000))),
    "fields that cannot be decoded": lambda s: [
        frame(HEADERS, END_HEADERS | END_STREAM, s, b"\xff" * 10)],
    "no frame": lambda s: [b"\xff" * 64],
    "a head that is too late": lambda s: [message(s), *taken(s)],
}


@pytest.mark.parametrize("answer", NO_ANSWER.values(), ids=NO_ANSWER)
def test_what_is_no_whole_answer_is_none(lambda_env, backend, answer):
    """Kept and sent again; the backend may have had it. However much comes, little is kept."""
    peer = backend(answer)
    with lambda_env(endpoint=peer.url, environ=GRPC) as env:
        otlp.send(env.port, otlp.traces("a"))
        assert env.invoke().status == "success"
        env.wait_idle()
        most = memory(env, "VmHWM")
        env.finish(traces={"received": 1, "exported": 1, "possible_duplicates": 1})
    assert peer.names == ["a", "a"]
    assert most < 8 * MB
    assert peer.written < 64 * MB


UNDERSTOOD = {
    "a status before the message": lambda s: [head(s, grpc_status=0), message(s, end=True)],
    "a message that is none": lambda s: [
        head(s), frame(DATA, 0, s, b"\xff" * 100), trailers(s, grpc_status=0)],
    "a message that is no response": lambda s: [
        head(s), message(s, b"\xff" * 100), trailers(s, grpc_status=0)],
    "a frame of no known type": lambda s: [frame(0x77, 0, s, b"x" * 50), *taken(s)],
    "interim answers": lambda s: [
        frame(HEADERS, END_HEADERS, s, fields(_status=103, link="x")), *taken(s)],
    "GOAWAY after this one": lambda s: [
        frame(GOAWAY, 0, 0, s.to_bytes(4, "big") + bytes(4)), *taken(s)],
}


@pytest.mark.parametrize("answer", UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_what_is_odd_but_says_ok_is_an_answer(lambda_env, backend, answer):
    peer = backend(answer, answer)
    with lambda_env(endpoint=peer.url, environ=GRPC) as env:
        for name in "ab":
            otlp.send(env.port, otlp.traces(name))
            assert env.invoke().status == "success"
            env.wait_idle()
        env.finish(traces={"received": 2, "exported": 2, "possible_duplicates": 0})
    assert peer.names == ["a", "b"]
    assert "could not be exported" not in said(env)


# What is no gRPC means what its HTTP status says (gRPC, "HTTP to gRPC Status Code Mapping"), and
# UNKNOWN is not to be sent again (OTLP/gRPC).
WORDS = {
    "200 with text": (lambda s: [html(s, 200), frame(DATA, END_STREAM, s, b"welcome")],
                      "UNKNOWN: HTTP status 200", "welcome", {"dropped": {"refused": 1}}),
    "200 of no type": (lambda s: [frame(HEADERS, END_HEADERS | END_STREAM, s, fields(_status=200))],
                       "UNKNOWN: HTTP status 200", "LULL_PROTOCOL", {"dropped": {"refused": 1}}),
    "a status that is none": (lambda s: [head(s), message(s), trailers(s, grpc_status="fine")],
                              "UNKNOWN", "", {"dropped": {"refused": 1}}),
    "502 with text": (lambda s: [html(s, 502), frame(DATA, END_STREAM, s, b"oh no")],
                      "UNAVAILABLE: HTTP status 502", "oh no",
                      {"exported": 1, "possible_duplicates": 1}),
    "502 with text without end": (lambda s: endless(html(s, 502), piece=frame(DATA, 0, s, BLOCK)),
                                  "UNAVAILABLE: HTTP status 502", "xxx",
                                  {"exported": 1, "possible_duplicates": 1}),
    "trailers-only": (lambda s: [head(s, end=True, grpc_status=14, grpc_message="busy" * 1000)],
                      "UNAVAILABLE: busybusy", "", {"exported": 1, "possible_duplicates": 0}),
}


@pytest.mark.parametrize("answer, status, text, books", WORDS.values(), ids=WORDS)
def test_what_is_no_success_is_said(lambda_env, backend, answer, status, text, books):
    peer = backend(answer)
    env = lambda_env(endpoint=peer.url, environ=GRPC)
    run(env, otlp.traces("a"), traces={"received": 1, **books})
    warning, = [line for line in said(env).splitlines() if "could not be exported" in line]
    assert status in warning and text in warning
    assert len(warning) < 1000
    assert peer.names == ["a"] * (1 + books.get("exported", 0))
    assert peer.written < 64 * MB


# TLS


def context(certificate, *protocols):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    if protocols:
        made.set_alpn_protocols(protocols)
    return made


@pytest.mark.parametrize("protocols", [["h2"], ["http/1.1", "h2"], []])
def test_http2_is_chosen_by_tls_or_by_nobody(
    lambda_env, backend, tmp_path, authority, protocols
):
    """Where TLS ends at a balancer that knows no ALPN, too."""
    certificate = make_certificate(tmp_path, "server", authority, "localhost")[0]
    peer = backend(tls=context(certificate, *protocols))
    env = lambda_env(endpoint=peer.url, environ={**GRPC, "LULL_CERTIFICATE": str(authority[0])})
    run(env, otlp.traces("a"), traces={"received": 1, "exported": 1, "possible_duplicates": 0})
    assert peer.names == ["a"]
