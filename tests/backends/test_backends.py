"""Traces, metrics and logs of a Python function, through lull into Jaeger, Prometheus and Loki, and
queried back by their own APIs. (make test-backends)

What "taken" looks like is different with each: 200 with an answer in it, 200 with nothing, 204."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from otlp import SIGNALS
from runs import said

FOLDER = Path(__file__).resolve().parents[1] / "functions" / "python"
ORDERS = ("a", "ü", "c")
FUNCTION = {"runtime": [sys.executable, "-m", "awslambdaric", "orders.handler"],
            "task_root": FOLDER, "handler": "orders.handler", "log_format": "JSON"}

pytestmark = [pytest.mark.backends, pytest.mark.timeout(900)]  # the first time, they are built


@pytest.fixture
def ordering(lambda_env):
    """Makes an environment with the function, which exports to lull."""

    def make(**environ):
        env = lambda_env(freeze=True, environ={"OTEL_SERVICE_NAME": "orders", **environ},
                         **FUNCTION)
        env.settings.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://localhost:{env.port}"
        return env

    return make


def order_all(env):
    """Returns the request ids."""
    calls = []
    for order in ORDERS:
        calls.append(env.invoke({"order": order}))
        assert calls[-1].status == "success", calls[-1].response
        env.wait_idle()
    return [call.request_id for call in calls]


def test_queried_back(ordering, jaeger, prometheus, loki):
    env = ordering(
        LULL_TRACES_ENDPOINT=f"http://127.0.0.1:{jaeger.http_port}/v1/traces",
        LULL_METRICS_ENDPOINT=f"{prometheus.url}/api/v1/otlp/v1/metrics",
        LULL_LOGS_ENDPOINT=f"{loki.url}/otlp/v1/logs", LULL_SELF_METRICS="true",
        LULL_PLATFORM_METRICS="true")
    with env:
        requests = order_all(env)
        books = env.finish()
    for signal in ("traces", "metrics", "logs"):
        assert books[signal]["exported"] == books[signal]["received"] > 0, books
    traces = check_jaeger(jaeger, books["traces"]["exported"], requests)
    check_prometheus(prometheus, traces)
    check_loki(loki, books["logs"]["exported"], requests, traces)


def check_jaeger(jaeger, count, requests):
    """Returns the traces' ids in the order of the requests."""
    spans = jaeger.spans(count)
    assert len(spans) == count
    own = [span for span in spans if tag(span, "otel.scope.name") == "orders"]
    assert Counter(span["operationName"] for span in own) == \
        dict.fromkeys(("orders", "load order", "query", "charge card"), len(ORDERS))
    traces = {tag(span, "faas.invocation_id"): span["traceID"]
              for span in own if span["operationName"] == "orders"}
    assert set(traces) == set(requests)
    for order, request in zip(ORDERS, requests, strict=True):
        check_trace(jaeger.trace(traces[request]), order)
    resource = {each["key"]: each["value"] for each in own[0]["process"]["tags"]}
    assert own[0]["process"]["serviceName"] == "orders"
    assert resource["service.version"] == "1.2.3" and resource["cloud.provider"] == "aws"
    return [traces[request] for request in requests]


def check_trace(spans, order):
    by_name = {span["operationName"]: span for span in spans}
    parents = {name: parent(span) for name, span in by_name.items()}
    assert parents["load order"] == parents["charge card"] == by_name["orders"]["spanID"]
    assert parents["query"] == by_name["load order"]["spanID"]
    charge = by_name["charge card"]
    # Jaeger keeps a list as its JSON, and writes a number that JavaScript cannot hold as a string.
    assert {key: tag(charge, key) for key in
            ("order.id", "amount", "retries", "big", "live", "note", "codes", "span.kind")} == {
        "order.id": order, "amount": 12.5, "retries": -3, "big": str(1 << 62),
        "live": False, "note": "ü 漢 🛒", "codes": "[1,-2]", "span.kind": "client"}
    assert [field["value"] for log in charge["logs"] for field in log["fields"]
            if field["key"] == "event"] == ["charged"]


def tag(span, key):
    return next((each["value"] for each in span["tags"] if each["key"] == key), None)


def parent(span):
    return next((each["spanID"] for each in span["references"]
                 if each["refType"] == "CHILD_OF"), None)


def check_prometheus(prometheus, traces):
    def value_of(query):
        """Of the one series there is."""
        found = prometheus.await_value(lambda: prometheus.values(query))
        assert len(found) == 1, found
        return found[0]

    labels, placed = value_of("orders_placed_total")
    assert placed == len(ORDERS)
    assert labels.items() >= {"job": "orders", "kind": "web", "service_version": "1.2.3",
                              "cloud_provider": "aws", "faas_name": "orders"}.items()
    assert value_of("orders_amount_EUR_count")[1] == len(ORDERS)
    assert value_of("orders_amount_EUR_sum")[1] == 12.5 * len(ORDERS)
    buckets = {labels["le"]: value for labels, value in
               prometheus.values("orders_amount_EUR_bucket")}
    assert buckets == {"1": 0, "10": 0, "100.5": len(ORDERS), "+Inf": len(ORDERS)}
    # What Lambda told lull. The last invocation's report may come after the last export.
    assert value_of("faas_coldstarts_total")[1] == 1
    assert value_of("faas_invocations_total")[1] >= len(ORDERS) - 1
    assert value_of("faas_invoke_duration_seconds_count")[1] >= len(ORDERS) - 1
    # lull's own, of what it had received when it sent the last but one.
    received = prometheus.values('lull_items_received_total{signal="traces"}')
    assert [value > 0 for _, value in received] == [True], received
    exemplars = prometheus.exemplars("orders_amount_EUR_bucket")
    assert exemplars and {labels["trace_id"] for labels, _ in exemplars} <= set(traces)


def check_loki(loki, count, requests, traces):
    lines = loki.lines(count)
    assert len(lines) == count
    for order, request, trace in zip(ORDERS, requests, traces, strict=True):
        printed = [line for line, labels in lines if labels.get("faas_invocation_id") == request]
        assert f"order {order} came in" in printed and f"order {order} charged" in printed
        own = [labels for line, labels in lines if labels.get("scope_name") == "orders"
               and labels.get("trace_id") == trace]
        assert len(own) == 1 and own[0]["amount"] == "12.5"
        assert own[0]["severity_text"] == "WARN"


def test_from_a_slow_call_to_its_log_lines(ordering, history, jaeger, prometheus, loki):
    """As a person clicks: from an exemplar of how long invocations took to its trace, and from
    there to the lines that the request wrote. Two environments, so that each call is a cold start
    and has an exemplar of its own."""
    calls = {}
    for order in "ab":
        with ordering(
                LULL_TRACES_ENDPOINT=f"http://127.0.0.1:{jaeger.http_port}/v1/traces",
                LULL_METRICS_ENDPOINT=f"{prometheus.url}/api/v1/otlp/v1/metrics",
                LULL_LOGS_ENDPOINT=f"{loki.url}/otlp/v1/logs",
                LULL_PLATFORM_METRICS="true", LULL_INVOCATION_SPANS="auto") as env:
            calls[env.invoke({"order": order}).request_id] = order
            books = env.finish()
        assert all(books[signal]["exported"] == books[signal]["received"] for signal in SIGNALS)
    took = {done["record"]["requestId"]: done["record"]["metrics"]["durationMs"] / 1000
            for done in history.all("platform.runtimeDone")}

    exemplars = prometheus.await_value(
        lambda: prometheus.exemplars('faas_invoke_duration_seconds_bucket{faas_name="orders"}'),
        lambda found: len(found) >= len(calls))
    assert len(exemplars) == len(calls)
    followed = set()
    for labels, value in exemplars:
        request = follow_to_its_request(jaeger, labels)
        assert value == pytest.approx(took[request])
        check_lines_of(loki, calls[request], labels)
        followed.add(request)
    assert followed == set(calls)


def follow_to_its_request(jaeger, exemplar):
    """Its trace: the span that the function made, which is the exemplar's, all that was done in it,
    and beside it the init that lull saw. Returns the request id."""
    spans = jaeger.await_value(lambda: jaeger.trace(exemplar["trace_id"]),
                               lambda spans: len(spans) >= 5)
    by_name = {span["operationName"]: span for span in spans}
    assert sorted(by_name) == ["charge card", "init orders", "load order", "orders", "query"]
    own, init = by_name["orders"], by_name["init orders"]
    assert own["spanID"] == exemplar["span_id"]
    assert tag(init, "faas.coldstart") is True and tag(init, "otel.scope.name") == "lull"
    assert parent(init) == parent(own)
    assert init["startTime"] < own["startTime"]
    return tag(own, "faas.invocation_id")


def check_lines_of(loki, order, exemplar):
    """All that the request wrote, and nothing of the other: printed, by its logger, by the SDK."""
    lines = loki.lines(3, f'| trace_id="{exemplar["trace_id"]}"')
    assert sorted(line for line, _ in lines) == sorted([
        f"order {order} came in", f"order {order} charged", f'{{"left":3,"order":"{order}"}}'])
    assert {labels["span_id"] for _, labels in lines} == {exemplar["span_id"]}


def test_queried_back_by_grpc(ordering, jaeger):
    with ordering(LULL_TRACES_ENDPOINT=f"http://127.0.0.1:{jaeger.grpc_port}",
                  LULL_TRACES_PROTOCOL="grpc") as env:
        requests = order_all(env)
        books = env.finish()
    assert books["traces"]["exported"] == books["traces"]["received"] > 0, books
    check_jaeger(jaeger, books["traces"]["exported"], requests)


def test_a_refusal_is_in_the_backends_own_words(ordering, prometheus):
    """Prometheus does not take deltas. They are counted, and the log says why."""
    env = ordering(LULL_METRICS_ENDPOINT=f"{prometheus.url}/api/v1/otlp/v1/metrics")
    env.settings.environ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"] = "delta"
    with env:
        order_all(env)
        books = env.finish()
    metrics = books["metrics"]
    assert metrics["dropped"] == {"refused": metrics["received"]} and metrics["received"] > 0
    assert "invalid temporality" in said(env)
