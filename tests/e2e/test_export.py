"""Export to the backend: how, and where to."""


import pytest

import otlp
from backend import Sink
from ports import free_port
from runs import run, said

PROTOBUF = "application/x-protobuf"


# how


@pytest.mark.parametrize("environ, coding", [
    ({}, "gzip"), ({"LULL_COMPRESSION": "gzip"}, "gzip"), ({"LULL_COMPRESSION": "none"}, None),
    ({"OTEL_EXPORTER_OTLP_COMPRESSION": "none"}, None),
    ({"OTEL_EXPORTER_OTLP_COMPRESSION": "none", "LULL_COMPRESSION": "gzip"}, "gzip"),
])
def test_compression(lambda_env, sink, environ, coding):
    run(lambda_env(endpoint=sink.url, environ=environ), otlp.traces("span"),
        traces={"received": 1, "exported": 1})
    request, = sink.requests
    assert request.headers.get("Content-Encoding") == coding
    assert request.headers["Content-Type"] == PROTOBUF
    assert request.headers.get("Expect") is None
    assert sink.names() == ["span"]


def test_a_large_item_goes_as_it_is(lambda_env, sink):
    """Its compression would keep the loop for milliseconds, in which no POST is answered."""
    run(lambda_env(endpoint=sink.url, environ={"LULL_BUFFER": "32MB"}),
        otlp.traces("small"), otlp.traces("large", note="x" * 5_000_000),
        traces={"received": 2, "exported": 2})
    coding = {item["name"]: request.headers.get("Content-Encoding")
              for request in sink.requests for item in request.items()}
    assert coding == {"small": "gzip", "large": None}


@pytest.mark.parametrize("environ, expected", [
    ({"LULL_HEADERS": "api-key=s%20e%3Dcret, x-team = a "},
     {"api-key": "s e=cret", "x-team": "a"}),
    ({"OTEL_EXPORTER_OTLP_HEADERS": "api-key=other"}, {"api-key": "other"}),
    ({"OTEL_EXPORTER_OTLP_HEADERS": "api-key=other", "LULL_HEADERS": "api-key=mine"},
     {"api-key": "mine"}),
    ({"OTEL_EXPORTER_OTLP_TRACES_HEADERS": "api-key=traces"}, {"api-key": "traces"}),
])
def test_headers(lambda_env, sink, environ, expected):
    run(lambda_env(endpoint=sink.url, environ=environ), otlp.traces("span"),
        traces={"exported": 1})
    headers = sink.requests[0].headers
    assert {name: headers.get_all(name) for name in expected} == {
        name: [value] for name, value in expected.items()}


# where to


def test_the_path_is_added_to_a_base_url(lambda_env, sink):
    run(lambda_env(endpoint=f"{sink.url}/base/"), otlp.traces("a"), otlp.logs("b"),
        otlp.metrics("c", 1.0))
    assert sorted(r.path for r in sink.requests) == [
        "/base/v1/logs", "/base/v1/metrics", "/base/v1/traces"]


def test_an_endpoint_for_a_signal_is_taken_as_it_is(lambda_env, sink, history):
    other = Sink(history)
    sink.paths = {"/in?token=1": "traces"}
    environ = {"LULL_TRACES_ENDPOINT": f"{sink.url}/in?token=1", "LULL_LOGS_ENDPOINT":
               f"{other.url}/v1/logs"}
    books = run(lambda_env(environ=environ), otlp.traces("a"), otlp.logs("b"),
                otlp.metrics("c", 1.0), traces={"exported": 1}, logs={"exported": 1},
                metrics={"dropped": 1})
    other.close()
    assert books["metrics"]["exported"] == 0
    assert [r.path for r in sink.requests] == ["/in?token=1"]
    assert (sink.names(), other.names("logs")) == (["a"], ["b"])


@pytest.mark.parametrize("names", [
    ("OTEL_EXPORTER_OTLP_ENDPOINT", ""), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/v1/traces"),
], ids=lambda names: names[0])
def test_the_sdks_own_settings_are_the_fallback(lambda_env, sink, names):
    name, path = names
    run(lambda_env(environ={name: sink.url + path}), otlp.traces("span"), traces={"exported": 1})
    assert [r.path for r in sink.requests] == ["/v1/traces"]


def test_lulls_own_settings_go_first(lambda_env, sink):
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
               "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"}
    run(lambda_env(endpoint=sink.url, environ=environ), otlp.traces("span"),
        traces={"exported": 1})
    assert sink.names() == ["span"]


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST", "0.0.0.0", "127.1"])
@pytest.mark.parametrize("name", ["LULL_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"])
def test_an_endpoint_that_is_lull_itself_is_refused(lambda_env, name, host):
    port = free_port()
    env = lambda_env(environ={name: f"http://{host}:{port}", "LULL_HTTP_PORT": str(port)})
    run(env, otlp.traces("span"), invocations=2,
        traces={"received": 1, "exported": 0, "dropped": 1})
    assert "itself" in said(env)
    if host != "127.1":  # seen only when the connection is there
        assert name in said(env)
