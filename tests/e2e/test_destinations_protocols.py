"""LULL_CONFIG with every protocol side by side, and with two that hang beside one that lives."""

import pytest

import otlp
from backend import HANG
from grpc_backend import GrpcSink
from h2_backend import H2Backend
from runs import invoke_with_span, said
from spools import invoke, numbers
from test_destinations import config

END = {"LULL_FLUSH": "end"}


@pytest.fixture
def peer(history):
    backend = GrpcSink(history)
    yield backend
    backend.close()


def without_resource(items):
    return [{key: value for key, value in item.items() if key != "resource"} for item in items]


def test_every_protocol_side_by_side(lambda_env, sink, peer, collector):
    """Of the same bytes each gets its form: a server of grpcio, a script, and the Collector."""
    destinations = config(
        grpc={"endpoint": peer.url, "protocol": "grpc", "headers": {"x-key": "1"}},
        protobuf={"endpoint": sink.url, "protocol": "http/protobuf", "compression": "none"},
        json={"endpoint": f"http://127.0.0.1:{collector.port}", "protocol": "http/json"})
    sent = {"traces": [otlp.traces("a", "b", note="ü", count=2**60), otlp.traces("c")],
            "logs": [otlp.logs("d", flag=True)], "metrics": [otlp.metrics("m", 1.5, 2.5)]}
    wanted = {signal: [item for request in requests for item in otlp.ITEMS[signal](request)]
              for signal, requests in sent.items()}
    books = {signal: {"received": len(items), "exported": len(items), "dropped": {},
                      "possible_duplicates": 0} for signal, items in wanted.items()}
    environ = {**END, "LULL_FLUSH_BUDGET": "20s", "LULL_CONFIG": destinations}
    with lambda_env(environ=environ) as env:
        otlp.send(env.port, *(request for requests in sent.values() for request in requests))
        invoke(env)
        env.finish(grpc=books, protobuf=books, json=books)
    for signal, items in wanted.items():
        for backend in (peer, sink, collector):
            assert without_resource(backend.items(signal)) == without_resource(items)
    assert {call.metadata.get("x-key") for call in peer.calls} == {"1"}
    assert {(r.headers["Content-Type"], r.headers["x-key"]) for r in sink.requests} == {
        ("application/x-protobuf", None)}


def test_two_that_hang_beside_one_that_lives(lambda_env, sink, peer):
    """No invocation waits for them (their requests may take ten minutes), nor does the live one,
    which has each span when its invocation is over; and SHUTDOWN is over in time."""
    sink.answer = HANG
    hanging = H2Backend(*[lambda stream: []] * 100)
    destinations = config(
        http={"endpoint": sink.url, "timeout": "10m"},
        grpc={"endpoint": hanging.url, "protocol": "grpc", "timeout": "10m", "compression": "none",
              "signals": ["traces"]},
        live={"endpoint": peer.url, "protocol": "grpc"})
    names = numbers(0, 6)
    environ = {**END, "LULL_FLUSH_BUDGET": "1s", "LULL_CONFIG": destinations}
    with lambda_env(environ=environ) as env:
        for number, name in enumerate(names):
            invoke_with_span(env, name)
            assert peer.names() == names[: number + 1]
        otlp.send(env.port, otlp.logs("line"))
        lost = {"received": 6, "exported": 0, "dropped": {"shutdown": 6}}
        env.finish(grpc={"traces": lost}, live={
            "traces": {"received": 6, "exported": 6, "possible_duplicates": 0},
            "logs": {"received": 1, "exported": 1},
        }, http={"traces": lost, "logs": {"received": 1, "dropped": {"shutdown": 1}}})
    hanging.close()
    assert peer.names("logs") == ["line"]
    assert sink.requests and hanging.names
    for name in ("http", "grpc"):
        assert said(env).count(f"items of traces for {name} could not be exported") == 1
