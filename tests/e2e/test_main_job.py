"""The main job: a real function under AWS's runtime client, lull, and a real Collector."""

import json

import pytest

from backend import Sink
from lambda_local import variables
from ledger import close_books, ledgers

ORDERS = (
    {"order": "a"},
    {"order": "b", "spans": 3, "lines": 2},
    {"order": "c", "error": "no money", "late": "go"},
    {"order": "d", "sleep": 0.3},  # what c does late comes while this runs
)


@pytest.fixture
def backend(history, collector):
    """The Collector, seen through a recorder that tells when it was asked."""
    recorder = Sink(history, forward=collector.port)
    yield recorder
    recorder.close()


def lines_by_request(history):
    """(line, request id) of everything the function wrote, by the invocation it came in."""
    found, request_id = [], None
    for event in history.all():
        if event.kind == "platform.start":
            request_id = event["record"]["requestId"]
        elif event.kind == "function.line":
            found.append((event["line"], request_id))
    return found


@pytest.mark.parametrize("log_format", ["Text", "JSON"])
def test_a_real_function_through_lull_into_the_collector(
    lambda_env, python_function, backend, collector, history, tmp_path, log_format
):
    env = lambda_env(endpoint=backend.url, freeze=True, log_format=log_format, **python_function)
    env.settings.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://localhost:{env.port}"
    with env:
        calls = []
        for event in ORDERS:
            if event["order"] == "d":
                env.wait_idle()
                (tmp_path / "go").touch()
            if "late" in event:
                event = {**event, "late": str(tmp_path / "go")}
            calls.append((event, env.invoke(event)))
        books = env.finish()
    assert [call.status for _, call in calls] == ["success", "success", "error", "success"]

    spans = collector.items("traces")
    assert len({span["span_id"] for span in spans}) == len(spans), "a span came twice"
    for event, call in calls:
        check_spans(spans, event, call)
    assert [s["attributes"]["order.id"] for s in spans if s["name"] == "late"] == ["c"]

    logs = collector.items("logs")
    check_logs(logs, lines_by_request(history), log_format)
    points = collector.items("metrics")
    placed = [p["value"] for p in points if p["name"] == "orders.placed"]
    assert placed == [1, 2, 3, 4]
    assert [p["sum"] for p in points if p["name"] == "orders.amount"] == [12.5, 25, 37.5, 50]

    for item in (*spans, *logs, *points):
        check_resource(item["resource"], env)
    for signal, items in (("traces", spans), ("logs", logs), ("metrics", points)):
        assert books[signal]["received"] == books[signal]["exported"] == len(items), books
    for _, call in calls:
        check_order(history, call.request_id)


def check_spans(spans, event, call):
    """The span of the handler and its children, with everything the SDK gave them."""
    roots = [s for s in spans if s["attributes"].get("faas.invocation_id") == call.request_id]
    assert len(roots) == 1, roots
    root = roots[0]
    assert root["name"] == "orders"
    assert root["kind"] == 2  # SERVER
    assert root["attributes"]["cloud.account.id"] == variables.ACCOUNT
    assert root["status"] == (2 if "error" in event else 0)
    children = [s for s in spans if s["parent_id"] == root["span_id"]]
    names = [child["name"] for child in children]
    assert sorted(names) == sorted(["load order", "charge card", *["step"] * event.get("spans", 0)])
    for child in children:
        assert child["trace_id"] == root["trace_id"]
        assert child["attributes"]["order.id"] == event["order"]
        assert root["start"] <= child["start"] <= child["end"] <= root["end"]
    card = children[names.index("charge card")]
    assert card["attributes"] == {
        "order.id": event["order"], "amount": 12.5, "retries": 0, "live": False,
        "cards": ["visa", "amex"],
    }
    assert card["events"] == [{"name": "charged", "attributes": {"order.id": event["order"]}}]


def parsed(line, log_format):
    """Body and severity that lull should make of a line: None where that is left to lull."""
    if log_format == "JSON" and line.startswith("{"):
        record = json.loads(line)
        return record.get("message"), record["level"]
    if log_format == "JSON":  # the platform wrapped it
        return line, "INFO"
    if line.count("\t") >= 3:  # a line of Python's logging under awslambdaric
        level, _, _, message = line.split("\t", 3)
        return message, level.strip("[]")
    if line.startswith("[ERROR] "):  # what awslambdaric says of the exception
        return line.removeprefix("[ERROR] "), "ERROR"
    return line, ""


def check_logs(logs, lines, log_format):
    """Every line once, with its own request id, whichever format it had."""
    have = [(log["body"], log["severity_text"], log["attributes"]["faas.invocation_id"])
            for log in logs if "exception.stacktrace" not in log["attributes"]]
    wanted = [(*parsed(line, log_format), request_id) for line, request_id in lines]
    assert sorted(have) == sorted(w for w in wanted if w[0] is not None)
    failed = next(log for log in logs if log["body"] == "order c failed")
    assert (failed["severity"], failed["severity_text"]) == (17, "ERROR")
    assert all(log["time"] > 0 for log in logs)
    if log_format == "JSON":
        assert failed["attributes"]["logger"] == "orders"
        # What awslambdaric says of the exception has no message.
        traced = [log for log in logs if "exception.stacktrace" in log["attributes"]]
        assert [log["attributes"]["exception.message"] for log in traced] == ["no money"]
        assert traced[0]["attributes"]["exception.stacktrace"].endswith("(event[\"error\"])\n")


def check_resource(resource, env):
    expected = {
        "service.name": "orders",
        "faas.name": "orders",
        "faas.version": "$LATEST",
        "faas.max_memory": 128 << 20,
        "faas.instance": env.settings.instance_id,
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": variables.REGION,
    }
    assert {key: resource.get(key) for key in expected} == expected


def check_order(history, request_id):
    """What was exported has its answers when the next event is asked for, behind the response."""
    begin = history.first("invoke.begin", request_id=request_id)
    response = history.first("runtime.response", after=begin, request_id=request_id) \
        if history.all("runtime.response", request_id=request_id) \
        else history.first("runtime.error", after=begin, request_id=request_id)
    asked_next = history.first("extension.next", after=begin)
    exports = [e for e in history.all("backend.request", after=begin) if e.index < asked_next.index]
    answers = [e for e in history.all("backend.answer", after=begin) if e.index < asked_next.index]
    assert {e["signal"] for e in exports} == {"traces", "logs", "metrics"}
    assert response.index < asked_next.index
    assert len(answers) == len(exports)
    frozen = history.first("environment.frozen", after=begin)
    assert asked_next.index < frozen.index


def test_what_comes_after_the_last_invocation_is_exported_at_shutdown(
    lambda_env, python_function, backend, collector, history, tmp_path
):
    env = lambda_env(endpoint=backend.url, **python_function)
    env.settings.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://localhost:{env.port}"
    with env:
        call = env.invoke({"order": "x", "late": str(tmp_path / "go")})
        env.wait_idle()
        (tmp_path / "go").touch()
        history.wait("function.line", line="order x late line")
        env.finish()
    late = [s for s in collector.items("traces") if s["name"] == "late"]
    assert [s["attributes"]["order.id"] for s in late] == ["x"]
    lines = [log for log in collector.items("logs") if log["body"] == "order x late line"]
    assert [log["attributes"]["faas.invocation_id"] for log in lines] == [call.request_id]
    shutdown = history.first("shutdown.begin")
    signals = {e["signal"] for e in history.all("backend.request", after=shutdown)}
    assert signals == {"traces", "logs"}


def test_after_a_crash_of_the_runtime_the_next_life_goes_on(
    lambda_env, python_function, backend, collector
):
    env = lambda_env(endpoint=backend.url, freeze=True, **python_function)
    env.settings.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://localhost:{env.port}"
    with env:
        assert env.invoke({"order": "a"}).status == "success"
        assert env.invoke({"order": "b", "crash": 3}).error_type == "Runtime.ExitError"
        assert env.invoke({"order": "c"}).status == "success"
        env.wait_idle()
        ended = env.shutdown()
    assert (ended.codes, ended.killed) == ({"lull": 0}, [])
    for books in ledgers(env.output("lull")):
        close_books(books)
    # The crashed handler flushed nothing of its own, but what it wrote was seen.
    lines = [log["body"] for log in collector.items("logs")]
    for order in "abc":
        assert lines.count(f"order {order} came in") == 1
    roots = [s for s in collector.items("traces") if "faas.invocation_id" in s["attributes"]]
    assert len(roots) == 2
