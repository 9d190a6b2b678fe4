"""OTLP/HTTP in JSON: the same items as in protobuf, the same books, answers in JSON. (From the SDKs
that send it: tests/runtimes/test_matrix.py.)"""

import base64
import gzip
import json

import pytest
from google.protobuf import json_format

import otlp
from wire import MEBI, MESSAGES, TRACES, Wire, assert_refused

JSON = {"Content-Type": "application/json"}
LIMIT = 4 * MEBI
IDS = {"traceId", "spanId", "parentSpanId"}


@pytest.fixture
def env(lambda_env, sink):
    with lambda_env(endpoint=sink.url) as env:
        yield env


def with_ids(value):
    """OTLP's exception to the official mapping: ids in hexadecimal."""
    if isinstance(value, list):
        return [with_ids(element) for element in value]
    if not isinstance(value, dict):
        return value
    return {key: base64.b64decode(member).hex() if key in IDS else with_ids(member)
            for key, member in value.items()}


def as_json(request):
    objects = json_format.MessageToDict(request, use_integers_for_enums=True)
    return json.dumps(with_ids(objects)).encode()


def post(env, signal, body, **headers):
    return otlp.post(env.port, f"/v1/{signal}", body, {**JSON, **headers})


def assert_taken(reply):
    assert reply.status == 200, reply.body
    assert reply.headers["Content-Type"] == "application/json"
    assert json.loads(reply.body) == {}


def assert_refused_in_json(reply, status):
    """Error bodies are a google.rpc.Status in JSON with a message for people."""
    assert reply.status == status, reply.body
    assert reply.headers["Content-Type"] == "application/json"
    error = json.loads(reply.body)
    assert error["code"] > 0
    return error["message"]


def rich(signal):
    """A request with all that has a form of its own in JSON."""
    values = {"text": "ü 漢 🛒", "yes": True, "no": False, "large": (1 << 63) - 1,
              "low": -(1 << 63), "rate": 0.1, "whole": 2.0, "raw": b"\xfb\xff\0",
              "list": ["a", 1, None, []], "map": {"inner": {"deep": [1.5]}}, "empty": ""}
    if signal == "traces":
        return otlp.traces("one", "two", resource={"service.name": "orders"}, **values)
    if signal == "logs":
        return otlp.logs("one", {"order": 5, "tags": ["x"]}, resource={"k": 1}, **values)
    return otlp.metrics("one", 1.0, -2.5, 1e20, resource={"k": True}, **values)


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("signal", otlp.SIGNALS)
def test_same_items_as_in_protobuf(env, sink, signal, coding):
    request = rich(signal)
    body, plain = as_json(request), request.SerializeToString()
    headers = {"Content-Encoding": coding}
    if coding == "gzip":
        body = gzip.compress(body)
    count = len(otlp.ITEMS[signal](request))
    assert_taken(post(env, signal, body, **headers))
    env.invoke()
    env.wait_idle()
    in_json = sink.items(signal)
    assert otlp.post(env.port, f"/v1/{signal}", plain).status == 200
    env.invoke()
    env.finish(**{signal: {"received": 2 * count, "exported": 2 * count}})
    assert len(in_json) == count
    assert sink.items(signal) == in_json * 2


def test_both_on_one_connection(env, sink):
    body = as_json(otlp.traces("json"))
    with Wire(env.port) as wire:
        for _ in range(3):
            wire.send("POST /v1/traces HTTP/1.1\r\nHost: localhost\r\n"
                      f"Content-Type: application/json; charset=utf-8\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n", body)
            reply = wire.answer()
            assert (reply.status, reply.body) == (200, b"{}")
            wire.send("POST /v1/traces HTTP/1.1\r\nContent-Type: application/x-protobuf\r\n"
                      f"Content-Length: {len(TRACES)}\r\n\r\n", TRACES)
            reply = wire.answer()
            assert (reply.status, reply.body) == (200, b"")
    env.invoke()
    env.finish(traces={"received": 9, "exported": 9})
    assert sorted(sink.names()) == ["json"] * 3 + ["one"] * 3 + ["two"] * 3


def test_resources_are_enriched(env, sink):
    assert_taken(post(env, "logs", as_json(otlp.logs("line", resource={"k": "v"}))))
    env.invoke()
    env.finish(logs={"received": 1, "exported": 1})
    (record,) = sink.items("logs")
    assert record["resource"]["k"] == "v"
    assert record["resource"]["cloud.provider"] == "aws"


def test_as_people_write_it(env, sink):
    """Numbers for strings and strings for numbers, half an emoji, what a later version adds."""
    body = rb"""
    {"resourceSpans": [{"resource": null, "newInTwo": {"x": [1, null]}, "scopeSpans": [{"spans": [{
        "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "eee19b7ec3c1b174",
        "name": "cut \ud83d", "kind": "SPAN_KIND_SERVER",
        "startTimeUnixNano": 1544712660000000000, "endTimeUnixNano": "1544712661000000000",
        "attributes": [{"key": "n", "value": {"intValue": 5}},
                       {"key": "big", "value": {"doubleValue": 100000000000000000000}}]
    }]}]}]}"""
    assert_taken(post(env, "traces", body))
    env.invoke()
    env.finish(traces={"received": 1, "exported": 1})
    (span,) = sink.items("traces")
    assert span["trace_id"] == "5b8efff798038103d269b633813fc60c"
    assert span["span_id"] == "eee19b7ec3c1b174"
    assert (span["name"], span["kind"]) == ("cut \ufffd", 2)
    assert (span["start"], span["end"]) == (1544712660000000000, 1544712661000000000)
    assert span["attributes"] == {"n": 5, "big": 1e20}


def test_nothing_in_it(env):
    for body in (b"{}", b'{"resourceSpans":[]}', b' {"resourceSpans":null} '):
        assert_taken(post(env, "traces", body))
    env.finish(traces={"received": 0})


def nested(depth):
    value = '{"arrayValue":{"values":[' * depth + "{}" + "]}}" * depth
    return f'{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{value}}}]}}]}}]}}'.encode()


def attribute(value):
    return (b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"k","value":'
            + value + b"}]}]}]}]}")


BAD_BODIES = {
    "nothing": b"",
    "protobuf": TRACES,
    "truncated": as_json(MESSAGES["traces"])[:-3],
    "an array": b"[]",
    "two": b"{}{}",
    "invalid UTF-8": b'{"a":"\xff"}',
    "huge number": attribute(b'{"doubleValue":1e400}'),
    "more than 64 bits": attribute(b'{"intValue":9223372036854775808}'),
    "an id in base64": as_json(MESSAGES["traces"]).replace(b"11" * 16, b"AAAAAAAAAAE="),
    "a key twice": b'{"resourceSpans":[],"resourceSpans":[]}',
    "deep and unknown": b'{"a":' + b"[" * 100_000,
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_invalid_message(env, name):
    assert assert_refused_in_json(post(env, "traces", BAD_BODIES[name]), 400)
    # Nobody suffers from it.
    assert_taken(post(env, "traces", as_json(MESSAGES["traces"])))
    env.finish(traces={"received": 2})


def test_depth(env, sink):
    assert "100 deep" in assert_refused_in_json(post(env, "logs", nested(48)), 400)
    assert_taken(post(env, "logs", nested(47)))
    env.invoke()
    env.finish(logs={"received": 1, "exported": 1})
    assert len(sink.items("logs")) == 1


def test_too_large(env):
    large = b"{" + b" " * (LIMIT - 1) + b"}"
    assert "4194304" in assert_refused_in_json(post(env, "logs", large), 413)
    reply = post(env, "logs", gzip.compress(large), **{"Content-Encoding": "gzip"})
    assert "4194304" in assert_refused_in_json(reply, 413)
    many = b'{"a":[0' + b",{}" * MEBI + b"]}"
    assert "too many values" in assert_refused_in_json(post(env, "logs", many), 413)
    assert_taken(post(env, "logs", b"{" + b" " * (LIMIT - 2) + b"}"))
    env.finish(logs={"received": 0})


def test_what_is_accepted_is_said(env):
    body = as_json(MESSAGES["traces"])
    reply = post(env, "traces", body, **{"Content-Encoding": "br"})
    assert "gzip and identity" in assert_refused_in_json(reply, 415)
    assert reply.headers["Accept-Encoding"] == "gzip, identity"
    for kind in ("text/json", "application/jsonl", ""):
        reply = otlp.post(env.port, "/v1/traces", body, {"Content-Type": kind})
        assert_refused(reply, 415)
        assert b"application/x-protobuf and application/json" in reply.body
    env.finish(traces={"received": 0})
