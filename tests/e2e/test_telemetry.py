"""Records of the Telemetry API become OTLP log records, and an odd one harms no other."""

import http.client
import json
from urllib.parse import urlsplit

import pytest

REQUEST = "11111111-2222-3333-4444-555555555555"
TIME = "2026-01-02T03:04:05.678Z"
NANOS = 1_767_323_045_678_000_000


@pytest.fixture
def env(lambda_env, sink):
    with lambda_env(endpoint=sink.url) as env:
        yield env


def function(record):
    return json.dumps({"time": TIME, "type": "function", "record": record})


def posted(env, sink, *elements):
    """Posts the elements (JSON as text) in one array. The logs that came out of it."""
    assert env.post_telemetry(f"[{','.join(elements)}]".encode()) == 200
    env.invoke()
    books = env.finish(logs={"dropped": 0})
    logs = sink.items("logs")
    assert books["logs"]["received"] == len(logs)
    return logs


def raw(members, record=None):
    """An element with the given members, beside `record` as text that json.dumps would not give."""
    if record is not None:
        members = {**members, "type": "function", "record": "@"}
    return json.dumps(members).replace('"@"', record or '"@"')


def test_text(env, sink):
    logs = posted(env, sink, function("a plain line\n"), function("no newline"),
                  function("two\nlines\n"), function("\n"), function("tab\there ünï😀\n"))
    assert [log["body"] for log in logs] == [
        "a plain line", "no newline", "two\nlines", "", "tab\there ünï😀"]
    for log in logs:
        assert log["time"] == NANOS
        assert log["observed"] >= NANOS
        assert log["severity"] == 0


def test_text_lines_of_the_runtimes(env, sink):
    python = f"[WARNING]\t2026-01-02T03:04:06.007Z\t{REQUEST}\tfrom\tPython\n"
    node = f"2026-01-02T03:04:06.007Z\t{REQUEST}\tERROR\tfrom Node\n"
    logs = posted(env, sink, function(python), function(node))
    assert [(log["body"], log["severity"], log["severity_text"]) for log in logs] == [
        ("from\tPython", 13, "WARNING"), ("from Node", 17, "ERROR")]
    for log in logs:
        assert log["time"] == NANOS + 329_000_000
        assert log["attributes"] == {"faas.invocation_id": REQUEST}


def test_json(env, sink):
    record = {
        "timestamp": "2026-01-02T03:04:06.007Z", "level": "WARN",
        "message": "disk low", "free": 12, "ratio": 0.5, "hot": True, "cold": False,
        "nothing": None, "tags": ["a", 1, None], "disk": {"name": "sda", "parts": [{"n": 1}]},
        "big": 9007199254740993, "negative": -5, "empty": {}, "none": [],
    }
    log, = posted(env, sink, function(record))
    assert log["body"] == "disk low"
    assert log["time"] == NANOS + 329_000_000
    assert (log["severity"], log["severity_text"]) == (13, "WARN")
    for key in ("timestamp", "level", "message"):
        record.pop(key)
    assert log["attributes"] == record
    assert type(log["attributes"]["hot"]) is bool
    assert type(log["attributes"]["free"]) is int


@pytest.mark.parametrize("level, number", [
    ("TRACE", 1), ("debug", 5), ("INFO", 9), ("Info", 9), ("WARN", 13), ("WARNING", 13),
    ("ERROR", 17), ("FATAL", 21), ("CRITICAL", 21), ("no such level", 0), ("", 0),
])
def test_levels(env, sink, level, number):
    log, = posted(env, sink, function({"level": level, "message": "m"}))
    assert log["severity"] == number
    assert log["severity_text"] == level


def test_lines_belong_to_the_invocation_they_were_written_in(lambda_env, sink):
    def handler(event, context):
        context.print(f"text {event}")
        context.print(json.dumps({"message": f"json {event}", "n": event}))
        return context.aws_request_id

    with lambda_env(handler, endpoint=sink.url, log_format="JSON", freeze=True) as env:
        ids = [env.invoke(number).json() for number in range(3)]
        env.finish(logs={"received": 6, "exported": 6})
    have = [(log["body"], log["attributes"]["faas.invocation_id"]) for log in sink.items("logs")]
    assert have == [(f"{kind} {n}", ids[n]) for n in range(3) for kind in ("text", "json")]


def test_a_request_id_counts_if_the_environment_knows_it(lambda_env, sink):
    """API Gateway's own ids look alike."""
    def handler(event, context):
        context.print(json.dumps({"msg": "ours", "requestId": context.aws_request_id}))
        context.print(json.dumps({"msg": "theirs", "requestId": REQUEST}))

    with lambda_env(handler, endpoint=sink.url) as env:
        ours = env.invoke().request_id
        env.finish(logs={"received": 2, "exported": 2})
    assert [(log["body"], log["attributes"]) for log in sink.items("logs")] == [
        ("ours", {"faas.invocation_id": ours}),
        ("theirs", {"requestId": REQUEST, "faas.invocation_id": ours})]


def test_lines_below_the_level_are_counted_and_left_out(lambda_env, sink):
    def handler(event, context):
        for level in ("debug", "info", "warn", "error"):
            context.print(json.dumps({"level": level, "msg": level}))
        context.print(f"[INFO]\t{TIME}\t{context.aws_request_id}\ttext")
        context.print("no level")

    with lambda_env(handler, endpoint=sink.url, environ={"LULL_FUNCTION_LOG_LEVEL": "warn"}) as env:
        env.invoke()
        env.finish(logs={"received": 6, "exported": 3, "dropped": {"filtered": 3}})
    assert sink.names("logs") == ["warn", "error", "no level"]


def test_without_the_functions_lines(lambda_env, sink, history):
    """They are not even subscribed to; all else is as ever."""
    with lambda_env(lambda event, context: context.print("a line"), endpoint=sink.url,
                    environ={"LULL_FUNCTION_LOGS": "false", "LULL_FLUSH": "end"}) as env:
        env.invoke()
        env.finish(logs={"received": 0})
    assert history.first("telemetry.subscribe")["body"]["types"] == ["platform"]
    assert sink.names("logs") == []


@pytest.mark.parametrize("parse", [True, False])
def test_a_json_object_printed_as_text(lambda_env, sink, parse):
    line = json.dumps({"level": 40, "msg": "low", "order": 7})
    with lambda_env(lambda event, context: context.print(line), endpoint=sink.url,
                    environ={"LULL_PARSE_JSON_LOGS": str(parse).lower()}) as env:
        ours = {"faas.invocation_id": env.invoke().request_id}
        env.finish(logs={"received": 1, "exported": 1})
    log, = sink.items("logs")
    assert (log["body"], log["severity"], log["attributes"]) == (
        ("low", 13, {"order": 7, **ours}) if parse else (line, 0, ours))


def test_many_lines_belong_to_their_invocations(lambda_env, sink):
    def handler(event, context):
        for number in range(3000):
            context.print(f"{event} {number}")

    with lambda_env(handler, endpoint=sink.url) as env:
        ids = []
        for event in range(2):
            ids.append(env.invoke(event).request_id)
            env.wait_idle()
        env.finish(logs={"received": 6000, "exported": 6000})
    have = [(log["body"], log["attributes"]["faas.invocation_id"]) for log in sink.items("logs")]
    assert have == [(f"{event} {n}", ids[event]) for event in range(2) for n in range(3000)]


def test_the_last_lines_are_on_their_way_when_shutdown_comes(env, sink, history):
    """It cannot be waited long for them, but what was taken is exported."""
    env.invoke()
    env.wait_idle()
    env.push_telemetry(*(json.loads(function(f"last {n}")) for n in range(10)))
    env.finish()
    taken = sum(e["types"].count("function") for e in history.all("telemetry.delivered"))
    assert sink.names("logs") == [f"last {n}" for n in range(taken)]


def test_lines_after_the_last_invocation_are_exported_at_shutdown(env, sink, history):
    env.invoke()
    env.wait_idle()
    env.push_telemetry(*(json.loads(function(f"last {n}")) for n in range(10)))
    history.wait("telemetry.delivered", types=lambda types: "function" in types)
    env.finish(logs={"received": 10, "exported": 10})
    assert sink.names("logs") == [f"last {n}" for n in range(10)]


def test_a_chunked_post_on_any_path(env, sink, history):
    uri = history.first("telemetry.subscribe")["body"]["destination"]["URI"]
    body = f"[{function('a line')}]".encode()
    client = http.client.HTTPConnection("127.0.0.1", urlsplit(uri).port, timeout=20)
    for path in ("/", "/telemetry", "/any?where=1"):
        client.request("POST", path, iter([body[:10], body[10:]]))
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
    client.close()
    env.invoke()
    env.finish(logs={"received": 3, "exported": 3})
    assert sink.names("logs") == ["a line"] * 3


ODD = {
    "lone surrogate": function("odd \ud800 surrogate"),
    "lone surrogate in an object": function({"message": "odd", "key": "\udfff"}),
    "number out of range": raw({"time": TIME}, '{"message":"odd","n":1e400}'),
    "NUL in a string": function("odd \0 NUL"),
    "NUL in a key": function({"message": "odd", "k\0ey": "v"}),
    "huge integer": raw({"time": TIME}, '{"message":"odd","n":' + "9" * 40 + "}"),
    "invalid UTF-8": b'{"type":"function","record":"odd \xff\xfe"}'.decode("latin-1"),
    "no type": raw({"time": TIME, "record": "odd"}),
    "type that is no string": raw({"time": TIME, "type": 7, "record": "odd"}),
    "no time": raw({"type": "function", "record": "odd"}),
    "time that is none": raw({"time": "12:01:23:521Z", "type": "function", "record": "odd"}),
    "time that is a number": raw({"time": 7, "type": "function", "record": "odd"}),
    "no record": raw({"time": TIME, "type": "function"}),
    "record is a number": function(7),
    "record is null": function(None),
    "record is an array": function(["odd", 1]),
    "message is a number": function({"message": 7}),
    "message is an object": function({"message": {"odd": 1}}),
    "level is a number": function({"message": "odd", "level": 30}),
    "timestamp is a number": function({"message": "odd", "timestamp": 1767323045}),
    "requestId is null": function({"message": "odd", "requestId": None}),
    "empty object": function({}),
    "keys twice": raw({}, '{"message":"odd","a":1,"a":2}'),
    "its own invocation id": function({"message": "odd", "faas.invocation_id": "x"}),
    "very deep": function({"message": "odd", "deep": json.loads("[" * 200 + "]" * 200)}),
    "very deep text": "[" * 5000 + "]" * 5000,
    "unknown type": raw({"time": TIME, "type": "platform.fromTheFuture", "record": {"a": 1}}),
    "platform event without fields": raw({"time": TIME, "type": "platform.start", "record": {}}),
    "platform event with wrong types": raw({
        "type": "platform.runtimeDone",
        "record": {"requestId": 7, "metrics": [], "status": None}}),
    "no object": "17",
    "invalid JSON": '{"time":"x","type":"function","record":odd}',
    "invalid escape": r'{"type":"function","record":"odd \x"}',
    "unbalanced inside a string": function('odd ]}{["'),
    "trailing comma": '{"type":"function","record":"odd",}',
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_record_harms_no_neighbour(env, sink, name):
    odd = ODD[name].encode("latin-1" if name == "invalid UTF-8" else "utf-8", "surrogatepass")
    body = b",".join([function("before").encode(), odd, function("after").encode()])
    assert env.post_telemetry(b"[" + body + b"]") == 200
    env.invoke()
    env.finish()
    bodies = sink.names("logs")
    assert bodies[0] == "before"
    assert bodies[-1] == "after"
    about_function = b'"function"' in odd
    assert len(bodies) >= 2 + about_function, "what the function wrote is gone"
    if about_function and b"odd" in odd:
        assert "odd" in str(sink.items("logs")[1])


@pytest.mark.parametrize("body", [
    b"", b"[]", b"{}", b"null", b"garbage", b"[", b'[{"type":"function","record":"cut off',
    b"\xff\xfe\x00", b"]" * 100, b"[,,,]", b"[" * 100_000,
])
def test_whatever_is_posted_the_answer_is_200(env, sink, body):
    assert env.post_telemetry(body) == 200
    assert env.post_telemetry(f"[{function('later')}]".encode()) == 200
    env.invoke()
    env.finish()
    assert sink.names("logs")[-1] == "later"


def test_a_large_post(env, sink):
    """Larger than the platform's batches get: twice maxBytes and more."""
    lines = [f"{number} " + "x" * 1000 for number in range(2500)]
    logs = posted(env, sink, *(function(line + "\n") for line in lines))
    assert [log["body"] for log in logs] == lines


def test_every_event_type_of_the_schema_is_passed_over_quietly(env, sink):
    events = [
        ("platform.initStart", {"initializationType": "on-demand", "phase": "init"}),
        ("platform.restoreStart", {"functionName": "f", "functionVersion": "1"}),
        ("platform.restoreRuntimeDone", {"status": "success"}),
        ("platform.restoreReport", {"status": "success", "metrics": {"durationMs": 1.5}}),
        ("platform.extension", {"name": "lull", "state": "Ready", "events": ["INVOKE"]}),
        ("platform.logsDropped", {"droppedBytes": 1, "droppedRecords": 1, "reason": "slow"}),
        ("platform.report", {"requestId": REQUEST, "status": "success",
                             "metrics": {"durationMs": 1, "billedDurationMs": 1}}),
        ("platform.end", {"requestId": REQUEST}),
        ("platform.fault", "RequestId: x Process exited"),
        ("extension", "a line of another extension\n"),
    ]
    env.push_telemetry(*({"time": TIME, "type": kind, "record": record}
                         for kind, record in events))
    posted(env, sink, function("a line"))
    assert sink.names("logs") == ["a line"]
