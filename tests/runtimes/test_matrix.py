"""Every dialect of OTLP in, every one out: what reaches a Collector through lull is what the same
SDK sends to it directly, item by item.

Each SDK speaks HTTP with protobuf, HTTP with JSON and gRPC, plain and gzip. JSON is in Python (a
package of its own), in Node, in Java (its own exporter, by a way into it that is no API), and in Go
for traces alone, whose exporters of metrics and logs have no JSON: they stay protobuf then. All
cells of a language are orders to one process of its function, each with an SDK of its own; what was
really spoken is overheard on both sides of lull."""

from itertools import product

import pytest

import content
import functions
from collector import Collector
from lambda_local import History, LambdaEnvironment
from ports import free_port
from tap import Tap
from test_content import check_books, check_same, check_whole, collectors

__all__ = ["collectors"]

PROTOCOLS = ("http/protobuf", "http/json", "grpc")
COMPRESSIONS = ("gzip", "none")
CELLS = [f"{protocol} {compression}" for protocol, compression in product(PROTOCOLS, COMPRESSIONS)]
PROTOBUF_BESIDE = {("go", "http/json")}
OUT = ("http/protobuf", "grpc", "http/json")

# The first time, functions are built: minutes on an empty cache.
pytestmark = pytest.mark.timeout(900)


def speaks(language, cell):
    """What is overheard of such a cell."""
    protocol, compression = cell.split()
    protocols = {protocol, "http/protobuf"} if (language, protocol) in PROTOBUF_BESIDE \
        else {protocol}
    return {(each, compression) for each in protocols}


def settings(protocol, compression, http_port, grpc_port):
    port = grpc_port if protocol == "grpc" else http_port
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_COMPRESSION": "" if compression == "none" else compression}


def order_all(env, language, http_port, grpc_port):
    """An order for each cell: one that fails has all that the others have. Both ports are behind a
    Tap. Returns the request ids."""
    taps = [Tap(http_port), Tap(grpc_port)]
    calls = []
    for cell in CELLS:
        calls.append(env.invoke({"order": "ü", "error": "no money", "cell": cell,
                                 **settings(*cell.split(), *(tap.port for tap in taps))}))
        env.wait_idle()
        assert calls[-1].status == "error", calls[-1].response
        heard = {request for tap in taps for request in tap.requests()}
        assert heard == speaks(language, cell), cell
    for tap in taps:
        tap.close()
    return [call.request_id for call in calls]


@pytest.fixture(scope="session")
def direct(function, collector_binary, tmp_path_factory):
    """By cell, what a Collector has got from the function without lull."""
    collector = Collector(collector_binary, tmp_path_factory.mktemp("direct"), free_port())
    usual = settings("http/protobuf", "none", collector.port, collector.grpc_port)
    try:
        with LambdaEnvironment([], environ=usual, history=History(), **function.options()) as env:
            requests = order_all(env, function.language, collector.port, collector.grpc_port)
            env.shutdown()
    finally:
        collector.stop()
    found = content.by_cell(content.read(collector.output, requests))
    assert set(found) == set(CELLS)
    for each in found.values():
        check_whole(each, orders=1, failed=1)
    return found


@pytest.mark.parametrize("out", OUT)
@pytest.mark.parametrize("function", functions.LANGUAGES, indirect=True)
def test_whatever_is_spoken(function, out, direct, collectors, lambda_env):
    collector = collectors("through")
    backend = Tap(collector.grpc_port if out == "grpc" else collector.port)
    env = lambda_env(endpoint=backend.url, freeze=True, environ={"LULL_PROTOCOL": out},
                     **function.options())
    env.settings.environ.update(settings("http/protobuf", "none", env.port, env.grpc_port))
    with env:
        requests = order_all(env, function.language, env.port, env.grpc_port)
        books = env.finish()
    collector.stop()
    assert set(backend.requests()) == {(out, "gzip")}
    through = content.read(collector.output, requests)
    check_books(books, through)
    found = content.by_cell(through)
    assert found.keys() == direct.keys()
    for cell, sent in direct.items():
        for signal, items in sent.signals().items():
            check_same(f"{cell}: {signal}", items, found[cell].signals()[signal])
