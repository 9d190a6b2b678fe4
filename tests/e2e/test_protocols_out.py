"""Every protocol out: into the real Collector, and answers in JSON by a scripted backend."""

import json

import pytest
from google.protobuf import json_format

import otlp
from backend import Answer
from runs import run, said

END = {"LULL_FLUSH": "end", "LULL_FLUSH_BUDGET": "20s"}
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("compression", ["gzip", "none"])
@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc", "http/json"])
def test_into_the_collector(lambda_env, collector, protocol, compression):
    port = collector.grpc_port if protocol == "grpc" else collector.port
    env = lambda_env(endpoint=f"http://127.0.0.1:{port}", environ={
        **END, "LULL_PROTOCOL": protocol, "LULL_COMPRESSION": compression})
    sent = {"traces": otlp.traces("a", "b", note="ü 漢 🛒", count=2**60, ratio=0.1),
            "logs": otlp.logs("c", flag=True), "metrics": otlp.metrics("d", 1.5, 2.5)}
    count = {signal: len(otlp.ITEMS[signal](request)) for signal, request in sent.items()}
    run(env, *sent.values(), **{signal: {"received": n, "exported": n}
                                for signal, n in count.items()})
    for signal, request in sent.items():
        wanted = otlp.ITEMS[signal](request)
        assert [{k: v for k, v in item.items() if k != "resource"}
                for item in collector.items(signal)] == \
            [{k: v for k, v in item.items() if k != "resource"} for item in wanted]


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc", "http/json"])
def test_a_large_item_into_the_collector(lambda_env, collector, protocol):
    """Such a one is not compressed: that would keep the loop for milliseconds."""
    port = collector.grpc_port if protocol == "grpc" else collector.port
    env = lambda_env(endpoint=f"http://127.0.0.1:{port}", environ={
        **END, "LULL_PROTOCOL": protocol, "LULL_BUFFER": "32MB"})
    note = "a word, " * 250_000
    run(env, otlp.traces("before"), otlp.traces("large", note=note), otlp.traces("after"),
        traces={"received": 3, "exported": 3})
    items = collector.items("traces")
    assert sorted(item["name"] for item in items) == ["after", "before", "large"]
    large, = (item for item in items if item["name"] == "large")
    assert large["attributes"]["note"] == note


@pytest.mark.parametrize("protocol", ["http/protobuf", "http/json"])
@pytest.mark.parametrize("form", ["protobuf", "json"])
def test_answers_in_either_form(lambda_env, sink, protocol, form):
    """Whatever the request was in."""
    partial = otlp.RESPONSES["traces"](
        partial_success={"rejected_spans": 2, "error_message": "two too many"})
    if form == "json":
        sink.script(Answer(200, json_format.MessageToJson(partial).encode(), JSON),
                    Answer(400, b'{"code": 3, "message": "no such thing"}', JSON))
    else:
        kind = {"Content-Type": "application/x-protobuf"}
        sink.script(Answer(200, partial.SerializeToString(), kind),
                    Answer(400, b"\x08\x03\x12\x0dno such thing", kind))
    env = lambda_env(endpoint=sink.url, environ={**END, "LULL_PROTOCOL": protocol})
    with env:
        for names in (("a", "b", "c"), ("d",)):
            otlp.send(env.port, otlp.traces(*names))
            env.invoke()
            env.wait_idle()
        env.finish(traces={"received": 4, "exported": 1, "dropped": {"refused": 3}})
    assert "two too many" in said(env)
    assert "status 400: no such thing" in said(env)
    if protocol == "http/json":
        for request in sink.requests:
            assert request.headers["Content-Type"] == "application/json"
            assert list(json.loads(request.body)) == ["resourceSpans"]


def test_large_payloads_as_json(lambda_env, collector):
    """More than one batch, each of which is many times as large as JSON."""
    names = [f"{n}" for n in range(6000)]
    env = lambda_env(endpoint=f"http://127.0.0.1:{collector.port}",
                     environ={**END, "LULL_PROTOCOL": "http/json"})
    run(env, otlp.traces(*names), traces={"received": 6000, "exported": 6000})
    assert sorted(int(item["name"]) for item in collector.items("traces")) == list(range(6000))
